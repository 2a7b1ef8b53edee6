#include "swarmsim/expect/tokens.hpp"

#include <gmock/gmock.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  const auto tokens = split_into_tokens(text);
  EXPECT_TRUE(tokens.has_value()) << (tokens ? "" : tokens.error().what);
  if (tokens)
    for (const Token& token : *tokens) words.emplace_back(token.text);
  return words;
}

TEST(Tokens, KeepAUnitWithItsNumber) {
  EXPECT_THAT(words_of("64 MiB/4 Mbit/s"), ElementsAre("64 MiB", "/", "4 Mbit/s", ""));
  EXPECT_THAT(words_of("10 MB / 2 s"), ElementsAre("10 MB", "/", "2 s", ""));
  EXPECT_THAT(words_of("1.5*20%"), ElementsAre("1.5", "*", "20%", ""));
  EXPECT_THAT(words_of("2 min<3 ms"), ElementsAre("2 min", "<", "3 ms", ""));
}

TEST(Tokens, KeepABracketWithItsGroup) {
  EXPECT_THAT(words_of("a-b[1..3].x - c.y"), ElementsAre("a-b[1..3]", ".", "x", "-", "c", ".", "y", ""));
  EXPECT_THAT(words_of("max(a.x)<=content"), ElementsAre("max", "(", "a", ".", "x", ")", "<=", "content", ""));
}

TEST(Tokens, ReadNumbersExactly) {
  EXPECT_EQ(split_into_tokens("0.1")->front().value, Number::of(Share{100'000}));
  EXPECT_EQ(split_into_tokens("120%")->front().value, Number::of(Share{1'200'000}));
  EXPECT_EQ(split_into_tokens("90 s")->front().value, Number::of(Duration(90s)));
  EXPECT_EQ(split_into_tokens("1.5 KiB")->front().value, Number::of(ByteCount(1536)));
}

TEST(Tokens, SayWhereWhatIsWrong) {
  const auto error_of = [](std::string_view text) { return split_into_tokens(text).error(); };
  EXPECT_EQ(error_of("a.x < 3 sec").offset, 8u);
  EXPECT_THAT(error_of("a.x < 3 sec").what, HasSubstr("'sec' is no unit"));
  EXPECT_THAT(error_of("a.x = 3").what, HasSubstr("write =="));
  EXPECT_THAT(error_of("a[1.x").what, HasSubstr("no closing bracket"));
  EXPECT_THAT(error_of("a.x < 1.2.3").what, HasSubstr("'1.2.3' is no number"));
  EXPECT_THAT(error_of("a.x ≤ 3").what, HasSubstr("'≤' belongs to no expectation"));
  EXPECT_THAT(error_of("a.x < 99999999999999999999").what, HasSubstr("is no number"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
