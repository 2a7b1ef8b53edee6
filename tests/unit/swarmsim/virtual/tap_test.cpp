// What the observer is shown: every byte written, sent and received, in that order, and how streams end.
#include <algorithm>
#include <map>

#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

class Recorder : public StreamTap {
 public:
  struct Flow {
    std::uint64_t written = 0, sent = 0, received = 0;
    Time last_sent{}, last_received{};
    int received_calls = 0;
    std::vector<StreamEnd> ends;
  };
  void on_connection_opened(const ConnectionInfo& connection, Time) override { opened.push_back(connection); }
  void on_written(ConnectionId c, Direction d, Time, Bytes bytes) override {
    EXPECT_TRUE(is_open(c));
    flow(c, d).written += bytes.size();
  }
  void on_written(ConnectionId c, Direction d, Time, const runtime::Slice& slice) override {
    EXPECT_TRUE(is_open(c));
    flow(c, d).written += slice.size();
  }
  void on_sent(ConnectionId c, Direction d, Time at, std::uint64_t offset) override {
    Flow& f = flow(c, d);
    EXPECT_GT(offset, f.sent);
    EXPECT_LE(offset, f.written);
    f.sent = offset;
    f.last_sent = at;
  }
  void on_received(ConnectionId c, Direction d, Time at, std::uint64_t offset) override {
    Flow& f = flow(c, d);
    EXPECT_GT(offset, f.received);
    EXPECT_LE(offset, f.sent);
    EXPECT_GE(at, f.last_received);
    f.received = offset;
    f.last_received = at;
    ++f.received_calls;
  }
  void on_ended(ConnectionId c, Direction d, Time, StreamEnd how) override { flow(c, d).ends.push_back(how); }
  void on_datagram_sent(const TappedDatagram&, Time) override {}
  void on_datagram_received(const TappedDatagram&, Time) override {}

  bool is_open(ConnectionId c) const {
    return std::ranges::any_of(opened, [c](const ConnectionInfo& info) { return info.id == c; });
  }
  Flow& flow(ConnectionId c, Direction d) { return flows[{c, d}]; }
  std::vector<ConnectionInfo> opened;
  std::map<std::pair<ConnectionId, Direction>, Flow> flows;
};

constexpr ConnectionId kFirst{0};

TEST(Tap, SeesEveryByteOnceThroughLoss) {
  Recorder tap;
  const LinkSpec link{.up = BytesPerSecond(500'000), .down = {}, .delay = 10ms, .queue = 12_KiB};
  TwoHosts hosts(link, link, {.seed = 1, .tap = &tap});
  TestListener listener(hosts.world.outside(hosts.b), kPort);
  TestStream sender(hosts.world.outside(hosts.a));
  sender.send_content(hosts.content, 2_MiB);
  sender.closes_when_done = true;
  sender.dial(TwoHosts::b_at(kPort));
  hosts.world.run_until(kStart + 1min);
  ASSERT_EQ(tap.opened.size(), 1u);
  EXPECT_EQ(tap.opened[0].dialler, hosts.a);
  EXPECT_EQ(tap.opened[0].acceptor, hosts.b);
  EXPECT_EQ(tap.opened[0].acceptor_endpoint, TwoHosts::b_at(kPort));
  const Recorder::Flow& flow = tap.flow(kFirst, Direction::from_dialler);
  EXPECT_EQ(flow.written, 2u << 20);
  EXPECT_EQ(flow.sent, 2u << 20);
  EXPECT_EQ(flow.received, 2u << 20);
  EXPECT_EQ(flow.ends, (std::vector{StreamEnd::finished}));
  EXPECT_GT(hosts.world.statistics().retransmitted_packets, 0u);
}

TEST(Tap, HearsOfAResetOnce) {
  Recorder tap;
  TwoHosts hosts({}, {}, {.seed = 1, .tap = &tap});
  TestListener listener(hosts.world.outside(hosts.b), kPort);
  TestStream dialler(hosts.world.outside(hosts.a));
  dialler.dial(TwoHosts::b_at(kPort));
  hosts.world.run_until(kStart + 1s);
  hosts.world.outside(hosts.a).network.reset(dialler.id);
  hosts.world.run_until(kStart + 2s);
  EXPECT_EQ(tap.flow(kFirst, Direction::from_dialler).ends, (std::vector{StreamEnd::reset}));
  EXPECT_TRUE(tap.flow(kFirst, Direction::from_acceptor).ends.empty());
}

TEST(Tap, IsToldOfWhatWasWrittenWhileConnectingWhenTheConnectionOpens) {
  Recorder tap;
  TwoHosts hosts({}, {}, {.seed = 1, .tap = &tap});
  TestListener listener(hosts.world.outside(hosts.b), kPort);
  TestStream dialler(hosts.world.outside(hosts.a));
  dialler.dial(TwoHosts::b_at(kPort));
  hosts.world.outside(hosts.a).network.write(dialler.id, as_bytes("early"));
  hosts.world.run_until(kStart + 1s);
  EXPECT_EQ(tap.flow(kFirst, Direction::from_dialler).received, 5u);
}

TEST(Tap, SeesOneReceivedPerTrain) {
  Recorder tap;
  TwoHosts hosts({.up = {}, .down = {}, .delay = 10ms, .queue = 64_KiB}, {}, {.seed = 1, .tap = &tap});
  TestListener listener(hosts.world.outside(hosts.b), kPort);
  TestStream sender(hosts.world.outside(hosts.a));
  sender.send_content(hosts.content, 16_MiB);
  sender.dial(TwoHosts::b_at(kPort));
  hosts.world.run_until(kStart + 1min);
  const Recorder::Flow& flow = tap.flow(kFirst, Direction::from_dialler);
  EXPECT_EQ(flow.received, 16u << 20);
  EXPECT_LT(flow.received_calls, 3000);   // of 11,600 packets
}

}  // namespace
}  // namespace swarmlab::swarmsim
