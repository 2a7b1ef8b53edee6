#include "client/piece_picker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/unit/client/pictures.hpp"

namespace swarmlab::client {
namespace {

using protocol::Bitfield;
using protocol::BlockRange;
using protocol::PieceGeometry;
using test::pieces;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr PeerKey kAnna(1);
constexpr PeerKey kBert(2);
constexpr PeerKey kCleo(3);
constexpr PeerKey kDora(4);

// A torrent whose pieces have `blocks` blocks each; peers have what is drawn.
struct Torrent {
  explicit Torrent(std::string_view have, std::uint32_t blocks = 2, PiecePicker::Options options = {.random_first_pieces = 0})
      : geometry(ByteCount(static_cast<std::int64_t>(have.size()) * blocks * 16_KiB), 16_KiB * blocks),
        picker(geometry, pieces(have), options) {}
  ~Torrent() { picker.check_invariants(); }

  void join(std::string_view has) { picker.peer_joined(pieces(has)); }
  std::vector<BlockRange> pick(PeerKey key, std::string_view has, std::size_t count, Speed speed = Speed::medium,
                               bool again = true, bool silent = false) {
    std::vector<BlockRange> out;
    picker.pick({.key = key, .pieces = pieces(has), .speed = speed, .again = again, .silent = silent}, count, random, out);
    picker.check_invariants();
    return out;
  }
  BlockRange block(std::uint32_t piece, std::uint32_t index) const {
    return geometry.block(PieceIndex(piece), BlockIndex(index));
  }
  void deliver(PeerKey key, const std::vector<BlockRange>& blocks) {
    for (const BlockRange& one : blocks) picker.received(key, one);
  }

  runtime::Random random{7};
  PieceGeometry geometry;
  PiecePicker picker;
};

TEST(PiecePicker, AsksForTheRarestPieceFirst) {
  Torrent t("....", 1);
  t.join("###.");
  t.join("##..");
  t.join("#..#");
  EXPECT_THAT(t.pick(kAnna, "###.", 3), ElementsAre(t.block(2, 0), t.block(1, 0), t.block(0, 0)));
}

TEST(PiecePicker, PrefersWhatOnlySeedsHave) {
  Torrent t("...", 1);
  t.join("###");
  t.join("##.");
  EXPECT_THAT(t.pick(kAnna, "###", 1), ElementsAre(t.block(2, 0)));
}

TEST(PiecePicker, FollowsHaveMessagesInItsOrder) {
  Torrent t("...", 1);
  t.join("##.");
  t.join("#.#");
  Bitfield bert = pieces(".#.");
  t.picker.peer_joined(bert);   // counts: 2 2 1
  bert.set(PieceIndex(2));
  t.picker.peer_has(PieceIndex(2), bert);
  t.picker.peer_left(pieces("##."));   // counts: 1 1 2
  EXPECT_EQ(t.picker.availability(PieceIndex(0)), 1U);
  EXPECT_EQ(t.picker.availability(PieceIndex(2)), 2U);
  EXPECT_THAT(t.pick(kAnna, ".##", 1), ElementsAre(t.block(1, 0)));
}

TEST(PiecePicker, CountsAPeerThatBecameASeedByItsLastHaveOnce) {
  Torrent t("..", 1);
  Bitfield anna = pieces("#.");
  t.picker.peer_joined(anna);
  anna.set(PieceIndex(1));
  t.picker.peer_has(PieceIndex(1), anna);
  EXPECT_EQ(t.picker.availability(PieceIndex(0)), 1U);
  EXPECT_EQ(t.picker.availability(PieceIndex(1)), 1U);
  t.picker.peer_left(anna);
  EXPECT_EQ(t.picker.availability(PieceIndex(0)), 0U);
  EXPECT_EQ(t.picker.availability(PieceIndex(1)), 0U);
}

TEST(PiecePicker, BeginsAtARandomPlaceAmongEquallyRarePieces) {
  std::set<PieceIndex> first;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Torrent t("........", 1);
    t.random = runtime::Random(seed);
    t.join("########");
    first.insert(t.pick(kAnna, "########", 1).front().piece);
  }
  EXPECT_THAT(first, SizeIs(8));
}

TEST(PiecePicker, TakesAnyPieceUntilTheFirstIsHere) {
  std::set<PieceIndex> first;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Torrent t("....", 1, {.random_first_pieces = 1});
    t.random = runtime::Random(seed);
    t.join("###.");
    t.join("##..");   // piece 2 is the rarest of Anna's
    first.insert(t.pick(kAnna, "###.", 1).front().piece);
  }
  EXPECT_THAT(first, ElementsAre(PieceIndex(0), PieceIndex(1), PieceIndex(2)));

  Torrent later("...#", 1, {.random_first_pieces = 1});
  later.join("###.");
  later.join("##..");
  EXPECT_THAT(later.pick(kAnna, "###.", 1), ElementsAre(later.block(2, 0)));
}

TEST(PiecePicker, AsksForNothingThatThePeerLacksOrWeHave) {
  Torrent t("#...", 2);
  t.join("##..");
  EXPECT_THAT(t.pick(kAnna, "##..", 10), ElementsAre(t.block(1, 0), t.block(1, 1)));
  EXPECT_THAT(t.pick(kAnna, "##..", 10), IsEmpty());
}

TEST(PiecePicker, CutsTheLastBlockToWhatIsLeft) {
  const PieceGeometry geometry(40'000_B + 50_B, 40'000_B);   // 16384, 16384, 7232 | 50
  PiecePicker picker(geometry, Bitfield(2), {.random_first_pieces = 0});
  EXPECT_EQ(picker.wanted_blocks(), 4U);
  const Bitfield all = pieces("##");
  picker.peer_joined(all);
  runtime::Random random(1);
  std::vector<BlockRange> out;
  picker.pick({.key = kAnna, .pieces = all}, 9, random, out);
  EXPECT_THAT(out, UnorderedElementsAre(BlockRange{PieceIndex(0), BlockBegin(0), 16'384_B},
                                        BlockRange{PieceIndex(0), BlockBegin(16'384), 16'384_B},
                                        BlockRange{PieceIndex(0), BlockBegin(32'768), 7'232_B},
                                        BlockRange{PieceIndex(1), BlockBegin(0), 50_B}));
}

// ---- affinity ----

TEST(PiecePicker, FinishesThePeersOwnPieceBeforeItBeginsAnother) {
  Torrent t("...", 3);
  t.join("###");
  const auto first = t.pick(kAnna, "###", 2);
  const auto then = t.pick(kAnna, "###", 2);
  ASSERT_THAT(then, SizeIs(2));
  EXPECT_EQ(then[0].piece, first[0].piece);
  EXPECT_NE(then[1].piece, first[0].piece);
}

TEST(PiecePicker, GivesTwoPeersDifferentPieces) {
  Torrent t("..", 4);
  t.join("##");
  t.join("##");
  const auto anna = t.pick(kAnna, "##", 1);
  const auto bert = t.pick(kBert, "##", 1);
  EXPECT_NE(anna[0].piece, bert[0].piece);
}

TEST(PiecePicker, TakesOverAnOrphanedPieceBeforeItBeginsARarerOne) {
  Torrent t("..", 3);
  t.join("#.");
  t.join("##");
  t.pick(kAnna, "#.", 2);
  t.picker.release_all(kAnna);
  EXPECT_THAT(t.pick(kBert, "##", 3), ElementsAre(t.block(0, 0), t.block(0, 1), t.block(0, 2)));
}

TEST(PiecePicker, LetsNobodyElseIntoAnOrphanThatFoundANewOwner) {
  Torrent t("..", 3);
  t.join("##");
  t.join("##");
  const auto anna = t.pick(kAnna, "##", 1);
  t.picker.release_all(kAnna);
  t.pick(kBert, "##", 1);
  EXPECT_NE(t.pick(kCleo, "##", 1).front().piece, anna.front().piece);
}

TEST(PiecePicker, TakesTheOldestOrphanFirst) {
  Torrent t("..", 2);
  t.join("##");
  const auto anna = t.pick(kAnna, "##", 1);
  const auto bert = t.pick(kBert, "##", 1);
  t.picker.release_all(kBert);
  t.picker.release_all(kAnna);
  EXPECT_EQ(t.pick(kCleo, "##", 1).front().piece, bert.front().piece);
  EXPECT_NE(anna.front().piece, bert.front().piece);
}

TEST(PiecePicker, JoinsAnotherOwnersPieceOnlyWhenNothingElseIsLeftForThePeer) {
  Torrent t("..", 4);
  t.join("##");
  t.join("#.");
  t.pick(kAnna, "#.", 1);
  EXPECT_EQ(t.pick(kBert, "##", 4).front().piece, PieceIndex(1));
  EXPECT_THAT(t.pick(kBert, "##", 2), ElementsAre(t.block(0, 1), t.block(0, 2)));
  EXPECT_THAT(t.pick(kAnna, "#.", 1), ElementsAre(t.block(0, 3)));
}

TEST(PiecePicker, JoinsTheSlowOwnerFirst) {
  Torrent t("..", 4);
  t.join("##");
  t.pick(kAnna, "#.", 1, Speed::fast);
  t.pick(kBert, ".#", 1, Speed::slow);
  EXPECT_EQ(t.pick(kCleo, "##", 1).front().piece, PieceIndex(1));
  t.picker.set_speed(kAnna, Speed::slow);
  t.picker.set_speed(kBert, Speed::medium);
  EXPECT_EQ(t.pick(kCleo, "##", 1).front().piece, PieceIndex(0));
}

// ---- what is given back ----

TEST(PiecePicker, AsksForARejectedBlockElsewhereFirst) {
  Torrent t("..", 2);
  t.join("##");
  t.join("##");
  const auto anna = t.pick(kAnna, "##", 2);
  EXPECT_TRUE(t.picker.released(kAnna, anna[1]));
  EXPECT_NE(t.pick(kAnna, "##", 1).front().piece, anna[1].piece);   // not the same again
  EXPECT_THAT(t.pick(kBert, "##", 1), ElementsAre(anna[1]));
}

TEST(PiecePicker, OffersAPeerItsOwnRejectsOnlyWhenNothingIsLeftAndAgainIsAllowed) {
  Torrent t("..", 2);
  t.join("##");
  const auto anna = t.pick(kAnna, "##", 4);
  ASSERT_TRUE(t.picker.released(kAnna, anna[0]));
  EXPECT_THAT(t.pick(kAnna, "##", 4, Speed::medium, false), IsEmpty());
  EXPECT_THAT(t.pick(kAnna, "##", 4), ElementsAre(anna[0]));
}

TEST(PiecePicker, GoesOnWithThePieceOfWhichABlockWasRejected) {
  Torrent t("..", 4);
  t.join("##");
  t.pick(kAnna, "#.", 2);
  ASSERT_TRUE(t.picker.released(kAnna, t.block(0, 0)));
  EXPECT_THAT(t.pick(kAnna, "#.", 1), ElementsAre(t.block(0, 2)));
  // It stays free for others, from its first hole on.
  EXPECT_THAT(t.pick(kBert, "##", 2), ElementsAre(t.block(0, 0), t.block(0, 3)));
}

TEST(PiecePicker, GivesUpItsOwnPieceWhenItComesToABlockThatItOnceGaveBack) {
  Torrent t("..", 4);
  t.join("##");
  t.pick(kBert, "#.", 1);
  ASSERT_THAT(t.pick(kAnna, "#.", 1), ElementsAre(t.block(0, 1)));
  ASSERT_TRUE(t.picker.released(kAnna, t.block(0, 1)));
  t.picker.release_all(kBert);
  ASSERT_THAT(t.pick(kAnna, "#.", 1), ElementsAre(t.block(0, 0)));   // her own, for now
  ASSERT_THAT(t.pick(kAnna, "#.", 1), ElementsAre(t.block(0, 2)));
  EXPECT_THAT(t.pick(kCleo, "##", 2), ElementsAre(t.block(0, 1), t.block(0, 3)));
}

TEST(PiecePicker, MayAskTheSamePeerAgainAfterAChoke) {
  Torrent t(".", 2);
  t.join("#");
  t.pick(kAnna, "#", 2);
  t.picker.release_all(kAnna);
  EXPECT_EQ(t.picker.open_requests(kAnna), 0U);
  EXPECT_THAT(t.pick(kAnna, "#", 2, Speed::medium, false), ElementsAre(t.block(0, 0), t.block(0, 1)));
}

TEST(PiecePicker, MayAskTheSamePeerAgainForWhatItRejectedWithItsChoke) {
  Torrent t("..", 2);
  t.join("##");
  const auto anna = t.pick(kAnna, "##", 2);
  for (const auto& block : anna) ASSERT_TRUE(t.picker.released(kAnna, block, Release::choked));
  // The piece that is begun comes before a new one, and without a pause.
  EXPECT_EQ(t.pick(kAnna, "##", 2, Speed::medium, false), anna);
}

TEST(PiecePicker, IgnoresAReleaseOfWhatThePeerWasNotAskedFor) {
  Torrent t("..", 1);
  t.join("##");
  const auto anna = t.pick(kAnna, "##", 1);
  EXPECT_FALSE(t.picker.released(kBert, anna[0]));
  EXPECT_TRUE(t.picker.released(kAnna, anna[0]));
  EXPECT_FALSE(t.picker.released(kAnna, anna[0]));
}

TEST(PiecePicker, AsksAChokingPeerForAllowedPiecesOnly) {
  Torrent t("....", 1);
  t.join("####");
  EXPECT_THAT(t.pick(kAnna, ".#.#", 9), UnorderedElementsAre(t.block(1, 0), t.block(3, 0)));
}

TEST(PiecePicker, LeavesAPieceBegunUnchokedWhileOnlyOthersAreAllowed) {
  Torrent t("..", 3);
  t.join("##");
  t.pick(kAnna, "#.", 1);
  EXPECT_THAT(t.pick(kAnna, ".#", 1), ElementsAre(t.block(1, 0)));
  EXPECT_THAT(t.pick(kBert, "##", 2), ElementsAre(t.block(0, 1), t.block(0, 2)));   // it is an orphan now
}

// ---- arrivals ----

TEST(PiecePicker, SaysWhatAnArrivingBlockIs) {
  Torrent t("#..", 1);
  t.join("###");
  const auto anna = t.pick(kAnna, "###", 1);
  EXPECT_EQ(t.picker.judge(kAnna, anna[0]), Arrival::asked);
  EXPECT_EQ(t.picker.judge(kBert, anna[0]), Arrival::unasked);
  EXPECT_EQ(t.picker.judge(kAnna, t.block(0, 0)), Arrival::duplicate);
  t.picker.received(kAnna, anna[0]);
  EXPECT_EQ(t.picker.judge(kAnna, anna[0]), Arrival::duplicate);
  EXPECT_EQ(t.picker.received(kBert, anna[0]).arrival, Arrival::duplicate);
}

TEST(PiecePicker, TellsWhenAPieceIsWhole) {
  Torrent t(".", 2);
  t.join("#");
  const auto anna = t.pick(kAnna, "#", 2);
  EXPECT_FALSE(t.picker.received(kAnna, anna[1]).piece_is_whole);
  EXPECT_EQ(t.picker.state(PieceIndex(0)), PieceState::partial);
  EXPECT_TRUE(t.picker.received(kAnna, anna[0]).piece_is_whole);
  EXPECT_EQ(t.picker.state(PieceIndex(0)), PieceState::whole);
  EXPECT_EQ(t.picker.partial_pieces(), 0U);
  EXPECT_EQ(t.picker.missing_pieces(), 1U);
  EXPECT_THAT(t.pick(kBert, "#", 2), IsEmpty());
  t.picker.verified(PieceIndex(0));
  EXPECT_EQ(t.picker.missing_pieces(), 0U);
  EXPECT_EQ(t.picker.state(PieceIndex(0)), PieceState::have);
}

TEST(PiecePicker, TakesALateBlockAndDoesNotAskForItAgain) {
  Torrent t(".", 3);
  t.join("#");
  const auto anna = t.pick(kAnna, "#", 3);
  ASSERT_TRUE(t.picker.released(kAnna, anna[0]));   // timed out
  EXPECT_EQ(t.picker.received(kAnna, anna[0]).arrival, Arrival::unasked);
  EXPECT_THAT(t.pick(kBert, "#", 3, Speed::medium, false).size(), 2U);   // end-game duplicates of the other two
  EXPECT_THAT(t.picker.sources(PieceIndex(0)), ElementsAre(kAnna, kNobody, kNobody));
}

TEST(PiecePicker, CancelsWhoWasAskedInsteadWhenALateBlockArrives) {
  Torrent t(".", 1);
  t.join("#");
  const auto anna = t.pick(kAnna, "#", 1);
  ASSERT_TRUE(t.picker.released(kAnna, anna[0]));
  ASSERT_THAT(t.pick(kBert, "#", 1), SizeIs(1));
  const auto late = t.picker.received(kAnna, anna[0]);
  EXPECT_THAT(late.cancel_at, ElementsAre(kBert));
  EXPECT_TRUE(late.piece_is_whole);
  EXPECT_EQ(t.picker.open_requests(kBert), 0U);
}

TEST(PiecePicker, TakesABlockOfAPieceThatNobodyBegan) {
  Torrent t("..", 2);
  t.join("##");
  EXPECT_EQ(t.picker.received(kAnna, t.block(1, 0)).arrival, Arrival::unasked);
  EXPECT_EQ(t.picker.state(PieceIndex(1)), PieceState::partial);
  EXPECT_THAT(t.pick(kBert, "##", 1), ElementsAre(t.block(1, 1)));
}

TEST(PiecePicker, WantsAllBlocksOfAFailedPieceAgainBeforeAnythingNew) {
  Torrent t("..", 2);
  t.join("##");
  const auto anna = t.pick(kAnna, "##", 2);
  t.deliver(kAnna, anna);
  EXPECT_THAT(t.picker.sources(anna[0].piece), ElementsAre(kAnna, kAnna));
  t.picker.failed(anna[0].piece);
  EXPECT_EQ(t.picker.wanted_blocks(), 4U);
  EXPECT_EQ(t.picker.state(anna[0].piece), PieceState::partial);
  EXPECT_THAT(t.pick(kBert, "##", 2), ElementsAre(anna[0], anna[1]));
}

// ---- end-game ----

TEST(PiecePicker, DuplicatesNothingWhileABlockIsWantedThatAnotherPeerCouldGive) {
  Torrent t("..", 1);
  t.join("##");
  t.join("#.");
  t.pick(kAnna, "#.", 1);
  EXPECT_FALSE(t.picker.in_end_game());
  EXPECT_THAT(t.pick(kBert, "#.", 1), IsEmpty());
  t.pick(kAnna, "##", 1);
  EXPECT_TRUE(t.picker.in_end_game());
  EXPECT_THAT(t.pick(kBert, "#.", 1), ElementsAre(t.block(0, 0)));
}

TEST(PiecePicker, LetsAPieceThatNobodyHasNotDelayTheEndGame) {
  Torrent t("...", 1);
  t.join("##.");
  t.pick(kAnna, "##.", 2);
  EXPECT_TRUE(t.picker.in_end_game());
  EXPECT_THAT(t.pick(kBert, "##.", 2), SizeIs(2));
}

TEST(PiecePicker, NeverAsksAPeerForTheSameBlockTwice) {
  Torrent t(".", 2);
  t.join("#");
  EXPECT_THAT(t.pick(kAnna, "#", 9), SizeIs(2));
  EXPECT_THAT(t.pick(kAnna, "#", 9), IsEmpty());
  EXPECT_THAT(t.pick(kBert, "#", 9), SizeIs(2));
  EXPECT_THAT(t.pick(kBert, "#", 9), IsEmpty());
}

TEST(PiecePicker, AsksNoMorePeersForABlockThanAllowed) {
  Torrent t(".", 1);
  t.join("#");
  EXPECT_THAT(t.pick(kAnna, "#", 1), SizeIs(1));
  EXPECT_THAT(t.pick(kBert, "#", 1), SizeIs(1));
  EXPECT_THAT(t.pick(kCleo, "#", 1), SizeIs(1));
  EXPECT_THAT(t.pick(kDora, "#", 1), IsEmpty());
  EXPECT_THAT(t.picker.holders(t.block(0, 0)), ElementsAre(kAnna, kBert, kCleo));
  // One of them leaves: now Dora may.
  t.picker.release_all(kAnna);
  EXPECT_THAT(t.pick(kDora, "#", 1), ElementsAre(t.block(0, 0)));
  EXPECT_THAT(t.picker.holders(t.block(0, 0)), ElementsAre(kBert, kCleo, kDora));
}

TEST(PiecePicker, KeepsTheLastPlaceAtABlockForAPeerThatIsNotSilent) {
  Torrent t(".", 1);
  t.join("#");
  const auto silent_pick = [&](PeerKey key) { return t.pick(key, "#", 1, Speed::medium, true, true); };
  EXPECT_THAT(silent_pick(kAnna), SizeIs(1));
  EXPECT_THAT(silent_pick(kBert), SizeIs(1));
  EXPECT_THAT(silent_pick(kCleo), IsEmpty());
  EXPECT_THAT(t.pick(kDora, "#", 1), ElementsAre(t.block(0, 0)));
  EXPECT_THAT(t.picker.holders(t.block(0, 0)), ElementsAre(kAnna, kBert, kDora));
}

TEST(PiecePicker, KeepsFewDuplicatesOpenPerPeer) {
  Torrent t(".", 8);
  t.join("#");
  t.pick(kAnna, "#", 8);
  const auto bert = t.pick(kBert, "#", 8);
  EXPECT_THAT(bert, SizeIs(2));
  t.picker.received(kBert, bert[0]);
  EXPECT_THAT(t.pick(kBert, "#", 8), SizeIs(1));
}

TEST(PiecePicker, DuplicatesTheBlocksOfSlowPeersFirstAndTheLatestOfThem) {
  Torrent t("...", 1);
  t.join("###");
  const auto anna = t.pick(kAnna, "###", 1, Speed::fast);
  const auto bert = t.pick(kBert, "###", 2, Speed::slow);
  EXPECT_THAT(t.pick(kCleo, "###", 1), ElementsAre(bert[1]));
  EXPECT_THAT(t.pick(kDora, "###", 2), ElementsAre(bert[0], anna[0]));   // fewest askers before slow owners
}

TEST(PiecePicker, CancelsAtTheOthersWhenADuplicatedBlockArrives) {
  Torrent t(".", 2);
  t.join("#");
  t.pick(kAnna, "#", 2);
  t.pick(kBert, "#", 2);
  t.pick(kCleo, "#", 2);
  EXPECT_THAT(t.picker.received(kBert, t.block(0, 1)).cancel_at, ElementsAre(kAnna, kCleo));
  EXPECT_THAT(t.picker.holders(t.block(0, 1)), IsEmpty());
  EXPECT_EQ(t.picker.open_requests(kAnna), 1U);
  EXPECT_TRUE(t.picker.received(kAnna, t.block(0, 0)).piece_is_whole);
}

TEST(PiecePicker, KeepsABlockRequestedWhileOneAskerRemains) {
  Torrent t(".", 1);
  t.join("#");
  t.pick(kAnna, "#", 1);
  t.pick(kBert, "#", 1);
  EXPECT_TRUE(t.picker.released(kAnna, t.block(0, 0)));
  EXPECT_EQ(t.picker.wanted_blocks(), 0U);
  EXPECT_THAT(t.picker.holders(t.block(0, 0)), ElementsAre(kBert));
  EXPECT_TRUE(t.picker.released(kBert, t.block(0, 0)));
  EXPECT_EQ(t.picker.wanted_blocks(), 1U);
}

TEST(PiecePicker, LetsAPeerThatJoinsLaterRescueTheLastBlock) {
  Torrent t("##.", 1);
  t.join("###");
  t.pick(kAnna, "###", 1, Speed::slow);
  EXPECT_THAT(t.pick(kAnna, "###", 5), IsEmpty());
  t.join("###");
  EXPECT_THAT(t.pick(kBert, "###", 5), ElementsAre(t.block(2, 0)));
}

TEST(PiecePicker, DuplicatesFirstWhatIsAnsweredLast) {
  Torrent t(".", 6);
  t.join("#");
  ASSERT_THAT(t.pick(kAnna, "#", 9), SizeIs(6));   // blocks 0 to 5, in this order
  EXPECT_THAT(t.pick(kBert, "#", 9), ElementsAre(t.block(0, 5), t.block(0, 4)));
}

TEST(PiecePicker, DuplicatesNothingWhenTheEndGameIsOff) {
  Torrent t(".", 1, {.random_first_pieces = 0, .end_game = false});
  t.join("#");
  t.pick(kAnna, "#", 1);
  EXPECT_THAT(t.pick(kBert, "#", 1), IsEmpty());
}

TEST(PiecePicker, AsksForNothingWhenAllIsHere) {
  Torrent t("##", 2);
  t.join("##");
  EXPECT_THAT(t.pick(kAnna, "##", 5), IsEmpty());
  EXPECT_EQ(t.picker.judge(kAnna, t.block(1, 1)), Arrival::duplicate);
  EXPECT_FALSE(t.picker.in_end_game());
  t.picker.peer_left(pieces("##"));
}

TEST(PiecePicker, HandlesATorrentWithoutContent) {
  PiecePicker picker(PieceGeometry(0_B, 16_KiB), Bitfield(0), {});
  picker.peer_joined(Bitfield(0));
  runtime::Random random(1);
  std::vector<BlockRange> out;
  picker.pick({.key = kAnna, .pieces = Bitfield(0)}, 5, random, out);
  EXPECT_THAT(out, IsEmpty());
  picker.peer_left(Bitfield(0));
}

}  // namespace
}  // namespace swarmlab::client
