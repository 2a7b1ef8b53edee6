#include "swarmsim/checks/tracker_conservation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"
#include "swarmsim/checks/swarm_tally.hpp"
#include "swarmsim/checks/tracker_talk.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::optional, "the peers whose answers are read (default: everybody)"},
};

class TrackerConservation final : public Check {
 public:
  explicit TrackerConservation(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")), is_who_(who_, facts_.peers.size()), talk_(facts_) {
    for (const TrackerFacts& tracker : facts_.trackers)
      tallies_.emplace_back(SwarmTally::Patience{.may_forget_after = tracker.interval + tracker.interval / 10 + 1s,
                                                 .must_forget_after = tracker.silence + 1s});
  }

  // Seen from the tracker: questions when they reach it, answers when it gives them.
  EventSet interest() const override {
    return EventSet{}.received(MessageKind::tracker_request).sent(MessageKind::tracker_reply);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::received) {
      const TrackerQuestion* question = talk_.on_request(event);
      if (question == nullptr || question->announce() == nullptr) return;
      tally_of(event.to).on_announce(event.from, endpoint_of(event.from, *question->announce()), *question->announce(), event.at);
      return;
    }
    const auto answer = talk_.on_reply(event);
    if (!answer) return;
    const bool is_read = who_.empty() || is_who_.has(event.to);
    if (is_read && !answer->ragged.empty()) accuse(event, "sends " + answer->ragged, "where a tracker writes compact lists");
    if (const auto* broken = std::get_if<NotUnderstood>(&answer->what)) {
      if (is_read) accuse(event, "gives an answer that is no tracker's: " + broken->what, "where a tracker writes its answers");
      return;
    }
    if (const auto* scrape = std::get_if<protocol::ScrapeReply>(&answer->what)) {
      if (is_read && scrape->entries.size() == 1) judge_scrape(event, scrape->entries.front());
      return;
    }
    const protocol::AnnounceReply* reply = answer->announced();
    const protocol::AnnounceRequest* request = answer->question.announce();
    if (reply == nullptr || request == nullptr) return;
    SwarmTally& tally = tally_of(event.from);
    tally.forget_silent(event.at);
    const SwarmTally::Asking asking = tally.asking(event.to, request->peer_id);
    if (is_read && !asking.has_changed_since) {
      judge_counts(event, reply->complete, reply->incomplete);
      judge_list(event, *request, *reply, asking);
    }
    tally.on_answer(event.to, request->peer_id, event.at);
  }

  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement = first_;
    judgement.measured = fmt::format("{} with up to {} in the swarm", counted(judged_, "answer"), counted(most_, "peer"));
    judgement.limit = std::string("the peers that announced and did not stop");
    if (judgement.verdict == Verdict::held && most_ < 2) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "no answer of the tracker came while two peers were in the swarm; there was nothing to count";
    }
    return judgement;
  }

 private:
  SwarmTally& tally_of(HostId tracker) { return tallies_[facts_.tracker_number(tracker)]; }

  // "the tracker" where there is but one.
  std::string name_in_sentence(HostId tracker) const {
    return facts_.trackers.size() == 1 ? std::string("the tracker") : fmt::format("tracker '{}'", facts_.name(tracker));
  }

  Endpoint endpoint_of(HostId peer, const protocol::AnnounceRequest& request) const {
    return {request.ip.value_or(facts_.peers[peer.value()].listens.address), request.port};
  }

  void judge_counts(const WireEvent& event, std::optional<std::uint32_t> complete, std::optional<std::uint32_t> incomplete) {
    const SwarmTally::Counts& is = tally_of(event.from).counts();
    ++judged_;
    most_ = std::max(most_, is.live.most);
    constexpr std::string_view kCounting = "where a tracker keeps count of seeds and leechers";
    if (complete && !is.seeds.has(*complete))
      accuse(event, fmt::format("says {} complete; there are {}", *complete, is.seeds.text()), kCounting);
    if (incomplete && !is.leechers.has(*incomplete))
      accuse(event, fmt::format("says {} incomplete; there are {}", *incomplete, is.leechers.text()), kCounting);
    if (complete && incomplete && !is.live.has(std::uint64_t{*complete} + *incomplete))
      accuse(event, fmt::format("counts {} peers in all; there are {}", std::uint64_t{*complete} + *incomplete, is.live.text()),
             kCounting);
  }

  void judge_scrape(const WireEvent& event, const protocol::ScrapeEntry& entry) {
    SwarmTally& tally = tally_of(event.from);
    tally.forget_silent(event.at);
    judge_counts(event, entry.complete, entry.incomplete);
    const SwarmTally::Range& completed = tally.completed();
    if (!completed.has(entry.downloaded))
      accuse(event, fmt::format("says {} downloads; {} peers said 'completed'", entry.downloaded, completed.text()),
             "what a tracker does with a 'completed' that comes again, or from a seed");
  }

  void judge_list(const WireEvent& event, const protocol::AnnounceRequest& request, const protocol::AnnounceReply& reply,
                  const SwarmTally::Asking& asking) {
    const Endpoint own = endpoint_of(event.to, request);
    for (const protocol::TrackerPeer& peer : reply.peers) {
      if (peer.endpoint == own || (peer.id && *peer.id == request.peer_id))
        return accuse(event, fmt::format("sends {} its own address, {}", facts_.name(event.to), to_string(peer.endpoint)),
                      "where a tracker chooses whom to list: the asker knows itself");
      const auto gone = tally_of(event.from).gone(peer.endpoint);
      if (gone && gone->since < asking.asked_at)
        return accuse(event, fmt::format("lists {}, whom it {} {} earlier", facts_.name(gone->peer),
                                         gone->has_said_stopped ? "heard say 'stopped'" : "had to forget",
                                         to_text(event.at - gone->since)),
                      gone->has_said_stopped ? "where a tracker takes off who stops" : "where a tracker forgets who is silent");
    }
  }

  void accuse(const WireEvent& event, const std::string& what, std::string_view look_at) {
    if (first_.verdict == Verdict::violated) return;
    first_.verdict = Verdict::violated;
    first_.summary = fmt::format("{} {}", name_in_sentence(event.from), what);
    first_.story.push_back(story_line(event.at, fmt::format("{} -> {}  the answer", facts_.name(event.from), facts_.name(event.to))));
    for (const std::string& line : tally_of(event.from).recent([&](HostId peer) { return facts_.name(peer); }))
      first_.story.push_back(line);
    first_.story.push_back(fmt::format("look at {}", look_at));
  }

  const RunFacts& facts_;
  std::vector<HostId> who_;
  PeerSet is_who_;
  TrackerTalk talk_;
  std::vector<SwarmTally> tallies_;         // by tracker
  std::uint32_t judged_ = 0;
  std::uint32_t most_ = 0;
  Judgement first_;
};

}  // namespace

constinit const CheckManual kTrackerConservation{
    .name = "tracker_conservation",
    .claim = "what the tracker counts and lists is who announced and did not leave",
    .level = CheckLevel::should,
    .maturity = CheckMaturity::stable,
    .bugs = "B65, B68",
    .parameters = kParameters,
    .text = R"(In each answer: 'complete' is the number of peers whose last announce had left = 0, 'incomplete' that of the
others, together all that announced, did not say 'stopped' and were not silent for too long.  Who was silent for
more than an interval may have been forgotten, who was for the time that the tracker declares must have been.  The
change that the answered announce brings may count or not.  The asker is not in its own list, nor is anybody who
stopped.  Compact lists have 6 or 18 bytes per peer.  A scrape counts each download once.  Announces that the
tracker refused or left unanswered make its count uncertain by one.  Vacuous when there never were two peers.
Judges trackers: this one's, or any other.)",
    .declared = "interval and silence (of the tracker)",
};

std::unique_ptr<Check> make_tracker_conservation(const CheckContext& context) {
  return std::make_unique<TrackerConservation>(context);
}

}  // namespace swarmlab::swarmsim
