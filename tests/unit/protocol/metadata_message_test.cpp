// BEP 9, "extension message".
#include "protocol/metadata_message.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using test::from_text;
using test::text_of;

TEST(MetadataMessage, ExamplesOfTheBepAreReadAndWritten) {
  EXPECT_EQ(text_of(encode(MetadataRequest{0})), "d8:msg_typei0e5:piecei0ee");
  EXPECT_EQ(text_of(encode(MetadataReject{0})), "d8:msg_typei2e5:piecei0ee");
  const auto data = from_text("xxxxxxxx");
  EXPECT_EQ(text_of(encode(MetadataData{0, 3425, data})), "d8:msg_typei1e5:piecei0e10:total_sizei3425eexxxxxxxx");
  EXPECT_EQ(std::get<MetadataRequest>(*decode_metadata_message(from_text("d8:msg_typei0e5:piecei7ee"))), MetadataRequest{7});
  EXPECT_EQ(std::get<MetadataReject>(*decode_metadata_message(from_text("d8:msg_typei2e5:piecei7ee"))), MetadataReject{7});
}

TEST(MetadataMessage, DataIsWhatStandsBehindTheDictionary) {
  const auto bytes = from_text("d8:msg_typei1e5:piecei2e10:total_sizei34256eed1:ai1ee");
  const auto read = decode_metadata_message(bytes);
  ASSERT_TRUE(read) << to_string(read.error());
  const auto& data = std::get<MetadataData>(*read);
  EXPECT_EQ(data.piece, 2u);
  EXPECT_EQ(data.total_size, 34256);
  EXPECT_EQ(as_text(data.data), "d1:ai1ee") << "bencode inside is content";
}

TEST(MetadataMessage, OtherTypesAreNoErrors) {
  for (const auto* text : {"d8:msg_typei3e5:piecei0ee", "d8:msg_typei-1ee", "d8:msg_typei99ee"}) {
    const auto read = decode_metadata_message(from_text(text));
    ASSERT_TRUE(read) << text;
    EXPECT_TRUE(std::holds_alternative<MetadataOther>(*read)) << text;
  }
}

TEST(MetadataMessage, NonsenseIsAnError) {
  for (const auto* text : {"", "x", "le", "i0e", "de", "d5:piecei0ee", "d8:msg_typei0ee", "d8:msg_typei0e5:piecei-1ee",
                           "d8:msg_typei0e5:piece1:0e", "d8:msg_type1:0e", "d8:msg_typei0e5:piecei4294967296ee"}) {
    EXPECT_FALSE(decode_metadata_message(from_text(text))) << text;
  }
}

TEST(MetadataMessage, LastPieceHasTheRest) {
  struct Row { std::int64_t size; std::uint32_t pieces; std::uint32_t last; };
  for (const Row row : {Row{1, 1, 1}, Row{16383, 1, 16383}, Row{16384, 1, 16384}, Row{16385, 2, 1}, Row{49151, 3, 16383},
                        Row{49152, 3, 16384}, Row{49153, 4, 1}}) {
    EXPECT_EQ(metadata_pieces(ByteCount(row.size)), row.pieces) << row.size;
    EXPECT_EQ(metadata_piece_length(ByteCount(row.size), row.pieces - 1), row.last) << row.size << " (bug B69)";
  }
}

}  // namespace
}  // namespace swarmlab::protocol
