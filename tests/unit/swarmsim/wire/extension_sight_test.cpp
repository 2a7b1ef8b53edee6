#include "swarmsim/wire/extension_sight.hpp"

#include <gmock/gmock.h>

#include <string>

#include "protocol/extension_handshake.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

constexpr ExtensionNumbers kTheirs{.metadata = 3, .pex = 4};

// An info dictionary of two pieces, the second of one byte.
std::vector<std::byte> metadata() { return std::vector<std::byte>(16 * 1024 + 1, std::byte{7}); }

ExtensionSight see(std::uint32_t id, std::string_view payload, Bytes truth = {}) {
  WireMessage message;
  message.kind = MessageKind::extended;
  message.piece = PieceIndex(id);
  message.length = static_cast<std::uint32_t>(payload.size());
  return recognise(message, as_bytes(payload), kTheirs, truth);
}

TEST(ExtensionSight, SeesTheHandshake) {
  const ExtensionSight sight = see(0, "de");
  EXPECT_EQ(to_string(sight.message), "EXTENSION HANDSHAKE");
  EXPECT_EQ(as_text(sight.payload), "de");
}

TEST(ExtensionSight, SeesRequestsAndRejectsOfMetadata) {
  EXPECT_EQ(to_string(see(3, "d8:msg_typei0e5:piecei2ee").message), "METADATA REQUEST piece 2");
  EXPECT_EQ(to_string(see(3, "d8:msg_typei2e5:piecei2ee").message), "METADATA REJECT piece 2");
}

TEST(ExtensionSight, ComparesDataWithTheTrueMetadataAndKeepsOnlyItsHead) {
  const std::vector<std::byte> truth = metadata();
  const std::string head = "d8:msg_typei1e5:piecei1e10:total_sizei16385ee";
  const std::string whole = head + "\7";
  const ExtensionSight right = see(3, whole, truth);
  EXPECT_EQ(to_string(right.message), "METADATA DATA piece 1, length 1 B of 16.001 KiB");
  EXPECT_EQ(right.message.authentic, Authentic::yes);
  EXPECT_EQ(as_text(right.payload), head);
  EXPECT_EQ(to_string(see(3, head + "\6", truth).message), "METADATA DATA piece 1, length 1 B of 16.001 KiB (corrupt)");
  EXPECT_EQ(see(3, head + "\7\7", truth).message.authentic, Authentic::no) << "too long";
  EXPECT_EQ(see(3, "d8:msg_typei1e5:piecei2ee\7", truth).message.authentic, Authentic::no) << "beyond the last piece";
  EXPECT_EQ(see(3, head + "\7").message.authentic, Authentic::unknown) << "who does not know the truth";
}

TEST(ExtensionSight, CountsWhomAPeerExchangeAddsAndDrops) {
  const std::string payload = "d5:added12:aaaabbccccdd7:added.f2:xy6:added618:aaaaaaaaaaaaaaaabb7:dropped6:aaaabbe";
  EXPECT_EQ(to_string(see(4, payload).message), "PEX 3 added, 1 dropped");
  EXPECT_EQ(as_text(see(4, payload).payload), payload);
}

TEST(ExtensionSight, LeavesAloneWhatItCannotRead) {
  for (const auto& [id, payload] : {std::pair{5u, "de"}, {3u, "x"}, {3u, "d8:msg_typei9e5:piecei0ee"}, {3u, "d8:msg_typei0e5:piecei-1ee"},
                                    {4u, "le"}, {4u, "d5:added"}}) {
    const ExtensionSight sight = see(id, payload);
    EXPECT_EQ(sight.message.kind, MessageKind::extended) << payload;
    EXPECT_EQ(sight.message.piece, PieceIndex(id));
    EXPECT_EQ(as_text(sight.payload), payload);
  }
}

TEST(ExtensionSight, TakesNumbersAndKeepsThoseThatALaterHandshakeDoesNotName) {
  ExtensionNumbers numbers;
  take_numbers(protocol::encode(protocol::ExtensionHandshake{.message_ids = {{"ut_metadata", 2}, {"ut_pex", 1}}}), numbers);
  take_numbers(protocol::encode(protocol::ExtensionHandshake{.message_ids = {{"ut_pex", 0}}}), numbers);
  EXPECT_EQ(numbers.metadata, 2);
  EXPECT_EQ(numbers.pex, 0);
}

}  // namespace
}  // namespace swarmlab::swarmsim
