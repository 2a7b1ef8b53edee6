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
  EXPECT_THAT(first_error(std::string(kMaxScenarioBytes + 1, 'a')), HasSubstr("longer than 256 KiB"));
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

TEST(YamlTree, SaysWhatPeopleDidInsteadOfYaml) {
  EXPECT_THAT(first_error("a:\n\tb: 1\n"), HasSubstr("f:2:3: is no YAML: a tab in the indentation"));
  EXPECT_THAT(first_error("a: 1\nb: of c: d\n"), HasSubstr("f:2:8: is no YAML: a second ': ' in one line"));
  EXPECT_THAT(first_error("a: 1\nb:2\nc: 3\n"), HasSubstr("f:3:2: is no YAML: a colon that nothing explains here; the line before"));
  EXPECT_THAT(first_error("a: { b: 1\nc: 2\n"), HasSubstr("a bracket that was opened before should be closed"));
}

TEST(YamlTree, RefusesAQuoteThatIsNeverClosed) {
  EXPECT_THAT(first_error("a: \"b\nc: d\n"), HasSubstr("f:1:4: a quote that is never closed"));
  EXPECT_THAT(first_error("a: 'it''s\n"), HasSubstr("f:1:4: a quote that is never closed"));
  EXPECT_EQ(first_error("a: 'it''s'\nb: \"\\\"\"\n\"c\": 'd\n  e'\n"), "");
  EXPECT_EQ(first_error("a: |\n  \"b\n"), "");
}

TEST(YamlTree, LooksForAValueThatIsNotThereAtItsKey) {
  Diagnostics diagnostics;
  const auto tree = parse_yaml("a:\n\n\nb: 1\n", diagnostics);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->find("a")->at, (Position{1, 1}));
}

TEST(Diagnostics, ShowsControlCharactersAndObeysNone) {
  EXPECT_EQ(showable("a\nb\tc\x1b[31m\x7f\xc2\x9b!"), "a\\nb\\tc\\x1b[31m\\x7f\\x9b!");
  EXPECT_EQ(showable("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}

TEST(Diagnostics, CutsWhatHasNoEndBetweenCharacters) {
  EXPECT_EQ(showable("'" + std::string(1000, '9') + "' is long"), "'" + std::string(59, '9') + "...' is long");
  std::string accents = "a";
  for (int i = 0; i < 100; ++i) accents += "\xc3\xa9";
  EXPECT_THAT(showable(accents), HasSubstr("\xa9..."));
  std::string prose;
  for (int i = 0; i < 10'000; ++i) prose += "no end ";
  EXPECT_LE(showable(prose).size(), 2003u);
}

}  // namespace
}  // namespace swarmlab::swarmsim
