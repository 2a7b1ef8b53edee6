#include "swarmsim/run/capture_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 3> kAboutDisks{"contents_match", "recovers_from_disk_full", "writes_stay_inside"};

// These ask whether a block, or a piece of metadata, is what the torrent has there.
constexpr std::array<std::string_view, 13> kAboutTruth{
    "bans",           "bans_hold",          "completes",           "failed_piece_refetched",      "have_follows_verification",
    "have_means_servable", "honest_swarm_never_fails_hash", "innocents_are_kept", "metadata_served", "metadata_survives_liars",
    "restart_is_honest", "survives_malformed", "unrequested_is_ignored"};

// These judge by what a disk did to somebody, or what it holds when somebody starts again.
constexpr std::array<std::string_view, 3> kAboutLosses{"innocents_are_kept", "lost_pieces_are_served", "state_follows_verification"};

// These look at who held a slot at one time; where that is in doubt they look away.
constexpr std::array<std::string_view, 8> kAboutSlots{
    "idle_slots_released", "optimistic_rotation",      "optimistic_tenure",      "prompt_unchoke",
    "seed_fairness",       "slots_follow_useful_rate", "slots_go_to_interested", "upload_slots"};

constexpr std::array<std::string_view, 5> kAboutTrackers{"announce_schedule", "announced_endpoint_reachable", "tiers",
                                                         "tracker_conservation", "udp_tracker_retry"};

// Real folders show these by themselves.
constexpr std::array<std::string_view, 2> kSeenOnDisks{"completes", "contents_match"};

// These accuse by what was said or done and in which order, however long anything took.
constexpr std::array<std::string_view, 10> kAboutOrder{
    "bitfield_comes_first",        "bitfield_wellformed",      "have_index_valid", "have_is_final",
    "have_means_servable",         "no_duplicate_to_same_peer", "request_bounds",   "requests_match_availability",
    "state_messages_alternate",    "writes_stay_inside"};

template <class Names>
bool is_one_of(const Names& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

std::string unread_text(const UnreadStreams& unread) {
  std::string text;
  const auto add = [&text](std::uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  add(unread.encrypted, "encrypted");
  add(unread.tls, "under TLS");
  add(unread.utp, "packets of uTP");
  add(unread.incomplete, "with holes in the capture");
  add(unread.begun_before, "begun before the capture");
  add(unread.refused, "refused before anything was said");
  return text;
}

// Whom a check is about; everybody where it does not say.
std::vector<HostId> whom(const CheckSpec& check, const RunFacts& facts) {
  std::vector<HostId> who = check.arguments.peers("who");
  if (!who.empty()) return who;
  who.resize(facts.peers.size());
  for (std::uint32_t i = 0; i < who.size(); ++i) who[i] = HostId(i);
  return who;
}

std::string why_undecided(const CheckSpec& check, const CaptureLimits& limits, const Judgement& judgement) {
  const std::string_view name = check.manual->name;
  if (is_one_of(kAboutDisks, name)) return limits.knows_disks ? "" : "what is on disks is not in a capture";
  if (!limits.knows_content && is_one_of(kAboutTruth, name))
    return "which blocks are true is not known: the torrent of this capture is not the scenario's (see --seed, or --torrent and --content)";
  const std::vector<HostId> who = whom(check, limits.facts);
  if (!limits.knows_disks && is_one_of(kAboutLosses, name) &&
      std::ranges::any_of(limits.facts.peers, [](const PeerFacts& peer) { return !peer.storage.empty(); }))
    return "what became of data on a disk that the scenario spoils is not in a capture";
  for (const HostId peer : who) {
    if (peer.value() >= limits.streams.hosts.size()) continue;   // all of everybody's was read
    const UnreadStreams& unread = limits.streams.hosts[peer.value()];
    if (unread.total() > 0)
      return fmt::format("{} had streams that could not be read: {}", limits.facts.name(peer), unread_text(unread));
  }
  if (judgement.verdict == Verdict::vacuous && limits.doubtful_turns > 0 && is_one_of(kAboutSlots, name))
    return fmt::format("when {} Chokes and Unchokes were decided is not known to {}: they may have waited to be sent",
                       limits.doubtful_turns, to_text(kMoment));
  if (!limits.knows_disks && name == "completes" && judgement.verdict == Verdict::violated) {
    const auto misled = std::ranges::find_if(who, [&](HostId peer) { return limits.met_false_blocks[peer.value()]; });
    if (misled != who.end())
      return fmt::format("{} was sent false blocks; which true ones of those pieces it kept is on its disk, and not in a capture",
                         limits.facts.name(*misled));
  }
  return {};
}

}  // namespace

void restrict_to_capture(const CheckSpec& check, const CaptureLimits& limits, Judgement& judgement) {
  if (judgement.verdict == Verdict::not_applicable || judgement.verdict == Verdict::undecided) return;
  std::string why = why_undecided(check, limits, judgement);
  if (why.empty()) return;
  judgement.verdict = Verdict::undecided;
  judgement.summary = std::move(why);
  judgement.story.clear();
  judgement.measured.clear();
  judgement.number.reset();
}

void restrict_to_trackers_and_disks(RunResult& result) {
  for (CheckResult& check : result.checks) {
    const bool needs_no_peer_talk = is_one_of(kAboutTrackers, check.manual->name) || is_one_of(kSeenOnDisks, check.manual->name);
    if (needs_no_peer_talk || check.judgement.verdict == Verdict::not_applicable) continue;
    check.judgement = {};
    check.judgement.verdict = Verdict::not_applicable;
    check.judgement.summary = "what peers say to each other passes unseen without a network between them";
  }
}

void restrict_lab_run(std::span<const CheckSpec* const> checks, const CaptureLimits& limits, RunResult& result) {
  for (std::size_t i = 0; i < result.checks.size(); ++i) {
    Judgement& judgement = result.checks[i].judgement;
    if (judgement.verdict == Verdict::not_applicable) continue;
    restrict_to_capture(*checks[i], limits, judgement);
    const bool accuses_by_time = judgement.verdict == Verdict::violated && !is_one_of(kAboutOrder, checks[i]->manual->name);
    if (!result.invalid.empty()) judgement.summary = "the run is invalid";
    else if (!result.rough.empty() && accuses_by_time) judgement.summary = "it measures time, and the machine did not keep up";
    else continue;
    result.took_back = result.took_back || accuses_by_time;
    judgement.verdict = Verdict::undecided;
    judgement.story.clear();
  }
}

std::vector<std::string> unread_notes(const CaptureLimits& limits) {
  std::vector<std::string> notes;
  for (std::uint32_t host = 0; host < limits.streams.hosts.size(); ++host)
    if (const UnreadStreams& unread = limits.streams.hosts[host]; unread.total() + unread.refused > 0)
      notes.push_back(fmt::format("{}: streams that could not be read: {}", limits.facts.name(HostId(host)), unread_text(unread)));
  return notes;
}

}  // namespace swarmlab::swarmsim
