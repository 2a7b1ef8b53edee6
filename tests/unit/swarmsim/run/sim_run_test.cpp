#include "swarmsim/run/sim_run.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/swarmsim/run/stories.hpp"

namespace swarmlab::swarmsim {
namespace {

void expect_held(const RunResult& result) {
  EXPECT_TRUE(result.invalid.empty()) << result.invalid;
  EXPECT_TRUE(result.notes.empty()) << result.notes.front();
  for (const CheckResult& check : result.checks)
    EXPECT_EQ(check.judgement.verdict, Verdict::held) << check.manual->name << ": " << check.judgement.summary;
}

TEST(SimRun, ASwarmCompletesOverEveryTrackerAndWithoutOne) {
  for (const char* kind : {"http", "udp", "none"}) {
    SCOPED_TRACE(kind);
    expect_held(run_in_virtual_time(a_story({{"tracker.kind", kind}}), {.seed = 3}));
  }
}

TEST(SimRun, RealBytesAreHashedForReal) {
  expect_held(run_in_virtual_time(a_story({{"content", "bytes"}}), {.seed = 3}));
}

TEST(SimRun, AFileMayEndInsideAPiece) {
  expect_held(
      run_in_virtual_time(a_story({{"torrent",
                                    "{ piece_length: 64 KiB, files: [ { path: a, size: 100 kB }, { "
                                    "path: e, size: 0 B }, { path: d/b, size: 1 MiB } ] }"}}),
                          {.seed = 3}));
}

TEST(SimRun, WhoHasAPartFetchesOnlyTheRest) {
  const RunResult all = run_in_virtual_time(a_story({{"peers.liar", "{ have: none }"}}), {.seed = 3});
  const RunResult part = run_in_virtual_time(a_story({{"peers.liar", "{ have: none }"}, {"peers.leech.have", "50%"}}), {.seed = 3});
  expect_held(all);
  expect_held(part);
  EXPECT_LT(part.blocks, all.blocks * 3 / 4);
}

TEST(SimRun, WhoHasAPartOfRealBytesLacksEveryOtherPiece) {
  // Neighbouring pieces that are missing are each false on the disk: the wire must carry all of them.
  const RunResult result = run_in_virtual_time(
      a_story({{"content", "bytes"}, {"peers.liar", "{ have: none }"}, {"peers.leech.have", "25%"}}), {.seed = 3});
  expect_held(result);
  EXPECT_GE(result.blocks, 3u * 24u * 4u);
}

TEST(SimRun, TheSameSeedGivesTheSameRunAndAnotherADifferentOne) {
  const Scenario scenario = a_story();
  const RunResult one = run_in_virtual_time(scenario, {.seed = 3});
  const RunResult two = run_in_virtual_time(scenario, {.seed = 3});
  EXPECT_EQ(one.fingerprint, two.fingerprint);
  EXPECT_EQ(one.messages, two.messages);
  EXPECT_NE(one.fingerprint, run_in_virtual_time(scenario, {.seed = 4}).fingerprint);
}

TEST(SimRun, ALogChangesNothing) {
  std::ostringstream log;
  const Scenario scenario = a_story();
  EXPECT_EQ(run_in_virtual_time(scenario, {.seed = 3, .until = {}, .log = &log}).fingerprint,
            run_in_virtual_time(scenario, {.seed = 3}).fingerprint);
  EXPECT_NE(log.str().find("leech[1]  joins"), std::string::npos);
}

TEST(SimRun, ACaptureChangesNothing) {
  std::ostringstream pcap;
  const Scenario scenario = a_story();
  EXPECT_EQ(run_in_virtual_time(scenario, {.seed = 3, .until = {}, .pcap = &pcap}).fingerprint,
            run_in_virtual_time(scenario, {.seed = 3}).fingerprint);
  EXPECT_GT(pcap.str().size(), 100'000u);
}

TEST(SimRun, EndsAtTheLimitAndSaysWhatWasMissing) {
  const RunResult result = run_in_virtual_time(a_story({{"limit", "1 s"}}), {.seed = 3});
  EXPECT_EQ(result.virtual_time, 1s);
  EXPECT_EQ(result.verdict(), RunVerdict::violated);
  EXPECT_FALSE(result.checks[0].judgement.story.empty());
}

TEST(SimRun, CutShortIsNotViolated) {
  const RunResult result = run_in_virtual_time(a_story(), {.seed = 3, .until = 1s});
  EXPECT_EQ(result.checks[0].judgement.verdict, Verdict::undecided);
}

TEST(SimRun, WhoIsStoppedByTheTimelineIsGone) {
  const RunResult result = run_in_virtual_time(
      a_story({{"timeline", "[ { at: 500 ms, stop: \"leech[0]\" } ]"}, {"limit", "1 min"}}), {.seed = 3});
  EXPECT_EQ(result.checks[0].judgement.verdict, Verdict::violated);
  EXPECT_EQ(result.checks[0].judgement.summary, "leech[0] was stopped before it was complete");
}

}  // namespace
}  // namespace swarmlab::swarmsim
