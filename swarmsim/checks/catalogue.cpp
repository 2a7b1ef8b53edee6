#include "swarmsim/checks/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/assert.hpp"
#include "swarmsim/checks/announce_events.hpp"
#include "swarmsim/checks/announce_numbers.hpp"
#include "swarmsim/checks/announce_schedule.hpp"
#include "swarmsim/checks/announced_endpoint_reachable.hpp"
#include "swarmsim/checks/bans.hpp"
#include "swarmsim/checks/bans_hold.hpp"
#include "swarmsim/checks/bitfield_comes_first.hpp"
#include "swarmsim/checks/bitfield_wellformed.hpp"
#include "swarmsim/checks/choke_hysteresis.hpp"
#include "swarmsim/checks/completes.hpp"
#include "swarmsim/checks/completion_is_clean.hpp"
#include "swarmsim/checks/contents_match.hpp"
#include "swarmsim/checks/early_state_is_kept.hpp"
#include "swarmsim/checks/endgame_bounded.hpp"
#include "swarmsim/checks/endgame_rescues_last_block.hpp"
#include "swarmsim/checks/expect.hpp"
#include "swarmsim/checks/failed_piece_refetched.hpp"
#include "swarmsim/checks/fast_choke_semantics.hpp"
#include "swarmsim/checks/fast_only_if_negotiated.hpp"
#include "swarmsim/checks/have_follows_verification.hpp"
#include "swarmsim/checks/have_index_valid.hpp"
#include "swarmsim/checks/have_is_final.hpp"
#include "swarmsim/checks/have_means_servable.hpp"
#include "swarmsim/checks/honest_swarm_never_fails_hash.hpp"
#include "swarmsim/checks/idle_slots_released.hpp"
#include "swarmsim/checks/innocents_are_kept.hpp"
#include "swarmsim/checks/interest_follows_selection.hpp"
#include "swarmsim/checks/interest_is_true.hpp"
#include "swarmsim/checks/keepalive.hpp"
#include "swarmsim/checks/late_blocks_forgiven.hpp"
#include "swarmsim/checks/liveness.hpp"
#include "swarmsim/checks/lost_pieces_are_served.hpp"
#include "swarmsim/checks/memory_bounded.hpp"
#include "swarmsim/checks/metadata_served.hpp"
#include "swarmsim/checks/metadata_survives_liars.hpp"
#include "swarmsim/checks/no_duplicate_to_same_peer.hpp"
#include "swarmsim/checks/no_request_for_owned_block.hpp"
#include "swarmsim/checks/no_request_while_choked.hpp"
#include "swarmsim/checks/no_timeout_while_serving.hpp"
#include "swarmsim/checks/nothing_after_choke.hpp"
#include "swarmsim/checks/one_connection_per_pair.hpp"
#include "swarmsim/checks/optimistic_rotation.hpp"
#include "swarmsim/checks/optimistic_tenure.hpp"
#include "swarmsim/checks/partial_pieces_bounded.hpp"
#include "swarmsim/checks/pex_wellformed.hpp"
#include "swarmsim/checks/pipeline_refills.hpp"
#include "swarmsim/checks/private_is_private.hpp"
#include "swarmsim/checks/prompt_unchoke.hpp"
#include "swarmsim/checks/rarest_first.hpp"
#include "swarmsim/checks/reads_are_sent.hpp"
#include "swarmsim/checks/reconnect_possible.hpp"
#include "swarmsim/checks/recovers_from_disk_full.hpp"
#include "swarmsim/checks/redundancy_budget.hpp"
#include "swarmsim/checks/request_bounds.hpp"
#include "swarmsim/checks/requests_are_answered_once.hpp"
#include "swarmsim/checks/requests_match_availability.hpp"
#include "swarmsim/checks/requests_survive_choke.hpp"
#include "swarmsim/checks/requests_survive_disconnect.hpp"
#include "swarmsim/checks/requests_survive_silence.hpp"
#include "swarmsim/checks/respects_reqq.hpp"
#include "swarmsim/checks/restart_is_honest.hpp"
#include "swarmsim/checks/seed_fairness.hpp"
#include "swarmsim/checks/seed_serves_after_idle.hpp"
#include "swarmsim/checks/segmentation_does_not_matter.hpp"
#include "swarmsim/checks/self_connection.hpp"
#include "swarmsim/checks/slots_follow_useful_rate.hpp"
#include "swarmsim/checks/slots_go_to_interested.hpp"
#include "swarmsim/checks/slow_peers_are_kept.hpp"
#include "swarmsim/checks/state_follows_verification.hpp"
#include "swarmsim/checks/state_messages_alternate.hpp"
#include "swarmsim/checks/stopped_means_stopped.hpp"
#include "swarmsim/checks/super_seed_progress.hpp"
#include "swarmsim/checks/survives_fd_limit.hpp"
#include "swarmsim/checks/survives_malformed.hpp"
#include "swarmsim/checks/tiers.hpp"
#include "swarmsim/checks/tracker_conservation.hpp"
#include "swarmsim/checks/two_seeds_cooperate.hpp"
#include "swarmsim/checks/udp_tracker_retry.hpp"
#include "swarmsim/checks/unrequested_is_ignored.hpp"
#include "swarmsim/checks/upload_slots.hpp"
#include "swarmsim/checks/writes_stay_inside.hpp"

namespace swarmlab::swarmsim {
namespace {

struct Entry {
  const CheckManual* manual;
  MakeCheck make;
};

constexpr std::array kCatalogue{
    Entry{&kAnnounceEvents, make_announce_events},
    Entry{&kAnnounceNumbers, make_announce_numbers},
    Entry{&kAnnounceSchedule, make_announce_schedule},
    Entry{&kAnnouncedEndpointReachable, make_announced_endpoint_reachable},
    Entry{&kBans, make_bans},
    Entry{&kBansHold, make_bans_hold},
    Entry{&kBitfieldComesFirst, make_bitfield_comes_first},
    Entry{&kBitfieldWellformed, make_bitfield_wellformed},
    Entry{&kChokeHysteresis, make_choke_hysteresis},
    Entry{&kCompletes, make_completes},
    Entry{&kCompletionIsClean, make_completion_is_clean},
    Entry{&kContentsMatch, make_contents_match},
    Entry{&kEarlyStateIsKept, make_early_state_is_kept},
    Entry{&kEndgameBounded, make_endgame_bounded},
    Entry{&kEndgameRescuesLastBlock, make_endgame_rescues_last_block},
    Entry{&kExpect, make_expect},
    Entry{&kFailedPieceRefetched, make_failed_piece_refetched},
    Entry{&kFastChokeSemantics, make_fast_choke_semantics},
    Entry{&kFastOnlyIfNegotiated, make_fast_only_if_negotiated},
    Entry{&kHaveFollowsVerification, make_have_follows_verification},
    Entry{&kHaveIndexValid, make_have_index_valid},
    Entry{&kHaveIsFinal, make_have_is_final},
    Entry{&kHaveMeansServable, make_have_means_servable},
    Entry{&kHonestSwarmNeverFailsHash, make_honest_swarm_never_fails_hash},
    Entry{&kIdleSlotsReleased, make_idle_slots_released},
    Entry{&kInnocentsAreKept, make_innocents_are_kept},
    Entry{&kInterestFollowsSelection, make_interest_follows_selection},
    Entry{&kInterestIsTrue, make_interest_is_true},
    Entry{&kKeepalive, make_keepalive},
    Entry{&kLateBlocksForgiven, make_late_blocks_forgiven},
    Entry{&kLiveness, make_liveness},
    Entry{&kLostPiecesAreServed, make_lost_pieces_are_served},
    Entry{&kMemoryBounded, make_memory_bounded},
    Entry{&kMetadataServed, make_metadata_served},
    Entry{&kMetadataSurvivesLiars, make_metadata_survives_liars},
    Entry{&kNoDuplicateToSamePeer, make_no_duplicate_to_same_peer},
    Entry{&kNoRequestForOwnedBlock, make_no_request_for_owned_block},
    Entry{&kNoRequestWhileChoked, make_no_request_while_choked},
    Entry{&kNoTimeoutWhileServing, make_no_timeout_while_serving},
    Entry{&kNothingAfterChoke, make_nothing_after_choke},
    Entry{&kOneConnectionPerPair, make_one_connection_per_pair},
    Entry{&kOptimisticRotation, make_optimistic_rotation},
    Entry{&kOptimisticTenure, make_optimistic_tenure},
    Entry{&kPartialPiecesBounded, make_partial_pieces_bounded},
    Entry{&kPexWellformed, make_pex_wellformed},
    Entry{&kPipelineRefills, make_pipeline_refills},
    Entry{&kPrivateIsPrivate, make_private_is_private},
    Entry{&kPromptUnchoke, make_prompt_unchoke},
    Entry{&kRarestFirst, make_rarest_first},
    Entry{&kReadsAreSent, make_reads_are_sent},
    Entry{&kReconnectPossible, make_reconnect_possible},
    Entry{&kRecoversFromDiskFull, make_recovers_from_disk_full},
    Entry{&kRedundancyBudget, make_redundancy_budget},
    Entry{&kRequestBounds, make_request_bounds},
    Entry{&kRequestsAreAnsweredOnce, make_requests_are_answered_once},
    Entry{&kRequestsMatchAvailability, make_requests_match_availability},
    Entry{&kRequestsSurviveChoke, make_requests_survive_choke},
    Entry{&kRequestsSurviveDisconnect, make_requests_survive_disconnect},
    Entry{&kRequestsSurviveSilence, make_requests_survive_silence},
    Entry{&kRespectsReqq, make_respects_reqq},
    Entry{&kRestartIsHonest, make_restart_is_honest},
    Entry{&kSeedFairness, make_seed_fairness},
    Entry{&kSeedServesAfterIdle, make_seed_serves_after_idle},
    Entry{&kSegmentationDoesNotMatter, make_segmentation_does_not_matter},
    Entry{&kSelfConnection, make_self_connection},
    Entry{&kSlotsFollowUsefulRate, make_slots_follow_useful_rate},
    Entry{&kSlotsGoToInterested, make_slots_go_to_interested},
    Entry{&kSlowPeersAreKept, make_slow_peers_are_kept},
    Entry{&kStateFollowsVerification, make_state_follows_verification},
    Entry{&kStateMessagesAlternate, make_state_messages_alternate},
    Entry{&kStoppedMeansStopped, make_stopped_means_stopped},
    Entry{&kSuperSeedProgress, make_super_seed_progress},
    Entry{&kSurvivesFdLimit, make_survives_fd_limit},
    Entry{&kSurvivesMalformed, make_survives_malformed},
    Entry{&kTiers, make_tiers},
    Entry{&kTrackerConservation, make_tracker_conservation},
    Entry{&kTwoSeedsCooperate, make_two_seeds_cooperate},
    Entry{&kUdpTrackerRetry, make_udp_tracker_retry},
    Entry{&kUnrequestedIsIgnored, make_unrequested_is_ignored},
    Entry{&kUploadSlots, make_upload_slots},
    Entry{&kWritesStayInside, make_writes_stay_inside},
};

constexpr auto kManuals = [] {
  std::array<const CheckManual*, kCatalogue.size()> manuals{};
  for (std::size_t i = 0; i < manuals.size(); ++i) manuals[i] = kCatalogue[i].manual;
  return manuals;
}();

}  // namespace

std::string_view to_string(CheckLevel level) {
  switch (level) {
    case CheckLevel::must: return "must";
    case CheckLevel::should: return "should";
    case CheckLevel::quality: return "quality";
    case CheckLevel::house: return "house policy";
  }
  return "";
}

std::string_view to_string(CheckMaturity maturity) {
  switch (maturity) {
    case CheckMaturity::stable: return "stable";
    case CheckMaturity::experimental: return "experimental";
  }
  return "";
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::held: return "held";
    case Verdict::violated: return "violated";
    case Verdict::vacuous: return "vacuous";
    case Verdict::not_applicable: return "not applicable";
    case Verdict::undecided: return "undecided";
  }
  return "";
}

std::span<const CheckManual* const> check_manuals() { return kManuals; }

const CheckManual* find_check_manual(std::string_view name) {
  const auto found = std::ranges::find(kManuals, name, [](const CheckManual* manual) { return manual->name; });
  return found == kManuals.end() ? nullptr : *found;
}

std::unique_ptr<Check> make_check(const CheckManual& manual, const CheckContext& context) {
  const auto found = std::ranges::find(kCatalogue, &manual, &Entry::manual);
  SWARM_ASSERT(found != kCatalogue.end(), manual.name);
  return found->make(context);
}

std::string explain(const CheckManual& manual) {
  std::string text = fmt::format("{}: {}\n\n  level: {}   maturity: {}   known bugs: {}\n", manual.name, manual.claim,
                                 to_string(manual.level), to_string(manual.maturity), manual.bugs);
  if (!manual.declared.empty()) text += fmt::format("  judges by the declared {}\n", manual.declared);
  if (!manual.needs.empty()) text += fmt::format("  needs peers that speak {}\n", to_words(manual.needs));
  if (manual.of_tit_for_tat) text += "  about clients that choke by tit for tat; others declare that they do not\n";
  if (!manual.false_alarm.empty()) text += fmt::format("  false alarms: {}\n", manual.false_alarm);
  text += '\n';
  for (const ParameterManual& parameter : manual.parameters)
    text += fmt::format("  {:<8}{} {}\n", parameter.name, parameter.need == Need::required ? "(required)" : "(optional)",
                        parameter.about);
  text += fmt::format("\n{}\n", manual.text);
  return text;
}

std::string checks_page() {
  std::string page = R"(# Checks

What `swarmsim explain NAME` prints, for every check. A check sees messages, what peers declared, and disks;
never the inside of a client. "After X" means: X had been received before the message was decided. No check knows a number of our
client: what it must know of one, the client declares (of ours its settings; `declares` in a scenario says what is no setting). What
it judges by stands beside `declared`; where nobody it is about speaks what it needs, it is not applicable, and not vacuous. This page
is made by `swarmsim explain checks`.
)";
  for (const CheckManual* manual : check_manuals())
    page += fmt::format("\n## {}\n\n```\n{}```\n", manual->name, explain(*manual));
  return page;
}

}  // namespace swarmlab::swarmsim
