#include "swarmsim/checks/partial_pieces_bounded.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// Twelve pieces of two blocks; b has everything and unchokes, so that two may be partial.
class PartialPiecesBoundedTest : public ::testing::Test {
 protected:
  PartialPiecesBoundedTest() {
    stage.facts.geometry = protocol::PieceGeometry(ByteCount(12 * 32768), 32_KiB);
    for (PeerFacts& peer : stage.facts.peers) {
      peer.has_at_start = protocol::Bitfield(12);
      if (peer.name != "a") peer.has_at_start.set_all();
    }
    CheckArguments arguments = who({kA});
    arguments.set("spare", std::uint64_t{0});
    stage.begin("partial_pieces_bounded", std::move(arguments));
    stage.tells(1s, kB, kA, have_all);
    stage.tells(1s, kB, kA, unchoke);
  }
  void ask(Duration at, int number, int block, HostId of = kB) { stage.sent(at, kA, of, request, number, block); }
  Stage stage;
};

TEST_F(PartialPiecesBoundedTest, HoldsWhileNoMoreAreBegun) {
  for (const int number : {0, 1, 2}) ask(2s + Duration(1s) * number, number, 0);   // the third makes three, but found two
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "at most 2 partial, where 2 may be; 0 begun that need not have been");
}

TEST_F(PartialPiecesBoundedTest, IsViolatedByAnotherWhileTooManyArePartial) {
  for (const int number : {0, 1, 2, 3}) ask(2s + Duration(1s) * number, number, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a begins piece 3 at b while 3 pieces are partial (limit 2)");
  EXPECT_THAT(judgement.story.front(), HasSubstr("it began piece 0, of which 1 of 2 blocks are asked for or here"));
}

TEST_F(PartialPiecesBoundedTest, WhatIsAskedForInFullIsNotPartial) {
  for (int number = 0; number < 8; ++number)
    for (const int block : {0, 1}) ask(2s, number, block);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(PartialPiecesBoundedTest, WhatTheAskedPeerDoesNotHaveItCannotGoOnWith) {
  for (const int number : {0, 1, 2}) ask(2s, number, 0);
  stage.bitfield(3s, kC, kA, "00f0");
  stage.tells(3s, kC, kA, unchoke);
  stage.tells(3s, kB, kA, choke);
  for (const int number : {8, 9}) ask(4s, number, 0, kC);
  EXPECT_NE(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(PartialPiecesBoundedTest, WhoUnchokedWithinTheLastMinuteCounts) {
  stage.tells(1s, kC, kA, have_all);
  stage.tells(1s, kC, kA, unchoke);
  for (const int number : {0, 1}) ask(2s, number, 0);
  for (const int number : {2, 3}) ask(2s, number, 0, kC);
  stage.tells(3s, kC, kA, choke);
  for (const int number : {2, 3}) ask(4s, number, 0);
  ask(40s, 4, 0);   // four are partial, and four may be
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  ask(70s, 5, 0);
  EXPECT_EQ(stage.conclude(80s).summary, "a begins piece 5 at b while 5 pieces are partial (limit 2)");
}

TEST_F(PartialPiecesBoundedTest, PiecesThatArriveAreNotPartialAnyMore) {
  for (int number = 0; number < 10; ++number) {
    ask(2s + Duration(1s) * number, number, 0);
    ask(2500ms + Duration(1s) * number, number, 1);
    stage.whole_piece(2700ms + Duration(1s) * number, kB, kA, number);
  }
  EXPECT_NE(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(PartialPiecesBoundedTest, WhatWasAskedForInVainDoesNotCount) {
  for (const int number : {0, 1, 2}) {
    ask(2s, number, 0);
    ask(2s, number, 1);
    stage.received(3s, kB, kA, reject, number, 1);
  }
  ask(4s, 3, 0);
  EXPECT_NE(stage.conclude(60s).verdict, Verdict::violated);
}

}  // namespace
}  // namespace swarmlab::swarmsim
