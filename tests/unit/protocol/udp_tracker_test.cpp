#include "protocol/udp_tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol::udp {
namespace {

using test::filled;
using test::hex;
using test::text_of;
using testing::ElementsAre;

// libtorrent 2.0.8, one conversation.
const char* const kConnect = "0000041727101980 00000000 22cf29b6";
const char* const kAnnounce =
    "1122334455667788 00000001 6a6b2887"                  // connection, announce, transaction
    "c87862f900cb73a2ea7c8e6891146e3b39beb7e0"            // info-hash
    "2d4c54323038302d394e6d7535566950642d2e63"            // "-LT2080-9Nmu5ViPd-.c"
    "0000000000000000 0000000000000000 0000000000000000"  // downloaded, left, uploaded
    "00000002 00000000 fa8f60ec 000000c8 1b3b"            // started, ip, key, 200 wanted, port 6971
    "02 09 2f616e6e6f756e6365";                           // BEP 41: URL data "/announce"
const char* const kScrape =
    "1122334455667788 00000002 015f2dc5 c87862f900cb73a2ea7c8e6891146e3b39beb7e0";

template <class T>
T request_of(std::string_view text) {
  const auto request = decode_request(hex(text));
  EXPECT_TRUE(request && std::holds_alternative<T>(*request)) << text;
  return request && std::holds_alternative<T>(*request) ? std::get<T>(*request) : T{};
}

TEST(UdpTracker, ReadsARealConnect) {
  EXPECT_EQ(request_of<ConnectRequest>(kConnect).transaction, TransactionId(0x22cf29b6));
  EXPECT_EQ(to_hex(encode(ConnectRequest{TransactionId(0x22cf29b6)})), to_hex(hex(kConnect)));
}

TEST(UdpTracker, ReadsARealAnnounceWithOptionsBehindIt) {
  const auto packet = request_of<AnnouncePacket>(kAnnounce);
  EXPECT_EQ(packet.connection, ConnectionId(0x1122334455667788));
  EXPECT_EQ(packet.transaction, TransactionId(0x6a6b2887));
  const AnnounceRequest& request = packet.request;
  EXPECT_EQ(to_string(request.info_hash), "c87862f900cb73a2ea7c8e6891146e3b39beb7e0");
  EXPECT_EQ(text_of(request.peer_id.view()), "-LT2080-9Nmu5ViPd-.c");
  EXPECT_EQ(request.left, 0_B);
  EXPECT_EQ(request.event, AnnounceEvent::started);
  EXPECT_EQ(request.ip, std::nullopt);
  EXPECT_EQ(request.key, 0xfa8f60ecu);
  EXPECT_EQ(request.numwant, 200u);
  EXPECT_EQ(request.port, 6971);
  EXPECT_EQ(to_hex(encode(packet)), to_hex(Bytes(hex(kAnnounce)).first(98)));
}

TEST(UdpTracker, ReadsARealScrape) {
  const auto packet = request_of<ScrapePacket>(kScrape);
  ASSERT_EQ(packet.request.info_hashes.size(), 1u);
  EXPECT_EQ(to_string(packet.request.info_hashes[0]), "c87862f900cb73a2ea7c8e6891146e3b39beb7e0");
  EXPECT_EQ(to_hex(encode(packet)), to_hex(hex(kScrape)));
}

TEST(UdpTracker, AnnounceSurvivesTheWayThereAndBack) {
  const AnnounceRequest request{.info_hash = filled<InfoHashV1>(1),
                                .peer_id = filled<PeerId>(2),
                                .port = 65535,
                                .uploaded = ByteCount(INT64_MAX),
                                .downloaded = 5_B,
                                .left = 7_B,
                                .event = AnnounceEvent::completed,
                                .ip = IpAddress::v4(10, 0, 0, 1),
                                .key = 0xffffffff,
                                .numwant = std::nullopt};
  const auto bytes = encode(AnnouncePacket{ConnectionId(1), TransactionId(2), request});
  EXPECT_EQ(to_hex(Bytes(bytes).subspan(80)),
            "00000001"
            "0a000001"
            "ffffffff"
            "ffffffff"
            "ffff");
  const auto read = decode_request(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<AnnouncePacket>(*read).request, request);
}

TEST(UdpTracker, RefusesAShortRequestAndKnowsWhetherItCanBeAnswered) {
  for (const auto* text : {kConnect, kAnnounce, kScrape}) {
    const auto bytes = hex(text);
    const std::size_t needed = text == kAnnounce ? 98 : bytes.size();
    for (std::size_t size = 0; size < needed; ++size) {
      const auto request = decode_request(Bytes(bytes).first(size));
      ASSERT_FALSE(request) << size;
      EXPECT_EQ(request.error().answerable.has_value(), size >= 16) << size;
    }
    EXPECT_TRUE(decode_request(Bytes(bytes).first(needed)));
  }
}

std::vector<std::byte> changed(std::size_t at, std::string_view text) {
  auto bytes = hex(kAnnounce);
  std::ranges::copy(hex(text), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return bytes;
}

TEST(UdpTracker, RefusesWithAReason) {
  struct Row {
    std::vector<std::byte> bytes;
    const char* what;
    bool answerable = true;
  };
  auto scrape = hex(kScrape);
  for (int i = 0; i < 74; ++i) scrape.insert(scrape.end(), 20, std::byte{1});
  for (const auto& [bytes, what, answerable] : std::initializer_list<Row>{
           {hex("0000041727101981 00000000 22cf29b6"), "a connect without the protocol's magic",
            false},
           {hex("0000041727101980 000000"), "a request of 11 bytes, 16 at least", false},
           {hex("1122334455667788 00000003 00000001"), "action 3 is unknown"},
           {hex("1122334455667788 00000001 00000001"), "an announce of 16 bytes, 98 at least"},
           {hex("1122334455667788 00000002 00000001"), "a scrape without info-hash"},
           {scrape, "a scrape of 75 info-hashes, 74 at most"},
           {changed(80, "00000005"), "event 5 is unknown"},
           {changed(64, "8000000000000000"), "left has more than 63 bits"},
           {changed(96, "0000"), "port 0 is no port"},
       }) {
    const auto request = decode_request(bytes);
    ASSERT_FALSE(request) << what;
    EXPECT_EQ(request.error().what, what);
    EXPECT_EQ(request.error().answerable.has_value(), answerable) << what;
    // B81: an answer to a forged sender is no more than three times what was sent.
    if (answerable) {
      EXPECT_LE(8 + request.error().what.size(), 3 * bytes.size());
    }
  }
}

TEST(UdpTracker, ReadsTheCornersOfAnAnnounce) {
  const auto read = [](std::size_t at, std::string_view text) {
    const auto request = decode_request(changed(at, text));
    EXPECT_TRUE(request) << text;
    return std::get<AnnouncePacket>(*request).request;
  };
  EXPECT_EQ(read(80, "00000004").event, AnnounceEvent::none);  // "paused" of BEP 21
  EXPECT_EQ(read(92, "ffffffff").numwant, std::nullopt);
  EXPECT_EQ(read(92, "80000000").numwant, std::nullopt);
  EXPECT_EQ(read(92, "00000000").numwant, 0u);
  EXPECT_EQ(read(84, "0a000001").ip, IpAddress::v4(10, 0, 0, 1));
  EXPECT_EQ(read(80, "00000003 00000000 00000000 00000000 0000").port,
            0);  // stopped: who leaves may say so
}

TEST(UdpTracker, RepliesAreWrittenAndReadBack) {
  const AnnounceReply announce{.interval = 1800s,
                               .complete = 2,
                               .incomplete = 9,
                               .peers = {{*Endpoint::parse("10.77.0.1:6881"), {}},
                                         {*Endpoint::parse("[2001:db8::1]:7"), {}}}};
  const Reply announced = AnnouncedReply{TransactionId(5), announce};
  const auto v4 = encode(announced, Family::v4);
  EXPECT_EQ(to_hex(v4), to_hex(hex("00000001 00000005 00000708 00000009 00000002 0a4d0001 1ae1")));
  const auto read = decode_reply(v4, Family::v4);
  ASSERT_TRUE(read);
  const auto& back = std::get<AnnouncedReply>(*read);
  EXPECT_EQ(back.transaction, TransactionId(5));
  EXPECT_EQ(back.reply.interval, 1800s);
  EXPECT_EQ(back.reply.complete, 2u);
  EXPECT_EQ(back.reply.incomplete, 9u);
  EXPECT_THAT(back.reply.peers, ElementsAre(announce.peers[0]));
  const auto v6 = decode_reply(encode(announced, Family::v6), Family::v6);
  EXPECT_THAT(std::get<AnnouncedReply>(*v6).reply.peers, ElementsAre(announce.peers[1]));

  const auto connect = decode_reply(
      encode(Reply(ConnectReply{TransactionId(1), ConnectionId(~0ull)}), Family::v4), Family::v4);
  EXPECT_EQ(std::get<ConnectReply>(*connect).connection, ConnectionId(~0ull));
  const auto scraped =
      encode(Reply(ScrapedReply{TransactionId(1), {{{}, 4, 5, 6}, {{}, 7, 8, 9}}}), Family::v4);
  EXPECT_EQ(to_hex(scraped),
            to_hex(hex("00000002 00000001 00000004 00000005 00000006 00000007 00000008 00000009")));
  EXPECT_THAT(std::get<ScrapedReply>(*decode_reply(scraped, Family::v4)).entries,
              ElementsAre(ScrapeEntry{{}, 4, 5, 6}, ScrapeEntry{{}, 7, 8, 9}));
  const auto error = encode(Reply(ErrorReply{TransactionId(1), "no"}), Family::v4);
  EXPECT_EQ(to_hex(error), to_hex(hex("00000003 00000001 6e6f")));
  EXPECT_EQ(std::get<ErrorReply>(*decode_reply(error, Family::v4)).message, "no");
}

TEST(UdpTracker, RefusesAShortReply) {
  for (const auto* text :
       {"00000000 00000001 1122334455667788", "00000001 00000005 00000708 00000009 00000002"}) {
    const auto bytes = hex(text);
    EXPECT_TRUE(decode_reply(bytes, Family::v4));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto reply = decode_reply(Bytes(bytes).first(size), Family::v4);
      ASSERT_FALSE(reply) << size;
      EXPECT_FALSE(reply.error().answerable);
    }
  }
  EXPECT_EQ(decode_reply(hex("00000004 00000001"), Family::v4).error().what, "action 4 is unknown");
  EXPECT_EQ(decode_reply(hex("00000001 00000005 00"), Family::v4).error().what,
            "an announce reply of 9 bytes, 20 at least");
}

TEST(UdpTracker, MakesSenseOfOddReplies) {
  // Interval -1, a peer with port 0, a rest of 3 bytes.
  const auto reply = decode_reply(
      hex("00000001 00000005 ffffffff 00000000 00000001 0a4d0001 0000 0a4d0002 0001 0a4d00"),
      Family::v4);
  ASSERT_TRUE(reply);
  const auto& announced = std::get<AnnouncedReply>(*reply).reply;
  EXPECT_EQ(announced.interval, kDefaultInterval);
  EXPECT_THAT(announced.peers, ElementsAre(TrackerPeer{*Endpoint::parse("10.77.0.2:1"), {}}));
}

TEST(UdpTracker, AnAnnounceReplyFitsIntoADatagram) {
  AnnouncedReply reply{TransactionId(1), {}};
  reply.reply.peers.assign(12'000, {*Endpoint::parse("[2001:db8::1]:7"), {}});
  EXPECT_LE(encode(Reply(reply), Family::v6).size(), 65'507u);
}

}  // namespace
}  // namespace swarmlab::protocol::udp
