#include "swarmsim/run/addresses.hpp"

#include <gtest/gtest.h>

#include <set>

namespace swarmlab::swarmsim {
namespace {

TEST(Addresses, AreAllDifferent) {
  std::vector<std::string> names;
  for (int i = 0; i < 20'000; ++i) names.push_back("peer[" + std::to_string(i) + "]");
  const auto addresses = addresses_for(names);
  EXPECT_EQ(std::set(addresses.begin(), addresses.end()).size(), names.size());
}

TEST(Addresses, DoNotMoveWhenAnotherPeerComes) {
  const auto few = addresses_for(std::vector<std::string>{"a", "c"});
  const auto more = addresses_for(std::vector<std::string>{"a", "b", "c"});
  EXPECT_EQ(few[0], more[0]);
  EXPECT_EQ(few[1], more[2]);
}

}  // namespace
}  // namespace swarmlab::swarmsim
