#include "swarmsim/checks/announce_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/tracker_talk.hpp"

namespace swarmlab::swarmsim {
namespace {

using protocol::AnnounceEvent;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose announces are read"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "time for 'completed' to be sent after the last piece (default: the tracker's interval and 10 s)"},
};

// B63: "stopped within 10 s of a stop".
constexpr Duration kGoodbye = 10s;
constexpr std::size_t kRemembered = 5;

// What one client said to the tracker since it joined, or since it last said `stopped`.
struct Cycle {
  bool said_started = false;
  bool said_stopped = false;
  bool last_was_answered = false;          // the latest announce got an answer that is no failure
  ByteCount left_at_started;
  Time known_as_leecher = kNever;          // an announce with something left was answered
  Time completed_said = kNever;
  Time completed_answered = kNever;
  Time stopped_answered = kNever;
};

struct Client {
  Cycle cycle;
  Time told_to_stop = kNever;
  Time last_decided{};
  std::deque<std::string> lines;           // the latest announces and answers
};

class AnnounceEvents final : public Check {
 public:
  explicit AnnounceEvents(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        within_(context.arguments.duration("within", facts_.tracker.interval + 10s)), is_who_(who_, facts_.peers.size()),
        talk_(facts_), clients_(facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::joined)
        .add(WireEventKind::stopped)
        .sent(MessageKind::tracker_request)
        .received(MessageKind::tracker_reply);
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::joined: clients_[event.from.value()] = Client{}; return;
      case WireEventKind::stopped: return on_stopped(event);
      case WireEventKind::sent:
        if (const TrackerQuestion* question = talk_.on_request(event))
          if (question->announce() != nullptr && is_who_.has(event.from)) on_announce(event, *question);
        return;
      case WireEventKind::received:
        if (const auto answer = talk_.on_reply(event))
          if (answer->question.announce() != nullptr && is_who_.has(event.to)) on_answer(event, *answer);
        return;
      case WireEventKind::opened:
      case WireEventKind::ended:
      case WireEventKind::undecodable: return;
    }
  }

  bool is_ready(Time now, Disks&) override {
    return std::ranges::all_of(who_, [&](HostId peer) { return now > next_duty(peer); });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const HostId peer : who_) judge_omissions(peer, end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} started, {} completed, {} stopped", started_, completed_, stopped_);
    judgement.limit = fmt::format("completed within {}, stopped within {}", to_text(within_), to_text(kGoodbye));
    if (judgement.verdict == Verdict::held && completed_ == 0 && stopped_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no download ended and nobody stopped while the tracker knew it; there was only 'started' to see";
    }
    return judgement;
  }

 private:
  // Who is killed owes nothing more.
  void on_stopped(const WireEvent& event) {
    Client& client = clients_[event.from.value()];
    if (event.how == StreamEnd::finished) client.told_to_stop = event.at;
    else client = Client{};
  }

  void on_announce(const WireEvent& event, const TrackerQuestion& question) {
    const HostId peer = event.from;
    const protocol::AnnounceRequest& request = *question.announce();
    Client& client = clients_[peer.value()];
    if (question.decided < client.last_decided || question.is_repetition) return;   // overtaken by a later one, or judged
    client.last_decided = question.decided;
    remember(client, story_line(question.decided, fmt::format("{} -> tracker  {}", facts_.name(peer), to_string(request))));
    Cycle& cycle = client.cycle;
    switch (request.event) {
      case AnnounceEvent::started:
        if (cycle.said_stopped) cycle = Cycle{};
        else if (cycle.said_started && cycle.last_was_answered)
          accuse(peer, "says 'started' again, although the tracker had answered", kQueue);
        cycle.said_started = true;
        cycle.left_at_started = request.left;
        ++started_;
        break;
      case AnnounceEvent::none:
      case AnnounceEvent::paused:
        judge_order(peer, cycle, "announces");
        break;
      case AnnounceEvent::completed:
        judge_order(peer, cycle, "says 'completed'");
        if (cycle.said_started && cycle.left_at_started.value() == 0)
          accuse(peer, "says 'completed', but had nothing left when it said 'started'", kSeedStart);
        if (cycle.completed_answered < question.decided)
          accuse(peer, "says 'completed' a second time, although the tracker had answered the first", kQueue);
        if (request.left.value() > 0)
          accuse(peer, fmt::format("says 'completed' with {} left", to_text(request.left)), kCompletion);
        if (cycle.completed_said == kNever) cycle.completed_said = question.decided;
        ++completed_;
        break;
      case AnnounceEvent::stopped:
        if (!cycle.said_started) accuse(peer, "says 'stopped' without ever having said 'started'", kQueue);
        if (cycle.stopped_answered < question.decided)
          accuse(peer, "says 'stopped' a second time, although the tracker had answered the first", kStop);
        cycle.said_stopped = true;
        ++stopped_;
        break;
    }
    cycle.last_was_answered = false;
  }

  void judge_order(HostId peer, const Cycle& cycle, std::string_view does) {
    if (cycle.said_stopped) accuse(peer, fmt::format("{} after it said 'stopped'", does), kStop);
    else if (!cycle.said_started) accuse(peer, fmt::format("{} without ever having said 'started'", does), kQueue);
  }

  void on_answer(const WireEvent& event, const TrackerAnswer& answer) {
    const protocol::AnnounceRequest& request = *answer.question.announce();
    Client& client = clients_[event.to.value()];
    if (answer.announced() == nullptr || answer.question.decided < client.last_decided) return;
    remember(client, story_line(event.at, fmt::format("tracker -> {}  an answer", facts_.name(event.to))));
    Cycle& cycle = client.cycle;
    cycle.last_was_answered = true;
    if (request.event == AnnounceEvent::stopped) cycle.stopped_answered = event.at;
    if (request.event == AnnounceEvent::completed) cycle.completed_answered = event.at;
    if (request.event == AnnounceEvent::stopped || request.left.value() == 0) return;
    if (cycle.known_as_leecher == kNever) cycle.known_as_leecher = event.at;
  }

  // When `completed` must have been sent; kNever while it need not be.
  Time completed_due(HostId peer) const {
    const Cycle& cycle = clients_[peer.value()].cycle;
    const Time done = arrivals_.completed_at(peer);
    if (done == kNever || cycle.known_as_leecher == kNever || cycle.completed_said != kNever || cycle.said_stopped) return kNever;
    return std::max(done, cycle.known_as_leecher) + within_;
  }
  Time stopped_due(HostId peer) const {
    const Client& client = clients_[peer.value()];
    const bool is_known = client.cycle.said_started && client.cycle.last_was_answered;
    if (client.told_to_stop == kNever || !is_known || client.cycle.said_stopped) return kNever;
    return client.told_to_stop + kGoodbye;
  }
  // The latest moment for which it is worth while to wait.
  Time next_duty(HostId peer) const {
    const Time stopped = stopped_due(peer);
    if (clients_[peer.value()].told_to_stop != kNever) return stopped == kNever ? kStart : stopped;
    const Time completed = completed_due(peer);
    return completed == kNever ? kStart : completed;
  }

  void judge_omissions(HostId peer, Time end) {
    const Time stop = clients_[peer.value()].told_to_stop;
    const Time completed = completed_due(peer);
    if (completed != kNever && end > completed && stop > completed)
      accuse(peer, fmt::format("had its last piece at {} and did not tell the tracker 'completed' within {}",
                               to_clock(arrivals_.completed_at(peer)), to_text(within_)), kCompletion);
    const Time stopped = stopped_due(peer);
    if (stopped != kNever && end > stopped)
      accuse(peer, fmt::format("was stopped at {} and did not tell the tracker 'stopped' within {}", to_clock(stop),
                               to_text(kGoodbye)), kStop);
  }

  static constexpr std::string_view kQueue = "where a client decides which event an announce carries";
  static constexpr std::string_view kCompletion = "what a client does with its trackers when the last piece is verified";
  static constexpr std::string_view kSeedStart = "what a client takes for the end of a download: a check of what it had is none";
  static constexpr std::string_view kStop = "what a client does with its trackers when it ends";

  void remember(Client& client, std::string line) {
    if (client.lines.size() == kRemembered) client.lines.pop_front();
    client.lines.push_back(std::move(line));
  }

  void accuse(HostId peer, const std::string& what, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(peer), what);
    const auto& lines = clients_[peer.value()].lines;
    first_.story.assign(lines.begin(), lines.end());
    first_.story.push_back(fmt::format("look at {}", look_at));
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  Duration within_;
  PeerSet is_who_;
  TrackerTalk talk_;
  std::vector<Client> clients_;
  std::uint32_t started_ = 0;
  std::uint32_t completed_ = 0;
  std::uint32_t stopped_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kAnnounceEvents{
    .name = "announce_events",
    .claim = "trackers hear started, completed and stopped when they are true, and once",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B62, B63",
    .parameters = kParameters,
    .text = R"(What a client sends a tracker reads: started (plain)* [completed (plain)*] stopped, and may then begin anew.  An
announce that got no answer, or a refusal, may be repeated with its event; word for word, it is not judged anew.
'completed' comes with left = 0, once per download, within the given time of the last piece, and never when
'started' already said left = 0.  A plain announce with left = 0 may come before it (transmission 3.00 sends one that
was due).  'stopped' is sent within 10 s of a stop by the timeline, where the tracker's last answer was no failure.
Vacuous when nobody completed or stopped.  Provoke it with downloads that end just before or after an announce,
with seeds that start complete, and with stops.)",
};

std::unique_ptr<Check> make_announce_events(const CheckContext& context) {
  return std::make_unique<AnnounceEvents>(context);
}

}  // namespace swarmlab::swarmsim
