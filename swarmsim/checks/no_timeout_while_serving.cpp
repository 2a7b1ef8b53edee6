#include "swarmsim/checks/no_timeout_while_serving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/farewells.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

// Who was asked a moment ago may not have read it yet.
constexpr Duration kJustNow = 1s;
// A block that was sent and has not arrived for so long: its receiver does not read, or the path is cut.
constexpr Duration kUnread = 30s;
// Who asks for more at once than anybody keeps may be hung up on.
constexpr std::size_t kUsualQueue = 250;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that serve"},
    ParameterManual{"silence", ParameterKind::duration, Need::optional,
                    "a peer that has asked for nothing for so long tempts to hang up (default: 30 s)"},
};

// One side of a connection, as the one that owes there.
struct Desk {
  struct Owed { protocol::BlockRange block; Time asked{}; };
  std::vector<Owed> owed;       // in the order of asking
  bool unchokes = false;
  Time last_asked = kStart;
  Time unread_since = kNever;   // the first block that was sent and has not arrived; kNever: none is
  std::uint32_t in_flight = 0;

  void forgive(const protocol::BlockRange& block) {
    std::erase_if(owed, [&](const Owed& one) { return one.block == block; });
  }
};

class NoTimeoutWhileServing final : public Check {
 public:
  explicit NoTimeoutWhileServing(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        silence_(context.arguments.duration("silence", 30s)),
        farewells_(facts_, arrivals_, context.books.connections(), context.books.dialogues()) {}

  EventSet interest() const override {
    using enum MessageKind;
    return EventSet{Farewells::interest()}.sent(choke).sent(unchoke).sent(piece).sent(reject);
  }
  EventSet interest_before() const override { return EventSet{}.add(WireEventKind::ended); }
  std::vector<const SideTable*> tables() const override { return {&desks_}; }

  void before_event(const WireEvent& event) override {
    if (is_who_.has(event.from)) judge(event);
    desks_.writer(event) = desks_.reader(event) = {};
  }

  void on_event(const WireEvent& event) override {
    farewells_.on_event(event);
    if (event.kind == WireEventKind::opened) desks_.writer(event) = desks_.reader(event) = {};
    else if (event.kind == WireEventKind::sent && is_who_.has(event.from)) on_sent(event, desks_.writer(event));
    else if (event.kind == WireEventKind::received && is_who_.has(event.to)) on_received(event, desks_.reader(event));
    if (event.kind == WireEventKind::received && event.message.kind == MessageKind::piece && is_who_.has(event.from)) {
      Desk& desk = desks_.writer(event);
      if (desk.in_flight > 0) --desk.in_flight;
      desk.unread_since = desk.in_flight > 0 ? event.at : kNever;
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} sent to peers that had asked for nothing for {}; {} hung up on while owed",
                                     counted(tempted_, "block"),
                                     to_text(silence_), wrong_);
    judgement.limit = std::string("0");
    if (judgement.verdict == Verdict::held && tempted_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = fmt::format("nobody was still being served {} after its last request", to_text(silence_));
    }
    return judgement;
  }

 private:
  void on_sent(const WireEvent& event, Desk& desk) {
    switch (event.message.kind) {
      case MessageKind::unchoke: desk.unchokes = true; return;
      case MessageKind::choke:
        desk.unchokes = false;
        desk.owed.clear();
        return;
      case MessageKind::piece:
        if (desk.in_flight++ == 0) desk.unread_since = event.at;
        if (event.at - desk.last_asked >= silence_) ++tempted_;
        break;
      default: break;
    }
    desk.forgive(event.message.block());
  }

  void on_received(const WireEvent& event, Desk& desk) {
    switch (event.message.kind) {
      case MessageKind::request:
        desk.last_asked = event.at;
        if (desk.unchokes) desk.owed.push_back({event.message.block(), event.at});
        return;
      case MessageKind::cancel: desk.forgive(event.message.block()); return;
      case MessageKind::not_interested: desk.owed.clear(); return;
      default: return;
    }
  }

  void judge(const WireEvent& ended) {
    const Desk& desk = desks_.writer(ended);
    if (desk.owed.empty() || desk.owed.size() > kUsualQueue || desk.owed.front().asked + kJustNow > ended.at) return;
    if (desk.unread_since != kNever && ended.at - desk.unread_since >= kUnread) return;
    if (arrivals_.is_complete(ended.to) || !farewells_.is_unexplained(ended)) return;
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    const std::string& who = facts_.name(ended.from);
    const std::string& whom = facts_.name(ended.to);
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} hangs up on {}, which waits for {} it asked for", who, whom, counted(desk.owed.size(), "block"));
    first_.story.push_back(story_line(desk.owed.front().asked,
                                      conversation(facts_, ended.to, ended.from, "REQUEST " + to_words(desk.owed.front().block)) +
                                          " received"));
    first_.story.push_back(story_line(desk.last_asked, "its last request"));
    first_.story.push_back(story_line(
        ended.at, conversation(facts_, ended.from, ended.to, ended.how == StreamEnd::reset ? "connection reset" : "connection closed")));
    first_.story.push_back("look at what counts as idle: whoever is being served has no reason to say anything");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  PeerSet is_who_;
  Duration silence_;
  Farewells farewells_;
  PerSide<Desk> desks_;         // by the side that serves
  std::uint64_t tempted_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kNoTimeoutWhileServing{
    .name = "no_timeout_while_serving",
    .claim = "nobody hangs up on a peer to which it still owes blocks",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B39",
    .parameters = kParameters,
    .text = R"(While requests that reached it, a second ago at least, are neither answered nor cancelled, and it does
not choke, a peer does not end the connection to who asked.  Granted are: a crossing connection, no room (nine tenths
of max_peers), an asker that is complete, silent for two minutes (BEP 3 wants keepalives), that does not read, sent
corrupt or undecodable data, made requests without sense or more than 250 at once; and whatever the timeline ends.
Vacuous when nobody was sent a block that long (`silence`) after its last request.  Provoke it with a seed on a slow
line and a peer that asks for everything at once and then has nothing more to say.)",
    .declared = "max_peers",
};

std::unique_ptr<Check> make_no_timeout_while_serving(const CheckContext& context) {
  return std::make_unique<NoTimeoutWhileServing>(context);
}

}  // namespace swarmlab::swarmsim
