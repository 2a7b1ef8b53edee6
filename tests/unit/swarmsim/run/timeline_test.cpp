// What a timeline does to a swarm that is running.
#include "swarmsim/run/timeline.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "swarmsim/run/sim_run.hpp"
#include "tests/unit/swarmsim/run/stories.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

// The small swarm with slower lines, so that it is not over before something happens: without a timeline its
// leechers complete within 10 s.
struct Told {
  RunResult result;
  std::string log;
};
Told tell(const std::string& timeline, std::vector<Override> more = {}) {
  std::vector<Override> overrides{{"timeline", timeline}, {"peers.liar", "{ have: none }"},
                                  {"network", "{ link: { up: 2 Mbit/s, down: 8 Mbit/s } }"}};
  overrides.insert(overrides.end(), more.begin(), more.end());
  std::ostringstream log;
  const RunResult result = run_in_virtual_time(a_story(overrides), {.seed = 5, .until = {}, .log = &log});
  return {result, log.str()};
}

void expect_held(const Told& told) {
  EXPECT_EQ(told.result.invalid, "");
  for (const CheckResult& check : told.result.checks)
    EXPECT_EQ(check.judgement.verdict, Verdict::held) << check.manual->name << ": " << check.judgement.summary;
}

TEST(Timeline, WhoIsKilledAndStartsAgainCompletesFromWhatItsDiskHolds) {
  const Told told = tell("[ { at: 3 s, kill: \"leech[0]\" }, { at: 4 s, restart: \"leech[0]\" } ]");
  expect_held(told);
  EXPECT_THAT(told.log, HasSubstr("leech[0]  is killed by the timeline"));
  EXPECT_THAT(told.log, HasSubstr("leech[0]  starts again"));
}

TEST(Timeline, WhoIsStoppedMayStartAgainWhileItIsStillSayingGoodbye) {
  expect_held(tell("[ { at: 3 s, stop: leech }, { at: 3001 ms, restart: leech } ]"));
}

TEST(Timeline, AHostThatVanishesForAWhileGoesOnWithItsConnections) {
  const Told told = tell("[ { at: 2 s, vanish: \"leech[1]\", for: 3 s } ]");
  expect_held(told);
  EXPECT_THAT(told.log, HasSubstr("leech[1]  is on the network again"));
}

TEST(Timeline, WhoLingersLeavesSoLongAfterItsCompletion) {
  const Told told = tell("[]", {{"peers.leech.linger", "1500 ms"},
                                {"checks.0", "{ expect: max(leech.stopped_at - leech.completed_at) < 1700 ms }"},
                                {"checks.1", "{ expect: min(leech.stopped_at - leech.completed_at) >= 1500 ms }"},
                                {"checks.2", "{ expect: sum(leech.present) == 0 }"}});
  expect_held(told);
  EXPECT_THAT(told.log, HasSubstr("leech[0]  leaves, complete"));
}

TEST(Timeline, WhoLacksAPieceFetchesThatOne) {
  const Told told = tell("[]", {{"peers.leech", "{ count: 3, have: all, lacks: \"7\" }"},
                                {"checks.2", "{ expect: leech.useful == 64 KiB }"}});
  expect_held(told);
}

TEST(Timeline, ATrackerThatDiesAndComesBackIsAskedAgain) {
  const Told told = tell("[ { at: 500 ms, kill: tracker }, { at: 20 s, restart: tracker } ]",
                         {{"peers.late", "{ count: 2, join: 5 s }"}, {"checks.0", "{ completes: { who: [leech, late] } }"}});
  expect_held(told);
  EXPECT_THAT(told.log, HasSubstr("late[0]  could not announce"));
}

TEST(Timeline, WhoVanishesForGoodNeverCompletes) {
  const Told told = tell("[ { at: 2 s, vanish: \"leech[1]\" } ]", {{"limit", "1 min"}});
  EXPECT_EQ(told.result.checks[0].judgement.summary, "leech[1] was stopped before it was complete");
}

TEST(Timeline, AHostThatStandsStillCompletesLater) {
  const Told told = tell("[ { at: 1 s, pause: \"leech[2]\", for: 20 s } ]");
  expect_held(told);
  EXPECT_GT(told.result.virtual_time, 21s);
}

TEST(Timeline, ADownloadThatIsPausedGoesOnWithWhatItHas) {
  const Told told = tell("[ { at: 1 s, pause_download: \"leech[2]\", for: 20 s } ]");
  expect_held(told);
  EXPECT_GT(told.result.virtual_time, 21s);
  EXPECT_THAT(told.log, HasSubstr("leech[2]  pauses its download"));
  EXPECT_THAT(told.log, HasSubstr("leech[2]  goes on with its download"));
}

TEST(Timeline, APartitionHoldsUpWhoIsCutOff) {
  const Told told = tell("[ { at: 1 s, partition: [[seeder, \"leech[0]\"], [\"leech[1..2]\", liar, tracker]], for: 20 s } ]");
  expect_held(told);
  EXPECT_GT(told.result.virtual_time, 21s);
}

TEST(Timeline, ASlowLinkIsFastAgainAfterwards) {
  const Told slow = tell("[ { at: 1 s, link: { up: 100 kbit/s }, of: [seeder] } ]");
  const Told while_ = tell("[ { at: 1 s, link: { up: 100 kbit/s }, of: [seeder], for: 10 s } ]");
  expect_held(slow);
  expect_held(while_);
  EXPECT_GT(slow.result.virtual_time, while_.result.virtual_time);
  EXPECT_GT(while_.result.virtual_time, 11s);
}

TEST(Timeline, ADiskThatWasFullTakesWritesAgainAfterwards) {
  const Told told = tell("[ { at: 1 s, storage: { full_at: 1 B }, of: \"leech[0]\", for: 10 s } ]",
                         {{"peers.leech.settings", "{ restart: one_for_one, restart_pause: 15 s }"}});
  expect_held(told);
  EXPECT_THAT(told.log, HasSubstr("leech[0]  has something wrong with its storage"));
  EXPECT_THAT(told.log, HasSubstr("leech[0]  has its storage as before"));
  EXPECT_GT(told.result.virtual_time, 11s);
}

TEST(Timeline, WhatIsLostFromADiskIsFetchedAgainAfterARestart) {
  const Told told = tell("[ { at: 3 s, stop: leech }, { at: 4 s, lose: 50%, of: leech }, { at: 5 s, restart: leech } ]");
  expect_held(told);
  EXPECT_THAT(told.log, HasSubstr("leech[2]  loses pieces from its disk"));
}

TEST(Timeline, ConnectionsThatAreResetAreNobodysFault) {
  const Told told = tell("[ { at: 2 s, reset: leech, with: [seeder, leech, liar] } ]",
                         {{"peers.liar", "{ have: all, behaviour: [ { corrupt_blocks: 20% } ] }"},
                          {"checks.2", "{ innocents_are_kept: { who: leech } }"}});
  expect_held(told);
}

TEST(Timeline, AJoiningByTheTimelineIsTheOnlyOne) {
  const Told told = tell("[ { at: 7 s, join: \"leech[1]\" } ]");
  expect_held(told);
  EXPECT_THAT(told.log, HasSubstr("00:07.000  leech[1]  joins"));
  EXPECT_THAT(told.log, Not(HasSubstr("00:00.000  leech[1]  joins")));
}

TEST(Timeline, ALateRandomArrivalBeyondTheLimitMakesTheRunInvalid) {
  const Told told = tell("[]", {{"peers.leech.join", "{ poisson: 4 min }"}, {"peers.leech.count", "20"}});
  EXPECT_THAT(told.result.invalid, HasSubstr("would join at"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
