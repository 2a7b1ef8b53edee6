#include "tracker/udp_front.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/big_endian.hpp"
#include "tests/unit/tracker/builders.hpp"

namespace swarmlab::tracker {
namespace {

using protocol::read_u32;
using protocol::read_u64;
using test::at;
using ::testing::HasSubstr;

using Packet = std::vector<std::byte>;

// Packets are put together by hand, as BEP 15 draws them, not by our own codec.
class PacketWriter {
 public:
  PacketWriter& u16(std::uint16_t value) { protocol::append_be(out_, value); return *this; }
  PacketWriter& u32(std::uint32_t value) { protocol::append_be(out_, value); return *this; }
  PacketWriter& u64(std::uint64_t value) { protocol::append_be(out_, value); return *this; }
  PacketWriter& bytes20(char fill) { out_.insert(out_.end(), 20, static_cast<std::byte>(fill)); return *this; }
  operator Packet() const { return out_; }

 private:
  Packet out_;
};

constexpr std::uint32_t kConnect = 0, kAnnounce = 1, kScrape = 2, kError = 3;
constexpr std::uint32_t kCompleted = 1, kStopped = 3;
constexpr std::uint32_t kTransaction = 0xcafe0001;

Packet connect_packet() { return PacketWriter().u64(0x41727101980).u32(kConnect).u32(kTransaction); }

struct Ask { char who = 'a'; std::uint64_t left = 5; std::uint32_t event = 0; std::int32_t wants = -1; std::uint16_t port = 0x1a1b; };
Packet announce_packet(std::uint64_t connection, const Ask& ask) {
  return PacketWriter().u64(connection).u32(kAnnounce).u32(kTransaction).bytes20('h').bytes20(ask.who)
      .u64(0).u64(ask.left).u64(0).u32(ask.event).u32(0).u32(static_cast<std::uint32_t>(ask.who))
      .u32(static_cast<std::uint32_t>(ask.wants)).u16(ask.port);
}

struct UdpFrontTest : ::testing::Test {
  runtime::Random random{1};
  ServiceOptions options;
  std::optional<Service> service;
  std::optional<UdpFront> front;
  Time now = kStart + 1000s;

  std::optional<Packet> send(const Packet& packet, std::string_view from = "10.0.0.1:5000") {
    if (!front) {
      service.emplace(options, random, nullptr);
      front.emplace(*service, random);
    }
    return front->answer(packet, at(from), now);
  }
  std::uint64_t connection(std::string_view from = "10.0.0.1:5000") {
    return read_u64(send(connect_packet(), from).value(), 8);
  }
  Packet announce(const Ask& ask, std::string_view from = "10.0.0.1:5000") {
    return send(announce_packet(connection(from), ask), from).value_or(Packet{});
  }
  static std::string error_of(const std::optional<Packet>& reply) {
    if (!reply || reply->size() < 8 || read_u32(*reply) != kError) return "no error";
    return std::string(as_text(Bytes(*reply).subspan(8)));
  }
};

TEST_F(UdpFrontTest, AnswersAConnectWithTheTransactionAndAnId) {
  const Packet reply = send(connect_packet()).value();
  ASSERT_EQ(reply.size(), 16u);
  EXPECT_EQ(read_u32(reply), kConnect);
  EXPECT_EQ(read_u32(reply, 4), kTransaction);
  EXPECT_NE(read_u64(reply, 8), 0u);
}

TEST_F(UdpFrontTest, AnswersAnAnnounceByteForByte) {
  announce({.who = 's', .left = 0}, "10.0.0.7:5000");
  const Packet reply = announce({.who = 'a'});
  ASSERT_EQ(reply.size(), 26u);
  EXPECT_EQ(read_u32(reply), kAnnounce);
  EXPECT_EQ(read_u32(reply, 4), kTransaction);
  EXPECT_EQ(read_u32(reply, 8), 1800u);
  EXPECT_EQ(read_u32(reply, 12), 1u) << "leechers";
  EXPECT_EQ(read_u32(reply, 16), 1u) << "seeders";
  EXPECT_EQ(to_hex(Bytes(reply).subspan(20)), "0a0000071a1b");
}

TEST_F(UdpFrontTest, AnswersIpv6WithEighteenBytesAPeer) {
  announce({.who = 'x'}, "[fd00::1]:5000");
  announce({.who = 'y'}, "10.0.0.1:5000");
  const Packet reply = announce({.who = 'a'}, "[fd00::2]:5000");
  ASSERT_EQ(reply.size(), 20u + 18u);
  EXPECT_EQ(to_hex(Bytes(reply).subspan(20)), "fd000000000000000000000000000001" "1a1b");
}

TEST_F(UdpFrontTest, CountsCompletedAndStopped) {
  announce({.who = 'a'});
  announce({.who = 'a', .left = 0, .event = kCompleted});
  announce({.who = 'b', .port = 2});
  announce({.who = 'b', .event = kStopped, .port = 2});
  const Packet reply = send(PacketWriter().u64(connection()).u32(kScrape).u32(kTransaction).bytes20('h').bytes20('z')).value();
  ASSERT_EQ(reply.size(), 8u + 24u);
  EXPECT_EQ(read_u32(reply), kScrape);
  EXPECT_EQ(read_u32(reply, 8), 1u) << "seeders";
  EXPECT_EQ(read_u32(reply, 12), 1u) << "completed";
  EXPECT_EQ(read_u32(reply, 16), 0u) << "leechers";
  EXPECT_EQ(to_hex(Bytes(reply).subspan(20)), std::string(24, '0'));
}

TEST_F(UdpFrontTest, GivesNoMorePeersThanWanted) {
  for (char who = 'b'; who < 'z'; ++who) announce({.who = who, .port = static_cast<std::uint16_t>(who)});
  EXPECT_EQ(announce({.wants = 3}).size(), 20u + 3 * 6u);
  EXPECT_EQ(announce({.wants = 0}).size(), 20u);
}

TEST_F(UdpFrontTest, AcceptsLongerPacketsThanStated) {
  Packet packet = announce_packet(connection(), {});
  packet.insert(packet.end(), 12, std::byte{2});
  EXPECT_EQ(read_u32(send(packet).value()), kAnnounce);
}

TEST_F(UdpFrontTest, AsksToConnectAgainWhenTheIdIsForeignOldOrInvented) {
  const std::uint64_t id = connection();
  const Packet packet = announce_packet(id, {});
  EXPECT_EQ(error_of(send(packet, "10.0.0.2:5000")), "connection id is not valid: connect again");
  EXPECT_EQ(error_of(send(packet, "10.0.0.1:5001")), "no error") << "a translator may change the port";
  now += 121s;
  EXPECT_EQ(error_of(send(packet)), "connection id is not valid: connect again");
  EXPECT_EQ(error_of(send(announce_packet(12345, {}))), "connection id is not valid: connect again");
  EXPECT_EQ(service->stats().now.leechers, 1u);
}

TEST_F(UdpFrontTest, SaysNothingToWhatHasNoTransaction) {
  EXPECT_EQ(send({}), std::nullopt);
  EXPECT_EQ(send(Packet(11)), std::nullopt);
  EXPECT_EQ(service->stats().malformed, 2u);
}

TEST_F(UdpFrontTest, SaysWhatIsWrongWithAShortAnnounce) {
  Packet packet = announce_packet(connection(), {});
  packet.resize(97);
  EXPECT_THAT(error_of(send(packet)), HasSubstr("97"));
}

TEST_F(UdpFrontTest, RefusesPort0AndUntrackedTorrentsWithAnError) {
  EXPECT_THAT(error_of(announce({.port = 0})), HasSubstr("port 0"));
  service.reset();
  front.reset();
  options.access.restrict_torrents({});
  EXPECT_THAT(error_of(announce({})), HasSubstr("is not tracked here"));
}

TEST_F(UdpFrontTest, RefusesEverybodyWherePasskeysAreWanted) {
  options.access.restrict_users({"alice"});
  EXPECT_THAT(error_of(announce({})), HasSubstr("use the HTTP tracker"));
}

TEST_F(UdpFrontTest, DropsWhatAFaultSwallows) {
  options.faults = {parse_fault("drop:1/2").value()};
  EXPECT_EQ(send(connect_packet()), std::nullopt);
  EXPECT_NE(send(connect_packet()), std::nullopt);
}

TEST_F(UdpFrontTest, CutsPacketsInHalfWhereAFaultSaysSo) {
  options.faults = {parse_fault("truncate").value()};
  EXPECT_EQ(send(connect_packet())->size(), 8u);
}

TEST_F(UdpFrontTest, GivesAnyAnswerOrNoneButNeverBreaksOnRandomPackets) {
  runtime::Random noise(3);
  for (int i = 0; i < 20'000; ++i) {
    Packet packet(noise.below(120));
    noise.fill(packet);
    if (packet.size() >= 16) protocol::write_be<std::uint32_t>(packet, 8, static_cast<std::uint32_t>(noise.below(4)));
    send(packet);
  }
  service->registry().check_invariants();
  EXPECT_EQ(service->stats().now, RegistryTotals{});
}

}  // namespace
}  // namespace swarmlab::tracker
