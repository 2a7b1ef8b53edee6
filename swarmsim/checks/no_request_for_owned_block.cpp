#include "swarmsim/checks/no_request_for_owned_block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose requests are judged"},
};

// The last blocks that reached one peer: a request may have been decided before they came and be sent after.
struct LastArrivals {
  static constexpr std::size_t kKept = 64;
  struct Arrival { Time at{}; HostId from; protocol::BlockRange block; };
  std::vector<Arrival> ring;
  std::size_t next = 0;

  void add(const Arrival& arrival) {
    if (ring.size() < kKept) ring.push_back(arrival);
    else ring[next] = arrival;
    next = (next + 1) % kKept;
  }
  const Arrival* find(const protocol::BlockRange& block) const {
    const auto found = std::ranges::find(ring, block, &Arrival::block);
    return found == ring.end() ? nullptr : &*found;
  }
  // Everything that came after this time is still in the ring.
  bool reaches_back_to(Time at) const { return ring.size() < kKept || ring[next].at <= at; }
};

class NoRequestForOwnedBlock final : public Check {
 public:
  explicit NoRequestForOwnedBlock(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        last_(facts_.peers.size()), met_false_(facts_.peers.size(), false) {}

  EventSet interest() const override {
    return EventSet{}.sent(MessageKind::request).received(MessageKind::piece).add(WireEventKind::joined);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::joined) {
      last_[event.from.value()] = {};   // a restarted client has what its disk holds, and Arrivals knows it
    } else if (event.kind == WireEventKind::sent) {
      if (is_who_.has(event.from)) judge(event);
    } else if (is_who_.has(event.to)) {
      last_[event.to.value()].add({event.at, event.from, event.message.block()});
      if (event.message.authentic == Authentic::no) met_false_[event.to.value()] = true;
    }
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} of {} requests", wrong_, requests_);
    if (unclear_ > 0) judgement.measured += fmt::format(" ({} could not be judged)", unclear_);
    judgement.limit = std::string("0");
    if (requests_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody requested anything in this run; there was nothing to judge";
    }
    return judgement;
  }

 private:
  void judge(const WireEvent& event) {
    ++requests_;
    const protocol::BlockRange block = event.message.block();
    if (!arrivals_.has_block(event.from, block)) return;
    const LastArrivals& last = last_[event.from.value()];
    const LastArrivals::Arrival* arrival = last.find(block);
    const Time known_from = event.decided_earliest - facts_.peers[event.from.value()].reaction_time;
    if (arrival != nullptr && arrival->at > known_from) return;
    // Of a piece that is not whole, what came from a liar may be mistrusted and fetched again.
    const bool is_whole = arrivals_.has(event.from, block.piece);
    if (!is_whole && met_false_[event.from.value()]) { ++unclear_; return; }
    if (arrival == nullptr && !last.reaches_back_to(known_from)) { ++unclear_; return; }
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} asks {} for {}, which it has got already", facts_.name(event.from),
                                 facts_.name(event.to), to_words(block));
    if (arrival != nullptr) {
      WireMessage came = event.message;
      came.kind = MessageKind::piece;
      first_.story.push_back(story_line(arrival->at, conversation(facts_, arrival->from, event.from, came) + " received"));
    } else {
      const std::string_view what = is_whole ? "the piece is whole and true by now" : "the block has arrived by now";
      first_.story.push_back(story_line(event.decided_earliest, what));
    }
    first_.story.push_back(
        story_line(event.decided_earliest, conversation(facts_, event.from, event.to, event.message) + " decided"));
    first_.story.push_back("look at what the client does with a block that arrives late, after it was asked for elsewhere");
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  PeerSet is_who_;
  std::vector<LastArrivals> last_;      // by peer
  std::vector<bool> met_false_;         // got a corrupt block
  std::uint64_t requests_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t unclear_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kNoRequestForOwnedBlock{
    .name = "no_request_for_owned_block",
    .claim = "nobody requests a block that has reached it already",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B28",
    .parameters = kParameters,
    .text = R"(After a block has arrived, from anyone and however late, no Request for it is decided, unless its piece became whole
and turned out false: then all of it may be fetched again.  A client that met corrupt blocks may mistrust what it has of
pieces that are not whole; those requests are counted as not judged.  A client that was restarted has what its disk
holds; where disks fail, blocks are lost again, and this check has no place; nor has it beside peers that serve while they
choke without the Fast extension, since such a block may be thrown away.  Vacuous when nobody requests.  Provoke
it with a peer that answers just after the request timeout, beside an idle one, and with an end-game.)",
    .declared = "reaction_time",
};

std::unique_ptr<Check> make_no_request_for_owned_block(const CheckContext& context) {
  return std::make_unique<NoRequestForOwnedBlock>(context);
}

}  // namespace swarmlab::swarmsim
