#include "swarmsim/checks/requests_survive_disconnect.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class RequestsSurviveDisconnectTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("requests_survive_disconnect", who({kA}));
    for (const HostId other : {kB, kC}) {
      stage.tells(1s, other, kA, have_all);
      stage.tells(1s, other, kA, unchoke);
    }
    stage.sent(2s, kA, kB, request, 3, 1);
  }
  Stage stage;
};

TEST_F(RequestsSurviveDisconnectTest, HoldsWhenTheBlockIsAskedForElsewhere) {
  stage.ended(kB, kA, 10s);
  stage.sent(10500ms, kA, kC, request, 3, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.limit, "again within 10 s of a source");
}

TEST_F(RequestsSurviveDisconnectTest, IsViolatedWhenItStaysReserved) {
  stage.sent(3s, kA, kC, request, 3, 0);
  stage.received(4s, kC, kA, piece, 3, 0);
  stage.ended(kB, kA, 10s);
  stage.sent(12s, kA, kC, request, 1, 1);
  stage.received(40s, kC, kA, have, 0);
  const Judgement judgement = stage.conclude(60s);
  ASSERT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.story[0], "00:11.000  piece 3, begin 16384 was asked from b when that connection ended, 1 s ago");
  EXPECT_THAT(judgement.story.back(), HasSubstr("where the client gives blocks back"));
}

TEST_F(RequestsSurviveDisconnectTest, AnAskerThatIsStoppedOwesNothing) {
  stage.stopped(kA, 9s);
  stage.ended(kB, kA, 10s);
  stage.received(40s, kC, kA, have, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(RequestsSurviveDisconnectTest, ASourceThatIsALiarIsNone) {
  stage.received(3s, kC, kA, piece, 0, 0, Authentic::no);
  stage.ended(kB, kA, 10s);
  stage.received(40s, kC, kA, have, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(RequestsSurviveDisconnectTest, IsVacuousWhenNothingWasOpen) {
  stage.received(5s, kB, kA, piece, 3, 1);
  stage.ended(kB, kA, 10s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
