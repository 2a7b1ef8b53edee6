#include "protocol/ids.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab {
namespace {

TEST(Hex, WritesEveryByteInLowerCaseAndReadsEitherCase) {
  std::vector<std::byte> all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::byte>(i));
  const std::string text = to_hex(all);
  EXPECT_EQ(text.substr(0, 8), "00010203");
  EXPECT_EQ(text.substr(508), "feff");
  std::vector<std::byte> back(256);
  ASSERT_TRUE(from_hex(text, back));
  EXPECT_EQ(back, all);
  std::array<std::byte, 2> upper{};
  EXPECT_TRUE(from_hex("ABcD", upper));
  EXPECT_EQ(to_hex(upper), "abcd");
}

TEST(Hex, RefusesOtherLengthsAndOtherCharactersAndLeavesTheOutputAlone) {
  std::array<std::byte, 2> out{std::byte{1}, std::byte{2}};
  for (const auto* text : {"", "0", "000", "00000", "000000", "0g00", "00 0", "0x00", "-100"}) {
    EXPECT_FALSE(from_hex(text, out)) << text;
    EXPECT_EQ(to_hex(out), "0102");
  }
}

TEST(FixedBytes, ComparesLikeTheBytesOnTheWire) {
  EXPECT_LT(test::filled<PeerId>(0x7f), test::filled<PeerId>(0x80));
  EXPECT_EQ(to_string(test::filled<InfoHashV1>(0xaa)), std::string(40, 'a'));
}

}  // namespace
}  // namespace swarmlab
