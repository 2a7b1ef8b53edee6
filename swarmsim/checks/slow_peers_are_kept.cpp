#include "swarmsim/checks/slow_peers_are_kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/farewells.hpp"
#include "swarmsim/checks/leftover_requests.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kBetweenLooks = 1s;
// A Request that was decided in time may wait behind other data.
constexpr Duration kPatience = 10s;
// Two blocks make a gap, of which one may be chance; from the second on a peer is steady.
constexpr std::uint32_t kSteadyBlocks = 3;
// Who answers so many single requests in the time allowed is quick enough for two at once.
constexpr std::uint32_t kQuickAnswers = 3;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that download"},
    ParameterManual{"gap", ParameterKind::duration, Need::optional,
                    "who leaves no longer time between two blocks is steady (default: 15 s)"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time to ask a steady peer again, and to ask one that is back for more than one block at once (default: 5 s)"},
};

// One side of a connection, as the one that asks.
struct Source {
  std::uint32_t in_a_row = 0;       // blocks, none later than the gap after the one before
  Time last_block = kStart;
  bool was_given_up = false;        // a request of it was cancelled: it may well be slow
  bool was_rejected = false;        // its last answer
  Time idle_seen = kNever;          // steady, idle, and alone with a piece that nobody began; kNever: not so
  Time back = kNever;               // an Unchoke, or a first block after rejects, that nobody is asked at; kNever: judged
  std::size_t most_open = 0;        // since
  std::uint32_t answers = 0;        // since, in the time allowed
};

class SlowPeersAreKept final : public Check {
 public:
  explicit SlowPeersAreKept(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")), is_who_(who_, facts_.peers.size()),
        gap_(context.arguments.duration("gap", 15s)), within_(context.arguments.duration("within", 5s)),
        dialogues_(context.books.dialogues()), farewells_(facts_, arrivals_, context.books.connections(), dialogues_),
        deepest_(facts_.peers.size(), 0) {}

  EventSet interest() const override {
    return EventSet{Farewells::interest()}.add(LeftoverRequests::interest());
  }
  EventSet interest_before() const override { return EventSet{}.add(WireEventKind::ended); }

  void before_event(const WireEvent& event) override {
    if (is_who_.has(event.from)) judge_end(event);
    sources_.writer(event) = sources_.reader(event) = {};
  }

  void on_event(const WireEvent& event) override {
    farewells_.on_event(event);
    if (event.kind == WireEventKind::opened) sources_.writer(event) = sources_.reader(event) = {};
    else if (event.kind == WireEventKind::sent && is_who_.has(event.from)) on_sent(event);
    else if (event.kind == WireEventKind::received && is_who_.has(event.to)) on_received(event);
    if (event.at < next_look_) return;
    next_look_ = event.at + kBetweenLooks;
    for (const HostId peer : who_) look(peer, event.at);
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const HostId peer : who_) look(peer, end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} in a row from one slow peer at most; {} came back; {} given up, {} left idle, {} held back",
                                     counted(longest_row_, "block"), counted(returns_, "peer"), hung_up_, left_idle_, held_back_);
    judgement.limit = fmt::format("asked within {}", to_text(within_));
    if (judgement.verdict == Verdict::held && longest_row_ == 0 && returns_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody was slow but steady, nor came back after a Choke or rejects with nothing to answer for";
    }
    return judgement;
  }

 private:
  void on_sent(const WireEvent& event) {
    Source& source = sources_.writer(event);
    // Messages keep their order: what is decided later and sent proves that no request was decided in time.
    if (source.idle_seen != kNever && event.decided_earliest > source.idle_seen + within_) accuse_of_idleness(event, source);
    if (event.message.kind == MessageKind::cancel) {
      // Of a block that has come, it is no reproach.
      if (!arrivals_.has_block(event.from, event.message.block())) source.was_given_up = true;
      return;
    }
    const Dialogue* dialogue = dialogues_.find(event.connection, event.direction);
    if (dialogue == nullptr || event.message.kind != MessageKind::request) return;
    source.idle_seen = kNever;
    // Decided before the last answer came, it stood beside another, however long it had to wait to be sent.
    const std::size_t beside = event.decided_earliest < source.last_block ? 1 : 0;
    source.most_open = std::max(source.most_open, dialogue->open.size() + beside);
    deepest_[event.from.value()] = std::max(deepest_[event.from.value()], dialogue->open.size());
  }

  void on_received(const WireEvent& event) {
    Source& source = sources_.reader(event);
    switch (event.message.kind) {
      case MessageKind::unchoke:
        if (const Dialogue* d = dialogues_.find(event.connection, opposite(event.direction)); d != nullptr && d->open.empty())
          comes_back(source, event.at);
        return;
      case MessageKind::choke: source.back = source.idle_seen = kNever; return;
      case MessageKind::reject:
        // Of what was cancelled before it is a courtesy.
        if (!dialogues_.ended().empty()) source.was_rejected = true;
        return;
      case MessageKind::piece: return on_block(event, source);
      default: return;
    }
  }

  void on_block(const WireEvent& event, Source& source) {
    const bool is_slow = event.at - source.last_block >= 500ms;
    source.in_a_row = event.at - source.last_block <= gap_ ? source.in_a_row + 1 : 1;
    source.last_block = event.at;
    if (source.in_a_row >= kSteadyBlocks && is_slow) longest_row_ = std::max<std::uint64_t>(longest_row_, source.in_a_row);
    source.was_given_up = false;   // whatever was held against it, this ends it
    if (std::exchange(source.was_rejected, false)) {
      comes_back(source, event.at);
      const Dialogue* dialogue = dialogues_.find(event.connection, opposite(event.direction));
      if (dialogue != nullptr) source.most_open = dialogue->open.size() + 1;   // and this one
    }
    if (source.back != kNever && event.at <= source.back + within_) ++source.answers;
  }

  void comes_back(Source& source, Time now) {
    if (source.was_given_up) return;
    ++returns_;
    source.back = now;
    source.most_open = 0;
    source.answers = 0;
  }

  void judge_end(const WireEvent& ended) {
    const Source& source = sources_.writer(ended);
    const Dialogue* dialogue = dialogues_.find(ended.connection, ended.direction);
    if (dialogue == nullptr || source.in_a_row < kSteadyBlocks || ended.at - source.last_block > gap_) return;
    if (arrivals_.is_complete(ended.from) || !farewells_.is_unexplained(ended) || !has_something(*dialogue)) return;
    ++hung_up_;
    accuse(fmt::format("{} hangs up on {}, which sent a block every {} or sooner", facts_.name(ended.from), facts_.name(ended.to),
                       to_text(gap_)),
           story_line(source.last_block, fmt::format("the last of {} from {} in a row", counted(source.in_a_row, "block"),
                                                      facts_.name(ended.to))),
           story_line(ended.at, conversation(facts_, ended.from, ended.to,
                                              ended.how == StreamEnd::reset ? "connection reset" : "connection closed")));
  }

  void look(HostId asker, Time now) {
    if (dialogues_.is_gone(asker) || arrivals_.is_complete(asker)) return;
    for (const Dialogues::Side& side : dialogues_.of(asker)) {
      const Dialogue& dialogue = *dialogues_.find(side);
      Source& source = sources_.at(side.connection, side.asks);
      if (!dialogue.can_be_asked() || dialogue.gave_false_block || dialogues_.is_gone(dialogue.source)) {
        source.idle_seen = source.back = kNever;
        continue;
      }
      look_whether_idle(source, dialogue, now);
      look_whether_held_back(source, dialogue, now);
    }
  }

  void look_whether_idle(Source& source, const Dialogue& dialogue, Time now) {
    const bool is_idle = dialogue.open.empty() && source.in_a_row >= kSteadyBlocks && !source.was_given_up && !source.was_rejected &&
                         untouched(dialogue, Whose::its_alone);
    if (!is_idle) {
      source.idle_seen = kNever;
      return;
    }
    source.idle_seen = std::min(source.idle_seen, now);
  }

  void accuse_of_idleness(const WireEvent& event, Source& source) {
    ++left_idle_;
    const std::string& who = facts_.name(event.from);
    const std::string& whom = facts_.name(event.to);
    accuse(fmt::format("{} asks {} for nothing, slow as it is, though it alone has what {} lacks (limit {})", who, whom, who,
                       to_text(within_)),
           story_line(source.last_block, fmt::format("the last of {} from {} in a row", counted(source.in_a_row, "block"), whom)),
           story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) +
                                                  (event.message.kind == MessageKind::request ? " decided only now"
                                                                                              : " decided, and no REQUEST before it")));
    source.idle_seen = kNever;
    source.in_a_row = 0;
  }

  void look_whether_held_back(Source& source, const Dialogue& dialogue, Time now) {
    if (source.back == kNever) return;
    if (source.most_open > 1 || source.was_given_up || !untouched(dialogue, Whose::anybodys)) {
      source.back = kNever;
      return;
    }
    if (now < source.back + within_ + kPatience) return;
    const Time back = std::exchange(source.back, kNever);
    if (source.answers < kQuickAnswers || deepest_[dialogue.asker.value()] < 2) return;
    ++held_back_;
    const std::string& who = facts_.name(dialogue.asker);
    const std::string& whom = facts_.name(dialogue.source);
    accuse(fmt::format("{} asks {} for one block at a time, {} after it came back with nothing to answer for (limit {})", who, whom,
                       to_text(now - back), to_text(within_)),
           story_line(back, fmt::format("{} may be asked again: its Unchoke, or its first block after rejects, reaches {}", whom, who)),
           story_line(back + within_, fmt::format("it has answered {}, and never had two open", counted(source.answers, "request"))),
           story_line(now, "nor was more than one open by now"));
  }

  bool has_something(const Dialogue& dialogue) const {
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece)
      if (dialogues_.has_announced(dialogue, piece) && !arrivals_.has(dialogue.asker, piece)) return true;
    return false;
  }

  enum class Whose : std::uint8_t { its_alone, anybodys };
  // It has a piece of which nothing has come, and nothing is asked for.
  bool untouched(const Dialogue& dialogue, Whose whose) {
    asked_.clear();
    for (const Dialogues::Side& side : dialogues_.of(dialogue.asker))
      for (const AskedBlock& asked : dialogues_.find(side)->open) asked_.push_back(asked.block.piece);
    std::ranges::sort(asked_);
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece) {
      if (!dialogues_.has_announced(dialogue, piece) || arrivals_.has(dialogue.asker, piece) || dialogue.has_given_back(piece) ||
          arrivals_.bytes_of(dialogue.asker, piece) > ByteCount(0) || std::ranges::binary_search(asked_, piece))
        continue;
      if (whose == Whose::anybodys) return true;
      const bool others_have = std::ranges::any_of(dialogues_.of(dialogue.asker), [&](const Dialogues::Side& side) {
        return side.connection != dialogue.connection && dialogues_.has_announced(*dialogues_.find(side), piece);
      });
      if (!others_have) return true;
    }
    return false;
  }

  template <class... Lines>
  void accuse(std::string summary, Lines... story) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = std::move(summary);
    (first_.story.push_back(std::move(story)), ...);
    first_.story.push_back("look at what the client holds against a peer: slow is not dead; neither a Choke nor a Reject is a time-out");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const std::vector<HostId> who_;
  PeerSet is_who_;
  Duration gap_;
  Duration within_;
  const Dialogues& dialogues_;
  Farewells farewells_;
  PerSide<Source> sources_;           // by the side that asks
  std::vector<std::size_t> deepest_;  // by asker: requests open at one peer, ever
  std::vector<PieceIndex> asked_;     // scratch
  Time next_look_ = kStart;
  std::uint64_t longest_row_ = 0;
  std::uint64_t returns_ = 0;
  std::uint64_t hung_up_ = 0;
  std::uint64_t left_idle_ = 0;
  std::uint64_t held_back_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kSlowPeersAreKept{
    .name = "slow_peers_are_kept",
    .claim = "who sends steadily is neither hung up on nor left idle, and who could not answer is not taken for slow",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B38",
    .parameters = kParameters,
    .text = R"(A peer is steady from its third block on, as long as no two are further apart than `gap`.  Whoever
downloads and still needs what it has does not end the connection to it, and asks it again within the given time when
it is idle and alone has a piece that nobody began.  A peer that could not answer (it choked and had nothing open, or
rejected all it was asked) has not been slow: after its Unchoke, or its first block after rejects, it gets more than
one request at a time; it is held back when it answers three or more within the given time and never has two open, by
a client that asks others for more at once, unless a request of it was cancelled since its last block.  For hanging up
the usual reasons are granted: a crossing connection, no room, corrupt data, the timeline.  Vacuous when nobody was
steady with half a second between blocks, nor came back.  Provoke it with a slow only source of large pieces, and with
a peer that rejects everything for a minute and then serves.)",
    .declared = "max_peers",
};

std::unique_ptr<Check> make_slow_peers_are_kept(const CheckContext& context) { return std::make_unique<SlowPeersAreKept>(context); }

}  // namespace swarmlab::swarmsim
