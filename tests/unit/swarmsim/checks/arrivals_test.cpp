#include "swarmsim/checks/arrivals.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;

class ArrivalsTest : public ::testing::Test {
 protected:
  std::optional<WholePiece> block(HostId from, int piece, int block, Authentic authentic = Authentic::yes) {
    WireEvent event;
    event.at = kStart + 1s;
    event.from = from;
    event.to = kA;
    event.message.piece = PieceIndex(static_cast<std::uint32_t>(piece));
    event.message.begin = BlockBegin(static_cast<std::uint32_t>(block) * 16384);
    event.message.length = 16384;
    event.message.authentic = authentic;
    return arrivals.on_block(event);
  }
  std::optional<WholePiece> part(HostId from, int piece, std::uint32_t begin, std::uint32_t length,
                                 Authentic authentic = Authentic::yes) {
    WireEvent event;
    event.at = kStart + 1s;
    event.from = from;
    event.to = kA;
    event.message.piece = PieceIndex(static_cast<std::uint32_t>(piece));
    event.message.begin = BlockBegin(begin);
    event.message.length = length;
    event.message.authentic = authentic;
    return arrivals.on_block(event);
  }
  // kA's handshake, on the connection that all of these events are of.
  void shake_hands() {
    WireEvent event;
    event.from = kA;
    event.to = kB;
    event.direction = opposite(event.direction);
    arrivals.on_handshake(event);
  }
  void ask(HostId whom, int piece, int block) {
    WireEvent event;
    event.from = kA;
    event.to = whom;
    event.message.piece = PieceIndex(static_cast<std::uint32_t>(piece));
    event.message.begin = BlockBegin(static_cast<std::uint32_t>(block) * 16384);
    event.message.length = 16384;
    arrivals.on_request(event);
  }
  Stage stage;
  Arrivals arrivals{stage.facts};
};

TEST_F(ArrivalsTest, APieceIsWholeWithItsLastBlock) {
  EXPECT_FALSE(block(kB, 1, 1));
  const auto whole = block(kC, 1, 0);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->is_true);
  EXPECT_THAT(std::vector(whole->sources.begin(), whole->sources.end()), ElementsAre(kC, kB));
  EXPECT_EQ(arrivals.pieces(kA), 1u);
}

TEST_F(ArrivalsTest, AFalsePieceHasToComeAgainEntirely) {
  EXPECT_FALSE(block(kB, 1, 0, Authentic::no));
  EXPECT_FALSE(block(kB, 1, 1)->is_true);
  EXPECT_EQ(arrivals.pieces(kA), 0u);
  EXPECT_FALSE(block(kC, 1, 0));
  EXPECT_TRUE(block(kC, 1, 1)->is_true);
}

TEST_F(ArrivalsTest, OfABlockThatComesTwiceTheFirstCounts) {
  EXPECT_FALSE(block(kB, 1, 0, Authentic::no));
  EXPECT_FALSE(block(kC, 1, 0));
  EXPECT_FALSE(block(kC, 1, 1)->is_true);
}

TEST_F(ArrivalsTest, ABlockThatNobodyAskedItsSenderForDoesNotCount) {
  ask(kB, 1, 0);
  ask(kB, 1, 1);
  EXPECT_FALSE(block(kC, 1, 0, Authentic::no)) << "pushed by c while b is asked for it";
  EXPECT_FALSE(block(kB, 1, 0));
  EXPECT_TRUE(block(kB, 1, 1)->is_true);
}

TEST_F(ArrivalsTest, WhatIsPushedBeforeTheFirstRequestDoesNotCountWhereTheConnectionWasSeenFromItsStart) {
  shake_hands();
  EXPECT_FALSE(block(kB, 0, 0, Authentic::no));
  EXPECT_FALSE(block(kB, 1, 0));
  EXPECT_EQ(arrivals.blocks_of(kA, PieceIndex(0)), 0u);
  EXPECT_EQ(arrivals.blocks_of(kA, PieceIndex(1)), 0u);
  ask(kB, 0, 0);
  ask(kB, 0, 1);
  EXPECT_FALSE(block(kB, 0, 0));
  const auto whole = block(kB, 0, 1);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->is_true) << "the false block that was pushed is none of it";
}

TEST_F(ArrivalsTest, EverybodyWhoWasAskedForABlockMayBringIt) {
  ask(kB, 1, 0);
  ask(kC, 1, 0);
  ask(kD, 1, 1);
  EXPECT_FALSE(block(kC, 1, 0));
  const auto whole = block(kD, 1, 1);
  ASSERT_TRUE(whole);
  EXPECT_THAT(std::vector(whole->sources.begin(), whole->sources.end()), ElementsAre(kC, kD));
}

TEST_F(ArrivalsTest, ATrueBlockMayComeLateThatWasAskedForBeforeItsPieceFailed) {
  ask(kB, 1, 0);
  ask(kC, 1, 0);
  ask(kC, 1, 1);
  EXPECT_FALSE(block(kB, 1, 0, Authentic::no));
  const auto failed = block(kC, 1, 1);
  ASSERT_TRUE(failed);
  EXPECT_FALSE(failed->is_true);
  EXPECT_FALSE(block(kB, 1, 0, Authentic::no));   // a false one of those times is no answer to what is asked now
  ask(kB, 1, 1);
  EXPECT_FALSE(block(kC, 1, 0));
  const auto whole = block(kB, 1, 1);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->is_true);
}

TEST_F(ArrivalsTest, ATrueBlockMayComeAsLateAsAfterASecondFailure) {
  ask(kC, 1, 0);
  for (int fetch = 0; fetch < 2; ++fetch) {
    ask(kB, 1, 0);
    ask(kB, 1, 1);
    EXPECT_FALSE(block(kB, 1, 0, Authentic::no));
    ASSERT_TRUE(block(kB, 1, 1)) << "whole, and false";
  }
  EXPECT_FALSE(block(kC, 1, 0)) << "asked for before the first failure";
  ask(kB, 1, 1);
  const auto whole = block(kB, 1, 1);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->is_true);
}

TEST_F(ArrivalsTest, WhoAsksAgainForATrueBlockOfASpoiltPieceBeginsItAnew) {
  stage.facts.geometry = protocol::PieceGeometry(256_KiB, 64_KiB);   // four blocks a piece
  for (int b = 0; b < 4; ++b) ask(b == 0 ? kB : kC, 1, b);
  EXPECT_FALSE(block(kB, 1, 0, Authentic::no));
  EXPECT_FALSE(block(kC, 1, 1));
  ask(kD, 1, 0);
  EXPECT_EQ(arrivals.blocks_of(kA, PieceIndex(1)), 2u) << "who leaves a liar asks others for its blocks alone";
  ask(kD, 1, 1);
  EXPECT_EQ(arrivals.blocks_of(kA, PieceIndex(1)), 0u) << "its piece has failed: it took for the rest what was ignored here";
  for (int b = 0; b < 4; ++b) ask(kD, 1, b);
  for (int b = 0; b < 3; ++b) EXPECT_FALSE(block(kD, 1, b));
  const auto whole = block(kD, 1, 3);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->is_true);
}

TEST_F(ArrivalsTest, NotesWhenAPeerIsComplete) {
  EXPECT_EQ(arrivals.completed_at(kA), kNever);
  EXPECT_EQ(arrivals.completed_at(kB), kStart);
  for (int piece = 0; piece < 4; ++piece)
    for (int b = 0; b < 2; ++b) (void)block(kB, piece, b);
  EXPECT_EQ(arrivals.completed_at(kA), kStart + 1s);
}

TEST_F(ArrivalsTest, WhoStartsAgainHasWhatItsDiskHoldsAndNothingHalf) {
  (void)block(kB, 1, 0);
  (void)block(kB, 1, 1);
  (void)block(kB, 2, 0);
  protocol::Bitfield has(4);
  has.set(PieceIndex(3));
  arrivals.on_restarted(kA, has, kStart + 2s);
  EXPECT_EQ(arrivals.pieces(kA), 1u);
  EXPECT_FALSE(block(kB, 2, 1));   // its first half was lost
  EXPECT_FALSE(block(kB, 1, 0));
  EXPECT_TRUE(block(kB, 1, 1)->is_true);
  has.set_all();
  arrivals.on_restarted(kA, has, kStart + 3s);
  EXPECT_EQ(arrivals.completed_at(kA), kStart + 3s);
}

TEST_F(ArrivalsTest, ABlockMayComeInParts) {
  EXPECT_FALSE(block(kB, 1, 1));
  EXPECT_FALSE(part(kB, 1, 0, 8192));
  EXPECT_TRUE(arrivals.brought_news());
  EXPECT_EQ(arrivals.blocks_of(kA, PieceIndex(1)), 1u);
  EXPECT_EQ(arrivals.bytes_of(kA, PieceIndex(1)), 24_KiB);
  EXPECT_TRUE(arrivals.has_block(kA, {PieceIndex(1), BlockBegin(0), 8_KiB}));
  EXPECT_TRUE(arrivals.has_block(kA, {PieceIndex(1), BlockBegin(16384), 8_KiB}));
  EXPECT_FALSE(arrivals.has_block(kA, {PieceIndex(1), BlockBegin(8192), 8_KiB}));
  EXPECT_FALSE(arrivals.has_block(kA, {PieceIndex(1), BlockBegin(4096), 8_KiB}));
  EXPECT_FALSE(part(kC, 1, 0, 8192));
  EXPECT_FALSE(arrivals.brought_news()) << "the same bytes again";
  EXPECT_TRUE(part(kC, 1, 4096, 12288)->is_true);
  EXPECT_TRUE(arrivals.has(kA, PieceIndex(1)));
}

TEST_F(ArrivalsTest, APartThatIsFalseMakesThePieceFalse) {
  EXPECT_FALSE(part(kB, 1, 8192, 8192, Authentic::no));
  EXPECT_FALSE(part(kC, 1, 0, 16384));
  const auto whole = block(kC, 1, 1);
  ASSERT_TRUE(whole);
  EXPECT_FALSE(whole->is_true) << "of bytes that come twice the first count";
}

TEST_F(ArrivalsTest, AMessageMayReachOverTwoBlocks) {
  EXPECT_TRUE(part(kB, 1, 0, 32768)->is_true);
  EXPECT_FALSE(part(kB, 2, 8192, 16384));
  EXPECT_EQ(arrivals.blocks_of(kA, PieceIndex(2)), 0u);
  EXPECT_FALSE(part(kB, 2, 0, 8192));
  EXPECT_TRUE(part(kB, 2, 24576, 8192)->is_true);
}

TEST_F(ArrivalsTest, WhoWasAskedForAPartMayBringIt) {
  ask(kC, 1, 1);
  WireEvent event;
  event.from = kA;
  event.to = kB;
  event.message.piece = PieceIndex(1);
  event.message.length = 8192;
  arrivals.on_request(event);
  EXPECT_FALSE(part(kC, 1, 0, 8192)) << "pushed";
  EXPECT_EQ(arrivals.bytes_of(kA, PieceIndex(1)), 0_B);
  EXPECT_FALSE(part(kB, 1, 0, 8192));
  EXPECT_EQ(arrivals.bytes_of(kA, PieceIndex(1)), 8_KiB);
}

TEST_F(ArrivalsTest, OverlooksBlocksThatLieOutside) {
  EXPECT_FALSE(block(kB, 4, 0));
  EXPECT_FALSE(block(kB, 0, 2));
}

}  // namespace
}  // namespace swarmlab::swarmsim
