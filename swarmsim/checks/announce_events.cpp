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

// What one client said to one tracker since it joined, or since it last said `stopped`.
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

// A client's dealings with one tracker.
struct Account {
  Cycle cycle;
  Time last_decided{};
  Time last_answered{};                    // not with a failure
  std::deque<std::string> lines;           // the latest announces and answers
};

struct Client {
  std::vector<Account> accounts;           // by tracker
  Time told_to_stop = kNever;
};

class AnnounceEvents final : public Check {
 public:
  explicit AnnounceEvents(const CheckContext& context)
      : facts_(context.facts), arrivals_(context.arrivals), who_(context.arguments.peers("who")),
        within_(context.arguments.duration("within", Duration{})), is_who_(who_, facts_.peers.size()), talk_(facts_),
        clients_(facts_.peers.size(), fresh()) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::joined)
        .add(WireEventKind::stopped)
        .sent(MessageKind::tracker_request)
        .received(MessageKind::tracker_reply);
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::joined: clients_[event.from.value()] = fresh(); return;
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
    return std::ranges::all_of(who_, [&](HostId peer) {
      for (std::size_t i = 0; i < facts_.trackers.size(); ++i)
        if (now <= next_duty({peer, facts_.tracker_host(i)})) return false;
      return true;
    });
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const HostId peer : who_)
      for (std::size_t i = 0; i < facts_.trackers.size(); ++i) judge_omissions({peer, facts_.tracker_host(i)}, end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} started, {} completed, {} stopped", started_, completed_, stopped_);
    judgement.limit = fmt::format("completed within {}, stopped within {}", to_text(longest_within()), to_text(kGoodbye));
    if (judgement.verdict == Verdict::held && completed_ == 0 && stopped_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no download ended and nobody stopped while the tracker knew it; there was only 'started' to see";
    }
    return judgement;
  }

 private:
  struct Party {
    HostId client;
    HostId tracker;
  };
  Client fresh() const { return {std::vector<Account>(facts_.trackers.size()), kNever}; }
  Account& account_of(const Party& party) {
    return clients_[party.client.value()].accounts[facts_.tracker_number(party.tracker)];
  }
  const Account& account_of(const Party& party) const {
    return clients_[party.client.value()].accounts[facts_.tracker_number(party.tracker)];
  }

  // Who is killed owes nothing more.
  void on_stopped(const WireEvent& event) {
    Client& client = clients_[event.from.value()];
    if (event.how == StreamEnd::finished) client.told_to_stop = event.at;
    else client = fresh();
  }

  void on_announce(const WireEvent& event, const TrackerQuestion& question) {
    const HostId peer = event.from;
    const protocol::AnnounceRequest& request = *question.announce();
    const Party party{peer, question.tracker};
    Account& account = account_of(party);
    if (question.decided < account.last_decided || question.is_repetition) return;   // overtaken by a later one, or judged
    account.last_decided = question.decided;
    remember(account, story_line(question.decided, fmt::format("{} -> {}  {}", facts_.name(peer), facts_.name(question.tracker),
                                                               to_string(request))));
    Cycle& cycle = account.cycle;
    switch (request.event) {
      case AnnounceEvent::started:
        if (cycle.said_stopped) cycle = Cycle{};
        else if (cycle.said_started && cycle.last_was_answered)
          accuse(party, "says 'started' again, although the tracker had answered", kQueue);
        cycle.said_started = true;
        cycle.left_at_started = request.left;
        ++started_;
        break;
      case AnnounceEvent::none:
      case AnnounceEvent::paused:
        judge_order(party, cycle, "announces");
        break;
      case AnnounceEvent::completed:
        judge_order(party, cycle, "says 'completed'");
        if (cycle.said_started && cycle.left_at_started.value() == 0)
          accuse(party, "says 'completed', but had nothing left when it said 'started'", kSeedStart);
        if (cycle.completed_answered < question.decided)
          accuse(party, "says 'completed' a second time, although the tracker had answered the first", kQueue);
        if (request.left.value() > 0)
          accuse(party, fmt::format("says 'completed' with {} left", to_text(request.left)), kCompletion);
        if (cycle.completed_said == kNever) cycle.completed_said = question.decided;
        ++completed_;
        break;
      case AnnounceEvent::stopped:
        if (!cycle.said_started) accuse(party, "says 'stopped' without ever having said 'started'", kQueue);
        if (cycle.stopped_answered < question.decided)
          accuse(party, "says 'stopped' a second time, although the tracker had answered the first", kStop);
        cycle.said_stopped = true;
        ++stopped_;
        break;
    }
    cycle.last_was_answered = false;
  }

  void judge_order(const Party& party, const Cycle& cycle, std::string_view does) {
    if (cycle.said_stopped) accuse(party, fmt::format("{} after it said 'stopped'", does), kStop);
    else if (!cycle.said_started) accuse(party, fmt::format("{} without ever having said 'started'", does), kQueue);
  }

  void on_answer(const WireEvent& event, const TrackerAnswer& answer) {
    const protocol::AnnounceRequest& request = *answer.question.announce();
    Account& account = account_of({event.to, event.from});
    if (answer.announced() == nullptr || answer.question.decided < account.last_decided) return;
    remember(account, story_line(event.at, fmt::format("{} -> {}  an answer", facts_.name(event.from), facts_.name(event.to))));
    account.last_answered = event.at;
    Cycle& cycle = account.cycle;
    cycle.last_was_answered = true;
    if (request.event == AnnounceEvent::stopped) cycle.stopped_answered = event.at;
    if (request.event == AnnounceEvent::completed) cycle.completed_answered = event.at;
    if (request.event == AnnounceEvent::stopped || request.left.value() == 0) return;
    if (cycle.known_as_leecher == kNever) cycle.known_as_leecher = event.at;
  }

  // With several trackers, a client owes nothing to those that it has turned away from: whose answer is older than they
  // asked to be told again.
  bool is_current(const Party& party, Time at) const {
    const Duration interval = facts_.trackers[facts_.tracker_number(party.tracker)].interval;
    return facts_.trackers.size() == 1 || at <= account_of(party).last_answered + interval + interval / 10;
  }
  // When `completed` must have been sent; kNever while it need not be.
  Time completed_due(const Party& party) const {
    const Cycle& cycle = account_of(party).cycle;
    const Time done = arrivals_.completed_at(party.client);
    if (done == kNever || cycle.known_as_leecher == kNever || cycle.completed_said != kNever || cycle.said_stopped) return kNever;
    if (!is_current(party, done)) return kNever;
    return std::max(done, cycle.known_as_leecher) + within(party.tracker);
  }
  Time stopped_due(const Party& party) const {
    const Time told = clients_[party.client.value()].told_to_stop;
    const Cycle& cycle = account_of(party).cycle;
    if (told == kNever || !cycle.said_started || !cycle.last_was_answered || cycle.said_stopped) return kNever;
    return is_current(party, told) ? told + kGoodbye : kNever;
  }
  // The latest moment for which it is worth while to wait.
  Time next_duty(const Party& party) const {
    const bool is_leaving = clients_[party.client.value()].told_to_stop != kNever;
    const Time due = is_leaving ? stopped_due(party) : completed_due(party);
    return due == kNever ? kStart : due;
  }
  Duration within(HostId tracker) const {
    return within_ == Duration{} ? facts_.trackers[facts_.tracker_number(tracker)].interval + 10s : within_;
  }
  Duration longest_within() const {
    Duration longest = within_;
    for (std::size_t i = 0; i < facts_.trackers.size(); ++i) longest = std::max(longest, within(facts_.tracker_host(i)));
    return longest;
  }

  void judge_omissions(const Party& party, Time end) {
    const Time stop = clients_[party.client.value()].told_to_stop;
    const Time completed = completed_due(party);
    if (completed != kNever && end > completed && stop > completed)
      accuse(party, fmt::format("had its last piece at {} and did not tell the tracker 'completed' within {}",
                                to_clock(arrivals_.completed_at(party.client)), to_text(within(party.tracker))), kCompletion);
    const Time stopped = stopped_due(party);
    if (stopped != kNever && end > stopped)
      accuse(party, fmt::format("was stopped at {} and did not tell the tracker 'stopped' within {}", to_clock(stop),
                                to_text(kGoodbye)), kStop);
  }

  static constexpr std::string_view kQueue = "where a client decides which event an announce carries";
  static constexpr std::string_view kCompletion = "what a client does with its trackers when the last piece is verified";
  static constexpr std::string_view kSeedStart = "what a client takes for the end of a download: a check of what it had is none";
  static constexpr std::string_view kStop = "what a client does with its trackers when it ends";

  static void remember(Account& account, std::string line) {
    if (account.lines.size() == kRemembered) account.lines.pop_front();
    account.lines.push_back(std::move(line));
  }

  void accuse(const Party& party, const std::string& what, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(party.client), what);
    const auto& lines = account_of(party).lines;
    first_.story.assign(lines.begin(), lines.end());
    first_.story.push_back(fmt::format("look at {}", look_at));
  }

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  std::vector<HostId> who_;
  Duration within_;                        // 0: of the tracker's interval
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
    .declared = "interval (of the tracker)",
};

std::unique_ptr<Check> make_announce_events(const CheckContext& context) {
  return std::make_unique<AnnounceEvents>(context);
}

}  // namespace swarmlab::swarmsim
