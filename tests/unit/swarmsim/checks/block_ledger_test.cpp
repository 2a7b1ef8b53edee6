#include "swarmsim/checks/block_ledger.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

using Arrival = BlockLedger::Arrival;

// Two pieces of two blocks; the second piece is there to begin with.
class BlockLedgerTest : public ::testing::Test {
 protected:
  static protocol::Bitfield second() {
    protocol::Bitfield has(2);
    has.set(PieceIndex(1));
    return has;
  }
  protocol::BlockRange block(std::uint32_t piece, std::uint32_t index) const {
    return geometry.block(PieceIndex(piece), BlockIndex(index));
  }
  protocol::PieceGeometry geometry{64_KiB, 32_KiB};
  BlockLedger ledger{geometry, second()};
};

TEST_F(BlockLedgerTest, ABlockIsFreshOnceAndWasteAfterwards) {
  ledger.on_request(block(0, 0));
  ledger.on_request(block(0, 0));
  EXPECT_EQ(ledger.on_arrival(block(0, 0)), Arrival::fresh);
  EXPECT_EQ(ledger.on_arrival(block(0, 0)), Arrival::wasted);
}

TEST_F(BlockLedgerTest, WhatNobodyAskedForIsNobodysWaste) {
  EXPECT_EQ(ledger.on_arrival(block(0, 0)), Arrival::unasked);
  ledger.on_request(block(0, 0));
  EXPECT_EQ(ledger.on_arrival(block(0, 0)), Arrival::fresh);
  EXPECT_EQ(ledger.on_arrival(block(0, 0)), Arrival::unasked);
}

TEST_F(BlockLedgerTest, WhatWasThereToBeginWithIsWasteWhenItIsAskedFor) {
  ledger.on_request(block(1, 0));
  EXPECT_EQ(ledger.on_arrival(block(1, 0)), Arrival::wasted);
}

TEST_F(BlockLedgerTest, AFalsePieceIsFetchedAgainWithoutWaste) {
  ledger.on_request(block(0, 0));
  ledger.on_arrival(block(0, 0));
  ledger.on_false_piece(PieceIndex(0));
  ledger.on_request(block(0, 0));
  EXPECT_EQ(ledger.on_arrival(block(0, 0)), Arrival::fresh);
}

TEST_F(BlockLedgerTest, NoEndGameBeginsWhileABlockWasNeverAskedFor) {
  EXPECT_EQ(ledger.never_asked(), 2u);
  ledger.on_request(block(0, 0));
  ledger.on_request(block(0, 0));
  ledger.on_request(block(1, 1));
  EXPECT_EQ(ledger.never_asked(), 1u);
  ledger.on_request(block(0, 1));
  EXPECT_EQ(ledger.never_asked(), 0u);
}

TEST_F(BlockLedgerTest, BlocksOfOtherSizesAreNotBooked) {
  const protocol::BlockRange half{PieceIndex(0), BlockBegin(0), 8_KiB};
  ledger.on_request(half);
  EXPECT_EQ(ledger.on_arrival(half), Arrival::unasked);
  EXPECT_EQ(ledger.never_asked(), 2u);
}

}  // namespace
}  // namespace swarmlab::swarmsim
