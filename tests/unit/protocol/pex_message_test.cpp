// BEP 11, "protocol extension"; bug B72.
#include "protocol/pex_message.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using test::from_text;
using test::text_of;

Endpoint v4(std::uint8_t last) { return {IpAddress::v4(10, 0, 0, last), 6881}; }
Endpoint v6() { return *Endpoint::parse("[2001:db8::7]:6881"); }

TEST(PexMessage, IsWrittenInOrderWithAFlagForEachAndReadBack) {
  PexMessage message;
  message.added = {{v4(1), {.upload_only = true}}, {v6(), {}}, {v4(2), {.supports_utp = true, .is_reachable = true}}};
  message.dropped = {v4(9)};
  const auto bytes = encode(message);
  EXPECT_EQ(text_of(bytes).substr(0, 11), "d5:added12:");
  EXPECT_NE(text_of(bytes).find(std::string("7:added.f2:\x02\x14", 13)), std::string::npos);
  const auto read = decode_pex_message(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->dropped, message.dropped);
  EXPECT_EQ(read->added, (std::vector{message.added[0], message.added[2], message.added[1]})) << "IPv4 first";
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_pex_message(Bytes(bytes).first(size)));
}

TEST(PexMessage, MissingFlagsAreNoneAndExtraOnesNothing) {
  const std::string peers("\x0a\0\0\1\x1a\xe1\x0a\0\0\2\x1a\xe1", 12);
  const auto few = decode_pex_message(from_text("d5:added12:" + peers + "7:added.f1:\x02" "e"));
  ASSERT_TRUE(few);
  ASSERT_EQ(few->added.size(), 2u);
  EXPECT_TRUE(few->added[0].flags.upload_only);
  EXPECT_EQ(few->added[1].flags, PexFlags{});
  EXPECT_EQ(decode_pex_message(from_text("d5:added12:" + peers + "7:added.f5:abcdee"))->added.size(), 2u);
}

TEST(PexMessage, FlagsKeepTheirPeerWhereANeighbourHasNoPort) {
  const std::string peers("\x0a\0\0\1\0\0\x0a\0\0\2\x1a\xe1", 12);
  const auto read = decode_pex_message(from_text("d5:added12:" + peers + "7:added.f2:\x02\x10" "e"));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->added.size(), 1u);
  EXPECT_EQ(read->added[0], (PexPeer{v4(2), {.is_reachable = true}}));
}

TEST(PexMessage, ListsOfOddLengthAndOtherTypesAreLeftOutOneByOne) {
  const std::string one("\x0a\0\0\1\x1a\xe1", 6);
  for (const std::string& added : {std::string("7:abcdefg"), std::string("i7e"), std::string("le"), std::string("0:")}) {
    const auto read = decode_pex_message(from_text("d5:added" + added + "7:dropped6:" + one + "e"));
    ASSERT_TRUE(read) << added;
    EXPECT_TRUE(read->added.empty());
    EXPECT_EQ(read->dropped, std::vector{v4(1)});
  }
}

TEST(PexMessage, HoldsNoMoreThanItsLimit) {
  std::string peers;
  for (int i = 0; i < 1000; ++i) {
    peers += {'\x0a', '\0', static_cast<char>(i / 250), static_cast<char>(i % 250 + 1), '\x1a', '\xe1'};
  }
  const auto read = decode_pex_message(from_text("d5:added6000:" + peers + "e"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->added.size(), kMaxPexPeers);
}

TEST(PexMessage, RefusesOnlyWhatIsNoDictionary) {
  for (const auto* text : {"", "le", "i1e", "x", "d5:added"}) EXPECT_FALSE(decode_pex_message(from_text(text))) << text;
  EXPECT_TRUE(decode_pex_message(from_text("de"))->empty());
}

}  // namespace
}  // namespace swarmlab::protocol
