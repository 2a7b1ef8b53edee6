#include "swarmsim/checks/honest_swarm_never_fails_hash.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

class HonestSwarmNeverFailsHashTest : public ::testing::Test {
 protected:
  void begin() {
    stage.begin("honest_swarm_never_fails_hash", who({kA}));
    for (const HostId seed : {kB, kC}) {
      stage.tells(1s, seed, kA, have_all);
      stage.tells(1s, seed, kA, unchoke);
    }
    stage.sent(2s, kA, kB, request, 1, 0);
    stage.sent(2s, kA, kC, request, 1, 1);
    stage.received(3s, kB, kA, piece, 1, 0);
  }
  Stage stage;
};

TEST_F(HonestSwarmNeverFailsHashTest, HoldsWhenTheNextPieceIsAskedFor) {
  begin();
  stage.received(4s, kC, kA, piece, 1, 1);
  stage.sent(6s, kA, kB, request, 2, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 1 true pieces asked for again; 1 were of several peers, 0 beside bad copies");
}

TEST_F(HonestSwarmNeverFailsHashTest, IsViolatedWhenAPieceOfTrueBlocksIsFetchedAgain) {
  begin();
  stage.received(4s, kC, kA, piece, 1, 1);
  stage.sent(6s, kA, kB, request, 1, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a asks for piece 1 again, all of whose blocks had come true");
  EXPECT_EQ(judgement.story.front(), "00:04.000  the last block of piece 1 reaches a; all are true, from b, c");
}

TEST_F(HonestSwarmNeverFailsHashTest, ABadCopyOfATrueBlockIsNoExcuse) {
  begin();
  stage.sent(3s, kA, kC, request, 1, 0);
  stage.received(3500ms, kC, kA, piece, 1, 0, Authentic::no);
  stage.received(4s, kC, kA, piece, 1, 1);
  stage.sent(6s, kA, kB, request, 1, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.story[1], "some of its blocks came a second time, false, after the true ones");
}

TEST_F(HonestSwarmNeverFailsHashTest, AFalsePieceMayBeFetchedAgain) {
  begin();
  stage.received(4s, kC, kA, piece, 1, 1, Authentic::no);
  stage.sent(6s, kA, kB, request, 1, 1);
  stage.received(7s, kB, kA, piece, 1, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);   // one block alone is no piece
}

TEST_F(HonestSwarmNeverFailsHashTest, WhatWasDecidedBeforeTheLastBlockIsAnEndGame) {
  begin();
  stage.received(4s, kC, kA, piece, 1, 1);
  stage.sent_late(4500ms, 9s, kA, kB, request, 1, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(HonestSwarmNeverFailsHashTest, WhatCameJustBeforeAConnectionEndedMayNeverHaveBeenRead) {
  begin();
  stage.received(4s, kC, kA, piece, 1, 1);
  stage.ended(kC, kA, 5s);
  stage.sent(6s, kA, kB, request, 1, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(HonestSwarmNeverFailsHashTest, WhoIsStartedAgainBeginsWithWhatItsDiskHolds) {
  begin();
  stage.received(4s, kC, kA, piece, 1, 1);
  stage.joined(kA, 5s);
  stage.sent(6s, kA, kB, request, 1, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(HonestSwarmNeverFailsHashTest, ExcusesAClientWhoseStorageFails) {
  stage.facts.peers[0].storage = {{.begin = kStart, .end = kStart + 10s, .refuses_writes = true}};
  begin();
  stage.received(4s, kC, kA, piece, 1, 1);
  stage.sent(6s, kA, kB, request, 1, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_THAT(judgement.measured, ::testing::HasSubstr("(1 could not be judged)"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
