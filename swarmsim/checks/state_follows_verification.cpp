#include "swarmsim/checks/state_follows_verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/tracker_talk.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that are ended complete and started again with a gap"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to become interested in who has a missing piece (default: 60 s)"},
};

// One of the peers, since it was started again.
struct Life {
  bool was_complete = false;       // when it was ended
  Time restarted = kNever;         // with a gap; kNever otherwise
  std::uint32_t missing = 0;
  PieceIndex first_missing;
  Time source_known = kNever;      // somebody connected to it has announced a piece that it lacks
  HostId source;
  ConnectionId connection;         // to that one
  bool was_interested = false;
  bool has_announced = false;
};

class StateFollowsVerification final : public Check {
 public:
  explicit StateFollowsVerification(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        within_(context.arguments.duration("within", 60s)), is_who_(who_, facts_.peers.size()), heard_(context.books.heard()),
        talk_(facts_), lives_(facts_.peers.size()) {}

  EventSet interest() const override {
    using enum MessageKind;
    return EventSet{}
        .add(WireEventKind::stopped)
        .add(WireEventKind::joined)
        .add(WireEventKind::ended)
        .add(TrackerTalk::ears(WireEventKind::sent))
        .sent(interested)
        .received(have)
        .received(bitfield)
        .received(have_all);
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::stopped:
        lives_[event.from.value()] = {};
        lives_[event.from.value()].was_complete = arrivals_.is_complete(event.from);
        return;
      case WireEventKind::joined: return on_joined(event);
      case WireEventKind::ended:
        for (const HostId end : {event.from, event.to}) {
          if (!is_who_.has(end)) continue;
          Life& life = lives_[end.value()];
          if (life.source_known != kNever && life.connection == event.connection) life.source_known = kNever;
        }
        return;
      case WireEventKind::sent:
        if (!is_who_.has(event.from)) return;
        if (event.message.kind == MessageKind::interested) lives_[event.from.value()].was_interested = true;
        else if (event.message.kind == MessageKind::tracker_request) on_announce(event);
        return;
      case WireEventKind::received: return on_told(event);
      case WireEventKind::opened:
      case WireEventKind::undecodable: return;
    }
  }

  bool is_ready(Time now, Disks&) override {
    return std::ranges::all_of(who_, [&](HostId peer) {
      const Life& life = lives_[peer.value()];
      return life.restarted == kNever || life.was_interested || (life.source_known != kNever && now > life.source_known + within_);
    });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const HostId peer : who_) {
      const Life& life = lives_[peer.value()];
      if (life.restarted == kNever || life.was_interested || life.source_known == kNever) continue;
      if (end.at - life.source_known <= within_) continue;
      accuse(peer, fmt::format("{} lacks {} pieces and is not interested in {}, which announced one of them", facts_.name(peer),
                               life.missing, facts_.name(life.source)),
             story_line(life.source_known, fmt::format("{} tells {} of piece {}", facts_.name(life.source), facts_.name(peer),
                                                       life.first_missing.value())));
    }
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} came back with a gap; {} announces said so", gaps_, announces_);
    judgement.limit = fmt::format("left above 0, interested within {}", to_text(within_));
    if (judgement.verdict == Verdict::held && gaps_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody that had been complete was started again with a gap";
    }
    return judgement;
  }

 private:
  void on_joined(const WireEvent& event) {
    Life& life = lives_[event.from.value()];
    const auto has = protocol::Bitfield::from_wire(event.payload, facts_.geometry.piece_count());
    if (!has || !is_who_.has(event.from) || !life.was_complete || has->all()) return;
    life = {};
    life.restarted = event.at;
    life.missing = facts_.geometry.piece_count() - has->count();
    while (has->test(life.first_missing)) ++life.first_missing;
    ++gaps_;
  }

  void on_told(const WireEvent& event) {
    if (!is_who_.has(event.to)) return;
    Life& life = lives_[event.to.value()];
    if (life.restarted == kNever || life.source_known != kNever) return;
    if (!heard_.has(event.connection, event.direction, life.first_missing)) return;
    life.source_known = event.at;
    life.source = event.from;
    life.connection = event.connection;
  }

  void on_announce(const WireEvent& event) {
    const TrackerQuestion* question = talk_.on_request(event);
    Life& life = lives_[event.from.value()];
    if (question == nullptr || question->announce() == nullptr || life.restarted == kNever || life.has_announced) return;
    if (question->decided <= life.restarted || arrivals_.is_complete(event.from)) return;
    life.has_announced = true;
    ++announces_;
    if (question->announce()->left > ByteCount{}) return;
    accuse(event.from, fmt::format("{} tells its tracker that nothing is left, and lacks {} pieces", facts_.name(event.from), life.missing),
           story_line(event.at, conversation(facts_, event.from, event.to, to_string(*question->announce()))));
  }

  void accuse(HostId peer, std::string summary, std::string line) {
    if (first_.verdict == Verdict::violated) return;
    const Life& life = lives_[peer.value()];
    first_.verdict = Verdict::violated;
    first_.summary = std::move(summary);
    first_.story = {story_line(life.restarted, fmt::format("{} is started again; its disk lacks {} of {} pieces", facts_.name(peer),
                                                           life.missing, facts_.geometry.piece_count())),
                    std::move(line),
                    "look at what the client believes about itself after a verification: what it found, or what it was before"};
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  Duration within_;
  PeerSet is_who_;
  const Announced& heard_;
  TrackerTalk talk_;
  std::vector<Life> lives_;   // by peer
  std::uint32_t gaps_ = 0;
  std::uint32_t announces_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kStateFollowsVerification{
    .name = "state_follows_verification",
    .claim = "a seed that finds a gap in its files is no seed any more",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B52",
    .parameters = kParameters,
    .text = R"(A client that had everything, was ended, and is started again with a gap on its disk says in its next announce
that something is left, and becomes interested in a peer that announced the first missing piece within the given time.  Put
`completes` beside it: who is interested has still to fetch it.  Vacuous when nobody came back like that.  Provoke it with
`stop`, `lose: 5%` and `restart` in the timeline.)",
};

std::unique_ptr<Check> make_state_follows_verification(const CheckContext& context) {
  return std::make_unique<StateFollowsVerification>(context);
}

}  // namespace swarmlab::swarmsim
