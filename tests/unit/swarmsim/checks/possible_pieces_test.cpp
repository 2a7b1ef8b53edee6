#include "swarmsim/checks/possible_pieces.hpp"

#include <gtest/gtest.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

class PossiblePiecesTest : public ::testing::Test {
 protected:
  void arrives(std::uint32_t begin, std::uint32_t length, Authentic authentic = Authentic::yes) {
    WireEvent event;
    event.from = kB;
    event.to = kA;
    event.message.piece = PieceIndex(1);
    event.message.begin = BlockBegin(begin);
    event.message.length = length;
    event.message.authentic = authentic;
    possible.on_block(event);
  }
  Stage stage;   // pieces of two blocks
  PossiblePieces possible{stage.facts};
};

TEST_F(PossiblePiecesTest, WhatWasThereAtTheStartIsPossible) {
  EXPECT_TRUE(possible.can_have(kB, PieceIndex(1)));
  EXPECT_FALSE(possible.can_have(kA, PieceIndex(1)));
}

TEST_F(PossiblePiecesTest, EveryBlockMustHaveArrived) {
  arrives(0, 16384);
  EXPECT_FALSE(possible.can_have(kA, PieceIndex(1)));
  arrives(16384, 16384);
  EXPECT_TRUE(possible.can_have(kA, PieceIndex(1)));
  EXPECT_FALSE(possible.can_have(kA, PieceIndex(0)));
}

TEST_F(PossiblePiecesTest, FalseBlocksDoNotCountAndTrueOnesAreKept) {
  arrives(0, 16384);
  arrives(16384, 16384, Authentic::no);
  EXPECT_FALSE(possible.can_have(kA, PieceIndex(1)));
  arrives(16384, 16384);
  EXPECT_TRUE(possible.can_have(kA, PieceIndex(1))) << "a client may keep the true block of a failed piece";
}

TEST_F(PossiblePiecesTest, BlocksOfAnotherSizeCountWhereTheyTouch) {
  arrives(0, 8192);
  arrives(8192, 16384);
  EXPECT_TRUE(possible.can_have(kA, PieceIndex(1)));
}

TEST_F(PossiblePiecesTest, WhatLiesOutsideOfThePieceIsIgnored) {
  arrives(16384, 32768);
  arrives(0, 16384);
  EXPECT_FALSE(possible.can_have(kA, PieceIndex(1)));
}

}  // namespace
}  // namespace swarmlab::swarmsim
