#include "swarmsim/checks/interest_follows_selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that want only some pieces at first"},
    ParameterManual{"first", ParameterKind::count, Need::required, "the first piece that they want from the start"},
    ParameterManual{"last", ParameterKind::count, Need::required, "and the last"},
    ParameterManual{"at", ParameterKind::duration, Need::required, "when they begin to want all the others too"},
    ParameterManual{"within", ParameterKind::duration, Need::optional, "time to be interested then (default: 5 s)"},
};

// To ask who does not choke and alone has something: as long again.
struct Talk {
  bool am_interested = false;
  Time asked = kNever;           // the last request, decided
};

class InterestFollowsSelection final : public Check {
 public:
  explicit InterestFollowsSelection(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), connections_(context.books.connections()),
        dialogues_(context.books.dialogues()), heard_(context.books.heard()), who_(context.arguments.peers("who")),
        first_wanted_(context.arguments.count("first").value_or(0)), last_wanted_(context.arguments.count("last").value_or(0)),
        at_(kStart + context.arguments.duration("at", Duration{})), within_(context.arguments.duration("within", 5s)),
        is_who_(who_, facts_.peers.size()) {}

  EventSet interest() const override {
    using enum MessageKind;
    return EventSet{}.sent(interested).sent(not_interested).sent(request).received(have).received(piece).add(WireEventKind::ended);
  }

  void on_event(const WireEvent& event) override {
    judge_until(event.at);
    if (event.kind != WireEventKind::sent || !is_who_.has(event.from)) return;
    Talk& talk = talks_.writer(event);
    switch (event.message.kind) {
      case MessageKind::interested: talk.am_interested = true; return;
      case MessageKind::not_interested: talk.am_interested = false; return;
      default: break;
    }
    talk.asked = event.decided_earliest;
    if (event.decided_latest >= at_ || is_wanted_early(event.message.piece)) return;
    accuse(fmt::format("{} asks for piece {}, which it does not want before {}", facts_.name(event.from), event.message.piece.value(),
                       to_clock(at_)),
           story_line(event.at, conversation(facts_, event.from, event.to, event.message)),
           "which pieces a client takes for wanted when only some files are selected");
  }

  bool is_ready(Time now, Disks&) override { return now > at_ + 2 * within_; }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    judge_until(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} connections to peers with what was not wanted before, {} of them to an only source", judged_,
                                     alone_);
    judgement.limit = fmt::format("interested within {}, asked within {}", to_text(within_), to_text(2 * within_));
    if (judgement.verdict == Verdict::held && judged_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "when the others became wanted, nobody connected had one of them";
    }
    return judgement;
  }

 private:
  bool is_wanted_early(PieceIndex piece) const { return piece.value() >= first_wanted_ && piece.value() <= last_wanted_; }

  void judge_until(Time now) {
    if (!interest_judged_ && now > at_ + within_) {
      interest_judged_ = true;
      for (const HostId peer : who_) judge_interest(peer);
    }
    if (!requests_judged_ && now > at_ + 2 * within_) {
      requests_judged_ = true;
      for (const HostId peer : who_) judge_requests(peer);
    }
  }

  // Calls `each(connection, other end, is the only source)` for connections, older than the change, to peers with a newly wanted piece.
  template <class Each>
  void for_each_source(HostId peer, Each each) {
    for (const ConnectionId id : connections_.open_of(peer)) {
      const PeerConnection& connection = *connections_.find(id);
      if (connection.shaken() > at_) continue;
      bool has_one = false;
      bool is_alone = false;
      for (PieceIndex piece(0); piece.value() < facts_.geometry.piece_count(); ++piece) {
        if (is_wanted_early(piece) || arrivals_.has(peer, piece) || !has_told(connection, peer, piece)) continue;
        has_one = true;
        is_alone = is_alone || sources(peer, piece) == 1;
      }
      if (has_one) each(connection, connection.other(peer), is_alone);
    }
  }

  bool has_told(const PeerConnection& connection, HostId to, PieceIndex piece) const {
    return heard_.has(connection.id, opposite(connection.direction_of(to)), piece);
  }
  std::size_t sources(HostId peer, PieceIndex piece) const {
    return static_cast<std::size_t>(std::ranges::count_if(connections_.open_of(peer), [&](ConnectionId id) {
      return has_told(*connections_.find(id), peer, piece);
    }));
  }

  void judge_interest(HostId peer) {
    for_each_source(peer, [&](const PeerConnection& connection, HostId other, bool is_alone) {
      ++judged_;
      if (is_alone) ++alone_;
      if (talks_.at(connection.id, connection.direction_of(peer)).am_interested) return;
      accuse(fmt::format("{} is not interested in {} {} after it began to want what {} has", facts_.name(peer), facts_.name(other),
                         to_text(within_), facts_.name(other)),
             story_line(at_, fmt::format("{} wants all pieces from now on", facts_.name(peer))), kLookAt);
    });
  }

  void judge_requests(HostId peer) {
    for_each_source(peer, [&](const PeerConnection& connection, HostId other, bool is_alone) {
      const Direction asks = connection.direction_of(peer);
      const Dialogue* dialogue = dialogues_.find(connection.id, asks);
      const bool could_ask = dialogue != nullptr && dialogue->can_be_asked() && dialogue->choke_changed < at_ + within_;
      const Time asked = talks_.at(connection.id, asks).asked;
      if (!is_alone || !could_ask || (asked != kNever && asked >= at_)) return;
      accuse(fmt::format("{} has asked {} for nothing {} after it began to want what only {} has, which does not choke it",
                         facts_.name(peer), facts_.name(other), to_text(2 * within_), facts_.name(other)),
             story_line(at_, fmt::format("{} wants all pieces from now on", facts_.name(peer))), kLookAt);
    });
  }

  static constexpr std::string_view kLookAt =
      "what a client does when the selection of files changes: interest and requests follow it at once";

  void accuse(std::string what, std::string line, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = std::move(what);
    first_.story = {std::move(line), fmt::format("look at {}", look_at)};
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Connections& connections_;
  const Dialogues& dialogues_;
  const Announced& heard_;
  std::vector<HostId> who_;
  std::uint64_t first_wanted_;
  std::uint64_t last_wanted_;
  Time at_;
  Duration within_;
  PeerSet is_who_;
  PerSide<Talk> talks_;             // by the side of who wants
  bool interest_judged_ = false;
  bool requests_judged_ = false;
  std::uint32_t judged_ = 0;
  std::uint32_t alone_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kInterestFollowsSelection{
    .name = "interest_follows_selection",
    .claim = "when more is wanted interest and requests follow, and nothing is asked for that is not wanted",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B12",
    .parameters = kParameters,
    .text = R"(A peer wants only the pieces from `first` to `last`, and from `at` on all of them: a second file is selected.  Before, no
Request is decided for another piece (pieces that a wanted file shares with its neighbour are wanted).  Afterwards the peer
is interested, within the given time, in everyone connected who had told it of a newly wanted piece that it lacks; and
within twice that it has asked who alone has such a piece and does not choke it.  Vacuous when nobody connected had one.
Provoke it with a torrent of two files, of which the second is selected later, and a peer that has only that one.)",
};

std::unique_ptr<Check> make_interest_follows_selection(const CheckContext& context) {
  return std::make_unique<InterestFollowsSelection>(context);
}

}  // namespace swarmlab::swarmsim
