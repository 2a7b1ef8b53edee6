// Where hosts are: delays of the core between them, and NATs before them.
#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

struct Mailbox final : runtime::DatagramHandler {
  void on_datagrams(runtime::DatagramSocketId, std::span<const runtime::Datagram> batch) override {
    for (const runtime::Datagram& datagram : batch) from.push_back(datagram.peer);
  }
  std::vector<Endpoint> from;
};

TEST(CoreDelays, AddToTheDelaysOfTheLinesInTheirDirection) {
  const LinkSpec near{.up = {}, .down = {}, .delay = 5ms};
  TwoHosts hosts(near, near);
  CoreDelays delays({0, 1}, 2);
  delays.set(0, 1, 30ms);   // a to b
  delays.set(1, 0, 50ms);
  hosts.world.set_core_delays(delays);
  TestListener listener(hosts.world.outside(hosts.b), kPort);
  TestStream dialler(hosts.world.outside(hosts.a));
  dialler.dial(TwoHosts::b_at(kPort));
  hosts.world.run_until(kStart + 1s);
  EXPECT_EQ(*dialler.connected_at - kStart, 40ms + 60ms);
  EXPECT_EQ(*listener.streams.at(0)->connected_at - kStart, 40ms + 60ms + 40ms);
}

TEST(NatOfAHost, TakesNoConnectionButMakesThem) {
  for (const NatKind kind : {NatKind::full_cone, NatKind::port_restricted, NatKind::symmetric, NatKind::no_inbound}) {
    TwoHosts hosts({.up = {}, .down = {}, .delay = 5ms, .nat = kind}, {.up = {}, .down = {}, .delay = 5ms});
    TestListener behind(hosts.world.outside(hosts.a), kPort);
    TestListener open(hosts.world.outside(hosts.b), kPort);
    TestStream inwards(hosts.world.outside(hosts.b));
    TestStream outwards(hosts.world.outside(hosts.a));
    inwards.dial({address_of(1), kPort});
    outwards.send_content(hosts.content, 1_MiB);
    outwards.dial({address_of(2), kPort});
    hosts.world.run_until(kStart + 10s);
    EXPECT_FALSE(inwards.connected_at.has_value());
    EXPECT_TRUE(behind.streams.empty());
    ASSERT_EQ(open.streams.size(), 1u);
    EXPECT_EQ(open.streams[0]->received, 1_MiB);
  }
}

TEST(NatOfAHost, LetsAnswersToDatagramsInAtTheHostsOwnPort) {
  TwoHosts hosts({.up = {}, .down = {}, .delay = 5ms, .nat = NatKind::symmetric}, {.up = {}, .down = {}, .delay = 5ms});
  Mailbox at_a;
  Mailbox at_b;
  runtime::Network& a = hosts.world.outside(hosts.a).network;
  runtime::Network& b = hosts.world.outside(hosts.b).network;
  const auto socket_a = a.open_datagrams({address_of(1), 7000}, at_a).value();
  const auto socket_b = b.open_datagrams({address_of(2), 53}, at_b).value();
  const std::byte payload[8]{};
  const auto send = [&](runtime::Network& network, runtime::DatagramSocketId socket, const Endpoint& to) {
    const runtime::Datagram datagram{.peer = to, .payload = payload};
    network.send(socket, std::span(&datagram, 1));
    hosts.world.run_until(hosts.world.now() + 1s);
  };
  send(b, socket_b, {address_of(1), 7000});   // unasked
  EXPECT_TRUE(at_a.from.empty());
  send(a, socket_a, {address_of(2), 53});
  ASSERT_EQ(at_b.from.size(), 1u);
  EXPECT_NE(at_b.from[0].port, 7000);         // it sees the NAT's port
  send(b, socket_b, at_b.from[0]);
  ASSERT_EQ(at_a.from.size(), 1u);
  EXPECT_EQ(at_a.from[0], (Endpoint{address_of(2), 53}));
}

}  // namespace
}  // namespace swarmlab::swarmsim
