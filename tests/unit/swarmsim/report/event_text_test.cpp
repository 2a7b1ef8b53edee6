#include "swarmsim/report/event_text.hpp"

#include <gtest/gtest.h>

#include "protocol/extension_handshake.hpp"
#include "protocol/handshake.hpp"

namespace swarmlab::swarmsim {
namespace {

const std::vector<std::string> kNames{"leech", "seeder", "tracker"};

WireEvent message(MessageKind kind, Bytes payload = {}) {
  WireEvent event;
  event.kind = WireEventKind::sent;
  event.to = HostId(1);
  event.message.kind = kind;
  event.message.length = 16384;
  event.payload = payload;
  return event;
}

TEST(EventText, SaysOfAPayloadWhatMatters) {
  protocol::Handshake handshake;
  handshake.peer_id = PeerId::from(as_bytes("-SL0100-abcdefghijkl"));
  const auto bytes = protocol::encode(handshake);
  EXPECT_EQ(message_text(message(MessageKind::handshake, bytes), 16), "HANDSHAKE -SL0100-");
  const std::vector<std::byte> bits{std::byte{0xf0}, std::byte{1}};
  EXPECT_EQ(message_text(message(MessageKind::bitfield, bits), 16), "BITFIELD 5 of 16 pieces");
  EXPECT_EQ(message_text(message(MessageKind::bitfield, bits), 40), "BITFIELD that is none of this torrent");
  EXPECT_EQ(message_text(message(MessageKind::extended), 16), "EXTENDED handshake");
  const auto extensions = protocol::encode(
      protocol::ExtensionHandshake{.message_ids = {{"ut_pex", 2}}, .listen_port = 6881, .client = "x/1"});
  EXPECT_EQ(message_text(message(MessageKind::extension_handshake, extensions), 16), "EXTENSION HANDSHAKE ut_pex 2, port 6881, x/1");
  EXPECT_EQ(message_text(message(MessageKind::choke), 16), "CHOKE");
  EXPECT_EQ(message_text(message(MessageKind::request), 16), "REQUEST piece 0, begin 0, length 16 KiB");
}

TEST(EventText, ShowsWhatAnAnnouncementAnnounces) {
  const auto text = [](std::string_view payload) { return message_text(message(MessageKind::tracker_request, as_bytes(payload)), 16); };
  EXPECT_EQ(text("GET /announce?info_hash=%00&left=7&event=started&uploaded=1&downloaded=2 HTTP/1.1\r\nHost: x\r\n"),
            "TRACKER REQUEST announce event=started left=7 uploaded=1 downloaded=2");
  EXPECT_EQ(text("GET /scrape?noevent=1 HTTP/1.1\r\n"), "TRACKER REQUEST scrape");
  EXPECT_EQ(text(std::string_view("\0\1", 2)), "TRACKER REQUEST of 2 bytes over UDP");
}

TEST(EventText, EveryKindOfEventHasItsWords) {
  WireEvent event = message(MessageKind::choke);
  const auto text = [&](WireEventKind kind) {
    event.kind = kind;
    return event_text(event, kNames, 16);
  };
  EXPECT_EQ(text(WireEventKind::sent), "leech -> seeder  sent CHOKE");
  EXPECT_EQ(text(WireEventKind::received), "leech -> seeder  received CHOKE");
  EXPECT_EQ(text(WireEventKind::opened), "leech -> seeder  connection 0 is open");
  EXPECT_EQ(text(WireEventKind::ended), "leech -> seeder  ends the stream");
  EXPECT_EQ(text(WireEventKind::joined), "leech joins");
  EXPECT_EQ(text(WireEventKind::stopped), "leech is stopped");
  event.problem = "not the BitTorrent handshake";
  EXPECT_EQ(text(WireEventKind::undecodable), "leech -> seeder  wrote not the BitTorrent handshake");
}

TEST(EventText, ReadsTimesAsStoriesPrintThem) {
  EXPECT_EQ(parse_clock("03:22.104"), kStart + 3min + 22s + 104ms);
  EXPECT_EQ(parse_clock("1:03:22.104"), kStart + 1h + 3min + 22s + 104ms);
  EXPECT_EQ(parse_clock("00:00.000000001"), kStart + 1ns);
  EXPECT_EQ(parse_clock("12:00"), kStart + 12min);
  EXPECT_EQ(parse_clock("1.5 s"), kStart + 1500ms);
  for (const char* wrong : {"", "90", "a:b", "1:2.x", ":", "1:2.0000000001"}) EXPECT_EQ(parse_clock(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace swarmlab::swarmsim
