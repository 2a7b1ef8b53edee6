#include "swarmsim/checks/rarest_first.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// A piece at this many peers is common beside one that exists once; two are neither.
constexpr std::uint32_t kCommon = 3;
// So many choices between a common piece and one that exists once make a habit.
constexpr std::uint64_t kFewestChoices = 20;
// A common piece chosen in more than one of four of them, after the first quarter: they are not fetched first.
constexpr std::uint64_t kOneIn = 4;
// For so many pieces in random order the chance of a rank correlation of 0.3 is one in five million.
constexpr std::size_t kFewestInOrder = 300;
constexpr std::int64_t kMostCorrelation = 300;   // thousandths

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that choose"},
};

// What one peer could know of the pieces it lacks.
struct Chooser {
  std::vector<std::uint32_t> at;          // by piece: how many of its connections have told of it
  protocol::Bitfield begun;               // asked for, or there from the start
  std::uint32_t unbegun = 0;
  Time changed = kStart;                  // `at`
  std::vector<std::uint32_t> alike;       // by availability: pieces that are not begun
  std::set<PieceIndex> single;            // not begun, and told of on one connection
  std::uint32_t quarter = 0;              // when so few are not begun, the first quarter is over
  std::vector<PieceIndex> order;          // begun while nearly all that were not were equally available
  std::uint64_t chosen = 0;               // one that exists once, of a source that has one
  std::uint64_t passed_over = 0;          // all of these for a common piece, after the first quarter
};

class RarestFirst final : public Check {
 public:
  explicit RarestFirst(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), heard_(context.books.heard()), dialogues_(context.books.dialogues()),
        who_(context.arguments.peers("who")), choosers_(facts_.peers.size()) {
    std::erase_if(who_, [&](HostId peer) { return facts_.peers[peer.value()].in_order; });
    is_who_ = PeerSet(who_, facts_.peers.size());
    for (const HostId peer : who_) begin(peer);
  }

  EventSet interest() const override {
    using enum MessageKind;
    return EventSet{}.add(WireEventKind::joined).sent(request).received(have).received(bitfield).received(have_all);
  }
  // Who tells of many pieces at once, and who leaves: all it had told of is taken off first.
  EventSet interest_before() const override {
    using enum MessageKind;
    return EventSet{}.add(WireEventKind::ended).received(bitfield).received(have_all);
  }
  void before_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::received) {
      if (is_who_.has(event.to)) count_all(event.to, event.connection, event.direction, -1, event.at);
      return;
    }
    for (const Direction asks : {Direction::from_dialler, Direction::from_acceptor}) {
      const Dialogue* dialogue = dialogues_.find(event.connection, asks);
      if (dialogue != nullptr && dialogue->is_open && is_who_.has(dialogue->asker))
        count_all(dialogue->asker, event.connection, opposite(asks), -1, event.at);
    }
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::joined) {
      if (is_who_.has(event.from)) begin(event.from);
    } else if (event.kind == WireEventKind::sent) {
      if (is_who_.has(event.from)) on_request(event);
    } else if (is_who_.has(event.to)) {
      const Dialogue* dialogue = dialogues_.find(event.connection, opposite(event.direction));
      if (dialogue == nullptr || !dialogue->is_open) return;
      if (event.message.kind != MessageKind::have) count_all(event.to, event.connection, event.direction, 1, event.at);
      else if (heard_.last_was_news()) count(choosers_[event.to.value()], event.message.piece, 1, event.at);
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    std::uint64_t chosen = 0;
    std::uint64_t passed_over = 0;
    std::optional<std::int64_t> most;
    bool has_judged = false;
    for (const HostId peer : who_) {
      const Chooser& chooser = choosers_[peer.value()];
      chosen += chooser.chosen;
      passed_over += chooser.passed_over;
      if (chooser.chosen + chooser.passed_over >= kFewestChoices) {
        has_judged = true;
        if (chooser.passed_over * kOneIn > chooser.chosen + chooser.passed_over) accuse_of_passing_over(peer, chooser);
      }
      if (chooser.order.size() < kFewestInOrder) continue;
      has_judged = true;
      const std::int64_t correlation = correlation_of(chooser.order);
      if (!most || std::abs(correlation) > std::abs(*most)) most = correlation;
      if (std::abs(correlation) >= kMostCorrelation) accuse_of_order(peer, chooser, correlation);
    }
    Judgement judgement = first_;
    judgement.measured = fmt::format("what existed once: {} chosen, {} passed over for common pieces; order of equals correlates by {}",
                                     chosen, passed_over, most ? in_thousandths(*most) : "?");
    judgement.limit = fmt::format("1 in {} passed over, correlation below {}", kOneIn, in_thousandths(kMostCorrelation));
    if (who_.empty()) {
      judgement.verdict = Verdict::not_applicable;
      judgement.summary = "all of them declare that they fetch pieces in order";
    } else if (judgement.verdict == Verdict::held && !has_judged) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = fmt::format("nobody had {} choices between a common piece and one that existed once, nor began {} equals",
                                      kFewestChoices, kFewestInOrder);
    }
    return judgement;
  }

 private:
  static std::string in_thousandths(std::int64_t value) {
    return fmt::format("{}{}.{:03}", value < 0 ? "-" : "", std::abs(value) / 1000, std::abs(value) % 1000);
  }

  // With what its disk holds.
  void begin(HostId peer) {
    Chooser& chooser = choosers_[peer.value()];
    const std::uint32_t pieces = facts_.geometry.piece_count();
    chooser.at.assign(pieces, 0);
    chooser.begun = protocol::Bitfield(pieces);
    chooser.unbegun = 0;
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece) {
      if (arrivals_.has(peer, piece)) chooser.begun.set(piece);
      else ++chooser.unbegun;
    }
    chooser.alike.assign(1, chooser.unbegun);
    chooser.single.clear();
    chooser.quarter = chooser.unbegun - chooser.unbegun / 4;
  }

  void count(Chooser& chooser, PieceIndex piece, int change, Time now) {
    if (piece.value() >= chooser.at.size()) return;
    chooser.changed = now;
    std::uint32_t& at = chooser.at[piece.value()];
    const bool is_open = !chooser.begun.test(piece);
    if (is_open) --chooser.alike[at];
    at = change > 0 ? at + 1 : at - std::min(at, 1U);
    if (!is_open) return;
    if (at >= chooser.alike.size()) chooser.alike.resize(at + 1, 0);
    ++chooser.alike[at];
    if (at == 1) chooser.single.insert(piece);
    else chooser.single.erase(piece);
  }

  // All that one side of a connection has told.
  void count_all(HostId peer, ConnectionId connection, Direction teller, int change, Time now) {
    if (heard_.count(connection, teller) == 0) return;
    Chooser& chooser = choosers_[peer.value()];
    for (PieceIndex piece; facts_.geometry.contains(piece); ++piece)
      if (heard_.has(connection, teller, piece)) count(chooser, piece, change, now);
  }

  void on_request(const WireEvent& event) {
    Chooser& chooser = choosers_[event.from.value()];
    const PieceIndex piece = event.message.piece;
    const Dialogue* dialogue = dialogues_.find(event.connection, event.direction);
    if (dialogue == nullptr || !facts_.geometry.contains(piece) || chooser.begun.test(piece)) return;
    const std::uint32_t at = chooser.at[piece.value()];
    // What was decided before the last news came was decided without them.
    const Time known_from = event.decided_earliest - facts_.peers[event.from.value()].reaction_time;
    if (at > 0 && chooser.changed <= known_from) judge(chooser, *dialogue, piece, at);
    chooser.begun.set(piece);
    --chooser.alike[at];
    --chooser.unbegun;
    chooser.single.erase(piece);
  }

  void judge(Chooser& chooser, const Dialogue& dialogue, PieceIndex piece, std::uint32_t at) {
    if (std::uint64_t{10} * chooser.alike[at] >= std::uint64_t{9} * chooser.unbegun) chooser.order.push_back(piece);
    if (at == 1) {
      // Where nothing is common there is no choice.
      if (chooser.single.size() < chooser.unbegun) ++chooser.chosen;
      return;
    }
    if (at < kCommon || chooser.unbegun > chooser.quarter) return;
    const auto rare = std::ranges::find_if(chooser.single, [&](PieceIndex p) {
      return dialogues_.has_announced(dialogue, p) && !dialogue.has_given_back(p);
    });
    if (rare == chooser.single.end()) return;
    if (chooser.passed_over++ > 0 || example_) return;
    example_ = Example{dialogue.asker, story_line(dialogue.last_request, fmt::format("{} begins piece {} at {}, which is to be had at {}; "
                       "piece {} is there, too, and nowhere else", facts_.name(dialogue.asker), piece.value(),
                       facts_.name(dialogue.source), counted(at, "peer"), rare->value()))};
  }

  // Spearman's, in thousandths, of the order of asking and the order of numbers.
  static std::int64_t correlation_of(const std::vector<PieceIndex>& order) {
    std::vector<PieceIndex> sorted = order;
    std::ranges::sort(sorted);
    sorted.erase(std::ranges::unique(sorted).begin(), sorted.end());   // one that was begun again after a restart
    std::uint64_t squares = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto rank = static_cast<std::size_t>(std::ranges::lower_bound(sorted, order[i]) - sorted.begin());
      const std::uint64_t distance = rank > i ? rank - i : i - rank;
      squares += distance * distance;
    }
    const std::uint64_t n = order.size();
    return 1000 - static_cast<std::int64_t>(squares / std::max<std::uint64_t>(n * (n * n - 1) / 6000, 1));
  }

  void accuse_of_passing_over(HostId peer, const Chooser& chooser) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} began common pieces in {} of {} cases in which the source alone had a piece", facts_.name(peer),
                                 chooser.passed_over, chooser.chosen + chooser.passed_over);
    if (example_ && example_->peer == peer) first_.story.push_back(example_->line);
    first_.story.push_back("look at how the client chooses the next piece: what exists once is lost with its owner");
  }

  void accuse_of_order(HostId peer, const Chooser& chooser, std::int64_t correlation) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} began {} equally available pieces in an order that correlates with their numbers by {} (limit {})",
                                 facts_.name(peer), chooser.order.size(), in_thousandths(correlation), in_thousandths(kMostCorrelation));
    std::string first_ones;
    for (std::size_t i = 0; i < 16; ++i) first_ones += fmt::format("{}{}", i > 0 ? ", " : "", chooser.order[i].value());
    first_.story.push_back(fmt::format("the first of them: {}", first_ones));
    first_.story.push_back("look at how the client chooses among equals: whoever goes by number has nothing that others lack");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Announced& heard_;
  const Dialogues& dialogues_;
  std::vector<HostId> who_;          // but for those that fetch in order
  PeerSet is_who_;
  std::vector<Chooser> choosers_;    // by peer
  struct Example { HostId peer; std::string line; };
  std::optional<Example> example_;   // the first
  Judgement first_;
};

}  // namespace

constinit const CheckManual kRarestFirst{
    .name = "rarest_first",
    .claim = "pieces that exist once are begun first, and equals in no order",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B30",
    .parameters = kParameters,
    .text = R"(A piece is begun with the first Request for it.  Choices: begun is a piece that one connected peer
alone has told of, or one that three or more have while the asked peer had one of the former.  Of 20 choices or more,
those for a common piece after the first quarter of what was missing may be one in four.  Equals: a piece is begun
while nine tenths of those that are not are as available; of 300 such or more the rank correlation (Spearman) of the
order of asking and the pieces' numbers stays below 0.3 either way; a client that draws lots reaches that once in five
million runs.  Peers that declare to fetch in order are left out, and files of different priority are not for this
check.  Vacuous with fewer choices and equals.  Provoke it with a seed beside nine peers that lack the same twentieth,
and with ten seeds.)",
    .declared = "in_order (sequential), reaction_time",
    .false_alarm = "one in five million for each peer whose order is judged",
};

std::unique_ptr<Check> make_rarest_first(const CheckContext& context) { return std::make_unique<RarestFirst>(context); }

}  // namespace swarmlab::swarmsim
