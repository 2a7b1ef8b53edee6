#include "swarmsim/checks/endgame_rescues_last_block.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// a lacks one block of piece 3, and has asked b for it; c has everything, unchokes and is idle.
class EndgameRescuesLastBlockTest : public ::testing::Test {
 protected:
  void SetUp() override { begin(stage); }
  static void begin(Stage& stage) {
    stage.begin("endgame_rescues_last_block", who({kA}));
    for (const HostId other : {kB, kC}) {
      stage.tells(1s, other, kA, have_all);
      stage.tells(1s, other, kA, unchoke);
    }
    for (const int piece : {0, 1, 2}) stage.whole_piece(2s, kC, kA, piece);
    stage.received(2s, kC, kA, piece, 3, 0);
    stage.sent(2s, kA, kB, request, 3, 1);
  }
  static void time_passes(Stage& stage, Duration from, Duration to) {
    for (Duration at = from; at < to; at += 500ms) stage.received(at, kD, kA, have, 0);
  }
  Stage stage;
};

TEST_F(EndgameRescuesLastBlockTest, HoldsWhenTheIdlePeerIsAskedToo) {
  time_passes(stage, 3s, 6s);
  stage.sent(6s, kA, kC, request, 3, 1);
  time_passes(stage, 7s, 30s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 blocks asked for at a second peer, 0 left to one while another was idle");
}

TEST_F(EndgameRescuesLastBlockTest, IsViolatedWhenTheLastBlockWaits) {
  time_passes(stage, 3s, 30s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a leaves piece 3, begin 16384 to b alone, while c has it, unchokes and is idle"));
}

TEST_F(EndgameRescuesLastBlockTest, WhoChokesOrLacksThePieceIsNoHelp) {
  stage.tells(3s, kC, kA, choke);
  time_passes(stage, 3s, 30s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(EndgameRescuesLastBlockTest, WhileABlockIsAskedFromNobodyThereIsNoEndgame) {
  Stage early;
  early.begin("endgame_rescues_last_block", who({kA}));
  for (const HostId other : {kB, kC}) {
    early.tells(1s, other, kA, have_all);
    early.tells(1s, other, kA, unchoke);
  }
  early.sent(2s, kA, kB, request, 3, 1);
  time_passes(early, 3s, 30s);
  EXPECT_EQ(early.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(EndgameRescuesLastBlockTest, IsNotApplicableToClientsWithoutAnEndgame) {
  Stage none;
  none.facts.peers[0].end_game_requesters = 1;
  begin(none);
  time_passes(none, 3s, 30s);
  EXPECT_EQ(none.conclude(60s).verdict, Verdict::not_applicable);
}

TEST(EndgameRescuesLastBlock, OfAPartialSelectionTheWantedPiecesCount) {
  for (const bool says_so : {true, false}) {
    Stage stage;
    CheckArguments arguments = who({kA});
    if (says_so) arguments.set("last", std::uint64_t{1});
    stage.begin("endgame_rescues_last_block", std::move(arguments));
    for (const HostId other : {kB, kC}) {
      stage.tells(1s, other, kA, have_all);
      stage.tells(1s, other, kA, unchoke);
    }
    stage.whole_piece(2s, kC, kA, 0);
    for (const int block : {0, 1}) stage.sent(2s, kA, kB, request, 1, block);   // pieces 2 and 3 it does not want
    for (Duration at = 3s; at < 20s; at += 500ms) stage.received(at, kD, kA, have, 0);
    EXPECT_EQ(stage.conclude(60s).verdict, says_so ? Verdict::violated : Verdict::vacuous);
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
