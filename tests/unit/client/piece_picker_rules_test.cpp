// What is late, who is asked beside whom, and who is left alone with a piece.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "client/piece_picker.hpp"
#include "tests/unit/client/pictures.hpp"

namespace swarmlab::client {
namespace {

using protocol::BlockRange;
using protocol::PieceGeometry;
using test::pieces;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr PeerKey kAnna(1);
constexpr PeerKey kBert(2);
constexpr PeerKey kCleo(3);
constexpr PeerKey kDora(4);

// A torrent of which nothing is here and `peers` seeds are connected.
struct Torrent {
  explicit Torrent(std::uint32_t count, std::uint32_t blocks, PiecePicker::Options options = {}, int peers = 4)
      : geometry(16_KiB * (std::int64_t{count} * blocks), 16_KiB * blocks), all(count),
        picker(geometry, protocol::Bitfield(count), (options.random_first_pieces = 0, options.sequential = true, options)) {
    all.set_all();
    for (int i = 0; i < peers; ++i) picker.peer_joined(all);
  }
  ~Torrent() { picker.check_invariants(); }

  std::vector<BlockRange> pick(PiecePicker::Asker asker, std::size_t count) {
    std::vector<BlockRange> out;
    picker.pick(asker, count, random, out);
    picker.check_invariants();
    return out;
  }
  std::vector<BlockRange> pick(PeerKey key, std::size_t count, Speed speed = Speed::medium) {
    return pick({.key = key, .pieces = all, .speed = speed}, count);
  }
  std::vector<BlockRange> pick_on_parole(PeerKey key, std::size_t count) {
    return pick({.key = key, .pieces = all, .on_parole = true}, count);
  }
  BlockRange block(std::uint32_t piece, std::uint32_t index) const { return geometry.block(PieceIndex(piece), BlockIndex(index)); }
  void mark_late(PeerKey key) {
    picker.set_late(key, true);
    picker.set_speed(key, Speed::slow);
  }

  runtime::Random random{7};
  PieceGeometry geometry;
  protocol::Bitfield all;
  PiecePicker picker;
};

MATCHER_P(OfPiece, index, "") { return arg.piece == PieceIndex(static_cast<std::uint32_t>(index)); }

// ---- what is late ----

TEST(LateBlocks, AreTheFirstThatAQuickPeerIsAskedFor) {
  Torrent t(3, 4);
  ASSERT_THAT(t.pick(kAnna, 2), ElementsAre(t.block(0, 0), t.block(0, 1)));
  ASSERT_THAT(t.pick(kBert, 1), ElementsAre(t.block(1, 0)));
  t.mark_late(kAnna);
  EXPECT_THAT(t.pick(kBert, 3, Speed::fast), ElementsAre(t.block(0, 0), t.block(0, 1), t.block(1, 1)));
  EXPECT_THAT(t.picker.holders(t.block(0, 0)), ElementsAre(kAnna, kBert));
}

TEST(LateBlocks, AreAskedOfOneOtherPeerAtATime) {
  Torrent t(3, 4);
  t.pick(kAnna, 1);
  t.mark_late(kAnna);
  EXPECT_THAT(t.pick(kBert, 1), ElementsAre(t.block(0, 0)));
  EXPECT_THAT(t.pick(kCleo, 1), ElementsAre(OfPiece(1))) << "Bert is asked already";
  t.mark_late(kBert);
  EXPECT_THAT(t.pick(kDora, 1), ElementsAre(t.block(0, 0))) << "now all that were asked are late";
  t.mark_late(kDora);
  EXPECT_THAT(t.pick(kCleo, 1), ElementsAre(OfPiece(1))) << "and three are enough";
}

TEST(LateBlocks, AreCancelledAtOnceWhereverElseTheyWereAskedFor) {
  Torrent t(3, 4);
  t.pick(kAnna, 1);
  t.mark_late(kAnna);
  t.pick(kBert, 1);
  EXPECT_THAT(t.picker.received(kBert, t.block(0, 0)).cancel_at, ElementsAre(kAnna));
  EXPECT_EQ(t.picker.open_requests(kAnna), 0U);
}

TEST(LateBlocks, AreNotDuplicatedBeyondTheBoundOfAPeer) {
  Torrent t(3, 8);
  t.pick(kAnna, 8);
  t.mark_late(kAnna);
  EXPECT_THAT(t.pick(kBert, 4), ElementsAre(t.block(0, 0), t.block(0, 1), OfPiece(1), OfPiece(1)));
}

TEST(LateBlocks, ThatWereGivenBackComeBeforeAPeersOwnPieceAndLeaveItItsOwn) {
  Torrent t(3, 4);
  t.pick(kAnna, 4);
  t.pick(kBert, 1);
  t.picker.released(kAnna, t.block(0, 2), Release::late);
  t.picker.released(kAnna, t.block(0, 3), Release::late);
  EXPECT_THAT(t.pick(kBert, 3), ElementsAre(t.block(0, 2), t.block(0, 3), t.block(1, 1)));
  EXPECT_THAT(t.pick(kCleo, 1), ElementsAre(OfPiece(2))) << "piece 1 is still Bert's";
}

TEST(LateBlocks, AreLeftToQuickPeersWhileASlowOneHasOtherThingsToDo) {
  Torrent t(2, 2);
  t.pick(kAnna, 1);
  t.mark_late(kAnna);
  EXPECT_THAT(t.pick(kBert, 1, Speed::slow), ElementsAre(OfPiece(1)));
  EXPECT_THAT(t.pick(kBert, 9, Speed::slow), ElementsAre(t.block(1, 1), t.block(0, 1), t.block(0, 0)));
}

TEST(LateBlocks, OfOneLatePeerAreNotAskedOfAnother) {
  Torrent t(2, 2, {.end_game = false});
  t.pick(kAnna, 2);
  t.pick(kBert, 2);
  t.mark_late(kAnna);
  t.mark_late(kBert);
  EXPECT_THAT(t.pick({.key = kBert, .pieces = t.all, .speed = Speed::slow, .silent = true}, 5), IsEmpty());
}

TEST(LateBlocks, AreOrdinaryAgainWhenTheirPeerAnswers) {
  Torrent t(3, 4);
  t.pick(kAnna, 2);
  t.mark_late(kAnna);
  t.picker.set_late(kAnna, false);
  EXPECT_THAT(t.pick(kBert, 1), ElementsAre(OfPiece(1)));
}

TEST(EndGame, KeepsTheLastPlaceAtABlockForAPeerThatIsNotSlow) {
  Torrent t(1, 1);
  t.pick(kAnna, 1);
  EXPECT_THAT(t.pick(kBert, 1, Speed::slow), SizeIs(1));
  EXPECT_THAT(t.pick(kCleo, 1, Speed::slow), IsEmpty());
  EXPECT_THAT(t.pick(kDora, 1, Speed::fast), SizeIs(1));
}

TEST(EndGame, KeepsTheLastPlaceAtABlockForAPeerThatHasGivenSomething) {
  Torrent t(1, 1);
  const auto unproven = [&](PeerKey key) { return t.pick({.key = key, .pieces = t.all, .unproven = true}, 1); };
  EXPECT_THAT(unproven(kAnna), SizeIs(1));
  EXPECT_THAT(unproven(kBert), SizeIs(1));
  EXPECT_THAT(unproven(kCleo), IsEmpty());
  t.picker.prefer({t.all});
  EXPECT_THAT(unproven(kCleo), IsEmpty()) << "nor where pieces have priorities";
  EXPECT_THAT(t.pick(kDora, 1), SizeIs(1));
}

// ---- whose a piece is ----

TEST(PieceAffinity, AffinePeersFetchPiecesOfTheirOwn) {
  Torrent t(3, 4);
  EXPECT_THAT(t.pick(kAnna, 2), Each(OfPiece(0)));
  EXPECT_THAT(t.pick(kBert, 2), Each(OfPiece(1)));
}

TEST(PieceAffinity, DealtBlocksGoToWhoeverIsQuickAndTheOldestPieceComesFirst) {
  Torrent t(3, 4, {.affinity = PieceAffinity::dealt});
  EXPECT_THAT(t.pick(kAnna, 2), ElementsAre(t.block(0, 0), t.block(0, 1)));
  EXPECT_THAT(t.pick(kBert, 1), ElementsAre(t.block(0, 2)));
  EXPECT_THAT(t.pick(kCleo, 2), ElementsAre(t.block(0, 3), t.block(1, 0)));
  EXPECT_THAT(t.pick(kAnna, 1), ElementsAre(t.block(1, 1)));
  EXPECT_EQ(t.picker.partial_pieces(), 2U);
}

TEST(PieceAffinity, ASlowPeerIsDealtNothingWhileItCanHaveAPieceOfItsOwn) {
  Torrent t(2, 4, {.end_game = false, .affinity = PieceAffinity::dealt});
  t.pick(kAnna, 1);
  EXPECT_THAT(t.pick(kBert, 1, Speed::slow), ElementsAre(t.block(1, 0)));
  EXPECT_THAT(t.pick(kCleo, 4), ElementsAre(OfPiece(0), OfPiece(0), OfPiece(0), t.block(1, 1))) << "and others help it last";
  EXPECT_THAT(t.pick(kBert, 9, Speed::slow), ElementsAre(t.block(1, 2), t.block(1, 3)));
}

TEST(PieceAffinity, APeerThatBecomesQuickSharesItsPiece) {
  Torrent t(2, 4, {.affinity = PieceAffinity::dealt});
  t.pick(kAnna, 1, Speed::slow);
  EXPECT_THAT(t.pick(kAnna, 1, Speed::fast), ElementsAre(t.block(0, 1)));
  EXPECT_THAT(t.pick(kBert, 1), ElementsAre(t.block(0, 2)));
}

TEST(PartialPieces, AreFinishedFirstWhenEnoughForTheConnectionsAreBegun) {
  Torrent t(6, 4, {.partial_pieces = 1}, 2);
  EXPECT_THAT(t.pick(kAnna, 2), Each(OfPiece(0)));
  EXPECT_THAT(t.pick(kBert, 2), Each(OfPiece(1)));
  EXPECT_THAT(t.pick(kCleo, 3), ElementsAre(t.block(0, 2), t.block(0, 3), t.block(1, 2))) << "two connections, two pieces";
}

TEST(PartialPieces, AreNoReasonToLeaveAPeerIdle) {
  Torrent t(3, 2, {.partial_pieces = 1}, 1);
  EXPECT_THAT(t.pick(kAnna, 4), ElementsAre(t.block(0, 0), t.block(0, 1), t.block(1, 0), t.block(1, 1)));
}

TEST(Requesters, OfABlockAreOneBeforeTheEndGame) {
  Torrent t(3, 2);
  t.pick(kAnna, 2);
  EXPECT_THAT(t.pick(kBert, 2), Each(OfPiece(1)));
}

TEST(Requesters, MayBeMoreAndThenComeBeforeANewPiece) {
  Torrent t(3, 2, {.requesters = 2});
  t.pick(kAnna, 2);
  EXPECT_THAT(t.pick(kBert, 3), ElementsAre(t.block(0, 1), t.block(0, 0), OfPiece(1))) << "what Anna will send last first";
  EXPECT_THAT(t.pick(kCleo, 2), ElementsAre(t.block(1, 0), OfPiece(2))) << "two at each, no more";
  EXPECT_THAT(t.picker.received(kBert, t.block(0, 0)).cancel_at, ElementsAre(kAnna));
}

// ---- parole ----

TEST(Parole, GivesAPeerWholePiecesOfItsOwn) {
  Torrent t(3, 2);
  t.pick(kAnna, 1);
  t.picker.release_all(kAnna);   // piece 0 is an orphan, but untouched
  t.pick(kBert, 1);
  t.picker.received(kBert, t.block(0, 0));
  t.picker.release_all(kBert);   // now it has a block of Bert's
  EXPECT_THAT(t.pick_on_parole(kAnna, 4), ElementsAre(t.block(1, 0), t.block(1, 1), t.block(2, 0), t.block(2, 1)));
}

TEST(Parole, LetsAPeerFetchAFailedPieceAgainFromItsBeginning) {
  Torrent t(2, 2);
  for (const BlockRange& block : t.pick(kAnna, 2)) t.picker.received(kAnna, block);
  t.picker.failed(PieceIndex(0));
  EXPECT_THAT(t.pick_on_parole(kBert, 2), ElementsAre(t.block(0, 0), t.block(0, 1)));
}

TEST(Parole, KeepsOthersOffThePieceWhileTheyHaveAnyElse) {
  Torrent t(3, 4);
  t.pick_on_parole(kAnna, 1);
  t.pick(kBert, 1, Speed::fast);
  EXPECT_THAT(t.pick(kCleo, 8), ElementsAre(OfPiece(2), OfPiece(2), OfPiece(2), OfPiece(2), OfPiece(1), OfPiece(1), OfPiece(1),
                                            OfPiece(0)));
}

TEST(Parole, LeavesAPieceThatHasBecomeMixed) {
  Torrent t(2, 4);
  t.pick(kAnna, 1);
  t.pick(kBert, 1);
  t.pick(kBert, 4);
  t.picker.received(kBert, t.block(0, 1));
  EXPECT_THAT(t.pick_on_parole(kAnna, 1), IsEmpty()) << "its own piece is mixed, and it still owes us a block";
}

TEST(Parole, GivesAnIdlePeerOneBlockOfCompanyRatherThanNothing) {
  Torrent t(1, 4);
  t.pick(kAnna, 1);
  t.picker.received(kAnna, t.block(0, 0));
  EXPECT_THAT(t.pick_on_parole(kBert, 4), ElementsAre(t.block(0, 1)));
  EXPECT_THAT(t.pick_on_parole(kBert, 4), IsEmpty());
  t.picker.received(kBert, t.block(0, 1));
  EXPECT_THAT(t.pick_on_parole(kBert, 4), ElementsAre(t.block(0, 2)));
}

}  // namespace
}  // namespace swarmlab::client
