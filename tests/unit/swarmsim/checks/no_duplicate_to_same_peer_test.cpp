#include "swarmsim/checks/no_duplicate_to_same_peer.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class NoDuplicateToSamePeerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("no_duplicate_to_same_peer", who({kA}));
    for (const HostId other : {kB, kC}) stage.tells(1s, other, kA, unchoke);
    stage.sent(2s, kA, kB, request, 3, 0);
  }
  Stage stage;
};

TEST_F(NoDuplicateToSamePeerTest, HoldsForOtherBlocksOtherPeersAndAfterTheAnswer) {
  stage.sent(3s, kA, kB, request, 3, 1);
  stage.sent(3s, kA, kC, request, 3, 0);
  stage.received(4s, kB, kA, piece, 3, 0);
  stage.sent(5s, kA, kB, request, 3, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 4 requests; up to 2 open at once");
}

TEST_F(NoDuplicateToSamePeerTest, IsViolatedByTheSameBlock) {
  stage.sent(3s, kA, kB, request, 3, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a asks b for the same piece 3, begin 0 while its first request is still open");
}

TEST_F(NoDuplicateToSamePeerTest, IsViolatedByAPartOfIt) {
  stage.request_range(3s, kA, kB, 3, 8192, 8192);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("a asks b for a part of piece 3, begin 8192"));
}

TEST_F(NoDuplicateToSamePeerTest, MayAskAgainAfterCancelChokeOrALongTime) {
  stage.sent(3s, kA, kB, cancel, 3, 0);
  stage.sent(4s, kA, kB, request, 3, 0);
  stage.tells(5s, kB, kA, choke);
  stage.tells(6s, kB, kA, unchoke);
  stage.sent(7s, kA, kB, request, 3, 0);
  stage.sent(38s, kA, kB, request, 3, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(NoDuplicateToSamePeerTest, IsVacuousWithOneRequestAtATime) {
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
