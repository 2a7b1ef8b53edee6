#include "client/verifier.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "swarmsim/virtual/world.hpp"

namespace swarmlab::client {
namespace {

using runtime::Slice;

// Pieces of four blocks.
struct Verifying final : VerifierHandler {
  Verifying()
      : world(swarmsim::WorldOptions{}), host(world.add_host({"h", {IpAddress::v4(10, 0, 0, 1)}, {}, {}})),
        content_id(world.add_content("c")) {
    auto made = std::make_shared<protocol::Metainfo>();
    made->geometry = protocol::PieceGeometry(200_KiB, 64_KiB);
    made->piece_hashes = swarmsim::symbolic_piece_hashes("c", 200_KiB, 64_KiB);
    metainfo = made;
    verifier.emplace(world.outside(host).hasher, metainfo, *this);
  }
  void on_piece_hashed(PieceIndex piece, bool matches) override { verdicts[piece.value()].push_back(matches); }
  void add(std::uint32_t piece, std::uint32_t block, std::uint32_t spoiler = 0) {
    const protocol::BlockRange range = metainfo->geometry.block(PieceIndex(piece), BlockIndex(block));
    const ByteCount offset = metainfo->geometry.offset_of(range.piece) + ByteCount(range.begin.value());
    verifier->add(range, {Slice::of_content(content_id, offset, range.length, runtime::Spoiler(spoiler))});
  }
  void run() { world.run_until(world.now() + 1s); }
  swarmsim::World world;
  swarmsim::HostId host;
  runtime::ContentId content_id;
  std::shared_ptr<const protocol::Metainfo> metainfo;
  std::map<std::uint32_t, std::vector<bool>> verdicts;
  std::optional<Verifier> verifier;
};

TEST(Verifier, JudgesAPieceOnceItsLastBlockIsThereInWhateverOrder) {
  std::vector<std::uint32_t> order{0, 1, 2, 3};
  do {
    Verifying v;
    for (std::size_t i = 0; i < 3; ++i) v.add(1, order[i]);
    v.run();
    EXPECT_TRUE(v.verdicts.empty());
    v.add(1, order[3]);
    EXPECT_TRUE(v.verdicts.empty()) << "later, not from within";
    v.run();
    EXPECT_EQ(v.verdicts[1], std::vector{true});
    EXPECT_EQ(v.verifier->held(), 0_B);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Verifier, OneSpoiltBlockFailsThePiece) {
  for (std::uint32_t bad = 0; bad < 4; ++bad) {
    Verifying v;
    for (const std::uint32_t block : {2u, 0u, 3u, 1u}) v.add(0, block, block == bad ? 7 : 0);
    v.run();
    EXPECT_EQ(v.verdicts[0], std::vector{false});
  }
}

TEST(Verifier, TheShortLastPieceIsJudgedByItsOwnLength) {
  Verifying v;
  v.add(3, 0);
  v.run();
  EXPECT_EQ(v.verdicts[3], std::vector{true});
}

TEST(Verifier, HoldsOnlyWhatCameEarly) {
  Verifying v;
  v.add(0, 0);
  EXPECT_EQ(v.verifier->held(), 0_B);
  v.add(0, 2);
  v.add(0, 3);
  EXPECT_EQ(v.verifier->held(), 32_KiB);
  v.add(0, 1);
  EXPECT_EQ(v.verifier->held(), 0_B);
}

TEST(Verifier, AnAbandonedPieceIsForgottenWhetherHashedOrNot) {
  Verifying v;
  v.add(0, 1);
  v.add(0, 0, 7);
  v.verifier->abandon(PieceIndex(0));
  EXPECT_EQ(v.verifier->held(), 0_B);
  for (const std::uint32_t block : {0u, 1u, 2u, 3u}) v.add(0, block, 7);
  v.verifier->abandon(PieceIndex(0));   // its digest is on the way
  for (const std::uint32_t block : {0u, 1u, 2u, 3u}) v.add(0, block);
  v.run();
  EXPECT_EQ(v.verdicts[0], std::vector{true}) << "the third attempt alone is answered";
}

TEST(Verifier, APieceMayBeFetchedAgainAfterItsVerdict) {
  Verifying v;
  for (const std::uint32_t block : {0u, 1u, 2u, 3u}) v.add(0, block, 7);
  v.run();
  for (const std::uint32_t block : {3u, 2u, 1u, 0u}) v.add(0, block);
  v.run();
  EXPECT_EQ(v.verdicts[0], (std::vector{false, true}));
}

TEST(Verifier, MayBeDestroyedWithPiecesBegunAndDigestsUnderWay) {
  Verifying v;
  v.add(0, 1);
  for (const std::uint32_t block : {0u, 1u, 2u, 3u}) v.add(1, block);
  v.verifier.reset();
  v.run();
  EXPECT_TRUE(v.verdicts.empty());
}

}  // namespace
}  // namespace swarmlab::client
