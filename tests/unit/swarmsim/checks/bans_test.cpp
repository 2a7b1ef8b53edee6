#include "swarmsim/checks/bans.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class BansTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CheckArguments arguments = who_within({kA}, 5s);
    arguments.set("whom", std::vector<HostId>{kB});
    stage.begin("bans", std::move(arguments));
  }
  Stage stage;
};

TEST_F(BansTest, HoldsWhenNothingIsAskedAfterTheLimit) {
  stage.whole_piece(10s, kB, kA, 1, Authentic::no);
  stage.sent(12s, kA, kB, request);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 proofs, last asked 2 s after one");
  EXPECT_EQ(judgement.limit, "5 s");
}

TEST_F(BansTest, IsViolatedByALaterRequestAndNamesTheProof) {
  stage.whole_piece(10s, kB, kA, 1, Authentic::no);
  stage.sent(16s, kA, kB, request, 3);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a still talks to b 6 s after the proof (limit 5 s)");
  EXPECT_EQ(judgement.story[0], "00:10.000  piece 1 is whole at a; its 2 blocks all came from b and do not match the hash");
  EXPECT_EQ(judgement.story[1], "00:16.000  a -> b  REQUEST piece 3, begin 0, length 16 KiB");
}

TEST_F(BansTest, ARequestDecidedInTimeMayBeSentLater) {
  stage.whole_piece(10s, kB, kA, 1, Authentic::no);
  stage.sent_late(14s, 20s, kA, kB, request);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(BansTest, APieceOfSeveralSourcesProvesNothing) {
  stage.received(10s, kB, kA, piece, 1, 0, Authentic::no);
  stage.received(10s, kC, kA, piece, 1, 1);
  stage.sent(30s, kA, kB, request);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::vacuous);
  EXPECT_THAT(judgement.summary, HasSubstr("nobody got a whole piece from b alone"));
}

TEST_F(BansTest, IsVacuousWhenTheRunEndsBeforeTheTimeIsUp) {
  stage.whole_piece(10s, kB, kA, 1, Authentic::no);
  EXPECT_EQ(stage.conclude(12s).verdict, Verdict::vacuous);
}

TEST_F(BansTest, SaysNothingOfWhoWasCompleteBeforeTheTimeWasUp) {
  stage.whole_piece(10s, kB, kA, 1, Authentic::no);
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(11s, kC, kA, piece);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
