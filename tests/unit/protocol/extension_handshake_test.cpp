#include "protocol/extension_handshake.hpp"

#include <gtest/gtest.h>

#include "protocol/metainfo.hpp"
#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using test::from_text;
using test::text_of;

TEST(ExtensionHandshake, OfLibtorrentIsRead) {
  // libtorrent 2.0.8, seeding, to 127.0.0.1.
  const auto read = decode_extension_handshake(from_text(
      "d12:complete_agoi-1e1:md11:lt_donthavei7e10:share_modei8e11:upload_onlyi3e12:ut_holepunchi4e"
      "11:ut_metadatai2e6:ut_pexi1ee13:metadata_sizei148e4:reqqi2000e11:upload_onlyi1e1:v16:"
      "libtorrent/2.0.8"
      "6:yourip4:\x7f" +
      std::string("\0\0\1e", 4)));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->message_ids, (std::map<std::string, std::uint8_t>{{"lt_donthave", 7},
                                                                    {"share_mode", 8},
                                                                    {"upload_only", 3},
                                                                    {"ut_holepunch", 4},
                                                                    {"ut_metadata", 2},
                                                                    {"ut_pex", 1}}));
  EXPECT_EQ(read->client, "libtorrent/2.0.8");
  EXPECT_EQ(read->metadata_size, 148_B);
  EXPECT_EQ(read->request_queue, 2000u);
  EXPECT_EQ(read->upload_only, true);
  EXPECT_EQ(decode_extension_handshake(from_text("d11:upload_onlyi0ee"))->upload_only, false);
  EXPECT_EQ(read->your_ip, IpAddress::v4(127, 0, 0, 1));
  EXPECT_FALSE(read->listen_port);
}

TEST(ExtensionHandshake, IsWrittenCanonicallyAndReadBack) {
  ExtensionHandshake handshake;
  EXPECT_EQ(text_of(encode(handshake)), "d1:mdee");
  handshake = {.message_ids = {{"ut_metadata", 3}, {"ut_pex", 0}},
               .listen_port = 6881,
               .client = "Swarmlab 0.1",
               .your_ip = IpAddress::parse("2001:db8::7"),
               .request_queue = 250,
               .metadata_size = 31'235_B,
               .upload_only = true};
  const auto bytes = encode(handshake);
  EXPECT_EQ(text_of(bytes).substr(0, 80),
            "d1:md11:ut_metadatai3e6:ut_pexi0ee13:metadata_sizei31235e1:pi6881e4:reqqi250e11:");
  const auto read = decode_extension_handshake(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, handshake);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_extension_handshake(Bytes(bytes).first(size))) << size;
  }
}

TEST(ExtensionHandshake, IgnoresEntriesOfWrongTypeOrRangeOneByOne) {
  for (const auto* text :
       {"de", "d1:mi1ee", "d1:mle1:pi0ee", "d1:pi65536ee", "d1:pi-1ee", "d1:p4:6881e", "d1:vi7ee",
        "d6:yourip3:abce", "d6:youripi1ee", "d4:reqqi-1ee", "d4:reqqi4294967296ee",
        "d13:metadata_sizei0ee", "d13:metadata_sizei-1ee", "d13:metadata_sizei2147483648ee",
        "d11:upload_onlylee", "d1:md1:ai-1e1:bi256e1:c1:dee"}) {
    const auto read = decode_extension_handshake(from_text(text));
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, ExtensionHandshake{}) << text;
  }
  const auto mixed = decode_extension_handshake(from_text("d1:md1:ai300e1:bi7ee1:pi6881e1:vlee"));
  ASSERT_TRUE(mixed);
  EXPECT_EQ(mixed->message_ids, (std::map<std::string, std::uint8_t>{{"b", 7}}));
  EXPECT_EQ(mixed->listen_port, 6881);
}

TEST(ExtensionHandshake, RefusesOnlyWhatIsNoDictionary) {
  EXPECT_FALSE(decode_extension_handshake({}));
  EXPECT_EQ(decode_extension_handshake(from_text("le")).error(),
            (bencode::Error{0, "is no dictionary"}));
  EXPECT_EQ(decode_extension_handshake(from_text("d1:mi-0ee")).error(),
            (bencode::Error{4, "an integer is -0"}));
  EXPECT_TRUE(decode_extension_handshake(from_text("de\0\0")));
}

TEST(ExtensionHandshake, FillsNoMoreMemoryThanTheLimits) {  // B79
  bencode::Writer out;
  out.begin_dictionary().key("m").begin_dictionary();
  for (int i = 0; i < 5000; ++i) out.key(std::to_string(10'000 + i)).integer(1);
  out.key(std::string(1000, 'y')).integer(1);
  out.end().key("v").string(std::string(100'000, 'v')).end();
  const auto read = decode_extension_handshake(out.take());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->message_ids.size(), kMaxExtensions);
  EXPECT_EQ(read->client->size(), kMaxClientNameBytes);
}

}  // namespace
}  // namespace swarmlab::protocol
