// A relay between real sockets: what it does to streams, and what it shows of them.
//
// Lower bounds are exact, since nothing may be faster than its link; upper ones are generous, since the machine may be busy.
#include "swarmsim/lab/relay_network.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "swarmsim/capture/tcp_streams.hpp"
#include "tests/lab/relay_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

using lab_test::RelayHosts;
using lab_test::Socket;
using Clock = std::chrono::steady_clock;

constexpr HostId kA{0};
constexpr HostId kB{1};
constexpr HostId kC{2};

// What the observer's side of it is told.
class Told final : public BoundedTap {
 public:
  void on_connection_opened(const ConnectionInfo& connection, Time at) override { opened.emplace_back(connection, at); }
  void on_written(ConnectionId, Direction, Time, Bytes bytes) override {
    written += as_text(bytes);
    sizes.push_back(bytes.size());
  }
  void on_written(ConnectionId, Direction, Time, const runtime::Slice&) override {}
  void on_decided_after(ConnectionId, Direction, Time earliest) override { decided_after.push_back(earliest); }
  void on_sent(ConnectionId, Direction, Time at, std::uint64_t) override { sent.push_back(at); }
  void on_received(ConnectionId, Direction, Time at, std::uint64_t offset) override { received.emplace_back(offset, at); }
  void on_ended(ConnectionId, Direction, Time, StreamEnd how) override { ended.push_back(how); }
  void on_datagram_sent(const TappedDatagram&, Time) override {}
  void on_datagram_received(const TappedDatagram&, Time) override {}

  std::vector<std::pair<ConnectionInfo, Time>> opened;
  std::string written;
  std::vector<std::size_t> sizes;
  std::vector<Time> decided_after;
  std::vector<Time> sent;
  std::vector<std::pair<std::uint64_t, Time>> received;
  std::vector<StreamEnd> ended;
};

class RelayTest : public ::testing::Test {
 protected:
  void build(std::vector<LinkSpec> links) {
    hosts_ = std::make_unique<RelayHosts>(links);
    StreamsOptions streams{.hosts = static_cast<std::uint32_t>(links.size()), .first_tracker = HostId(99)};
    for (std::uint32_t i = 0; i < links.size(); ++i) {
      streams.addresses.emplace(addresses().own(HostId(i)).address, HostId(i));
      streams.rude.push_back(true);
    }
    streams_ = std::make_unique<TcpStreams>(streams, told_);
  }
  void listen(HostId host) { hosts_->listen(host); }
  Socket dial(HostId from, HostId to) { return hosts_->dial(from, to); }
  Socket accept(HostId host) { return hosts_->accept(host); }
  RelayNetwork& network() { return hosts_->network(); }
  const LabAddresses& addresses() { return hosts_->addresses(); }
  void look() { network().drain(*streams_); }
  // What an end heard was shown a moment later.
  void look_until(const std::function<bool()>& is_shown) {
    for (const auto begin = Clock::now(); Clock::now() - begin < 10s; std::this_thread::sleep_for(1ms)) {
      look();
      if (is_shown()) return;
    }
    ADD_FAILURE() << "not shown within 10 s";
  }
  void look_until_ended() { look_until([this] { return !told_.ended.empty(); }); }

  std::unique_ptr<RelayHosts> hosts_;
  Told told_;
  std::unique_ptr<TcpStreams> streams_;
};

Duration since(Clock::time_point begin) { return std::chrono::duration_cast<Duration>(Clock::now() - begin); }

TEST_F(RelayTest, EachKnowsTheOtherByTheAddressThatItWouldDial) {
  build({{}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  EXPECT_EQ(b.other_end().address, addresses().as_seen(kB, kA).address);
  a.say("ping");
  EXPECT_EQ(b.hear(4), "ping");
  b.say("pong!");
  EXPECT_EQ(a.hear(5), "pong!");
}

TEST_F(RelayTest, EveryWayTakesItsDelay) {
  build({{.up = {}, .down = {}, .delay = 60ms}, {.up = {}, .down = {}, .delay = 40ms}});
  listen(kB);
  const auto begin = Clock::now();
  const Socket a = dial(kA, kB);
  a.say("1");
  const Socket b = accept(kB);
  EXPECT_GE(since(begin), 100ms) << "a SYN there";
  EXPECT_EQ(b.hear(1), "1");
  EXPECT_GE(since(begin), 300ms) << "its answer, and the first byte";
  const auto asked = Clock::now();
  b.say("2");
  EXPECT_EQ(a.hear(1), "2");
  EXPECT_GE(since(asked), 100ms);
  EXPECT_LT(since(begin), 5s);
}

TEST_F(RelayTest, TheConnectionsOfAHostShareItsUplink) {
  build({{.up = BytesPerSecond(1'000'000), .down = {}}, {}, {}});
  listen(kB);
  listen(kC);
  const Socket to_b = dial(kA, kB), to_c = dial(kA, kC);
  const Socket b = accept(kB), c = accept(kC);
  constexpr std::size_t kEach = 300'000;
  const auto begin = Clock::now();
  std::jthread one([&] { to_b.write(kEach); });
  std::jthread two([&] { to_c.write(kEach); });
  Duration b_took{};
  std::jthread three([&] {
    EXPECT_EQ(b.hear(kEach).size(), kEach);
    b_took = since(begin);
  });
  EXPECT_EQ(c.hear(kEach).size(), kEach);
  const Duration c_took = since(begin);
  three.join();
  EXPECT_GE(std::max(b_took, c_took), 530ms) << "600 kB at 1 MB/s, but for what its queue holds";
  EXPECT_GE(std::min(b_took, c_took), 400ms) << "neither has the line for itself";
  EXPECT_LT(std::max(b_took, c_took), 5s);
}

TEST_F(RelayTest, ThoseWhoSendToAHostShareItsDownlink) {
  build({{}, {.up = {}, .down = BytesPerSecond(1'000'000)}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket from_a = accept(kB);
  const Socket c = dial(kC, kB);
  const Socket from_c = accept(kB);
  const auto begin = Clock::now();
  std::jthread one([&] { a.write(300'000); });
  std::jthread two([&] { c.write(300'000); });
  std::jthread three([&] { EXPECT_EQ(from_c.hear(300'000).size(), 300'000U); });
  EXPECT_EQ(from_a.hear(300'000).size(), 300'000U);
  three.join();
  EXPECT_GE(since(begin), 530ms);
}

TEST_F(RelayTest, AFullLineIsNotFilledWithHeaders) {
  build({{.up = BytesPerSecond(4'000'000), .down = {}, .delay = 5ms, .queue = 1_MiB}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  std::jthread writer([&] { a.write(2'000'000); });
  EXPECT_EQ(b.hear(2'000'000).size(), 2'000'000U);
  look();
  const auto small = std::ranges::count_if(told_.sizes, [](std::size_t size) { return size < 1448; });
  EXPECT_LT(small * 10, std::ssize(told_.sizes)) << "pieces that are smaller than a packet";
}

TEST_F(RelayTest, WhoDoesNotReadHoldsItsSenderBack) {
  build({{}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  const std::size_t sent = a.write(64 << 20, 500ms);
  EXPECT_LT(sent, std::size_t{24} << 20) << "stacks and relay have room for so much at most";
  EXPECT_EQ(b.hear(sent).size(), sent) << "nothing of it is lost";
}

TEST_F(RelayTest, TheEndOfAStreamComesBehindItsBytes) {
  build({{.up = {}, .down = {}, .delay = 20ms}, {}});
  listen(kB);
  Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  a.write(200'000);
  a.close();
  EXPECT_EQ(b.hear(300'000).size(), 200'000U);
  look_until_ended();
  EXPECT_THAT(told_.ended, ::testing::Contains(StreamEnd::finished));
}

TEST_F(RelayTest, AResetOnTheWayReachesBothEnds) {
  build({{}, {}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  const Socket c = dial(kC, kB);
  const Socket other = accept(kB);
  a.say("x");
  EXPECT_EQ(b.hear(1), "x");
  network().reset_connections(kB, kA);
  EXPECT_EQ(a.hear(1), "RST");
  EXPECT_EQ(b.hear(1), "RST");
  c.say("y");
  EXPECT_EQ(other.hear(1), "y") << "others go on";
  look_until_ended();
  EXPECT_THAT(told_.ended, ::testing::ElementsAre(StreamEnd::cut));
}

TEST_F(RelayTest, AResetByOneEndReachesTheOther) {
  build({{}, {}});
  listen(kB);
  Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  b.say("x");
  EXPECT_TRUE(a.wait(POLLIN));
  a.close();   // with a byte that it has not read
  EXPECT_EQ(b.hear(1), "RST");
  look_until_ended();
  EXPECT_THAT(told_.ended, ::testing::ElementsAre(StreamEnd::reset));
}

TEST_F(RelayTest, APartitionHoldsBackWhatIsSentUntilItHeals) {
  build({{}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  const std::uint32_t cut = network().partition({.cells = {{kA}, {kB}}});
  a.say("later");
  EXPECT_FALSE(b.wait(POLLIN, 300ms));
  network().heal(cut);
  EXPECT_EQ(b.hear(5), "later");
}

TEST_F(RelayTest, WhoDialsIntoAPartitionIsTriedAgain) {
  build({{}, {}});
  listen(kB);
  const std::uint32_t cut = network().partition({.cells = {{kA}, {kB}}});
  const Socket a = dial(kA, kB);
  a.say("late");
  EXPECT_FALSE(hosts_->is_dialled(kB, 300ms));
  network().heal(cut);
  const Socket b = accept(kB);
  EXPECT_EQ(b.hear(4), "late");
}

TEST_F(RelayTest, AMachineThatStandsStillHearsLater) {
  build({{}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  network().pause(kB);
  a.say("later");
  EXPECT_FALSE(b.wait(POLLIN, 300ms));
  network().resume(kB);
  EXPECT_EQ(b.hear(5), "later");
}

TEST_F(RelayTest, WhereNobodyListensADialIsReset) {
  build({{}, {}});
  const Socket a = dial(kA, kB);
  EXPECT_EQ(a.hear(1), "RST");
  look();
  EXPECT_TRUE(told_.opened.empty());
}

TEST_F(RelayTest, ALinkMayChange) {
  build({{}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  LinkSpec slow;
  slow.delay = 150ms;
  network().set_link(kB, slow);
  const auto begin = Clock::now();
  a.say("x");
  EXPECT_EQ(b.hear(1), "x");
  EXPECT_GE(since(begin), 150ms);
}

TEST_F(RelayTest, WhatItShowsAreTheStreamsBetweenTheHosts) {
  build({{.up = {}, .down = {}, .delay = 30ms}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  a.say("hello");
  EXPECT_EQ(b.hear(5), "hello");
  std::this_thread::sleep_for(20ms);
  a.say("again");
  EXPECT_EQ(b.hear(5), "again");
  look_until([this] { return !told_.received.empty() && told_.received.back().first == 10; });
  ASSERT_EQ(told_.opened.size(), 1U);
  EXPECT_EQ(told_.opened[0].first.dialler, kA);
  EXPECT_EQ(told_.opened[0].first.acceptor, kB);
  EXPECT_EQ(told_.opened[0].first.acceptor_endpoint, addresses().own(kB));
  EXPECT_EQ(told_.written, "helloagain");
  ASSERT_FALSE(told_.received.empty());
  EXPECT_EQ(told_.received.back().first, 10U);
  EXPECT_GE(told_.received.back().second - told_.sent.back(), 30ms);
  EXPECT_GE(told_.decided_after.back(), told_.sent.front()) << "the first was read when the second was written";
}

TEST_F(RelayTest, OfWhatWaitedForTheLineNobodySaysWhenItWasWritten) {
  build({{.up = BytesPerSecond(200'000), .down = {}, .delay = {}, .queue = 8_KiB}, {}});
  listen(kB);
  const Socket a = dial(kA, kB);
  const Socket b = accept(kB);
  a.write(100'000);   // goes into stacks within a moment, and takes half a second
  EXPECT_EQ(b.hear(100'000).size(), 100'000U);
  look();
  EXPECT_LT(told_.decided_after.back(), told_.sent.back() - 100ms);
}

TEST(RelayNetwork, WhatItCannotDoIsSaid) {
  EXPECT_EQ(RelayNetwork::why_not(LinkSpec{}), "");
  LinkSpec lossy;
  lossy.faults.loss.millionths = 10'000;
  EXPECT_EQ(RelayNetwork::why_not(lossy), "loses packets");
  LinkChange change;
  change.nat = NatKind::symmetric;
  EXPECT_EQ(RelayNetwork::why_not(change), "is behind a NAT");
}

}  // namespace
}  // namespace swarmlab::swarmsim
