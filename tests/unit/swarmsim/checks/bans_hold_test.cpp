#include "swarmsim/checks/bans_hold.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

CheckArguments of_and(HostId peer, HostId liar) {
  CheckArguments arguments = who({peer});
  arguments.set("whom", std::vector<HostId>{liar});
  return arguments;
}

class BansHoldTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("bans_hold", of_and(kA, kB));
    for (int block = 0; block < 2; ++block) stage.sent(4s, kA, kB, request, 1, block);
    stage.whole_piece(5s, kB, kA, 1, Authentic::no);
  }
  Stage stage;
};

TEST_F(BansHoldTest, HoldsWhenWhoComesBackIsNotAsked) {
  stage.ended(kA, kB, 6s);
  stage.open(kB, 8s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 hung up for a proof, 1 came back, 0 asked again");
}

TEST_F(BansHoldTest, IsViolatedByARequestOverALaterConnection) {
  stage.ended(kA, kB, 6s);
  stage.open(kB, 8s);
  stage.sent(9s, kA, kB, request, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a hung up on b for a corrupt piece and asks it again 3 s later (limit 10 min)");
}

TEST_F(BansHoldTest, AnExpiredBanMayBeFollowedByAnother) {
  stage.ended(kA, kB, 6s);
  stage.open(kB, 8s);
  stage.sent(607s, kA, kB, request, 1);
  EXPECT_EQ(stage.conclude(700s).verdict, Verdict::held);
}

TEST_F(BansHoldTest, IsNoLongerThanTheClientDeclares) {
  Stage brief;
  brief.facts.peers[0].ban_time = 30s;
  brief.begin("bans_hold", of_and(kA, kB));
  for (int block = 0; block < 2; ++block) brief.sent(4s, kA, kB, request, 1, block);
  brief.whole_piece(5s, kB, kA, 1, Authentic::no);
  brief.ended(kA, kB, 6s);
  brief.open(kB, 8s);
  brief.sent(40s, kA, kB, request, 1);
  EXPECT_EQ(brief.conclude(60s).verdict, Verdict::held);
}

TEST_F(BansHoldTest, WhoIsStartedAgainMayHaveForgotten) {
  stage.ended(kA, kB, 6s);
  stage.joined(kA, 7s);
  stage.open(kB, 8s);
  stage.sent(9s, kA, kB, request, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(BansHoldTest, HangingUpLongAfterTheProofIsNoBan) {
  stage.ended(kA, kB, 30s);
  stage.open(kB, 31s);
  stage.sent(32s, kA, kB, request, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(BansHoldTest, IsVacuousWhenTheLiarHangsUpOrNeverComesBack) {
  stage.ended(kB, kA, 6s);
  stage.open(kB, 8s);
  EXPECT_EQ(stage.conclude(60s).summary, "nobody hung up on a proven liar; whether it is still asked is for the check bans");
  Stage quiet;
  quiet.begin("bans_hold", of_and(kA, kB));
  for (int block = 0; block < 2; ++block) quiet.sent(4s, kA, kB, request, 1, block);
  quiet.whole_piece(5s, kB, kA, 1, Authentic::no);
  quiet.ended(kA, kB, 6s);
  EXPECT_EQ(quiet.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
