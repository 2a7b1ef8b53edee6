#include "swarmsim/checks/udp_tracker_retry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "protocol/quantities.hpp"
#include "protocol/udp_tracker.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace udp = protocol::udp;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that speak to a tracker over UDP"},
    ParameterManual{"retries", ParameterKind::count, Need::optional,
                    "how many retries must come, each at its time, before giving up is right (default: 1)"},
    ParameterManual{"grace", ParameterKind::duration, Need::optional, "how late a retry may be (default: 2 s)"},
};

// BEP 15, "time outs": after 15 * 2^n seconds, n from 0 to 8; "a client can use a connection ID until one minute after".
constexpr Duration kFirstWait = 15s;
constexpr std::uint32_t kMostDoublings = 8;
constexpr Duration kIdLife = 60s;
constexpr std::size_t kRemembered = 6;

Duration wait_after(std::uint32_t retries) { return kFirstWait * (std::int64_t{1} << std::min(retries, kMostDoublings)); }

// What one client says to one tracker, from the first question that is not answered to the answer.
struct Exchange {
  std::uint32_t unanswered = 0;             // questions in a row
  Time last_sent = kNever;
  bool is_farewell = false;                 // the last was an announce of `stopped`
  bool is_announce = false;                 // the last was no connect
  protocol::AnnounceEvent event = protocol::AnnounceEvent::none;
  std::vector<udp::TransactionId> open;     // of the questions since the last answer; a late answer is one too
  std::map<std::uint64_t, Time> ids;        // that the tracker gave, and when they arrived
  Time stopped = kNever;
  std::vector<std::string> lines;
};

class UdpTrackerRetry final : public Check {
 public:
  explicit UdpTrackerRetry(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")),
        retries_(static_cast<std::uint32_t>(std::min<std::uint64_t>(context.arguments.count("retries").value_or(1), kMostDoublings))),
        grace_(context.arguments.duration("grace", 2s)), is_who_(who_, facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::joined)
        .add(WireEventKind::stopped)
        .sent(MessageKind::tracker_request)
        .received(MessageKind::tracker_reply);
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::joined:
        for (auto& [who, exchange] : exchanges_)
          if (who.first == event.from) exchange = {};
        return;
      case WireEventKind::stopped:
        for (auto& [who, exchange] : exchanges_)
          if (who.first == event.from) exchange.stopped = event.at;
        return;
      case WireEventKind::sent:
        if (is_who_.has(event.from)) on_question(event);
        return;
      case WireEventKind::received:
        if (is_who_.has(event.to)) on_answer(event);
        return;
      case WireEventKind::opened:
      case WireEventKind::ended:
      case WireEventKind::undecodable: return;
    }
  }

  bool is_ready(Time now, Disks&) override {
    return std::ranges::all_of(exchanges_, [&](const auto& entry) { return now > due(entry.second); });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const auto& [who, exchange] : exchanges_)
      if (end.at > due(exchange)) accuse_silence(who.first, exchange);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} retries, the longest id used {} after it came", judged_, to_text(longest_));
    judgement.limit = fmt::format("15, 30, 60 s.. (+ {}), {}", to_text(grace_), to_text(kIdLife));
    if (judgement.verdict == Verdict::held && judged_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no question over UDP stayed without an answer; there was nothing to repeat";
    }
    return judgement;
  }

 private:
  void on_question(const WireEvent& event) {
    const auto packet = udp::decode_request(event.payload);
    if (!packet) return;
    Exchange& exchange = exchanges_[{event.from, event.to}];
    const auto* announce = std::get_if<udp::AnnouncePacket>(&*packet);
    const auto* scrape = std::get_if<udp::ScrapePacket>(&*packet);
    const std::string_view what = announce != nullptr ? "ANNOUNCE" : scrape != nullptr ? "SCRAPE" : "CONNECT";
    remember(exchange, story_line(event.at, fmt::format("{} -> {}  UDP {}", facts_.name(event.from), facts_.name(event.to), what)));
    const Time decided = event.decided_earliest;
    const bool says_something_new = announce != nullptr && announce->request.event != protocol::AnnounceEvent::none &&
                                    exchange.is_announce && announce->request.event != exchange.event;
    if (exchange.unanswered > 0 && exchange.stopped == kNever && !says_something_new && scrape == nullptr)
      judge_gap(event.from, exchange, decided);
    if (exchange.unanswered > 0 && (exchange.stopped != kNever || says_something_new)) exchange.unanswered = 0;
    if (announce != nullptr) judge_id(event.from, exchange, announce->connection.value(), decided);
    if (scrape != nullptr) judge_id(event.from, exchange, scrape->connection.value(), decided);
    if (scrape != nullptr) return;   // beside the chain of announces
    if (exchange.unanswered == 0) exchange.open.clear();
    exchange.open.push_back(announce != nullptr ? announce->transaction : std::get<udp::ConnectRequest>(*packet).transaction);
    exchange.is_announce = announce != nullptr;
    if (announce != nullptr) exchange.event = announce->request.event;
    exchange.is_farewell = announce != nullptr && announce->request.event == protocol::AnnounceEvent::stopped;
    exchange.last_sent = decided;
    ++exchange.unanswered;
  }

  void judge_gap(HostId client, Exchange& exchange, Time decided) {
    const Duration due = wait_after(exchange.unanswered - 1);
    const Duration gap = decided - exchange.last_sent;
    ++judged_;
    // Later: it had given up, and this is another round.  due() has whether that was right.
    if (gap > due + grace_) {
      if (exchange.unanswered <= retries_) accuse_silence(client, exchange);
      exchange.unanswered = 0;
      return;
    }
    if (gap + grace_ < due)
      accuse(client, exchange,
             fmt::format("repeats an unanswered question after {}; the {}. wait is {}", to_text(gap), exchange.unanswered, to_text(due)),
             kBackOff);
  }

  void judge_id(HostId client, Exchange& exchange, std::uint64_t id, Time decided) {
    const auto given = exchange.ids.find(id);
    if (given == exchange.ids.end())
      return accuse(client, exchange, "uses a connection id that the tracker has not given it", kIds);
    const Duration age = decided - given->second;
    longest_ = std::max(longest_, age);
    if (age > kIdLife)
      accuse(client, exchange, fmt::format("uses a connection id {} after it came (limit {})", to_text(age), to_text(kIdLife)), kIds);
  }

  void on_answer(const WireEvent& event) {
    const auto found = exchanges_.find({event.to, event.from});
    if (found == exchanges_.end()) return;
    Exchange& exchange = found->second;
    const bool is_v6 = facts_.peers[event.to.value()].listens.address.is_v6();
    const auto packet = udp::decode_reply(event.payload, is_v6 ? udp::Family::v6 : udp::Family::v4);
    if (!packet) return;
    const udp::TransactionId transaction = std::visit([](const auto& reply) { return reply.transaction; }, *packet);
    const bool is_ours = std::ranges::find(exchange.open, transaction) != exchange.open.end();
    remember(exchange, story_line(event.at, fmt::format("{} -> {}  UDP {}", facts_.name(event.from), facts_.name(event.to),
                                                   is_ours ? "answer" : "answer to a question that is not open")));
    if (!is_ours) return;
    if (const auto* connected = std::get_if<udp::ConnectReply>(&*packet)) {
      if (exchange.ids.size() >= kMostIds) exchange.ids.erase(exchange.ids.begin());
      exchange.ids.insert_or_assign(connected->connection.value(), event.at);
    }
    exchange.unanswered = 0;
  }

  // When the next repetition must have been sent; kStart while none is owed.
  Time due(const Exchange& exchange) const {
    if (exchange.unanswered == 0 || exchange.unanswered > retries_ || exchange.stopped != kNever || exchange.is_farewell) return kStart;
    return exchange.last_sent + wait_after(exchange.unanswered - 1) + grace_;
  }

  void accuse_silence(HostId client, const Exchange& exchange) {
    if (due(exchange) == kStart) return;
    accuse(client, exchange,
           fmt::format("does not repeat a question that was not answered within {}", to_text(wait_after(exchange.unanswered - 1) + grace_)),
           kBackOff);
  }

  static constexpr std::string_view kBackOff = "how long a client waits for an answer over UDP, and how that grows (BEP 15, \"time outs\")";
  static constexpr std::string_view kIds = "when a client forgets the connection id that a UDP tracker gave it (BEP 15, \"connect\")";
  static constexpr std::size_t kMostIds = 64;

  void remember(Exchange& exchange, std::string line) {
    if (exchange.lines.size() == kRemembered) exchange.lines.erase(exchange.lines.begin());
    exchange.lines.push_back(std::move(line));
  }

  void accuse(HostId client, const Exchange& exchange, const std::string& what, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(client), what);
    first_.story = exchange.lines;
    first_.story.push_back(fmt::format("look at {}", look_at));
  }

  const RunFacts& facts_;
  std::vector<HostId> who_;
  std::uint32_t retries_;
  Duration grace_;
  PeerSet is_who_;
  std::map<std::pair<HostId, HostId>, Exchange> exchanges_;   // by client and tracker
  std::uint32_t judged_ = 0;
  Duration longest_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kUdpTrackerRetry{
    .name = "udp_tracker_retry",
    .claim = "questions to a UDP tracker are repeated after 15, 30, 60 s and so on, and connection ids die after a minute",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B66",
    .parameters = kParameters,
    .text = R"(BEP 15: a connect or announce that stays without an answer is repeated after 15 * 2^n seconds, n counting the
repetitions since the last answer, whatever they ask (an announce whose connection id has died meanwhile goes on as a
connect).  A repetition comes neither earlier nor later than that, but for the grace; after the given number of them a
client may give up, and begin anew when it likes.  An announce with another event, and whatever a client says once it is
told to stop, may come at any time.  A connection id is used for a minute after it arrived, and only by whom it was given
to; an answer with a foreign transaction id answers nothing.  Vacuous when everything was answered.  Provoke it with
a tracker that drops requests (faults: ["drop:2/4"]).)",
};

std::unique_ptr<Check> make_udp_tracker_retry(const CheckContext& context) {
  return std::make_unique<UdpTrackerRetry>(context);
}

}  // namespace swarmlab::swarmsim
