#include "client/rarity_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/client/pictures.hpp"

namespace swarmlab::client {
namespace {

using protocol::Bitfield;
using test::pieces;

TEST(RarityOrder, FindsTheOnlyPieceOfAPeerPoorInRareOnes) {
  constexpr std::uint32_t kPieces = 10'000;
  RarityOrder order{Bitfield(kPieces)};
  Bitfield common(kPieces);
  common.set(PieceIndex(7'777));
  Bitfield most(kPieces);
  most.set_all();
  most.reset(PieceIndex(7'777));
  order.peer_joined(most);       // everything else is there once,
  order.peer_joined(common);     // 7777 twice
  order.peer_joined(common);
  runtime::Random random(3);
  EXPECT_EQ(order.rarest(common, random), PieceIndex(7'777));
  EXPECT_EQ(order.any(common, random), PieceIndex(7'777));
  order.take_out(PieceIndex(7'777), 0);
  EXPECT_EQ(order.rarest(common, random), std::nullopt);
  EXPECT_EQ(order.any(common, random), std::nullopt);
}

TEST(RarityOrder, ChoosesTheRarestOfSeveralCandidatesBeyondItsBudget) {
  constexpr std::uint32_t kPieces = 4'000;
  RarityOrder order{Bitfield(kPieces)};
  Bitfield front(kPieces);       // a thousand pieces, rarest, that the peer lacks
  for (std::uint32_t i = 0; i < 1'000; ++i) front.set(PieceIndex(i));
  order.peer_joined(front);
  Bitfield poor(kPieces);
  for (std::uint32_t i = 3'000; i < 3'040; ++i) poor.set(PieceIndex(i));
  order.peer_joined(poor);
  order.peer_joined(poor);
  Bitfield without_one = poor;
  without_one.reset(PieceIndex(3'017));
  order.peer_joined(without_one);
  runtime::Random random(3);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order.rarest(poor, random), PieceIndex(3'017));
}

TEST(RarityOrder, IsExactUpToItsBudget) {
  constexpr std::uint32_t kPieces = RarityOrder::kPlacesMax;
  RarityOrder order{Bitfield(kPieces)};
  Bitfield all_but_one(kPieces);
  all_but_one.set_all();
  all_but_one.reset(PieceIndex(100));
  Bitfield peer(kPieces);
  peer.set(PieceIndex(100));
  for (int i = 0; i < 5; ++i) order.peer_joined(peer);   // the most common piece stands last
  order.peer_joined(all_but_one);
  runtime::Random random(1);
  EXPECT_EQ(order.rarest(peer, random), PieceIndex(100));
}

TEST(RarityOrder, KeepsANoteForPiecesThatAreOut) {
  RarityOrder order{pieces("#..")};
  EXPECT_FALSE(order.contains(PieceIndex(0)));
  EXPECT_EQ(order.note(PieceIndex(0)), RarityOrder::kNoteMax);
  order.take_out(PieceIndex(2), 5);
  EXPECT_EQ(order.note(PieceIndex(2)), 5U);
  order.set_note(PieceIndex(2), 6);
  EXPECT_EQ(order.note(PieceIndex(2)), 6U);
  EXPECT_TRUE(order.contains(PieceIndex(1)));
  EXPECT_EQ(order.size(), 1U);
  order.check_invariants();
}

TEST(RarityOrder, KnowsWhetherAnythingInItCanBeHad) {
  RarityOrder order{pieces("..")};
  EXPECT_FALSE(order.any_available());
  order.peer_joined(pieces("#."));
  EXPECT_TRUE(order.any_available());
  order.take_out(PieceIndex(0), 0);
  EXPECT_FALSE(order.any_available());
  order.peer_joined(pieces("##"));
  EXPECT_TRUE(order.any_available());
  order.take_out(PieceIndex(1), 1);
  EXPECT_FALSE(order.any_available());
}

TEST(RarityOrder, ChoosesEachOfEquallyRarePiecesEquallyOftenForASeed) {
  RarityOrder order{Bitfield(10)};
  Bitfield all(10);
  all.set_all();
  order.peer_joined(all);
  runtime::Random random(11);
  std::vector<int> chosen(10);
  for (int i = 0; i < 10'000; ++i) ++chosen[order.rarest(all, random)->value()];
  // 1000 expected, standard deviation 30: six of them.
  EXPECT_GT(*std::ranges::min_element(chosen), 820);
  EXPECT_LT(*std::ranges::max_element(chosen), 1180);
}

TEST(RarityOrder, AgreesWithCountingByHandUnderRandomOperations) {
  constexpr std::uint32_t kPieces = 70;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    runtime::Random random(seed);
    RarityOrder order{Bitfield(kPieces)};
    std::vector<Bitfield> peers;
    std::vector<bool> inside(kPieces, true);
    for (int step = 0; step < 600; ++step) {
      const auto piece = PieceIndex(static_cast<std::uint32_t>(random.below(kPieces)));
      const auto roll = random.below(100);
      if (roll < 8) {
        Bitfield fresh(kPieces);
        const auto percent = random.below(101);
        for (PieceIndex p(0); p.value() < kPieces; ++p) {
          if (random.chance(percent, 100)) fresh.set(p);
        }
        peers.push_back(fresh);
        order.peer_joined(fresh);
      } else if (roll < 14 && !peers.empty()) {
        const auto at = static_cast<std::ptrdiff_t>(random.below(peers.size()));
        order.peer_left(peers[static_cast<std::size_t>(at)]);
        peers.erase(peers.begin() + at);
      } else if (roll < 85 && !peers.empty()) {
        Bitfield& peer = peers[random.below(peers.size())];
        if (peer.set(piece)) order.peer_has(piece, peer);
      } else if (roll < 87 && inside[piece.value()]) {
        order.take_out(piece, 0);
        inside[piece.value()] = false;
      }
      order.check_invariants();

      const auto count = [&](PieceIndex p) {
        return static_cast<std::uint32_t>(std::ranges::count_if(peers, [p](const Bitfield& has) { return has.test(p); }));
      };
      EXPECT_EQ(order.availability(piece), count(piece)) << seed << ' ' << step;
      if (peers.empty()) continue;
      const Bitfield& asker = peers[random.below(peers.size())];
      std::optional<std::uint32_t> least;
      for (PieceIndex p(0); p.value() < kPieces; ++p) {
        if (inside[p.value()] && asker.test(p) && (!least || count(p) < *least)) least = count(p);
      }
      const auto rarest = order.rarest(asker, random);
      const auto any = order.any(asker, random);
      ASSERT_EQ(rarest.has_value(), least.has_value()) << seed << ' ' << step;
      ASSERT_EQ(any.has_value(), least.has_value()) << seed << ' ' << step;
      if (!least) continue;
      EXPECT_TRUE(inside[rarest->value()] && asker.test(*rarest));
      EXPECT_EQ(count(*rarest), *least);
      EXPECT_TRUE(inside[any->value()] && asker.test(*any));
    }
  }
}

}  // namespace
}  // namespace swarmlab::client
