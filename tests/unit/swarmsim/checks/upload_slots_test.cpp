#include "swarmsim/checks/upload_slots.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class UploadSlotsTest : public ::testing::Test {
 protected:
  void begin(std::uint32_t declared) {
    stage.facts.peers[0].upload_slots = declared;
    stage.begin("upload_slots", who({kA}));
    for (const HostId peer : {kB, kC, kD}) stage.received(1s, peer, kA, interested);
  }
  Stage stage;
};

TEST_F(UploadSlotsTest, HoldsAndReportsTheMost) {
  begin(2);
  stage.sent(1s, kA, kB, unchoke);
  stage.sent(1s, kA, kC, unchoke);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "at most 2 at once, at a");
  EXPECT_EQ(judgement.limit, "2");
}

TEST_F(UploadSlotsTest, IsViolatedByOneTooManyWithTheMessagesThatLedThere) {
  begin(2);
  stage.sent(1s, kA, kB, unchoke);
  stage.sent(2s, kA, kC, unchoke);
  stage.sent(3s, kA, kD, unchoke);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a unchoked 3 interested peers at once (limit 2)");
  EXPECT_EQ(judgement.story.rbegin()[1], "00:03.000  a -> d  UNCHOKE");
}

TEST_F(UploadSlotsTest, IsViolatedByASlotThatNobodyGets) {
  begin(2);
  stage.sent(1s, kA, kB, unchoke);
  EXPECT_THAT(stage.conclude(30s).summary, HasSubstr("a served 1 of 3 interested peers for 29 s, with 2 slots"));
}

TEST_F(UploadSlotsTest, LeavesSlotsEmptyToWhoDoesNotChokeByTitForTat) {
  stage.facts.peers[0].tit_for_tat = false;
  begin(2);
  stage.sent(1s, kA, kB, unchoke);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::held);
}

TEST_F(UploadSlotsTest, CountsTheMostAlsoOfWhoDoesNotChokeByTitForTat) {
  stage.facts.peers[0].tit_for_tat = false;
  begin(1);
  stage.sent(1s, kA, kB, unchoke);
  stage.sent(2s, kA, kC, unchoke);
  EXPECT_EQ(stage.conclude(30s).summary, "a unchoked 2 interested peers at once (limit 1)");
}

TEST_F(UploadSlotsTest, AChokeMayBeStuckBehindABlockThatWasCancelledTooLate) {
  begin(1);
  stage.sent(1s, kA, kB, unchoke);
  stage.received(2s, kB, kA, request, 0, 0);
  stage.received(8s, kB, kA, cancel, 0, 0);   // it had been written by then
  stage.sent(9s, kA, kC, unchoke);
  stage.ended(kB, kA, 10s);
  EXPECT_EQ(stage.conclude(12s).verdict, Verdict::held);
}

TEST_F(UploadSlotsTest, IsVacuousWithoutDemandBeyondTheSlots) {
  begin(3);
  stage.sent(1s, kA, kB, unchoke);
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
