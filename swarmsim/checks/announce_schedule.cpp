#include "swarmsim/checks/announce_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/tracker_talk.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers whose announces are timed"},
    ParameterManual{"late", ParameterKind::duration, Need::optional,
                    "how much later than the tracker asked an announce may come (default: a tenth of the interval and 5 s)"},
};

constexpr Duration kLate = 5s;
// What nobody who means well announces more often than, where the tracker's interval makes no sense.
constexpr Duration kSensible = 60s;

// What the tracker last told a client, and what came of it.
struct Timetable {
  Time asked = kNever;              // the announce that was answered: decided
  Time told = kNever;               // its answer arrived
  Duration earliest{};              // from `asked`
  Duration latest{};                // from `told`; 0: nothing can be said
  bool has_asked_since = false;     // by an announce
  bool has_tried_since = false;     // by anything; over UDP a connect comes first
};

class AnnounceSchedule final : public Check {
 public:
  explicit AnnounceSchedule(const CheckContext& context)
      : facts_(context.facts), late_(context.arguments.duration("late", Duration{})),
        is_who_(context.arguments.peers("who"), facts_.peers.size()), talk_(facts_) {}

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
      case WireEventKind::stopped: return forget(event.from, event.at);
      case WireEventKind::sent:
        if (is_who_.has(event.from)) on_question(event);
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

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const auto& [who, table] : tables_)
      if (end.at > due(table)) accuse_lateness(who, table, end.at);
    Judgement judgement = first_;
    judgement.measured = gaps_ == 0 ? std::string("no two plain announces")
                                    : fmt::format("{} gaps from {} to {}", gaps_, to_text(shortest_), to_text(longest_));
    judgement.limit = fmt::format("the tracker's interval + {}", late_ == Duration{} ? "10% + 5 s" : to_text(late_));
    if (judgement.verdict == Verdict::held && gaps_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody made a plain announce after an answered one; there was no gap to measure";
    }
    return judgement;
  }

 private:
  using Pair = std::pair<HostId, HostId>;   // a client and one of its trackers

  // Who ends owes no announce, and who starts anew has forgotten the timetable.
  void forget(HostId peer, Time at) {
    for (auto& [who, table] : tables_) {
      if (who.first != peer) continue;
      if (at > due(table)) accuse_lateness(who, table, at);
      table = {};
    }
  }

  void on_question(const WireEvent& event) {
    const TrackerQuestion* question = talk_.on_request(event);
    Timetable& table = tables_[{event.from, event.to}];
    if (question != nullptr && question->announce() != nullptr) on_announce(event, *question);
    else if (table.told != kNever && event.decided_earliest > table.told) try_again({event.from, event.to}, table, event.decided_earliest);
  }

  void try_again(const Pair& who, Timetable& table, Time decided) {
    if (decided > due(table)) accuse_lateness(who, table, decided);
    table.has_tried_since = true;
  }

  void on_announce(const WireEvent& event, const TrackerQuestion& question) {
    Timetable& table = tables_[{event.from, question.tracker}];
    if (table.told == kNever || table.has_asked_since || question.decided < table.told) return;
    const Time decided = question.decided;
    try_again({event.from, question.tracker}, table, decided);
    table.has_asked_since = true;
    if (question.announce()->event != protocol::AnnounceEvent::none) return;
    const Duration gap = question.decided_latest - table.asked;   // at most
    shortest_ = gaps_ == 0 ? gap : std::min(shortest_, gap);
    longest_ = std::max(longest_, gap);
    ++gaps_;
    if (gap >= table.earliest) return;
    accuse({event.from, question.tracker}, table,
           fmt::format("announces again after {}, without an event; the tracker allows it after {}", to_text(gap), to_text(table.earliest)),
           story_line(decided, fmt::format("{} -> {}  {}", facts_.name(event.from), facts_.name(question.tracker),
                                           to_string(*question.announce()))));
  }

  void on_answer(const WireEvent& event, const TrackerAnswer& answer) {
    Timetable& table = tables_[{event.to, answer.question.tracker}];
    if (table.asked != kNever && answer.question.decided < table.asked) return;
    const protocol::AnnounceReply* reply = answer.announced();
    if (reply == nullptr || answer.question.announce()->event == protocol::AnnounceEvent::stopped) {
      table = {};   // a refusal sets no time
      return;
    }
    const Duration interval = reply->interval;
    // What the codec makes of zero, negative and absurd numbers may also have been meant; nobody is held to it.
    const bool may_be_nonsense = reply->interval == protocol::kDefaultInterval || reply->interval == protocol::kMaxInterval;
    table.asked = answer.question.decided;
    table.told = event.at;
    table.has_asked_since = table.has_tried_since = false;
    table.earliest = may_be_nonsense               ? std::min(kSensible, interval)
                     : reply->min_interval         ? std::min(Duration(*reply->min_interval), interval)
                     : answer.question.is_udp      ? interval       // BEP 15: not again until then
                                                   : interval / 2;  // BEP 3 says "should wait" and has no minimum
    table.latest = may_be_nonsense ? Duration{} : interval + (late_ == Duration{} ? interval / 10 + kLate : late_);
  }

  static Time due(const Timetable& table) {
    const bool owes = table.told != kNever && !table.has_tried_since && table.latest > Duration{};
    return owes ? table.told + table.latest : kNever;
  }

  void accuse_lateness(const Pair& who, const Timetable& table, Time now) {
    accuse(who, table,
           fmt::format("has said nothing to its tracker for {}; it was to announce within {}", to_text(now - table.told),
                       to_text(table.latest)), {});
  }

  void accuse(const Pair& who, const Timetable& table, std::string what, std::string line) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(who.first), what);
    first_.story = {story_line(table.asked, fmt::format("{} -> {}  an announce, which is answered", facts_.name(who.first),
                                                        facts_.name(who.second)))};
    if (!line.empty()) first_.story.push_back(std::move(line));
    first_.story.push_back("look at what a client does with the interval in an announce's answer");
  }

  const RunFacts& facts_;
  Duration late_;
  PeerSet is_who_;
  TrackerTalk talk_;
  std::map<Pair, Timetable> tables_;
  std::uint32_t gaps_ = 0;
  Duration shortest_{};
  Duration longest_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kAnnounceSchedule{
    .name = "announce_schedule",
    .claim = "between announces a client waits as long as its tracker asked, and not much longer",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B67",
    .parameters = kParameters,
    .text = R"(An announce without an event follows an answered one no earlier than the tracker's min interval (where it names
none: over UDP its interval, BEP 15; over HTTP half of it, since BEP 3 has no minimum), and some announce follows within the
interval, a tenth of it, and 5 s, unless the client is told to stop.  After a refusal, or while an announce
stays without an answer, nothing is timed; udp_tracker_retry and tiers are about that.  Of an interval of 30 minutes or
a day (what clients make of zero, negative and absurd numbers) only announces within a minute are wrong.  Over HTTP a tracker that
cannot be reached shows nothing of the attempts: where the scenario cuts it off for longer than that, `late` says so.
Vacuous when no plain announce followed an answered one.  Provoke it with runs of several intervals, with trackers that lie about
the interval (faults: ["interval:0"]), and with trackers that come and go.)",
};

std::unique_ptr<Check> make_announce_schedule(const CheckContext& context) {
  return std::make_unique<AnnounceSchedule>(context);
}

}  // namespace swarmlab::swarmsim
