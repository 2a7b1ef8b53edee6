#include "swarmsim/checks/stopped_means_stopped.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/doubtful_pieces.hpp"
#include "swarmsim/checks/leftover_requests.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that stop fetching"},
    ParameterManual{"first", ParameterKind::count, Need::optional, "the first piece they want (default: 0)"},
    ParameterManual{"last", ParameterKind::count, Need::optional, "and the last (default: the last of all)"},
    ParameterManual{"off", ParameterKind::duration, Need::optional, "when they are told to fetch nothing (default: never)"},
    ParameterManual{"on", ParameterKind::duration, Need::optional, "when they may fetch again (default: never)"},
    ParameterManual{"within", ParameterKind::duration, Need::optional, "time to take notice (default: 1 s)"},
};

// Why a peer fetches nothing, since when; kNever where it is not so.
struct Rest {
  Time off = kNever;
  Time stopped = kNever;
  Time satisfied = kNever;   // all it wants is here
  std::uint32_t missing = 0; // of the pieces it wants

  Time since() const { return std::min({off, stopped, satisfied}); }
  std::string_view why() const {
    if (since() == stopped) return "was told to stop";
    return since() == off ? "was told to fetch nothing" : "has all that it wants";
  }
};

class StoppedMeansStopped final : public Check {
 public:
  explicit StoppedMeansStopped(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), dialogues_(context.books.dialogues()), leftovers_(dialogues_),
        who_(context.arguments.peers("who")), is_who_(who_, facts_.peers.size()),
        first_wanted_(context.arguments.count("first").value_or(0)),
        last_wanted_(context.arguments.count("last").value_or(facts_.geometry.piece_count() - 1)),
        within_(context.arguments.duration("within", 1s)),
        wants_some_(context.arguments.count("first") || context.arguments.count("last")), rests_(facts_.peers.size()),
        doubtful_(facts_, arrivals_, dialogues_) {
    if (const Duration off = context.arguments.duration("off", kForEver); off < kForEver) off_ = kStart + off;
    if (const Duration on = context.arguments.duration("on", kForEver); on < kForEver) on_ = kStart + on;
    for (const HostId peer : who_) count_missing(peer, facts_.peers[peer.value()].joins);
  }

  EventSet interest() const override { return LeftoverRequests::interest(); }
  // What was open when they were told: the event itself may be the first answer to that.
  EventSet interest_before() const override { return LeftoverRequests::interest(); }
  void before_event(const WireEvent& event) override {
    if (event.at >= off_) {
      const Time at = std::exchange(off_, kNever);
      for (const HostId peer : who_) begin(peer, rests_[peer.value()].off, at);
    }
    if (event.at >= on_) {
      on_ = kNever;
      for (const HostId peer : who_) {
        rests_[peer.value()].off = kNever;
        leftovers_.forget(peer);
      }
    }
    if (event.kind == WireEventKind::stopped && is_who_.has(event.from)) {
      if (event.how == StreamEnd::finished) begin(event.from, rests_[event.from.value()].stopped, event.at);
      else leftovers_.forget(event.from);   // killed: it does nothing any more
    }
  }

  void on_event(const WireEvent& event) override {
    doubtful_.on_event(event);
    leftovers_.on_event(event);
    while (const auto left = leftovers_.take_left(event.at)) accuse(*left);
    if (event.kind == WireEventKind::joined) {
      if (!is_who_.has(event.from)) return;
      rests_[event.from.value()].stopped = kNever;
      leftovers_.forget(event.from);
      count_missing(event.from, event.at);
    } else if (event.kind == WireEventKind::sent) {
      if (event.message.kind == MessageKind::request && is_who_.has(event.from)) judge(event);
    }
    if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::have && is_who_.has(event.from))
      begin_if_satisfied(event.from, event.at);
  }

  void on_whole_piece(const WholePiece& whole) override {
    if (!whole.is_true || !is_who_.has(whole.peer) || !is_wanted(whole.piece)) return;
    Rest& rest = rests_[whole.peer.value()];
    if (rest.missing > 0) --rest.missing;
    begin_if_satisfied(whole.peer, whole.at);
  }

  // What was announced with `off`, `on`, `first` and `last` is still to come.
  bool is_ready(Time now, Disks&) override {
    if (off_ != kNever || on_ != kNever || leftovers_.waits(now)) return false;
    return !wants_some_ || std::ranges::all_of(who_, [&](HostId peer) {
      return rests_[peer.value()].missing == 0 || dialogues_.is_gone(peer);
    });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    while (const auto left = leftovers_.take_left(end.at)) accuse(*left);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} with {} open; {} asked for later, {} not taken back", counted(rests_begun_, "time"),
                                     counted(open_then_, "request"), wrong_, left_);
    judgement.limit = fmt::format("none after {}", to_text(within_));
    if (judgement.verdict == Verdict::held && rests_begun_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody ceased to fetch while there was somebody whom it could have asked";
    }
    return judgement;
  }

 private:
  static constexpr Duration kForEver = Duration::max();

  bool is_wanted(PieceIndex piece) const { return piece.value() >= first_wanted_ && piece.value() <= last_wanted_; }

  // From its disk; who has all begins satisfied.
  void count_missing(HostId peer, Time at) {
    Rest& rest = rests_[peer.value()];
    rest.missing = 0;
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece)
      if (is_wanted(piece) && !arrivals_.has(peer, piece)) ++rest.missing;
    rest.satisfied = rest.missing == 0 ? at : kNever;
  }

  void begin(HostId peer, Time& reason, Time at) {
    const bool rested = rests_[peer.value()].since() != kNever;
    reason = at;
    if (rested) return;
    const auto could_be_asked = [&](const Dialogues::Side& side) { return dialogues_.find(side)->can_be_asked(); };
    const std::size_t open = leftovers_.expect(peer, at + within_);
    if (open > 0 || std::ranges::any_of(dialogues_.of(peer), could_be_asked)) ++rests_begun_;
    open_then_ += open;
  }

  // When all has come, and no block of it may have been thrown away.
  void begin_if_satisfied(HostId peer, Time at) {
    Rest& rest = rests_[peer.value()];
    if (rest.missing == 0 && rest.satisfied == kNever && !doubtful_.has_any(peer)) begin(peer, rest.satisfied, at);
  }

  void judge(const WireEvent& event) {
    const Rest& rest = rests_[event.from.value()];
    if (rest.since() == kNever || event.decided_earliest <= rest.since() + within_) return;
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} asks {} for {}, {} after it {} (limit {})", facts_.name(event.from), facts_.name(event.to),
                                 to_words(event.message.block()), to_text(event.decided_earliest - rest.since()), rest.why(),
                                 to_text(within_));
    first_.story.push_back(story_line(rest.since(), fmt::format("{} {}", facts_.name(event.from), rest.why())));
    first_.story.push_back(
        story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back("look at what the client's requests follow: whatever ends the fetching must reach the one that asks");
  }

  void accuse(const Leftover& left) {
    ++left_;
    if (first_.verdict == Verdict::violated) return;
    const Rest& rest = rests_[left.asker.value()];
    const std::string block = to_words(left.asked.block);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {} and {} its request for {} at {} (limit {})", facts_.name(left.asker), rest.why(),
                                 left.cancelled == kNever ? "never cancels" : "cancels too late", block, facts_.name(left.source),
                                 to_text(within_));
    first_.story.push_back(
        story_line(left.asked.decided, conversation(facts_, left.asker, left.source, "REQUEST " + block) + " decided"));
    first_.story.push_back(story_line(left.due - within_, fmt::format("{} {}", facts_.name(left.asker), rest.why())));
    if (left.cancelled != kNever) first_.story.push_back(story_line(left.cancelled, "only now a CANCEL is decided"));
    first_.story.push_back("look at what becomes of open requests when nothing is wanted any more");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Dialogues& dialogues_;
  LeftoverRequests leftovers_;
  const std::vector<HostId> who_;
  PeerSet is_who_;
  std::uint64_t first_wanted_;
  std::uint64_t last_wanted_;
  Duration within_;
  bool wants_some_;                                 // and not the whole torrent
  Time off_ = kNever;                               // still to come
  Time on_ = kNever;
  std::vector<Rest> rests_;                         // by peer
  DoubtfulPieces doubtful_;
  std::uint64_t rests_begun_ = 0;
  std::uint64_t open_then_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t left_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kStoppedMeansStopped{
    .name = "stopped_means_stopped",
    .claim = "who has all it wants, or is told to fetch nothing, asks for nothing and takes back what is open",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B32",
    .parameters = kParameters,
    .text = R"(A peer ceases to fetch when the last of the pieces from `first` to `last` has come; from `off` to `on`,
when it is told to want nothing (a selection of no file, a paused download); and when it is told to stop, until it is
started again.  From then on no Request is decided beyond the given time, and each that is open gets a Cancel decided
by then; its answer, a Choke or the end of the connection does as well.  What was decided in time may wait to be sent:
that there was no Cancel is certain when the peer's next message on that connection is sent, or all it sent has
arrived and nothing followed for 15 s.  On a client that limits its download more time may be due (`within`).  Blocks
that came after their request was taken back may be thrown away by the client: further requests for such pieces are
counted as not judged.  A client that lets open requests run out when it is paused is accused: that is what the
catalogue of bugs asks for.  Vacuous when nobody whom it could have asked was there when a peer ceased.  Provoke it
with a selection that is complete before the torrent is, and one that is taken away and given back.)",
};

std::unique_ptr<Check> make_stopped_means_stopped(const CheckContext& context) {
  return std::make_unique<StoppedMeansStopped>(context);
}

}  // namespace swarmlab::swarmsim
