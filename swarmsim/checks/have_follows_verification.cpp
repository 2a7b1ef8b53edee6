#include "swarmsim/checks/have_follows_verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/announced.hpp"
#include "swarmsim/checks/possible_pieces.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// A Have that was decided in time may wait behind data to be sent.
constexpr Duration kPatience = 10s;
// When the run ends this much of that patience has to do.
constexpr Duration kPatienceAtTheEnd = 1s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that must announce what they have"},
    ParameterManual{"within", ParameterKind::duration, Need::optional, "time from having a piece (default: 5 s)"},
    ParameterManual{"checking", ParameterKind::duration, Need::optional,
                    "how long after joining a client may take to look through what is on its disk (default: 60 s)"},
};

// What one of the peers knows of one of its connections.
struct Line {
  HostId other;
  ConnectionId connection;
  Direction ours = Direction::from_dialler;   // of the messages that the peer sends
  Time since = kNever;                        // when the other's handshake reached it
};

class HaveFollowsVerification final : public Check {
 public:
  explicit HaveFollowsVerification(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        within_(context.arguments.duration("within", 5s)), checking_(context.arguments.duration("checking", 60s)),
        told_(context.books.told()), heard_(context.books.heard()), possible_(facts_),
        lines_(facts_.peers.size()), has_since_(facts_.peers.size()), is_gone_(facts_.peers.size(), false), started_(facts_.peers.size()) {
    for (const HostId peer : context.arguments.peers("who")) {
      const PeerFacts& facts = facts_.peers[peer.value()];
      started_[peer.value()] = facts.joins;
      std::vector<Time>& since = has_since_[peer.value()];
      since.assign(facts_.geometry.piece_count(), kNever);
      for (PieceIndex piece; facts_.geometry.contains(piece); ++piece)
        if (facts.has_at_start.test(piece)) since[piece.value()] = facts.joins + checking_;
    }
  }

  EventSet interest() const override {
    return EventSet{}
        .sent(MessageKind::have)
        .received(MessageKind::have)
        .received(MessageKind::handshake)
        .received(MessageKind::piece)
        .add(WireEventKind::ended)
        .add(WireEventKind::stopped)
        .add(WireEventKind::joined);
  }

  // What had been announced by then: the event itself may be what was due.
  EventSet interest_before() const override { return interest(); }
  void before_event(const WireEvent& event) override { judge_due(event.at); }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::stopped: is_gone_[event.from.value()] = true; return;
      case WireEventKind::ended:
        close(event.from, event.connection);
        close(event.to, event.connection);
        return;
      case WireEventKind::sent:
        if (is_who_.has(event.from)) on_have(event);
        return;
      case WireEventKind::received:
        if (event.message.kind == MessageKind::handshake) return open(event);
        if (event.message.kind == MessageKind::have && is_who_.has(event.from)) count_in_flight(event, -1);
        if (!is_who_.has(event.to)) return;
        if (event.message.kind == MessageKind::piece) possible_.on_block(event);
        return;
      case WireEventKind::joined: return restart(event);
      case WireEventKind::opened:
      case WireEventKind::undecodable: return;
    }
  }

  void on_whole_piece(const WholePiece& whole) override {
    if (!whole.is_true || !is_who_.has(whole.peer)) return;
    Time& since = has_since_[whole.peer.value()][whole.piece.value()];
    if (since != kNever) return;
    since = whole.at;
    due_.emplace(whole.at + within_ + kPatience, Duty{whole.peer, whole.at, whole.piece, {}});
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    judge_due(end.at + kPatience - kPatienceAtTheEnd);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} announcements missing, late or untrue; slowest after {}", wrong_, owed_,
                                     to_text(slowest_));
    judgement.number = MeasuredNumber{"slowest", Number::of(slowest_), Unit::time};
    judgement.limit = fmt::format("0 missing after {}", to_text(within_));
    if (judgement.verdict == Verdict::held && owed_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "none of the peers had a piece that a connected peer lacked for long enough to be told";
    }
    return judgement;
  }

 private:
  struct Duty {
    HostId who;
    Time since{};
    std::optional<PieceIndex> piece;        // to everybody connected by then; else
    std::optional<ConnectionId> connection;   // everything that it had by then, to this one
  };

  Line* line(HostId peer, ConnectionId connection) {
    if (!is_who_.has(peer)) return nullptr;
    const auto found = std::ranges::find(lines_[peer.value()], connection, &Line::connection);
    return found == lines_[peer.value()].end() ? nullptr : &*found;
  }

  // The other's handshake has reached `event.to`: from now on it knows whom it talks to.
  void open(const WireEvent& event) {
    if (!is_who_.has(event.to) || event.from.value() >= facts_.peers.size()) return;
    lines_[event.to.value()].push_back({event.from, event.connection, opposite(event.direction), event.at});
    const Time base = std::max(event.at, started_[event.to.value()] + checking_);
    due_.emplace(base + within_ + kPatience, Duty{event.to, event.at, {}, event.connection});
  }
  void close(HostId peer, ConnectionId connection) {
    if (is_who_.has(peer)) std::erase_if(lines_[peer.value()], [&](const Line& l) { return l.connection == connection; });
  }

  // What its disk holds now is what it may announce, once it has looked through it.
  void restart(const WireEvent& event) {
    is_gone_[event.from.value()] = false;
    const auto has = protocol::Bitfield::from_wire(event.payload, facts_.geometry.piece_count());
    if (!has || !is_who_.has(event.from)) return;
    std::vector<Time>& since = has_since_[event.from.value()];
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece)
      since[piece.value()] = has->test(piece) ? event.at + checking_ : kNever;
    started_[event.from.value()] = event.at;
  }

  void count_in_flight(const WireEvent& event, int change) {
    const std::size_t slot = 2 * std::size_t{event.connection.value()} + static_cast<std::size_t>(event.direction);
    if (slot >= in_flight_.size()) in_flight_.resize(std::max(slot + 1, in_flight_.size() * 3 / 2), 0);
    in_flight_[slot] += change;
  }
  // Haves that were sent and do not arrive: the path is cut, and nothing that is written gets out.
  bool is_stalled(const Line& line) const {
    const std::size_t slot = 2 * std::size_t{line.connection.value()} + static_cast<std::size_t>(line.ours);
    return slot < in_flight_.size() && in_flight_[slot] > 0;
  }

  void on_have(const WireEvent& event) {
    count_in_flight(event, 1);
    const PieceIndex piece = event.message.piece;
    if (!facts_.geometry.contains(piece) || !possible_.can_have(event.from, piece))
      return accuse(fmt::format("{} announces piece {} to {}, and cannot have it", facts_.name(event.from), piece.value(),
                                facts_.name(event.to)),
                    {story_line(event.at, conversation(facts_, event.from, event.to, event.message)),
                     "not all of its blocks have arrived true; look at what the client does with a piece before its hash is known"});
    const Time since = has_since_[event.from.value()][piece.value()];
    const Line* to = line(event.from, event.connection);
    if (since == kNever || to == nullptr || heard_.has(event.connection, opposite(to->ours), piece)) return;
    const Time base = std::max(since, to->since);
    const Duration took = std::max(Duration{}, event.decided_earliest - base);
    slowest_ = std::max(slowest_, took);
    if (took <= within_) return;
    ++owed_;
    accuse(fmt::format("{} announces piece {} to {} only {} after it had it (limit {})", facts_.name(event.from), piece.value(),
                       facts_.name(event.to), to_text(took), to_text(within_)),
           {had_line(event.from, event.to, piece, base),
            story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided"),
            "look at what holds back an announcement once a piece has passed its hash and is written"});
  }

  void judge_due(Time now) {
    while (!due_.empty() && due_.begin()->first <= now) {
      const Duty duty = due_.begin()->second;
      due_.erase(due_.begin());
      if (is_gone_[duty.who.value()]) continue;
      const std::vector<Time>& since = has_since_[duty.who.value()];
      if (duty.piece) {
        if (since[duty.piece->value()] != duty.since) continue;   // restarted without it
        for (const Line& to : lines_[duty.who.value()])
          if (to.since <= duty.since) judge(duty.who, to, *duty.piece, duty.since);
      } else if (const Line* to = line(duty.who, *duty.connection)) {
        const Time before = std::max(duty.since, started_[duty.who.value()] + checking_);
        for (PieceIndex piece; facts_.geometry.contains(piece); ++piece)
          if (since[piece.value()] <= before) judge(duty.who, *to, piece, std::max(since[piece.value()], to->since));
      }
    }
  }

  void judge(HostId who, const Line& to, PieceIndex piece, Time base) {
    if (is_gone_[to.other.value()] || heard_.has(to.connection, opposite(to.ours), piece)) return;
    const bool was_told = told_.has(to.connection, to.ours, piece);
    if (!was_told && is_stalled(to)) return;
    ++owed_;
    if (was_told) return;
    accuse(fmt::format("{} has piece {} and never tells {}, which lacks it", facts_.name(who), piece.value(), facts_.name(to.other)),
           {had_line(who, to.other, piece, base),
            story_line(base + within_, fmt::format("neither HAVE nor a bitfield with it was sent to {} by now", facts_.name(to.other))),
            "look at what the client does when a piece has passed its hash, and at what it tells a peer that has just connected"});
  }

  std::string had_line(HostId who, HostId to, PieceIndex piece, Time base) const {
    return story_line(base, fmt::format("piece {} is whole and true at {}, connected to {}", piece.value(), facts_.name(who),
                                        facts_.name(to)));
  }

  void accuse(std::string summary, std::vector<std::string> story) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = std::move(summary);
    first_.story = std::move(story);
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  Duration within_;
  Duration checking_;
  const Announced& told_;
  const Announced& heard_;
  PossiblePieces possible_;
  std::vector<std::vector<Line>> lines_;        // by peer of who: its open connections
  std::vector<std::vector<Time>> has_since_;    // by peer of who and piece
  std::vector<bool> is_gone_;                   // told to go, and not started again
  std::vector<Time> started_;                   // by peer of who
  std::vector<int> in_flight_;                  // Haves, by connection and direction
  std::multimap<Time, Duty> due_;
  std::uint64_t owed_ = 0;
  std::uint64_t wrong_ = 0;
  Duration slowest_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kHaveFollowsVerification{
    .name = "have_follows_verification",
    .claim = "every piece is announced soon after it is there, to everybody who lacks it, and never before",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B17",
    .parameters = kParameters,
    .text = R"(BEP 3, "have": a peer that has a piece, whole and true, tells every connected peer within the given time: by Have,
or by the bitfield when the connection is younger than the piece.  Peers that have announced the piece themselves need not
be told.  What was on disk at the start counts once the client has had time to check it.  A Have for a piece that
cannot be true, since not all of its blocks ever arrived unspoilt, is a violation too.  Haves may wait 10 s behind data
to be sent, and longer where the path is cut.  Vacuous when nobody lacked anything.  Provoke it with leechers that
trade, and with late joiners.)",
};

std::unique_ptr<Check> make_have_follows_verification(const CheckContext& context) {
  return std::make_unique<HaveFollowsVerification>(context);
}

}  // namespace swarmlab::swarmsim
