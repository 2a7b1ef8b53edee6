#include "swarmsim/checks/requests_survive_choke.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// b and c have everything and unchoke a; a has asked b for a block that b's Choke voids.
class RequestsSurviveChokeTest : public ::testing::Test {
 protected:
  void SetUp() override { begin(stage, false); }
  static void begin(Stage& stage, bool fast) {
    stage.begin("requests_survive_choke", who({kA}));
    for (const HostId other : {kB, kC}) {
      stage.shake_hands(0s, kA, other, fast);
      stage.tells(1s, other, kA, have_all);
      stage.tells(1s, other, kA, unchoke);
    }
    stage.sent(2s, kA, kB, request, 3, 1);
    stage.tells(10s, kB, kA, choke);
  }
  // Of the piece of the lost block.
  void another_block_comes(Duration at) {
    stage.sent(at, kA, kC, request, 3, 0);
    stage.received(at, kC, kA, piece, 3, 0);
  }
  Stage stage;
};

TEST_F(RequestsSurviveChokeTest, HoldsWhenTheBlockIsAskedForElsewhere) {
  stage.sent(13s, kA, kC, request, 3, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 lost, 1 asked for again, 0 forgotten; slowest after 3 s");
}

TEST_F(RequestsSurviveChokeTest, IsViolatedWhenTheOtherSourceIdles) {
  stage.received(40s, kC, kA, have, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a forgot piece 3, begin 16384, which c has and would serve"));
  EXPECT_EQ(judgement.story[0], "00:10.000  piece 3, begin 16384 was asked from b, which then choked");
}

TEST_F(RequestsSurviveChokeTest, IsViolatedWhenTheOtherSourceIsPutToANewPiece) {
  another_block_comes(11s);
  stage.sent(15s, kA, kC, request, 0, 0);
  stage.received(40s, kC, kA, have, 0);
  const Judgement judgement = stage.conclude(60s);
  ASSERT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.story[2], "00:15.000  a begins piece 0 with c instead");
}

TEST_F(RequestsSurviveChokeTest, APieceOfWhichNothingHasComeMayWaitForItsTurn) {
  stage.sent(15s, kA, kC, request, 0, 0);
  stage.received(40s, kC, kA, have, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(RequestsSurviveChokeTest, IsViolatedByARequestThatComesTooLate) {
  another_block_comes(11s);
  stage.sent(25s, kA, kC, request, 0, 0);
  stage.sent(28s, kA, kC, request, 3, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(RequestsSurviveChokeTest, ASourceThatIsKeptBusyExcuses) {
  Stage busy;
  busy.begin("requests_survive_choke", who({kA}));
  for (const HostId other : {kB, kC}) {
    busy.tells(1s, other, kA, have_all);
    busy.tells(1s, other, kA, unchoke);
  }
  busy.sent(2s, kA, kB, request, 3, 1);
  busy.sent(2s, kA, kC, request, 2, 0);
  busy.tells(10s, kB, kA, choke);
  busy.received(40s, kC, kA, have, 0);
  EXPECT_EQ(busy.conclude(60s).verdict, Verdict::vacuous) << "c still owes a block of its piece";
}

TEST_F(RequestsSurviveChokeTest, SomebodyWorkingOnThePieceBeginsTheTimeAnew) {
  stage.sent(19s, kA, kC, request, 3, 0);
  stage.received(22s, kC, kA, piece, 3, 0);
  stage.sent(23s, kA, kC, request, 3, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(RequestsSurviveChokeTest, IsVacuousWhenNobodyElseCouldServeIt) {
  Stage alone;
  alone.begin("requests_survive_choke", who({kA}));
  alone.tells(1s, kB, kA, have_all);
  alone.tells(1s, kB, kA, unchoke);
  alone.sent(2s, kA, kB, request, 3, 1);
  alone.tells(10s, kB, kA, choke);
  alone.received(40s, kC, kA, have, 0);
  EXPECT_EQ(alone.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(RequestsSurviveChokeTest, WithFastTheRejectIsWhatLosesABlock) {
  Stage fast;
  begin(fast, true);
  fast.received(30s, kC, kA, have, 0);
  EXPECT_EQ(fast.conclude(31s).verdict, Verdict::vacuous) << "it may still come";
  fast.tells(32s, kB, kA, reject, 3);
  EXPECT_EQ(fast.conclude(33s).verdict, Verdict::vacuous) << "another block";
}

TEST_F(RequestsSurviveChokeTest, ABlockThatIsAskedForElsewhereAlreadyIsNotLost) {
  Stage endgame;
  endgame.begin("requests_survive_choke", who({kA}));
  for (const HostId other : {kB, kC}) {
    endgame.tells(1s, other, kA, have_all);
    endgame.tells(1s, other, kA, unchoke);
    endgame.sent(2s, kA, other, request, 3, 1);
  }
  endgame.tells(10s, kB, kA, choke);
  endgame.received(40s, kC, kA, have, 0);
  EXPECT_EQ(endgame.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
