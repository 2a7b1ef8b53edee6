#include "swarmsim/scenario/yaml_tree.hpp"

#include <gmock/gmock.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

std::string first_error(std::string_view text) {
  Diagnostics diagnostics;
  const auto tree = parse_yaml(text, diagnostics);
  EXPECT_EQ(tree.has_value(), diagnostics.empty());
  return diagnostics.empty() ? "" : to_string("f", diagnostics.sorted().front());
}

TEST(YamlTree, KeepsWhereEveryValueStands) {
  Diagnostics diagnostics;
  const auto tree = parse_yaml("a: 1\nb: { c: [x, y] }\n", diagnostics);
  ASSERT_TRUE(tree);
  const YamlNode* list = tree->find("b")->find("c");
  ASSERT_EQ(list->items.size(), 2u);
  EXPECT_EQ(list->items[1].text, "y");
  EXPECT_EQ(list->items[1].at, (Position{2, 13}));
}

TEST(YamlTree, RefusesAliasesWhichCouldStandForGigabytes) {
  EXPECT_THAT(first_error("a: &x [1]\nb: *x\n"), HasSubstr("f:1:4: an anchor"));
}

TEST(YamlTree, RefusesAKeyThatComesTwice) {
  EXPECT_THAT(first_error("a: 1\nb: 2\na: 3\n"), HasSubstr("f:3:1: 'a' stands here a second time (first in line 1)"));
}

TEST(YamlTree, BoundsNestingSizeAndNumberOfValues) {
  EXPECT_THAT(first_error(std::string(100, '[') + std::string(100, ']')), HasSubstr("nested more than 24 deep"));
  EXPECT_THAT(first_error(std::string(kMaxScenarioBytes + 1, 'a')), HasSubstr("at most 256 KiB"));
  std::string many = "[";
  for (std::size_t i = 0; i <= kMaxYamlNodes; ++i) many += "1,";
  EXPECT_THAT(first_error(many + "1]"), HasSubstr("more than 20000 values"));
}

TEST(YamlTree, SaysWhereItIsNoYaml) {
  EXPECT_THAT(first_error("a: [1, 2\nb: 3\n"), HasSubstr("is no YAML"));
  EXPECT_THAT(first_error(""), HasSubstr("is empty"));
  EXPECT_THAT(first_error("a: 1\n---\nb: 1\n"), HasSubstr("several YAML documents"));
  EXPECT_THAT(first_error("? [a]\n: b\n"), HasSubstr("keys are plain words"));
  EXPECT_THAT(first_error("a: !!int 3\n"), HasSubstr("a tag"));
  EXPECT_THAT(first_error(std::string_view("a: 1\0b: 2", 9)), HasSubstr("NUL"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
