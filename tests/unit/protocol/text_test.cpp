#include "protocol/text.hpp"

#include <gtest/gtest.h>

namespace swarmlab::protocol {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, AcceptsWhatTheStandardAllows) {
  for (const auto text : {""sv, "plain"sv, "\x7f"sv, "\0"sv, "\xc2\x80"sv, "\xdf\xbf"sv,
                          "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xef\xbf\xbf"sv,
                          "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv, "日本語"sv}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(repair_utf8(text), text);
  }
}

TEST(Utf8, WritesEveryByteThatIsNoneAsPercent) {
  struct Row {
    std::string_view text;
    std::string repaired;
  };
  for (const auto& [text, repaired] : std::initializer_list<Row>{
           {"\x80"sv, "%80"},                       // continuation without a lead
           {"\xc0\x80"sv, "%C0%80"},                // overlong NUL
           {"\xc1\xbf"sv, "%C1%BF"},                // overlong
           {"\xe0\x9f\xbf"sv, "%E0%9F%BF"},         // overlong
           {"\xed\xa0\x80"sv, "%ED%A0%80"},         // a surrogate
           {"\xf0\x8f\xbf\xbf"sv, "%F0%8F%BF%BF"},  // overlong
           {"\xf4\x90\x80\x80"sv, "%F4%90%80%80"},  // above U+10FFFF
           {"\xf5"sv, "%F5"},
           {"a\xe6\x97"sv, "a%E6%97"},  // cut
           {"\xe6\x97"
            "b"sv,
            "%E6%97b"},
           {"\xb5\xda 1 \xd5\xc2"sv, "%B5%DA 1 %D5%C2"},  // GBK
       }) {
    EXPECT_FALSE(is_utf8(text)) << repaired;
    EXPECT_EQ(repair_utf8(text), repaired);
    EXPECT_TRUE(is_utf8(repair_utf8(text)));
  }
}

TEST(OneLine, HoldsNothingThatATerminalObeys) {
  EXPECT_EQ(one_line("red \x1b[31m\r\n\xc2\x9b\x7f\xff é"), "red %1B[31m%0D%0A%C2%9B%7F%FF é");
}

TEST(OneLine, IsCutAtTheLimitBetweenCharacters) {
  EXPECT_EQ(one_line("abcdef", 6), "abcdef");
  EXPECT_EQ(one_line("abcdefg", 6), "abc...");
  EXPECT_EQ(one_line("日本", 6), "日本");
  EXPECT_EQ(one_line("日本語", 7), "日...");
  EXPECT_EQ(one_line("\x01\x02\x03", 8), "%01...");
  EXPECT_EQ(one_line(one_line("\x01\x02\x03", 8), 8), "%01...");
}

TEST(Listed, NamesSomeAndCountsTheRest) {
  const std::vector<std::string> words{"a", "b", "c"};
  EXPECT_EQ(listed({}, 2), "");
  EXPECT_EQ(listed(words, 3), "a, b, c");
  EXPECT_EQ(listed(words, 2), "a, b and 1 more");
}

}  // namespace
}  // namespace swarmlab::protocol
