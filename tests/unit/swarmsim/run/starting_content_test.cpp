#include "swarmsim/run/starting_content.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

protocol::Bitfield choose(std::uint32_t millionths, std::uint32_t pieces, std::uint64_t seed = 1) {
  return choose_pieces(Share{millionths}, pieces, runtime::Random(seed, "peer"));
}

TEST(StartingContent, ChoosesTheShareThatWasAskedFor) {
  EXPECT_EQ(choose(0, 100).count(), 0u);
  EXPECT_EQ(choose(100'000, 100).count(), 10u);
  EXPECT_EQ(choose(1'000'000, 100).count(), 100u);
  EXPECT_EQ(choose(1, 100).count(), 1u) << "a share that is not nothing is one piece at least";
}

TEST(StartingContent, ChoosesBySeed) {
  EXPECT_EQ(choose(500'000, 100, 1), choose(500'000, 100, 1));
  EXPECT_NE(choose(500'000, 100, 1), choose(500'000, 100, 2));
}

}  // namespace
}  // namespace swarmlab::swarmsim
