#include "swarmsim/checks/requests_survive_silence.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class RequestsSurviveSilenceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("requests_survive_silence", who({kA}));
    for (const HostId other : {kB, kC}) {
      stage.tells(1s, other, kA, have_all);
      stage.tells(1s, other, kA, unchoke);
    }
    stage.sent(2s, kA, kB, request, 3, 1);
  }
  // Something that anybody says, so that time passes.
  void time_passes(Duration at) { stage.received(at, kC, kA, have, 0); }
  Stage stage;
};

TEST_F(RequestsSurviveSilenceTest, HoldsWhenTheBlockIsAskedForElsewhereAfterTheTimeout) {
  time_passes(63s);
  stage.sent(65s, kA, kC, request, 3, 1);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 lost, 1 asked for again, 0 forgotten; slowest after 2 s");
}

TEST_F(RequestsSurviveSilenceTest, IsViolatedWhenNobodyElseIsAsked) {
  time_passes(63s);
  time_passes(90s);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.story[0], "01:03.000  piece 3, begin 16384 was asked from b, silent for 1 min");
}

TEST_F(RequestsSurviveSilenceTest, IsViolatedWhenABlockIsTakenBackAndForgotten) {
  stage.sent(30s, kA, kB, cancel, 3, 1);
  time_passes(60s);
  EXPECT_THAT(stage.conclude(100s).story[0], HasSubstr("was taken back from b"));
}

TEST_F(RequestsSurviveSilenceTest, SlowIsNotSilent) {
  stage.sent(2s, kA, kB, request, 2, 1);
  stage.received(40s, kB, kA, piece, 2, 1);
  time_passes(63s);
  time_passes(95s);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

TEST_F(RequestsSurviveSilenceTest, TheDeclaredTimeoutCounts) {
  Stage patient;
  patient.facts.peers[0].request_timeout = 200s;
  patient.begin("requests_survive_silence", who({kA}));
  for (const HostId other : {kB, kC}) {
    patient.tells(1s, other, kA, have_all);
    patient.tells(1s, other, kA, unchoke);
  }
  patient.sent(2s, kA, kB, request, 3, 1);
  patient.received(63s, kC, kA, have, 0);
  patient.received(90s, kC, kA, have, 0);
  EXPECT_EQ(patient.conclude(100s).verdict, Verdict::vacuous);
}

TEST_F(RequestsSurviveSilenceTest, ACancelOfWhatHasArrivedLosesNothing) {
  stage.sent(10s, kA, kC, request, 3, 1);
  stage.received(20s, kC, kA, piece, 3, 1);
  stage.sent(30s, kA, kB, cancel, 3, 1);
  time_passes(60s);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
