#include "swarmsim/checks/tiers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/tracker_talk.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that choose among trackers"},
    ParameterManual{"within", ParameterKind::duration, Need::optional,
                    "how long each tracker that fails may hold up the next (default: 60 s)"},
};

// B67: "the next tracker of the tier, then the next tier, within 60 s".
constexpr Duration kWithin = 60s;
constexpr std::size_t kRemembered = 6;

// One client and one of its trackers.
struct Standing {
  bool is_answered = false;         // its last announce there was, and not refused
  bool has_ever_been = false;       // any was, since it joined
  bool is_waiting = false;          // a question there has no answer yet
  Time told = kNever;               // when that answer came
  Time due = kNever;                // when it asked to be asked again
};

struct Client {
  std::vector<Standing> standings;  // by tracker
  bool is_there = false;            // it joined, and was not told to stop
  Time known_until = kNever;        // some tracker was to be told of it again by then; its joining before the first answer
  std::vector<std::string> lines;
};

class Tiers final : public Check {
 public:
  explicit Tiers(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")), within_(context.arguments.duration("within", kWithin)),
        is_who_(who_, facts_.peers.size()), talk_(facts_), clients_(facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}
        .add(WireEventKind::joined)
        .add(WireEventKind::stopped)
        .sent(MessageKind::tracker_request)
        .received(MessageKind::tracker_reply);
  }

  void on_event(const WireEvent& event) override {
    switch (event.kind) {
      case WireEventKind::joined: return on_joined(event);
      case WireEventKind::stopped:
        judge_silence(event.from, event.at);
        clients_[event.from.value()].is_there = false;
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

  Judgement conclude(const EndOfRun& end, Disks&) override {
    for (const HostId peer : who_) judge_silence(peer, end.at);
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} changes of tracker, the longest {} without one", changes_, to_text(longest_));
    judgement.number = MeasuredNumber{"longest without", Number::of(longest_), Unit::time};
    judgement.limit = to_text(patience());
    if (judgement.verdict == Verdict::held && changes_ == 0) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody was answered by a second tracker; no tracker failed, or there is only one";
    }
    return judgement;
  }

 private:
  // However many trackers fail, each takes its time once.
  Duration patience() const { return within_ * static_cast<std::int64_t>(std::max<std::size_t>(1, facts_.trackers.size())); }

  void on_joined(const WireEvent& event) {
    if (!is_who_.has(event.from)) return;
    Client& client = clients_[event.from.value()];
    client = Client{};
    client.standings.resize(facts_.trackers.size());
    client.is_there = true;
    client.known_until = event.at;
    remember(client, story_line(event.at, facts_.name(event.from) + " joins"));
  }

  void on_question(const WireEvent& event) {
    const TrackerQuestion* question = talk_.on_request(event);
    Client& client = clients_[event.from.value()];
    if (!client.is_there) return;
    const std::size_t number = facts_.tracker_number(event.to);
    Standing& standing = client.standings[number];
    standing.is_waiting = true;
    if (question == nullptr || question->announce() == nullptr) return;
    remember(client, story_line(question->decided, fmt::format("{} -> {}  {}", facts_.name(event.from), facts_.name(event.to),
                                                               to_string(*question->announce()))));
    // What ends a download, or a stay, is said to all that know of it.
    const protocol::AnnounceEvent what = question->announce()->event;
    if (what != protocol::AnnounceEvent::completed && what != protocol::AnnounceEvent::stopped)
      judge_order(event.from, client, number, question->decided);
  }

  // Whom a client passes over must have given it reason to.
  void judge_order(HostId peer, const Client& client, std::size_t asked, Time decided) {
    const bool asks_all_tiers = facts_.peers[peer.value()].announces_to_all_tiers;
    for (std::size_t other = 0; other < client.standings.size(); ++other) {
      if (other == asked || facts_.trackers[other].tier > facts_.trackers[asked].tier) continue;
      if (asks_all_tiers && facts_.trackers[other].tier != facts_.trackers[asked].tier) continue;
      const Standing& before = client.standings[other];
      // Due again, it may have been tried in vain where the wire does not show it.
      if (!before.is_answered || before.is_waiting || decided <= before.told || decided >= before.due) continue;
      return accuse(peer, fmt::format("asks '{}' of tier {} while '{}' of tier {} answers: {} ago it did, good for {}",
                                      facts_.trackers[asked].name, facts_.trackers[asked].tier, facts_.trackers[other].name,
                                      facts_.trackers[other].tier, to_text(decided - before.told), to_text(before.due - before.told)),
                    "how a client chooses the tracker of an announce (BEP 12)");
    }
  }

  void on_answer(const WireEvent& event) {
    const auto answer = talk_.on_reply(event);
    if (!answer || answer->question.announce() == nullptr) return;
    Client& client = clients_[event.to.value()];
    if (!client.is_there) return;
    const std::size_t number = facts_.tracker_number(event.from);
    Standing& standing = client.standings[number];
    const protocol::AnnounceReply* reply = answer->announced();
    remember(client, story_line(event.at, fmt::format("{} -> {}  {}", facts_.name(event.from), facts_.name(event.to),
                                                      reply == nullptr ? "a refusal" : "an answer")));
    standing.is_waiting = false;
    standing.is_answered = reply != nullptr;
    if (reply == nullptr) return;
    judge_silence(event.to, event.at);
    standing.told = event.at;
    standing.due = event.at + (reply->min_interval ? std::min(*reply->min_interval, reply->interval) : reply->interval / 2);
    // A tenth of the interval as announce_schedule has it.
    const Duration interval = reply->interval;
    client.known_until = std::max(client.known_until, event.at + interval + interval / 10);
    const bool is_known_elsewhere = std::ranges::any_of(client.standings, &Standing::has_ever_been);
    if (!std::exchange(standing.has_ever_been, true) && is_known_elsewhere) ++changes_;
  }

  void judge_silence(HostId peer, Time now) {
    Client& client = clients_[peer.value()];
    if (!is_who_.has(peer) || !client.is_there || now <= client.known_until) return;
    const Duration silence = now - client.known_until;
    longest_ = std::max(longest_, silence);
    if (silence > patience())
      accuse(peer, fmt::format("was known to no tracker for {}, although one of its {} was there", to_text(silence),
                               facts_.trackers.size()),
             "what a client does when a tracker fails: the next of its tier is asked, then the next tier (BEP 12)");
  }

  static void remember(Client& client, std::string line) {
    if (client.lines.size() == kRemembered) client.lines.erase(client.lines.begin());
    client.lines.push_back(std::move(line));
  }

  void accuse(HostId peer, const std::string& what, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", facts_.name(peer), what);
    first_.story = clients_[peer.value()].lines;
    first_.story.push_back(fmt::format("look at {}", look_at));
  }

  const RunFacts& facts_;
  std::vector<HostId> who_;
  Duration within_;
  PeerSet is_who_;
  TrackerTalk talk_;
  std::vector<Client> clients_;
  std::uint32_t changes_ = 0;
  Duration longest_{};
  Judgement first_;
};

}  // namespace

constinit const CheckManual kTiers{
    .name = "tiers",
    .claim = "when a tracker fails the next of its tier is asked, then the next tier, and no later one while an earlier answers",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B67",
    .parameters = kParameters,
    .text = R"(As long as one of its trackers can be reached, a client is known to one: between its joining, or the moment at which it
was to announce again, and the next answer lie at most 60 s for each tracker of the torrent, since each may fail once
on the way.  The scenario sees to it that one always is there.  And a client asks no tracker of a later tier, nor another
of the same tier, while one before it has answered and is not due again: BEP 12 tries them in order, and begins with who
answered last.  Clients that declare to announce to all tiers ask one tracker of each.  'completed' and 'stopped' may go to
everybody.  A client that changes trackers just when an announce is due is not caught: the attempt before may have failed
unseen.  Vacuous when nobody was answered by two trackers.  Provoke it with trackers that refuse (faults: [refuse]), lose
requests, and are cut off by the timeline for longer than their interval.)",
    .declared = "announce_to_all_tiers",
};

std::unique_ptr<Check> make_tiers(const CheckContext& context) { return std::make_unique<Tiers>(context); }

}  // namespace swarmlab::swarmsim
