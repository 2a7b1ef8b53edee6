#include "swarmsim/checks/metadata_served.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/metadata_arrivals.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that are asked for metadata"},
    ParameterManual{"within", ParameterKind::duration, Need::optional, "time for an answer to be sent (default: 30 s)"},
};

// A request that reached who has the metadata.
struct Asked {
  ConnectionId connection;
  HostId server;
  HostId asker;
  std::uint32_t piece = 0;
  Time at{};
};

// What one side has served on one connection.
struct Served {
  std::vector<std::uint32_t> pieces;     // sent, or asked for already; one by one, a metadata has few
};

class MetadataServed final : public Check {
 public:
  explicit MetadataServed(const CheckContext& context)
      : facts_(context.facts), within_(context.arguments.duration("within", 30s)),
        is_who_(context.arguments.peers("who"), facts_.peers.size()), metadata_(facts_) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::ended)
        .received(MessageKind::metadata_request)
        .received(MessageKind::metadata_data)
        .sent(MessageKind::metadata_data)
        .sent(MessageKind::metadata_reject);
  }

  void on_event(const WireEvent& event) override {
    judge_until(event.at);
    if (event.kind == WireEventKind::ended) {
      std::erase_if(open_, [&](const Asked& asked) { return asked.connection == event.connection; });
    } else if (event.kind == WireEventKind::received) {
      if (event.message.kind == MessageKind::metadata_data) metadata_.on_data(event);
      else on_request(event);
    } else if (is_who_.has(event.from)) {
      on_answer(event);
    }
  }

  bool is_ready(Time now, Disks&) override { return open_.empty() || now > open_.back().at + within_; }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    judge_until(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} pieces of metadata asked for, {} sent, {} requests beyond the last", judged_, sent_, beyond_);
    judgement.limit = fmt::format("each sent within {}", to_text(within_));
    if (judgement.verdict == Verdict::held && judged_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody asked one of the peers for a piece of the metadata that it had";
    }
    return judgement;
  }

 private:
  void on_request(const WireEvent& event) {
    if (!is_who_.has(event.to) || metadata_.complete_at(event.to) > event.at) return;
    const std::uint32_t piece = event.message.piece.value();
    if (piece >= facts_.metadata_pieces()) {
      ++beyond_;
      return;
    }
    // Who asks twice may be turned away: a request is small, the answer is not.
    std::vector<std::uint32_t>& asked = served_.reader(event).pieces;
    if (std::ranges::find(asked, piece) != asked.end()) return;
    asked.push_back(piece);
    open_.push_back({event.connection, event.to, event.from, piece, event.at});
    ++judged_;
  }

  void on_answer(const WireEvent& event) {
    const std::uint32_t piece = event.message.piece.value();
    const auto open = std::ranges::find_if(open_, [&](const Asked& asked) {
      return asked.connection == event.connection && asked.server == event.from && asked.piece == piece;
    });
    if (event.message.kind == MessageKind::metadata_reject) {
      if (open == open_.end()) return;
      const Asked asked = *open;
      open_.erase(open);
      return accuse(asked.server, asked.asker, fmt::format("refuses piece {} of its metadata of {}", piece, to_text(facts_.metadata_size)),
                    asked.at, event);
    }
    if (open != open_.end()) open_.erase(open);
    ++sent_;
    const std::uint32_t due = facts_.metadata_piece_length(piece);
    if (event.message.length != due)
      accuse(event.from, event.to, fmt::format("sends {} as piece {} of its metadata, which has {} there",
                                               to_text(ByteCount(event.message.length)), piece, to_text(ByteCount(due))), event.at, event);
    else if (event.message.authentic == Authentic::no)
      accuse(event.from, event.to, fmt::format("sends as piece {} of its metadata what is not there", piece), event.at, event);
  }

  void judge_until(Time now) {
    while (!open_.empty() && now > open_.front().at + within_) {
      const Asked asked = open_.front();
      open_.erase(open_.begin());
      if (first_.verdict == Verdict::violated) continue;
      first_.verdict = Verdict::violated;
      first_.summary = fmt::format("{} sends {} no answer to its request for piece {} of the metadata within {}", facts_.name(asked.server),
                                   facts_.name(asked.asker), asked.piece, to_text(within_));
      first_.story = {story_line(asked.at, fmt::format("the request of {} arrives", facts_.name(asked.asker))), std::string(kLookAt)};
    }
  }

  void accuse(HostId server, HostId asker, const std::string& what, Time since, const WireEvent& event) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(server), what);
    if (since < event.at) first_.story.push_back(story_line(since, fmt::format("the request of {} arrives", facts_.name(asker))));
    first_.story.push_back(story_line(event.at, conversation(facts_, event.from, event.to, event.message)));
    first_.story.push_back(std::string(kLookAt));
  }

  static constexpr std::string_view kLookAt =
      "look at how a client counts and cuts the pieces of its metadata: the last one is shorter, and is a piece";

  const RunFacts& facts_;
  Duration within_;
  PeerSet is_who_;
  MetadataArrivals metadata_;
  PerSide<Served> served_;
  std::vector<Asked> open_;          // in the order of arrival
  std::uint32_t judged_ = 0;
  std::uint32_t sent_ = 0;
  std::uint32_t beyond_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kMetadataServed{
    .name = "metadata_served",
    .claim = "who has the metadata gives every piece of it to who asks, the last one too",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B69",
    .parameters = kParameters,
    .text = R"(BEP 9: the info dictionary travels in pieces of 16 KiB, the last of which has what is left.  The first request for each
piece on a connection is answered within the given time with that piece, whole and true, unless the connection ends.
A piece that was asked for before may be rejected (BEP 9 allows for floods), and one beyond the last gets no data.
Vacuous when nobody was asked.  Provoke it with magnet links and info dictionaries of a little below and above a multiple
of 16 KiB.)",
    .needs = {Feature::ext, Feature::magnet},
};

std::unique_ptr<Check> make_metadata_served(const CheckContext& context) { return std::make_unique<MetadataServed>(context); }

}  // namespace swarmlab::swarmsim
