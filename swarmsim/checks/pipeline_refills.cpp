#include "swarmsim/checks/pipeline_refills.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/dialogues.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// A Request that was decided at once may wait a moment to be sent.
constexpr Duration kMoment = 100ms;
// What is decided in time may wait behind data.
constexpr Duration kPatience = 10s;
constexpr Duration kBetweenLooks = 250ms;
// After a piece failed its hash a client may look at it before its blocks are free again.
constexpr Duration kInquest = 5s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must go on asking"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time from the Unchoke or the last answer to the next Request (default: 1 s)"},
};

class PipelineRefills final : public Check {
 public:
  explicit PipelineRefills(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who"), facts_.peers.size()),
        dialogues_(context.books.dialogues()), within_(context.arguments.duration("within", 1s)),
        searching_(facts_.peers.size()), unclear_until_(facts_.peers.size(), kStart) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::ended)
        .sent(MessageKind::request)
        .received(MessageKind::unchoke)
        .received(MessageKind::piece)
        .received(MessageKind::reject);
  }
  // What had been asked by then: the event itself may be what was due.
  EventSet interest_before() const override { return Dialogues::interest(); }
  void before_event(const WireEvent& event) override { look_at_due(event.at); }

  std::vector<const SideTable*> tables() const override { return {&idle_}; }

  void on_event(const WireEvent& event) override {
    // Requests at a host that vanished look open to the asker until they time out.
    for (const Dialogues::Ended& ended : dialogues_.ended())
      if (ended.fate == Dialogues::Fate::vanished && who_.has(ended.dialogue->asker))
        unclear_until_[ended.dialogue->asker.value()] =
            event.at + facts_.peers[ended.dialogue->asker.value()].request_timeout + kPatience;
    if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::request && who_.has(event.from)) on_request(event);
    if (event.kind != WireEventKind::received || !who_.has(event.to)) return;
    const MessageKind kind = event.message.kind;
    if (kind != MessageKind::unchoke && kind != MessageKind::piece && kind != MessageKind::reject) return;
    const Dialogue* dialogue = dialogues_.find(event.connection, opposite(event.direction));
    if (dialogue == nullptr || !dialogue->can_be_asked() || !dialogue->open.empty()) return;
    Idle& idle = idle_.reader(event);
    if (!idle.is_due) due_.emplace(event.at + kMoment, Dialogues::Side{dialogue->connection, dialogue->asks});
    idle = {event.at, kind, {}, {}, true, true};
  }

  void on_whole_piece(const WholePiece& whole) override {
    if (!whole.is_true)
      unclear_until_[whole.peer.value()] = std::max(unclear_until_[whole.peer.value()], whole.at + kInquest);
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    look_at_due(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} empty pipelines refilled, {} left empty; slowest after {}", refilled_, wrong_,
                                     to_text(slowest_));
    judgement.number = MeasuredNumber{"slowest", Number::of(slowest_), Unit::time};
    judgement.limit = fmt::format("within {}", to_text(within_));
    if (judgement.verdict == Verdict::held && refilled_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no peer unchoked any of these, or answered their last request, while there was more to ask";
    }
    return judgement;
  }

 private:
  // A side without open requests, since `at`.
  struct Idle {
    Time at{};                          // of what emptied the pipeline, or opened it
    MessageKind kind = MessageKind::unchoke;
    std::optional<PieceIndex> piece;    // wanted, and nobody was asked for all of it,
    Time seen{};                        // at every look since then
    bool is_watched = false;
    bool is_due = false;                // stands in due_
  };

  // A late request, unless it shows within kPatience that the wanted piece had been asked for elsewhere before.
  struct Suspicion {
    Time certain_at{};
    Time decided{};
    HostId asker;
    HostId source;
    Idle idle;
  };

  void on_request(const WireEvent& event) {
    std::erase_if(suspicions_, [&](const Suspicion& s) {
      return s.asker == event.from && s.source != event.to && *s.idle.piece == event.message.piece &&
             event.decided_earliest <= s.decided;
    });
    // Whoever works on the piece that another waits for may have decided to long ago: that one's search begins anew.
    std::erase_if(searching_[event.from.value()], [&](const Dialogues::Side& side) {
      Idle& other = idle_.at(side.connection, side.asks);
      if (side.connection != event.connection && other.piece == event.message.piece) other.piece.reset();
      return !other.piece;
    });
    Idle& idle = idle_.writer(event);
    if (!std::exchange(idle.is_watched, false)) return;
    ++refilled_;
    const Duration took = std::max(Duration{}, event.decided_earliest - idle.at);
    if (took <= within_) slowest_ = std::max(slowest_, took);
    else if (idle.piece && event.decided_earliest > idle.seen + within_)
      suspicions_.push_back({event.at + kPatience, event.decided_earliest, event.from, event.to, idle});
  }

  void look_at_due(Time now) {
    while (!suspicions_.empty() && suspicions_.front().certain_at <= now) {
      const Suspicion& s = suspicions_.front();
      accuse(s.idle, s.asker, s.source, story_line(s.decided, "only now the next REQUEST to it is decided"));
      suspicions_.erase(suspicions_.begin());
    }
    // Nothing has happened since the last event: what is looked at now is how it was when the look was due.
    while (!due_.empty() && due_.begin()->first <= now) {
      const auto [at, side] = *due_.begin();
      due_.erase(due_.begin());
      Idle& idle = idle_.at(side.connection, side.asks);
      idle.is_watched = idle.is_watched && look(idle, *dialogues_.find(side), at);
      idle.is_due = idle.is_watched;
      if (idle.is_due) due_.emplace(at + kBetweenLooks, side);
    }
  }

  // False when there is nothing to wait for (any more).
  bool look(Idle& idle, const Dialogue& dialogue, Time now) {
    if (!dialogue.can_be_asked() || !dialogue.open.empty() || dialogue.choke_changed > idle.at || dialogue.gave_false_block ||
        dialogues_.is_gone(dialogue.asker) || dialogues_.is_gone(dialogue.source) ||
        unclear_until_[dialogue.asker.value()] > now)
      return false;
    if (!idle.piece || !is_wanted(dialogue, *idle.piece)) {
      idle.piece = wanted(dialogue);
      idle.seen = now;
      if (idle.piece) note_search({dialogue.connection, dialogue.asks}, dialogue.asker);
      return idle.piece.has_value();
    }
    if (idle.seen + within_ + kPatience > now) return true;
    accuse(idle, dialogue.asker, dialogue.source, story_line(now, "no REQUEST to it was sent by now"));
    return false;
  }

  void note_search(const Dialogues::Side& side, HostId asker) {
    std::vector<Dialogues::Side>& sides = searching_[asker.value()];
    if (std::ranges::find(sides, side.connection, &Dialogues::Side::connection) == sides.end()) sides.push_back(side);
  }

  // A piece that the source has, the asker lacks, and some block of which nobody was asked for.
  std::optional<PieceIndex> wanted(const Dialogue& dialogue) {
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece)
      if (is_candidate(dialogue, piece) && is_wanted(dialogue, piece)) return piece;
    return std::nullopt;
  }
  bool is_candidate(const Dialogue& dialogue, PieceIndex piece) const {
    return dialogues_.has_announced(dialogue, piece) && !arrivals_.has(dialogue.asker, piece) && !dialogue.has_given_back(piece);
  }
  bool is_wanted(const Dialogue& dialogue, PieceIndex piece) {
    if (!is_candidate(dialogue, piece)) return false;
    // A block that is asked for at two places counts twice: too much is better than too little here.
    std::size_t taken = arrivals_.blocks_of(dialogue.asker, piece);
    for (const Dialogues::Side& side : dialogues_.of(dialogue.asker))
      taken += static_cast<std::size_t>(std::ranges::count_if(
          dialogues_.find(side)->open, [&](const AskedBlock& asked) { return asked.block.piece == piece; }));
    return taken < facts_.geometry.block_count(piece);
  }

  void accuse(const Idle& idle, HostId asker, HostId source, std::string last) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    const std::string& who = facts_.name(asker);
    const std::string& whom = facts_.name(source);
    first_.summary = fmt::format("{} asks {} for nothing, though it may and needs what {} has (limit {})", who, whom, whom,
                                 to_text(within_));
    first_.story.push_back(story_line(
        idle.at, conversation(facts_, source, asker, fmt::format("{} received; no request is open now", to_string(idle.kind)))));
    first_.story.push_back(story_line(idle.seen, fmt::format("{} has piece {}, which {} lacks, and nobody was asked for all of it",
                                                             whom, idle.piece->value(), who)));
    first_.story.push_back(std::move(last));
    first_.story.push_back("look at what makes the client ask again: every Unchoke, Piece and Reject must");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  PeerSet who_;
  const Dialogues& dialogues_;
  Duration within_;
  PerSide<Idle> idle_;                      // of the side that asks
  std::vector<std::vector<Dialogues::Side>> searching_;   // by asker: all sides whose Idle has a piece, perhaps others
  std::vector<Suspicion> suspicions_;       // in the order of time
  std::multimap<Time, Dialogues::Side> due_;   // whom to look at when, each once
  std::vector<Time> unclear_until_;         // by peer: a piece failed, or a source vanished
  std::uint64_t refilled_ = 0;
  std::uint64_t wrong_ = 0;
  Duration slowest_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kPipelineRefills{
    .name = "pipeline_refills",
    .claim = "who may ask and needs more, asks: after every Unchoke, Piece and Reject",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B19, B22",
    .parameters = kParameters,
    .text = R"(When an Unchoke, a Piece or a Reject arrives and no request is open at that peer, the next one is decided within the
given time, as long as the peer does not choke, and for all that time has a piece that is needed and some block of which
nobody was asked for.  Pieces of which it rejected a block, or that it failed to deliver in time, do not count, nor do peers
that sent corrupt blocks; and nothing does for 5 s after a piece failed, or for the request timeout after a host vanished
that owed blocks.  Vacuous when no pipeline was ever empty while there was more to ask.  Provoke it with peers that choke
and unchoke often, and with one that rejects some requests and is the only source.)",
    .declared = "request_timeout",
};

std::unique_ptr<Check> make_pipeline_refills(const CheckContext& context) {
  return std::make_unique<PipelineRefills>(context);
}

}  // namespace swarmlab::swarmsim
