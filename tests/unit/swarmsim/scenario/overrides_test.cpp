#include "swarmsim/scenario/overrides.hpp"

#include <gmock/gmock.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

struct Applied {
  YamlNode root;
  std::string error;
};

Applied apply(const std::string& key, const std::string& value) {
  Diagnostics diagnostics;
  Applied applied;
  applied.root = *parse_yaml("a: { b: 1 }\nlist: [x, y]\n", diagnostics);
  apply_overrides(applied.root, std::vector<Override>{{key, value}}, diagnostics);
  if (!diagnostics.empty()) applied.error = diagnostics.sorted().front().what;
  return applied;
}

TEST(Overrides, ReplaceAValueAndKeepItsPlace) {
  const Applied applied = apply("a.b", "2");
  EXPECT_EQ(applied.root.find("a")->find("b")->text, "2");
  EXPECT_EQ(applied.root.find("a")->find("b")->at, (Position{1, 9}));
}

TEST(Overrides, AddWhatIsMissingAndReachIntoLists) {
  EXPECT_EQ(apply("a.c.d", "{ e: 3 }").root.find("a")->find("c")->find("d")->find("e")->text, "3");
  EXPECT_EQ(apply("list.1", "z").root.find("list")->items[1].text, "z");
}

TEST(Overrides, SayWhatCannotBeReached) {
  EXPECT_THAT(apply("list.5", "z").error, HasSubstr("nothing called '5'"));
  EXPECT_THAT(apply("a.b.c", "z").error, HasSubstr("nothing called 'c'"));
  EXPECT_THAT(apply("a..b", "z").error, HasSubstr("joined by points"));
  EXPECT_THAT(apply("a.b", "x: y: z").error, HasSubstr("is no YAML"));
}

TEST(Overrides, AStarStandsForEveryKeyThatIsThere) {
  const Applied applied = apply("*.c", "2");
  EXPECT_EQ(applied.root.find("a")->find("c")->text, "2");
  EXPECT_THAT(applied.error, HasSubstr("nothing called 'c'"));   // in the list
  EXPECT_EQ(apply("list.*", "z").root.find("list")->items[1].text, "z");
  EXPECT_EQ(apply("a.*.b", "z").error, "--set a.*.b=z: the scenario has nothing called 'b' there");
  EXPECT_THAT(apply("new.*", "z").error, HasSubstr("there is none"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
