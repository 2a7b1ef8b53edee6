#include "swarmsim/expect/piece_spread.hpp"

#include <gtest/gtest.h>

#include <string>

namespace swarmlab::swarmsim {
namespace {

// A seed and two leechers that share a torrent of as many pieces as the picture has; '#' is what the first leecher brings along.
class Spread : public ::testing::Test {
 protected:
  void begin(const std::string& first) {
    facts.geometry = protocol::PieceGeometry(ByteCount(static_cast<std::int64_t>(first.size()) * 16384), 16_KiB);
    for (int i = 0; i < 3; ++i) facts.peers.emplace_back().has_at_start = protocol::Bitfield(facts.geometry.piece_count());
    facts.peers[0].has_at_start.set_all();
    for (std::uint32_t i = 0; i < first.size(); ++i)
      if (first[i] == '#') facts.peers[1].has_at_start.set(PieceIndex(i));
    spread.emplace(facts);
  }
  void whole(Duration at, std::uint32_t piece, bool is_true = true) {
    spread->on_whole_piece({kStart + at, HostId(2), PieceIndex(piece), is_true, {}});
  }
  std::string straightness() { return number_text(spread->straightness(), Unit::number); }

  RunFacts facts;
  std::optional<PieceSpread> spread;
};

TEST_F(Spread, IsOverWhenNoPieceIsOnSeedsAlone) {
  begin("#..");
  EXPECT_EQ(spread->left(), 2u);
  whole(10s, 1);
  whole(11s, 1);
  EXPECT_EQ(spread->left(), 1u) << "the same piece again is no news";
  EXPECT_EQ(spread->over_at(), kNever);
  whole(12s, 2);
  EXPECT_EQ(spread->over_at(), kStart + 12s);
}

TEST_F(Spread, IsOverFromTheStartWhereLeechersBringEverything) {
  begin("##.");
  facts.peers[2].has_at_start.set(PieceIndex(2));
  spread.emplace(facts);
  EXPECT_EQ(spread->over_at(), kStart);
}

TEST_F(Spread, AFalsePieceIsNotSpread) {
  begin("##.");
  whole(10s, 2, false);
  EXPECT_EQ(spread->left(), 1u);
}

TEST_F(Spread, SteadyFallIsStraight) {
  begin(std::string(100, '.'));
  for (std::uint32_t i = 0; i < 100; ++i) whole((i + 1) * 7s, i);
  EXPECT_EQ(straightness(), "1");
}

TEST_F(Spread, AFallThatSlowsDownIsBent) {
  begin(std::string(100, '.'));
  Duration at{};
  for (std::uint32_t i = 0; i < 100; ++i) whole(at += 100s / (100 - i), i);   // as where the seed draws at random
  const Number straight = spread->straightness();
  EXPECT_TRUE(is_less(straight, Number::of_millionths(900'000))) << straightness();
  EXPECT_TRUE(is_less(Number::of_millionths(600'000), straight)) << straightness();
}

TEST_F(Spread, ALineNeedsThreePointsAndTime) {
  begin("...");
  whole(10s, 0);
  whole(11s, 1);
  EXPECT_EQ(straightness(), "no number");
  begin("...");
  for (std::uint32_t i = 0; i < 3; ++i) whole(10s, i);
  EXPECT_EQ(straightness(), "no number");
}

}  // namespace
}  // namespace swarmlab::swarmsim
