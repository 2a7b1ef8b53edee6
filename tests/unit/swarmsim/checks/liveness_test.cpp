#include "swarmsim/checks/liveness.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

// a, with Fast, has asked b for two blocks and unchokes c, which lacks everything.
class LivenessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[2].has_at_start = protocol::Bitfield(4);
    stage.begin("liveness", who({kA}));
    for (const HostId other : {kB, kC, kD}) stage.speak_fast(other);
    stage.tells(1s, kB, kA, have_all);
    stage.tells(1s, kB, kA, unchoke);
    stage.tells(1s, kA, kC, unchoke);
    for (const int block : {0, 1}) stage.sent(2s, kA, kB, request, 0, block);
    stage.received(3s, kC, kA, request, 1, 0);
  }
  void time_passes(Duration from, Duration to) {
    for (Duration at = from; at < to; at += 500ms) stage.received(at, kC, kA, have, 0);
  }
  Stage stage;
};

TEST_F(LivenessTest, HoldsWhenTheOthersAreAnsweredMeanwhile) {
  stage.tells(4s, kB, kA, choke);
  time_passes(4s, 9s);
  stage.sent(9s, kA, kC, piece, 1, 0);
  time_passes(9s, 60s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 Choke amid open requests, 1 while others waited; longest silence 4.5 s");
}

TEST_F(LivenessTest, IsViolatedWhenNobodyIs) {
  stage.tells(4s, kB, kA, choke);
  time_passes(4s, 30s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a answers nobody for 10 s after b choked it amid 2 open requests (limit 10 s)");
}

TEST_F(LivenessTest, WhoIsNotHeardMeanwhileMayBeCutOff) {
  stage.tells(4s, kB, kA, choke);
  for (Duration at = 4s; at < 60s; at += 500ms) stage.received(at, kD, kA, have, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(LivenessTest, AnAnswerToAnybodyIsASignOfLife) {
  stage.tells(4s, kB, kA, choke);
  for (Duration at = 5s; at < 60s; at += 8s) {
    time_passes(at - 1s, at);
    stage.sent(at, kA, kD, reject, 2, 0);
  }
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(LivenessTest, AChokeWithNothingOpenIsNotIt) {
  for (const int block : {0, 1}) stage.received(3s, kB, kA, piece, 0, block);
  stage.tells(4s, kB, kA, choke);
  time_passes(4s, 60s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(LivenessTest, OnASlowLineABlockMayTakeItsTime) {
  Stage slow;
  slow.facts = stage.facts;
  slow.facts.peers[0].link_up = BytesPerSecond(1024);
  slow.begin("liveness", who({kA}));
  for (const HostId other : {kB, kC, kD}) slow.speak_fast(other);
  slow.tells(1s, kB, kA, unchoke);
  slow.tells(1s, kA, kC, unchoke);
  slow.sent(2s, kA, kB, request, 0, 0);
  slow.received(3s, kC, kA, request, 1, 0);
  slow.tells(4s, kB, kA, choke);
  for (Duration at = 4s; at < 40s; at += 500ms) slow.received(at, kD, kA, have, 0);
  EXPECT_EQ(slow.conclude(40s).verdict, Verdict::held);
}

TEST_F(LivenessTest, WhoTakesItsRequestBackOrLeavesWaitsNoMore) {
  stage.tells(4s, kB, kA, choke);
  stage.received(5s, kC, kA, cancel, 1, 0);
  time_passes(5s, 60s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

}  // namespace
}  // namespace swarmlab::swarmsim
