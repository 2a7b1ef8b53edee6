// A whole tracker and its clients in virtual time.
#include "tracker/tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/http_tracker.hpp"
#include "protocol/udp_tracker.hpp"
#include "runtime/http/http_client.hpp"
#include "swarmsim/virtual/world.hpp"
#include "tests/unit/tracker/builders.hpp"

namespace swarmlab::tracker {
namespace {

namespace udp = protocol::udp;
using protocol::AnnounceReply;
using test::announce;
using test::at;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kHome = "10.0.0.1:6969";

struct HttpInbox final : runtime::http::HttpClientHandler {
  std::vector<std::expected<runtime::http::HttpReply, runtime::http::HttpError>> replies;
  void on_http(runtime::Tag, std::expected<runtime::http::HttpReply, runtime::http::HttpError> reply) override {
    replies.push_back(std::move(reply));
  }
};

struct UdpInbox final : runtime::DatagramHandler {
  std::vector<std::vector<std::byte>> packets;
  void on_datagrams(runtime::DatagramSocketId, std::span<const runtime::Datagram> batch) override {
    for (const auto& datagram : batch) packets.emplace_back(datagram.payload.begin(), datagram.payload.end());
  }
};

struct TrackerTest : ::testing::Test {
  swarmsim::World world{{.seed = 1}};
  swarmsim::HostId tracker_host = add("tracker", "10.0.0.1");
  swarmsim::HostId client_host = add("client", "10.0.0.2");
  runtime::Outside client = world.outside(client_host);
  TrackerOptions options{.http = {at(kHome)}, .udp = {at(kHome)}, .service = {}};
  std::unique_ptr<Tracker> tracker;

  swarmsim::HostId add(std::string name, std::string_view where) {
    return world.add_host({.name = std::move(name), .addresses = {test::address(where)},
                           .link = {.up = BytesPerSecond(1'000'000), .down = BytesPerSecond(1'000'000),
                                    .delay = 5ms, .queue = 64_KiB},
                           .disk = {}});
  }
  std::expected<void, std::string> start() {
    tracker = std::make_unique<Tracker>(world.outside(tracker_host), options);
    return tracker->start();
  }
  void pass(Duration time) { world.run_until(world.now() + time); }

  std::expected<runtime::http::HttpReply, runtime::http::HttpError> get(const std::string& target) {
    runtime::http::HttpClient http(client);
    HttpInbox inbox;
    http.get(protocol::parse_url("http://" + std::string(kHome) + target).value(), {.timeout = 10s}, inbox, 0);
    pass(11s);
    return inbox.replies.at(0);
  }
  AnnounceReply http_announce(const protocol::AnnounceRequest& request) {
    const auto url = protocol::parse_url("http://" + std::string(kHome) + "/announce").value();
    const auto reply = get(protocol::announce_target(url, request));
    return std::get<AnnounceReply>(protocol::decode_announce_reply(reply.value().body).value());
  }
  AnnounceReply udp_announce(const protocol::AnnounceRequest& request) {
    UdpInbox inbox;
    const auto socket = client.network.open_datagrams(at("10.0.0.2:5000"), inbox).value();
    const auto ask = [&](const std::vector<std::byte>& packet) {
      const runtime::Datagram datagram{at(kHome), packet};
      client.network.send(socket, std::span(&datagram, 1));
      pass(1s);
      return udp::decode_reply(inbox.packets.back(), udp::Family::v4).value();
    };
    const auto connected = ask(udp::encode(udp::ConnectRequest{udp::TransactionId(1)}));
    const auto id = std::get<udp::ConnectReply>(connected).connection;
    const auto announced = ask(udp::encode(udp::AnnouncePacket{id, udp::TransactionId(2), request}));
    client.network.close(socket);
    return std::get<udp::AnnouncedReply>(announced).reply;
  }
};

TEST_F(TrackerTest, KeepsOneListForHttpAndUdp) {
  ASSERT_TRUE(start().has_value());
  http_announce(announce(1, 0));
  EXPECT_THAT(test::endpoints(udp_announce(announce(2, 5)).peers), ::testing::ElementsAre("10.0.0.2:1001"));
  EXPECT_THAT(test::endpoints(http_announce(announce(3, 5)).peers),
              ::testing::ElementsAre("10.0.0.2:1001", "10.0.0.2:1002"));
  EXPECT_EQ(tracker->stats().http_announces, 2u);
  EXPECT_EQ(tracker->stats().udp_announces, 1u);
}

TEST_F(TrackerTest, ForgetsSilentPeersWithoutBeingAsked) {
  options.service.announce.interval = 30s;
  ASSERT_TRUE(start().has_value());
  http_announce(announce(1, 5));
  pass(30s);
  http_announce(announce(2, 5));
  pass(30s);
  EXPECT_EQ(tracker->stats().now.leechers, 1u);
  pass(40s);
  EXPECT_EQ(tracker->stats().now, RegistryTotals{});
  EXPECT_EQ(tracker->stats().expired, 2u);
}

TEST_F(TrackerTest, TakesAFreePortAndSaysWhich) {
  options.http = {at("10.0.0.1:0")};
  options.udp = {};
  ASSERT_TRUE(start().has_value());
  ASSERT_THAT(tracker->http_endpoints(), SizeIs(1));
  EXPECT_NE(tracker->http_endpoints()[0].port, 0);
  EXPECT_THAT(tracker->udp_endpoints(), SizeIs(0));
}

TEST_F(TrackerTest, NamesThePortThatIsInUseAndListensNowhere) {
  ASSERT_TRUE(start().has_value());
  TrackerOptions second{.http = {at("10.0.0.1:7000"), at(kHome)}, .udp = {}, .service = {}};
  Tracker other(world.outside(tracker_host), second);
  const auto started = other.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error(), "cannot listen on 10.0.0.1:6969 (HTTP): address in use");
  EXPECT_THAT(other.http_endpoints(), SizeIs(0));
}

TEST_F(TrackerTest, KeepsItsSwarmsOverAStopAndAStart) {
  ASSERT_TRUE(start().has_value());
  http_announce(announce(1, 5));
  tracker->stop();
  EXPECT_FALSE(get("/").has_value());
  ASSERT_TRUE(tracker->start().has_value());
  EXPECT_EQ(http_announce(announce(2, 5)).incomplete, 2u);
}

TEST_F(TrackerTest, KeepsAnswersBackWhereAFaultSaysSo) {
  options.service.faults = {parse_fault("slow:3").value()};
  ASSERT_TRUE(start().has_value());
  UdpInbox inbox;
  const auto socket = client.network.open_datagrams(at("10.0.0.2:5000"), inbox).value();
  const auto packet = udp::encode(udp::ConnectRequest{udp::TransactionId(1)});
  const runtime::Datagram datagram{at(kHome), packet};
  client.network.send(socket, std::span(&datagram, 1));
  pass(2900ms);
  EXPECT_THAT(inbox.packets, SizeIs(0));
  pass(200ms);
  EXPECT_THAT(inbox.packets, SizeIs(1));
  client.network.close(socket);
  EXPECT_EQ(http_announce(announce(1, 5)).interval, options.service.announce.interval) << "over HTTP as well";
}

TEST_F(TrackerTest, ForgetsWhomItLetsWaitWhenTheyGo) {
  options.service.faults = {parse_fault("slow:30").value()};
  ASSERT_TRUE(start().has_value());
  EXPECT_FALSE(get("/").has_value()) << "the client gave up after 10 s";
  pass(60s);
  tracker->stop();
}

TEST_F(TrackerTest, LeavesAnHttpRequestUnansweredWhereAFaultSaysSo) {
  options.service.faults = {parse_fault("drop:1/2").value()};
  ASSERT_TRUE(start().has_value());
  const auto first = get("/");
  ASSERT_FALSE(first.has_value());
  EXPECT_EQ(first.error().kind, runtime::http::HttpError::Kind::timed_out);
  EXPECT_THAT(std::string(as_text(get("/").value().body)), HasSubstr("0 swarms"));
  EXPECT_EQ(tracker->stats().swallowed, 1u);
}

}  // namespace
}  // namespace swarmlab::tracker
