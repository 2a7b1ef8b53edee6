#include "swarmsim/checks/state_messages_alternate.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class StateMessagesAlternateTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("state_messages_alternate", who({kA})); }
  Stage stage;
};

TEST_F(StateMessagesAlternateTest, HoldsWhereEachMessageSaysSomethingNew) {
  stage.sent(1s, kA, kB, unchoke);
  stage.sent(2s, kA, kB, interested);
  stage.sent(3s, kA, kB, choke);
  stage.sent(4s, kA, kB, not_interested);
  const Judgement judgement = stage.conclude(5s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 2 repeat the one before");
}

TEST_F(StateMessagesAlternateTest, IsViolatedBySayingUnchokeTwice) {
  stage.sent(1s, kA, kB, unchoke);
  stage.sent(2s, kA, kC, unchoke);
  stage.sent(3s, kA, kB, unchoke);
  const Judgement judgement = stage.conclude(5s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a sends UNCHOKE to b twice in a row; it was said already");
  EXPECT_EQ(judgement.story.front(), "00:01.000  a -> b  UNCHOKE");
}

TEST_F(StateMessagesAlternateTest, AllowsAnUnchokeToWhoHasJustBecomeInterested) {
  stage.sent(1s, kA, kB, unchoke);
  stage.received(2s, kB, kA, interested);
  stage.sent(3s, kA, kB, unchoke);
  stage.sent(4s, kA, kB, choke);
  EXPECT_EQ(stage.conclude(5s).verdict, Verdict::held);
}

TEST_F(StateMessagesAlternateTest, OneInterestIsAnsweredOnce) {
  stage.sent(1s, kA, kB, unchoke);
  stage.received(2s, kB, kA, interested);
  for (const auto at : {3s, 4s}) stage.sent(at, kA, kB, unchoke);
  EXPECT_EQ(stage.conclude(5s).verdict, Verdict::violated);
}

TEST_F(StateMessagesAlternateTest, IsViolatedBySayingNotInterestedTwice) {
  for (const auto kind : {interested, not_interested, not_interested}) stage.sent(1s, kA, kB, kind);
  EXPECT_EQ(stage.conclude(5s).verdict, Verdict::violated);
}

TEST_F(StateMessagesAlternateTest, AllowsAConnectionToBeginWithWhatIsTrueAnyway) {
  stage.sent(1s, kA, kB, choke);
  stage.sent(2s, kA, kB, unchoke);
  EXPECT_EQ(stage.conclude(5s).verdict, Verdict::held);
}

TEST_F(StateMessagesAlternateTest, IsVacuousWhereNothingCouldBeRepeated) {
  stage.sent(1s, kA, kB, unchoke);
  stage.sent(2s, kA, kB, interested);
  stage.sent(3s, kB, kA, interested);   // nobody asked about b
  stage.sent(4s, kB, kA, interested);
  EXPECT_EQ(stage.conclude(5s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
