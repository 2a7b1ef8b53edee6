#include "swarmsim/checks/prompt_unchoke.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class PromptUnchokeTest : public ::testing::Test {
 protected:
  void begin(std::uint32_t slots) {
    stage.facts.peers[0].upload_slots = slots;
    stage.begin("prompt_unchoke", who({kA}));
  }
  Stage stage;
};

TEST_F(PromptUnchokeTest, HoldsAndReportsTheWaits) {
  begin(2);
  stage.received(2s, kB, kA, interested);
  stage.sent(2s, kA, kB, unchoke);
  stage.received(5s, kC, kA, interested);
  stage.sent(10s, kA, kC, unchoke);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "median wait 5 s, longest 5 s, of 2");
  EXPECT_EQ(judgement.limit, "11 s beside a free slot");
}

TEST_F(PromptUnchokeTest, IsViolatedByAWaitBesideAFreeSlot) {
  begin(2);
  stage.received(2s, kB, kA, interested);
  stage.sent(20s, kA, kB, unchoke);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a lets b wait for 18 s although only 0 of its 2 slots serve somebody (limit 11 s)");
  EXPECT_EQ(judgement.story.front(), "00:02.000  b -> a  INTERESTED received");
}

TEST_F(PromptUnchokeTest, IsViolatedByAWaitThatNeverEnds) {
  begin(2);
  stage.received(2s, kB, kA, interested);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(PromptUnchokeTest, LetsPeersWaitWhileTheSlotsAreTaken) {
  begin(1);
  stage.received(2s, kB, kA, interested);
  stage.sent(2s, kA, kB, unchoke);
  stage.received(3s, kC, kA, interested);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(PromptUnchokeTest, AllowsAPauseAfterAChoke) {
  begin(1);
  stage.received(1s, kB, kA, interested);
  stage.sent(1s, kA, kB, unchoke);
  stage.sent(30s, kA, kB, choke);
  stage.sent(50s, kA, kB, unchoke);   // a round of pause, and a wait of ten seconds
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(PromptUnchokeTest, OwesNothingToWhomIsAboutToLeave) {
  begin(1);
  stage.received(1s, kC, kA, interested);
  stage.sent(1s, kA, kC, unchoke);
  stage.received(2s, kB, kA, interested);
  stage.ended(kC, kA, 10s);
  stage.ended(kB, kA, 22s);   // the slot was free for twelve seconds, ten of them may be a hang-up on its way
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(PromptUnchokeTest, IsVacuousWhereNoSlotWasEverFree) {
  begin(0);
  stage.received(1s, kB, kA, interested);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
