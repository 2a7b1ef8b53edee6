#include "swarmsim/checks/survives_malformed.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// a is to survive what b sends; c is honest and asks for both blocks of piece 0.
class SurvivesMalformedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CheckArguments arguments = who_within({kA}, 30s);
    arguments.set("whom", std::vector{kB});
    stage.begin("survives_malformed", std::move(arguments));
    stage.sent(1s, kA, kC, unchoke);
  }
  void ask(Duration at) {
    stage.received(at, kC, kA, request, 0, 0);
    stage.received(at, kC, kA, request, 0, 1);
  }
  Stage stage;
};

TEST_F(SurvivesMalformedTest, HoldsWhereOthersAreServedOn) {
  stage.breaks(2s, kB, kA);
  stage.ended(kA, kB, 2s);
  ask(3s);
  stage.sent(10s, kA, kC, piece, 0, 0);
  stage.sent(35s, kA, kC, piece, 0, 1);
  const Judgement judgement = stage.conclude(90s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "1 malformed message; after the first 2 honest requests answered, longest silence 25 s");
}

TEST_F(SurvivesMalformedTest, IsViolatedBySilenceTowardsWhoWaits) {
  ask(2s);
  stage.received(3s, kB, kA, have, 1000);
  stage.sent(10s, kA, kC, piece, 0, 0);
  const Judgement judgement = stage.conclude(41s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "after malformed input a has sent c nothing for 31 s, which waits for 1 block");
  EXPECT_THAT(judgement.story[1], HasSubstr("b -> a  HAVE piece 1000"));
}

TEST_F(SurvivesMalformedTest, IsViolatedByHangingUpOnABystander) {
  ask(2s);
  stage.breaks(3s, kB, kA);
  stage.ended(kA, kC, 3500ms);
  EXPECT_EQ(stage.conclude(9s).summary, "after malformed input a hangs up on c, which waits for 2 blocks");
}

TEST_F(SurvivesMalformedTest, AllowsToGiveUpOneOfTwoConnectionsToABystander) {
  ask(2s);
  WireEvent second;
  second.kind = WireEventKind::opened;
  second.at = kStart + 2500ms;
  second.from = kA;
  second.to = kC;
  second.connection = ConnectionId(3);   // the stage has three of its own
  stage.judge->on_event(second);
  stage.breaks(3s, kB, kA);
  stage.ended(kA, kC, 3500ms);
  EXPECT_NE(stage.conclude(9s).verdict, Verdict::violated);
}

TEST_F(SurvivesMalformedTest, AllowsOtherReasonsToHangUpLater) {
  stage.breaks(2s, kB, kA);
  ask(3s);
  stage.sent(4s, kA, kC, piece, 0, 0);
  stage.ended(kA, kC, 9s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(SurvivesMalformedTest, IsViolatedByWhatIsNotTheProtocolItself) {
  stage.breaks(2s, kB, kA);
  stage.breaks(5s, kA, kC);
  EXPECT_THAT(stage.conclude(9s).summary, HasSubstr("itself writes a message of impossible length to c"));
}

TEST_F(SurvivesMalformedTest, IsViolatedByABlockThatDoesNotExist) {
  stage.breaks(2s, kB, kA);
  ask(3s);
  stage.sent(5s, kA, kC, piece, 77, 0);
  EXPECT_THAT(stage.conclude(9s).summary, HasSubstr("a block that does not exist"));
}

TEST_F(SurvivesMalformedTest, IsViolatedByServingWhatCannotBeAskedFor) {
  stage.received(2s, kB, kA, request, 4, 0);
  stage.sent(3s, kA, kB, piece, 4, 0);
  EXPECT_EQ(stage.conclude(9s).summary,
            "after malformed input a sends b a block that does not exist: PIECE piece 4, begin 0, length 16 KiB");
}

TEST_F(SurvivesMalformedTest, DemandsNothingOfWhoChokesOrIsStopped) {
  stage.breaks(2s, kB, kA);
  ask(3s);
  stage.sent(4s, kA, kC, piece, 0, 0);
  stage.sent(5s, kA, kC, choke);
  EXPECT_EQ(stage.conclude(300s).verdict, Verdict::held);
}

TEST_F(SurvivesMalformedTest, IsVacuousWithoutMalformedInput) {
  ask(2s);
  stage.sent(3s, kA, kC, piece, 0, 0);
  EXPECT_THAT(stage.conclude(9s).summary, HasSubstr("nothing malformed"));
}

TEST_F(SurvivesMalformedTest, IsVacuousWhereNobodyAsksAnyMore) {
  ask(2s);
  stage.sent(3s, kA, kC, piece, 0, 0);
  stage.sent(3s, kA, kC, piece, 0, 1);
  stage.breaks(4s, kB, kA);
  EXPECT_EQ(stage.conclude(90s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
