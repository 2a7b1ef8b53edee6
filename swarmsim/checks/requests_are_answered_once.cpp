#include "swarmsim/checks/requests_are_answered_once.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/handshake.hpp"
#include "protocol/peer_wire.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kBetweenSweeps = 5s;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that are asked"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "how long a request may be left while others, or none, are answered (default: 30 s)"},
};

// One direction of a connection, as the one who is asked and answers there.
struct Desk {
  struct Request {
    protocol::BlockRange block;
    Time at{};               // received
    Time passed = kNever;    // since when one that came later has its answer
    bool is_cancelled = false;
  };
  HostId server;
  HostId asker;
  std::vector<Request> pending;   // in the order of arrival
  Time last_answer = kStart;
  int in_flight = 0;              // answers sent and not received yet
  bool is_open = false;
  bool offers_fast = false;
};

class RequestsAreAnsweredOnce final : public Check {
 public:
  explicit RequestsAreAnsweredOnce(const CheckContext& context)
      : facts_(context.facts), is_who_(context.arguments.peers("who"), facts_.peers.size()),
        within_(context.arguments.duration("within", 30s)), is_gone_(facts_.peers.size(), false) {}

  EventSet interest() const override {
    using enum MessageKind;
    return EventSet{}
        .add(WireEventKind::opened)
        .add(WireEventKind::ended)
        .add(WireEventKind::stopped)
        .sent(handshake)
        .received(request)
        .received(cancel)
        .sent(piece)
        .sent(reject)
        .received(piece)
        .received(reject);
  }

  std::vector<const SideTable*> tables() const override { return {&desks_}; }

  void on_event(const WireEvent& event) override {
    if (event.at >= next_sweep_) sweep(event.at);
    const MessageKind kind = event.message.kind;
    switch (event.kind) {
      case WireEventKind::stopped: is_gone_[event.from.value()] = true; return;
      case WireEventKind::opened:
        begin(event.from, event.to, desks_.writer(event));
        begin(event.to, event.from, desks_.reader(event));
        return;
      case WireEventKind::ended:
        desks_.writer(event) = {};
        desks_.reader(event) = {};
        return;
      case WireEventKind::sent:
        if (kind == MessageKind::handshake) {
          const auto handshake = protocol::decode_handshake(event.payload);
          desks_.writer(event).offers_fast = handshake && *handshake && (*handshake)->features.fast;
        } else if (is_judged(event.from, desks_.writer(event), desks_.reader(event))) {
          on_answer(event, desks_.writer(event));
        }
        return;
      case WireEventKind::received:
        if (kind == MessageKind::piece || kind == MessageKind::reject) {
          if (is_judged(event.from, desks_.writer(event), desks_.reader(event))) --desks_.writer(event).in_flight;
        } else if (is_judged(event.to, desks_.reader(event), desks_.writer(event))) {
          on_asked(event, desks_.reader(event));
        }
        return;
      case WireEventKind::joined:
      case WireEventKind::undecodable: return;
    }
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    sweep(end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} requests: {} with a block, {} rejected, {} wrong; {} had been cancelled", requests_,
                                     pieces_, rejects_, wrong_, cancelled_);
    judgement.limit = fmt::format("one answer each, none left for {}", to_text(within_));
    if (requests_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody with the Fast extension requested anything from these peers";
    }
    return judgement;
  }

 private:
  void begin(HostId server, HostId asker, Desk& desk) {
    desk = {};
    desk.server = server;
    desk.asker = asker;
    desk.is_open = true;
  }
  bool is_judged(HostId server, const Desk& desk, const Desk& other) const {
    return is_who_.has(server) && desk.is_open && desk.offers_fast && other.offers_fast;
  }

  void on_asked(const WireEvent& event, Desk& desk) {
    const protocol::BlockRange block = event.message.block();
    if (event.message.kind == MessageKind::cancel) {
      const auto found = std::ranges::find(desk.pending, block, &Desk::Request::block);
      if (found == desk.pending.end() || found->is_cancelled) return;
      found->is_cancelled = true;
      ++cancelled_;
      return;
    }
    if (!facts_.geometry.is_valid(block) || block.length > protocol::kMaxBlockBytes) return;   // hanging up is an answer
    ++requests_;
    desk.pending.push_back({block, event.at, kNever, false});
  }

  void on_answer(const WireEvent& event, Desk& desk) {
    ++desk.in_flight;
    const bool is_piece = event.message.kind == MessageKind::piece;
    const auto found = std::ranges::find(desk.pending, event.message.block(), &Desk::Request::block);
    if (found == desk.pending.end()) {
      if (!is_piece && !facts_.geometry.is_valid(event.message.block())) return;   // of a request that made no sense
      return accuse(fmt::format("{} {} {} to {}, which did not ask, or has its answer already", facts_.name(event.from),
                                is_piece ? "sends" : "rejects", to_words(event.message.block()), facts_.name(event.to)),
                    {story_line(event.at, conversation(facts_, event.from, event.to, event.message))});
    }
    for (auto earlier = desk.pending.begin(); earlier != found; ++earlier) earlier->passed = std::min(earlier->passed, event.at);
    desk.pending.erase(found);
    desk.last_answer = event.at;
    ++(is_piece ? pieces_ : rejects_);
  }

  void sweep(Time now) {
    next_sweep_ = now + kBetweenSweeps;
    for (Desk& desk : desks_) {
      if (desk.pending.empty()) continue;
      if (is_gone_[desk.server.value()] || is_gone_[desk.asker.value()]) continue;
      const Desk::Request& first = desk.pending.front();
      const bool is_stuck = desk.in_flight == 0 && std::max(first.at, desk.last_answer) + within_ <= now;
      const bool is_passed = first.passed != kNever && first.passed + within_ <= now;
      if (!is_stuck && !is_passed) continue;
      leave(desk, first, now);
      desk.pending.erase(desk.pending.begin());
    }
  }

  void leave(const Desk& desk, const Desk::Request& request, Time now) {
    WireMessage asked;
    asked.kind = MessageKind::request;
    asked.piece = request.block.piece;
    asked.begin = request.block.begin;
    asked.length = static_cast<std::uint32_t>(request.block.length.value());
    std::vector<std::string> story{story_line(request.at, conversation(facts_, desk.asker, desk.server, asked) + " received")};
    if (request.passed != kNever)
      story.push_back(story_line(request.passed, "one that came later has its answer"));
    story.push_back(story_line(now, fmt::format("neither PIECE nor REJECT was sent for it{}",
                                                request.is_cancelled ? "; a Cancel wants an answer too" : "")));
    accuse(fmt::format("{} leaves a request of {} without an answer (limit {})", facts_.name(desk.server), facts_.name(desk.asker),
                       to_text(within_)),
           std::move(story));
  }

  void accuse(std::string summary, std::vector<std::string> story) {
    ++wrong_;
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = std::move(summary);
    first_.story = std::move(story);
    first_.story.push_back("look at how the client takes requests from its queue: by Cancel, Choke, and when it serves");
  }

  const RunFacts& facts_;
  PeerSet is_who_;
  Duration within_;
  PerSide<Desk> desks_;
  std::vector<bool> is_gone_;
  Time next_sweep_ = kStart;
  std::uint64_t requests_ = 0;
  std::uint64_t pieces_ = 0;
  std::uint64_t rejects_ = 0;
  std::uint64_t cancelled_ = 0;
  std::uint64_t wrong_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kRequestsAreAnsweredOnce{
    .name = "requests_are_answered_once",
    .claim = "with the Fast extension every request gets exactly one answer",
    .level = CheckLevel::must,
    .maturity = CheckMaturity::stable,
    .bugs = "B23",
    .parameters = kParameters,
    .text = R"(BEP 6: a peer with Fast answers each Request with one Piece or one Reject, cancelled or not, choked or not.  So every
Request that makes sense and has reached the peer is matched by exactly one answer, and nothing is sent or rejected that
was not asked for.  It is late when for the given time nothing was answered on that connection, or only requests that came
after it; answers that were sent and do not arrive (a cut path) stop that clock, and so does the end of the connection.  On a
line on which one block takes longer than that, for all who are served together, say so with `within`.
Vacuous when nobody with Fast requested anything.  Provoke it with cancels, chokes in mid-pipeline, and requests that
come twice.)",
    .needs = {Feature::fast},
};

std::unique_ptr<Check> make_requests_are_answered_once(const CheckContext& context) {
  return std::make_unique<RequestsAreAnsweredOnce>(context);
}

}  // namespace swarmlab::swarmsim
