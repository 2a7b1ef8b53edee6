#include "swarmsim/checks/interest_is_true.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/announced.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// A message that was decided in time may wait behind other data to be sent; only then is it seen.
constexpr Duration kPatience = 10s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose interest is judged"},
    ParameterManual{"within", ParameterKind::duration, Need::optional, "time to say so (default: 5 s)"},
};

// What one of the peers knows of and says on one of its connections.
struct Line {
  HostId who;
  HostId other;
  bool is_open = false;
  bool is_excused = false;       // the other one was caught with a false piece: whoever wants nothing of it is right
  bool says_interested = false;
  std::uint32_t interesting = 0; // pieces that the other told of and `who` lacks
  Time interesting_since = kNever;   // when the first of those came
  PieceIndex latest;             // of those, the last one told
  Time owed_since = kNever;      // interesting, and Interested is not in force
  Time needless_since = kNever;  // in force, with nothing interesting
};

class InterestIsTrue final : public Check {
 public:
  explicit InterestIsTrue(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")), is_who_(who_, facts_.peers.size()),
        within_(context.arguments.duration("within", 5s)),
        heard_(context.books.heard()), people_(facts_.peers.size()) {
    for (const PeerFacts& peer : facts_.peers) longest_round_ = std::max(longest_round_, peer.rechoke_interval);
    for (const HostId peer : who_) {
      Person& person = people_[peer.value()];
      person.has = facts_.peers[peer.value()].has_at_start;
      if (person.has.all()) person.done = facts_.peers[peer.value()].joins;
    }
  }

  EventSet interest() const override {
    return EventSet{}
        .received(MessageKind::have)
        .received(MessageKind::bitfield)
        .received(MessageKind::have_all)
        .add(WireEventKind::joined)
        .add(WireEventKind::stopped)
        .add(WireEventKind::opened)
        .add(WireEventKind::ended)
        .sent(MessageKind::have)
        .sent(MessageKind::request)
        .sent(MessageKind::interested)
        .sent(MessageKind::not_interested);
  }

  std::vector<const SideTable*> tables() const override { return {&lines_}; }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::joined: return on_joined(event);
      case WireEventKind::stopped:
        people_[event.from.value()].is_gone = true;
        return;
      case WireEventKind::opened:
        open(event, event.from, event.to, event.direction);
        open(event, event.to, event.from, opposite(event.direction));
        return;
      case WireEventKind::ended:
        close(event, event.from, event.direction);
        close(event, event.to, opposite(event.direction));
        return;
      case WireEventKind::sent:
        if (!is_who_.has(event.from)) return;
        if (event.message.kind == MessageKind::have) gain(event.from, event.message.piece, event.decided_latest);
        else if (event.message.kind == MessageKind::request) people_[event.from.value()].asked = event.decided_earliest;
        else on_said(event, lines_.writer(event));
        return;
      case WireEventKind::received:
        if (is_who_.has(event.to)) on_told(event);
        return;
      case WireEventKind::undecodable: return;
    }
  }

  void on_whole_piece(const WholePiece& whole) override {
    if (!is_who_.has(whole.peer)) return;
    if (whole.is_true) return gain(whole.peer, whole.piece, whole.at);
    for (const Place& place : people_[whole.peer.value()].lines) {
      Line& line = lines_.at(place.connection, place.writes);
      if (std::ranges::find(whole.sources, line.other) != whole.sources.end()) line.is_excused = true;
    }
  }

  // Interest that nobody takes back shows only when nothing else happens any more.
  bool is_ready(Time now, Disks&) override {
    return std::ranges::all_of(who_, [&](HostId peer) {
      const Time done = people_[peer.value()].done;
      return done == kNever || now - done > within_ + longest_round_ + kPatience;
    });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const HostId peer : who_)
      for (const Place& place : people_[peer.value()].lines) settle(lines_.at(place.connection, place.writes), end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("slowest Interested after {}, of {}; up to {} of needless interest", to_text(slowest_),
                                     owed_, to_text(needless_));
    judgement.number = MeasuredNumber{"slowest", Number::of(slowest_), Unit::time};
    judgement.limit = to_text(within_);
    if (judgement.verdict == Verdict::held && owed_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody told the peers of a piece that they lacked; there was nothing to judge";
    }
    return judgement;
  }

 private:
  struct Place { ConnectionId connection; Direction writes; };
  struct Person {
    protocol::Bitfield has;
    Time done = kNever;
    Time asked{};               // the last Request: who asks after it was done was not (blocks it did not want may have come)
    bool is_gone = false;
    std::vector<Place> lines;   // open ones
  };

  void on_joined(const WireEvent& event) {
    Person& person = people_[event.from.value()];
    person.is_gone = false;
    if (!is_who_.has(event.from) || event.payload.empty()) return;
    auto has = protocol::Bitfield::from_wire(event.payload, facts_.geometry.piece_count());
    if (!has) return;
    person.has = std::move(*has);
    person.done = person.has.all() ? event.at : kNever;
  }

  void open(const WireEvent& event, HostId who, HostId other, Direction writes) {
    if (!is_who_.has(who) || other.value() >= facts_.peers.size()) return;
    Line& line = lines_.at(event.connection, writes);
    line = {};
    line.who = who;
    line.other = other;
    line.is_open = true;
    people_[who.value()].lines.push_back({event.connection, writes});
  }

  void close(const WireEvent& event, HostId who, Direction writes) {
    if (!is_who_.has(who)) return;
    Line& line = lines_.at(event.connection, writes);
    if (!line.is_open) return;
    settle(line, event.at);
    line.is_open = false;
    std::erase_if(people_[who.value()].lines, [&](const Place& place) { return place.connection == event.connection; });
  }

  void on_told(const WireEvent& event) {
    const Direction teller = event.direction;
    if (event.message.kind == MessageKind::have) {
      if (!facts_.geometry.contains(event.message.piece)) return;
      if (heard_.last_was_news()) on_news(event, event.message.piece);
      return;
    }
    Line& line = lines_.reader(event);
    line.interesting = 0;   // counted anew
    if (!line.is_open) return;
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece)
      if (heard_.has(event.connection, teller, piece)) on_news(event, piece);
  }

  void on_news(const WireEvent& event, PieceIndex piece) {
    Line& line = lines_.reader(event);
    if (!line.is_open || people_[line.who.value()].has.test(piece)) return;
    line.latest = piece;
    if (line.interesting++ > 0) return;
    line.interesting_since = event.at;
    line.needless_since = kNever;
    if (!line.says_interested) owe(line, event.at);
  }

  // How long needless interest may last in the end: it harms nobody before the other's next round.
  Duration leeway(const Line& line) const { return within_ + facts_.peers[line.other.value()].rechoke_interval; }

  void owe(Line& line, Time at) {
    ++owed_;
    line.owed_since = at;
  }

  // `who` has a piece now.
  void gain(HostId who, PieceIndex piece, Time at) {
    Person& person = people_[who.value()];
    if (!facts_.geometry.contains(piece) || person.has.test(piece)) return;
    person.has.set(piece);
    if (person.has.all()) person.done = at;
    for (const Place& place : person.lines) {
      Line& line = lines_.at(place.connection, place.writes);
      if (line.interesting == 0 || !heard_.has(place.connection, opposite(place.writes), piece)) continue;
      if (--line.interesting > 0) continue;
      settle(line, at);
      line.owed_since = kNever;
      if (line.says_interested) line.needless_since = at;
    }
  }

  void on_said(const WireEvent& event, Line& line) {
    const bool interested = event.message.kind == MessageKind::interested;
    if (!line.is_open || interested == line.says_interested) return;
    line.says_interested = interested;
    const Time done = people_[line.who.value()].done;
    if (interested) {
      if (line.owed_since != kNever) {
        const Duration took = std::max(Duration{}, event.decided_earliest - line.owed_since);
        slowest_ = std::max(slowest_, took);
        if (took > within_) accuse_silence(line, event.decided_earliest);
        line.owed_since = kNever;
      } else if (line.interesting == 0) {
        line.needless_since = event.decided_earliest;
      }
    } else if (line.interesting > 0) {
      owe(line, std::max(event.decided_earliest, line.interesting_since));   // news may overtake a decision that waits to be sent
    } else if (line.needless_since != kNever) {
      needless_ = std::max(needless_, event.decided_earliest - line.needless_since);
      if (done != kNever && event.decided_earliest > done + leeway(line)) accuse_greed(line, done, event.decided_earliest);
      line.needless_since = kNever;
    }
  }

  // Judges what is still missing on a line at `at`, when no message can be on its way any more.
  void settle(const Line& line, Time at) {
    if (line.owed_since != kNever && line.owed_since + within_ + kPatience < at) accuse_silence(line, at);
    const Time done = people_[line.who.value()].done;
    if (done != kNever && line.needless_since != kNever && std::max(done, line.needless_since) + leeway(line) + kPatience < at)
      accuse_greed(line, done, at);
  }

  void accuse_silence(const Line& line, Time at) {
    if (first_.verdict == Verdict::violated || line.is_excused || people_[line.who.value()].is_gone) return;
    first_.verdict = Verdict::violated;
    const std::string& who = facts_.name(line.who);
    const std::string& other = facts_.name(line.other);
    first_.summary = fmt::format("{} is not interested in {} for {}, which has pieces that {} lacks (limit {})", who, other,
                                 to_text(at - line.owed_since), who, to_text(within_));
    first_.story.push_back(story_line(line.owed_since,
                                      fmt::format("from here on {} knows that {} has something it lacks", who, other)));
    first_.story.push_back(story_line(at, fmt::format("there are {} such pieces by now, piece {} the latest, and INTERESTED "
                                                      "was not in force", std::max(1u, line.interesting), line.latest.value())));
    first_.story.push_back("look at where interest is worked out anew: on Have, on Bitfield, and when a piece is given up");
  }

  void accuse_greed(const Line& line, Time done, Time at) {
    const Person& person = people_[line.who.value()];
    if (first_.verdict == Verdict::violated || person.is_gone || person.asked > done) return;
    first_.verdict = Verdict::violated;
    const std::string& who = facts_.name(line.who);
    first_.summary = fmt::format("{} has everything and is still interested in {} after {} (limit {})", who,
                                 facts_.name(line.other), to_text(at - done), to_text(leeway(line)));
    first_.story.push_back(story_line(done, fmt::format("the last piece that {} lacked is whole", who)));
    first_.story.push_back(story_line(at, fmt::format("{} has not told {} NOT INTERESTED in time", who, facts_.name(line.other))));
    first_.story.push_back("look at what the client tells its peers when a piece is verified and when the last one is");
  }

  const RunFacts& facts_;
  std::vector<HostId> who_;
  PeerSet is_who_;
  Duration within_;
  Duration longest_round_{};      // of anybody's choker
  const Announced& heard_;
  PerSide<Line> lines_;           // by the direction in which `who` writes
  std::vector<Person> people_;    // by HostId
  std::uint64_t owed_ = 0;
  Duration slowest_{};
  Duration needless_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kInterestIsTrue{
    .name = "interest_is_true",
    .claim = "a peer is interested in whoever has what it lacks, and in nobody once it has everything",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B11",
    .parameters = kParameters,
    .text = R"(BEP 3: "Whenever a downloader doesn't have something they currently would ask a peer for in unchoked, they must
express lack of interest": choking works only when interest is true.  From the given time after a peer was
told of a piece that it lacks, Interested is in force on that connection until it lacks nothing of the other any
more.  The same time and a rechoke round after its last piece, no peer is left with Interested.  In between a client
may stay interested a little longer; that is reported, not judged.  Whoever sent a whole piece that was false may be
shunned, and a client that is stopped says nothing more.  Vacuous when nobody told of anything new.  Provoke it with
peers that begin with nothing, an end-game rich in cancels, and completion beside slower peers.)",
    .declared = "rechoke_interval",
};

std::unique_ptr<Check> make_interest_is_true(const CheckContext& context) {
  return std::make_unique<InterestIsTrue>(context);
}

}  // namespace swarmlab::swarmsim
