#include "swarmsim/peers/behaviour.hpp"

#include <gmock/gmock.h>

#include "swarmsim/peers/catalogue.hpp"
#include "swarmsim/scenario/parse_behaviours.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<BehaviourSpec> read(std::string_view text, std::string* error = nullptr) {
  Diagnostics diagnostics;
  const auto node = parse_yaml(text, diagnostics);
  auto behaviours = read_behaviours(*node, "behaviour", diagnostics);
  if (error != nullptr) *error = diagnostics.empty() ? "" : diagnostics.sorted().front().what;
  else EXPECT_TRUE(diagnostics.empty()) << diagnostics.sorted().front().what;
  return behaviours;
}
std::string error_of(std::string_view text) {
  std::string error;
  read(text, &error);
  return error;
}

TEST(Behaviour, WhatIsNotSaidHasTheDefaultOfTheManual) {
  const auto one = read("tar_pit");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].share("rate").millionths, Share::kWhole);
  EXPECT_EQ(one[0].count("after"), 0u);
}

TEST(Behaviour, TheFirstParameterMayBeGivenAlone) {
  EXPECT_EQ(read("[ corrupt_blocks: 5% ]")[0].share("rate").millionths, 50'000u);
  EXPECT_TRUE(read("[ { withheld_piece: \"3, 7..9\" } ]")[0].pieces("pieces").has(PieceIndex(8)));
}

TEST(Behaviour, ParametersHaveNamesAndKinds) {
  const auto two = read("[ choke_flapper: { open: 250 ms }, corrupt_blocks: { when: end_game, last: 4 } ]");
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].duration("open"), 250ms);
  EXPECT_EQ(two[1].word("when"), "end_game");
  EXPECT_EQ(two[1].count("last"), 4u);
}

TEST(Behaviour, PiecesAreNumbersAndRanges) {
  const auto pieces = parse_pieces("0, 3..5");
  ASSERT_TRUE(pieces);
  std::vector<std::uint32_t> has;
  for (std::uint32_t i = 0; i < 8; ++i)
    if (pieces->has(PieceIndex(i))) has.push_back(i);
  EXPECT_THAT(has, ElementsAre(0, 3, 4, 5));
  EXPECT_TRUE(parse_pieces("all")->has(PieceIndex(0xffff'ffff)));
  for (const char* wrong : {"", "x", "3..1", "-1", "1,,2", "1..", "4294967296"}) EXPECT_FALSE(parse_pieces(wrong)) << wrong;
}

TEST(Behaviour, WhatIsWrongIsSaidWithWhatWouldBeRight) {
  EXPECT_THAT(error_of("tarpit"), HasSubstr("did you mean 'tar_pit'?"));
  EXPECT_THAT(error_of("[ tar_pit: { afer: 3 } ]"), HasSubstr("did you mean 'after'?"));
  EXPECT_THAT(error_of("[ corrupt_blocks: 5 ]"), HasSubstr("a share has a unit"));
  EXPECT_THAT(error_of("[ corrupt_blocks: { when: never } ]"), HasSubstr("none of: always, end_game"));
  EXPECT_THAT(error_of("[ choke_flapper: { open: 0 s } ]"), HasSubstr("'0 s'; from 1 ms to 24 h"));
  EXPECT_THAT(error_of("[ { tar_pit: 5%, free_rider: 5% } ]"), HasSubstr("each entry is one behaviour"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
