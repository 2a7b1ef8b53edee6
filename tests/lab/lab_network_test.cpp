#include "swarmsim/lab/lab_network.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "swarmsim/lab/listening_ports.hpp"
#include "tests/lab/hosts.hpp"
#include "tests/lab/sandboxed.hpp"

namespace swarmlab::swarmsim {
namespace {

using namespace lab_test;

constexpr HostId kA{0}, kB{1}, kC{2};

LinkSpec link_of(std::int64_t megabits, Duration delay) {
  LinkSpec link;
  if (megabits > 0) link.up = link.down = BytesPerSecond(megabits * 125'000);
  link.delay = delay;
  link.queue = 128_KiB;
  return link;
}
const LinkSpec kPlain{};

// More is ready to run than can run: what the sockets' threads then measure is also how long they waited.
bool is_machine_busy() {
  double load = 0;
  return getloadavg(&load, 1) == 1 && load > static_cast<double>(std::thread::hardware_concurrency());
}

// A machine whose processors are taken away now and then has a late router, behind which a queue runs dry: a rate is then also a
// measure of that.  The figures are tests/bench/lab_accuracy.py's.
bool is_rate_disturbed(LabNetwork& network) { return is_machine_busy() || network.statistics().lateness.quantile(990) > 2ms; }

// With each kind of port that there is here.
class LabNetworkTest : public testing::TestWithParam<PortKind> {
 protected:
  void with(const std::vector<LinkSpec>& links, const std::function<void(LabNetwork&)>& body) {
    in_sandbox([&] {
      LabNetworkOptions trial;
      trial.port = GetParam();
      if (const auto made = LabNetwork::create(trial); !made) {
        std::printf("not tried: %s. %s\n", made.error().reason.c_str(), made.error().remedy.c_str());
        return;
      }
      const auto network = network_of(links, GetParam());
      body(*network);
      std::printf("  %s; %s\n", network->describe().c_str(), describe(network->statistics()).c_str());
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Lab, LabNetworkTest, testing::Values(PortKind::tun, PortKind::veth),
                         [](const auto& parameter) { return parameter.param == PortKind::tun ? "Tun" : "Veth"; });

bool gets_through(const LabNetwork& network, HostId from, HostId to) {
  const Socket takes = udp_at(network, to, 4000);
  const Socket sends = udp_at(network, from);
  send_to(sends, {address_of(to), 4000}, "hello");
  return receive(takes).has_value();
}

// ---- links ----

TEST_P(LabNetworkTest, TellsWhoListensByTheNamespaceInWhichItDoes) {
  with({kPlain, kPlain}, [](LabNetwork& network) {
    const Socket listener = listen_at(network, kB, 4000);
    EXPECT_TRUE(is_listened_at(network.namespace_fd(kB), 4000));
    EXPECT_FALSE(is_listened_at(network.namespace_fd(kB), 4001));
    EXPECT_FALSE(is_listened_at(network.namespace_fd(kA), 4000));
  });
}

TEST_P(LabNetworkTest, DelaysByWhatTheLinksSay) {
  with({link_of(0, 10ms), link_of(0, 15ms)}, [](LabNetwork& network) {
    // 25 ms each way.  The median of many is hard to disturb; the tail belongs to the machine.
    const Milliseconds udp = udp_round_trips(network, kA, kB, 200, 2ms);
    const Milliseconds ping = ping_round_trips(network, kA, kB, 20, 1ms);
    std::printf("  round trips of 50 ms: udp p50 %.3f p99 %.3f ms, ping p50 %.3f ms\n", quantile(udp, 0.5), quantile(udp, 0.99),
                quantile(ping, 0.5));
    EXPECT_EQ(udp.size(), 200U);
    EXPECT_GE(quantile(udp, 0), 50.0);
    EXPECT_LT(quantile(udp, 0.5), is_machine_busy() ? 80.0 : 54.0);
    EXPECT_EQ(ping.size(), 20U);
    EXPECT_GE(quantile(ping, 0), 50.0);
    EXPECT_LT(quantile(ping, 0.5), is_machine_busy() ? 80.0 : 54.0);
  });
}

TEST_P(LabNetworkTest, GivesOneConnectionTheRateOfItsSlowestLink) {
  for (const std::int64_t megabits : {10, 50}) {
    with({link_of(megabits, 2ms), link_of(200, 2ms)}, [megabits](LabNetwork& network) {
      const double rate = tcp_megabits(network, {{kA, kB}}, 1500ms, 2s)[0];
      const double theory = static_cast<double>(megabits) * 1448 / 1500;
      std::printf("  %d Mbit/s: goodput %.3f Mbit/s, theory %.3f\n", static_cast<int>(megabits), rate, theory);
      EXPECT_LE(rate, theory * 1.03);
      EXPECT_GE(rate, theory * (is_rate_disturbed(network) ? 0.5 : 0.97)) << network.trust().invalid;
    });
  }
}

TEST_P(LabNetworkTest, LosesTheShareThatItWasAskedToLose) {
  LinkSpec bad = link_of(0, 1ms);
  bad.faults.loss = Share{20'000};
  with({bad, bad}, [](LabNetwork& network) {
    // 2 % on the way up and 2 % on the way down: 3.96 %, and four standard deviations of 3,000 draws.
    const double lost = share_lost(network, kA, kB, 3000, 200us);
    std::printf("  loss 2 %% and 2 %%: %.2f %%\n", lost * 100);
    EXPECT_NEAR(lost, 0.0396, 0.0143);
    EXPECT_EQ(network.statistics().drops.line_loss, static_cast<std::uint64_t>(lost * 3000 + 0.5));
  });
}

TEST_P(LabNetworkTest, KeepsTheOrderOfAFlowUnderJitter) {
  LinkSpec nervous = link_of(0, 1ms);
  nervous.faults.jitter = 20ms;
  with({nervous, kPlain}, [](LabNetwork& network) {
    const Socket takes = udp_at(network, kB, 4000, 500ms);
    const Socket sends = udp_at(network, kA);
    for (int i = 0; i < 100; ++i) send_to(sends, {address_of(kB), 4000}, std::to_string(i));
    for (int i = 0; i < 100; ++i) {
      const auto got = receive(takes);
      ASSERT_TRUE(got);
      EXPECT_EQ(got->text, std::to_string(i));
    }
  });
}

TEST_P(LabNetworkTest, CarriesBytesUnspoiltThroughSlowAndBadLines) {
  LinkSpec bad = link_of(200, 1ms);
  bad.faults.loss = Share{2'000};
  bad.faults.reorder = Share{5'000};
  bad.faults.reorder_by = 2ms;
  bad.faults.duplicate = Share{5'000};
  with({bad, kPlain}, [](LabNetwork& network) {
    constexpr std::size_t kBytes = 4 << 20;
    std::vector<std::byte> content(kBytes);
    runtime::Random(5).fill(content);
    const Socket listener = listen_at(network, kB, 4000);
    const Socket dialler = tcp_at(network, kA, 20s);
    ASSERT_TRUE(connect_to(dialler, {address_of(kB), 4000}));
    std::thread sender([&] {
      std::size_t at = 0;
      while (at < kBytes) {
        const ssize_t sent = send(*dialler, content.data() + at, kBytes - at, MSG_NOSIGNAL);
        if (sent <= 0) return;
        at += static_cast<std::size_t>(sent);
      }
      shutdown(*dialler, SHUT_WR);
    });
    const Socket accepted = accept_from(listener);
    std::vector<std::byte> arrived(kBytes + 1);
    std::size_t at = 0;
    for (ssize_t got = 1; got > 0; at += static_cast<std::size_t>(std::max<ssize_t>(got, 0)))
      got = recv(*accepted, arrived.data() + at, arrived.size() - at, 0);
    sender.join();
    arrived.resize(at);
    EXPECT_TRUE(arrived == content) << at << " bytes arrived";
  });
}

TEST_P(LabNetworkTest, ChangesALinkWhileItIsInUse) {
  with({kPlain, kPlain}, [](LabNetwork& network) {
    EXPECT_LT(quantile(udp_round_trips(network, kA, kB, 20, 1ms), 0.5), 20.0);
    LinkSpec slower = kPlain;
    slower.delay = 40ms;
    network.set_link(kA, slower);
    EXPECT_GE(quantile(udp_round_trips(network, kA, kB, 20, 1ms), 0), 80.0);
  });
}

// ---- who reaches whom ----

TEST_P(LabNetworkTest, CutsBetweenCellsUntilItIsHealed) {
  with({kPlain, kPlain, kPlain}, [](LabNetwork& network) {
    const std::uint32_t cut = network.partition({.cells = {{kA}, {kB}}});
    EXPECT_FALSE(gets_through(network, kA, kB));
    EXPECT_FALSE(gets_through(network, kB, kA));
    EXPECT_TRUE(gets_through(network, kA, kC));   // of no cell
    network.heal(cut);
    EXPECT_TRUE(gets_through(network, kA, kB));
    const std::uint32_t half = network.partition({.cells = {{kA}, {kB}}, .one_way = true});
    EXPECT_FALSE(gets_through(network, kA, kB));
    EXPECT_TRUE(gets_through(network, kB, kA));
    network.heal(half);
    EXPECT_EQ(network.statistics().drops.partitioned, 3U);
  });
}

TEST_P(LabNetworkTest, ReachesNobodyWithoutACable) {
  with({kPlain, kPlain}, [](LabNetwork& network) {
    network.set_online(kB, false);
    EXPECT_FALSE(gets_through(network, kA, kB));
    EXPECT_FALSE(gets_through(network, kB, kA));
    network.set_online(kB, true);
    EXPECT_TRUE(gets_through(network, kA, kB));
    EXPECT_EQ(network.statistics().drops.offline, 2U);
  });
}

TEST_P(LabNetworkTest, CountsWhatIsAddressedOutside) {
  with({kPlain, kPlain}, [](LabNetwork& network) {
    const Socket sends = udp_at(network, kA);
    send_to(sends, {IpAddress::v4(8, 8, 8, 8), 53}, "who is it?");
    send_to(sends, {IpAddress::v4(8, 8, 8, 8), 53}, "who is it?");
    send_to(sends, {IpAddress::v4(239, 192, 152, 143), 6771}, "BT-SEARCH");
    wait(100ms);
    const LabStatistics all = network.statistics();
    ASSERT_EQ(all.outside.size(), 2U);   // and no IPv6 at all
    EXPECT_EQ(all.outside[0].destination, "239.192.152.143:6771");
    EXPECT_EQ(all.outside[1].destination, "8.8.8.8:53");
    EXPECT_EQ(all.outside[1].protocol, "udp");
    EXPECT_EQ(all.outside[1].packets, 2U);
    EXPECT_EQ(all.outside[1].from, kA);
    EXPECT_EQ(all.drops.outside, 3U);
  });
}

TEST_P(LabNetworkTest, IsSilentWhereNobodySpeaks) {
  with({kPlain, kPlain, kPlain}, [](LabNetwork& network) {
    wait(1500ms);   // router solicitations would come in the first second
    EXPECT_EQ(network.statistics().entered_packets, 0U);
  });
}

// ---- NAT ----

// Whether B's answer from another port, and C's, reach A behind a NAT after A has spoken to B; and the port that B sees.
struct Reach {
  bool from_same = false;
  bool from_other_port = false;
  bool from_stranger = false;
  bool keeps_port = false;
};

Reach reach_behind(LabNetwork& network, NatKind kind) {
  LinkSpec behind = kPlain;
  behind.nat = kind;
  network.set_link(kA, behind);
  const Socket a = udp_at(network, kA, 6881);
  const Socket b = udp_at(network, kB, 5000);
  const Socket other_port = udp_at(network, kB, 5001);
  const Socket c = udp_at(network, kC, 5000);
  send_to(a, {address_of(kB), 5000}, "first");
  const auto first = receive(b);
  if (!first) return {};
  Reach reach;
  reach.keeps_port = first->from.port == 6881;
  const auto try_from = [&](const Socket& socket) {
    send_to(socket, first->from, "answer");
    return receive(a).has_value();
  };
  reach.from_same = try_from(b);
  reach.from_other_port = try_from(other_port);
  reach.from_stranger = try_from(c);
  return reach;
}

TEST_P(LabNetworkTest, LetsDatagramsThroughNatsAsTheirKindDoes) {
  with({kPlain, kPlain, kPlain}, [](LabNetwork& network) {
    const auto is = [&](NatKind kind, bool other_port, bool stranger, bool keeps_port) {
      const Reach reach = reach_behind(network, kind);
      const std::string_view name = kNatNames[static_cast<std::size_t>(kind)];
      EXPECT_TRUE(reach.from_same) << name;
      EXPECT_EQ(reach.from_other_port, other_port) << name;
      EXPECT_EQ(reach.from_stranger, stranger) << name;
      EXPECT_EQ(reach.keeps_port, keeps_port) << name;
    };
    is(NatKind::open, true, true, true);
    is(NatKind::full_cone, true, true, true);
    is(NatKind::port_restricted, false, false, true);
    is(NatKind::symmetric, false, false, false);
    is(NatKind::no_inbound, false, false, true);
  });
}

TEST_P(LabNetworkTest, LetsNobodyDialIntoANat) {
  LinkSpec behind = kPlain;
  behind.nat = NatKind::full_cone;
  with({behind, kPlain}, [](LabNetwork& network) {
    const Socket at_a = listen_at(network, kA, 6881);
    const Socket at_b = listen_at(network, kB, 6881);
    EXPECT_FALSE(connect_to(tcp_at(network, kB, 1s), {address_of(kA), 6881}));
    EXPECT_TRUE(connect_to(tcp_at(network, kA, 2s), {address_of(kB), 6881}));
    EXPECT_GE(network.statistics().drops.nat, 1U);
  });
}

// ---- what happens to connections ----

struct Connected {
  explicit Connected(const LabNetwork& network) : listener(listen_at(network, kB, 4000)), dialler(tcp_at(network, kA)) {}
  Socket listener;
  Socket dialler;
  bool is_connected = connect_to(dialler, {address_of(kB), 4000});
  Socket accepted = accept_from(listener);
};

TEST_P(LabNetworkTest, ResetsConnectionsAtBothEnds) {
  with({link_of(0, 5ms), link_of(0, 5ms), kPlain}, [](LabNetwork& network) {
    Connected connection(network);
    EXPECT_EQ(send(*connection.dialler, "hello", 5, MSG_NOSIGNAL), 5);
    std::array<char, 16> text;
    EXPECT_EQ(recv(*connection.accepted, text.data(), text.size(), 0), 5);
    network.reset_connections(kA, kB);
    wait(50ms);
    EXPECT_EQ(recv(*connection.dialler, text.data(), text.size(), 0), -1);
    EXPECT_EQ(errno, ECONNRESET);
    EXPECT_EQ(recv(*connection.accepted, text.data(), text.size(), 0), -1);
    EXPECT_EQ(errno, ECONNRESET);
    EXPECT_EQ(network.statistics().resets_injected, 2U);
  });
}

TEST_P(LabNetworkTest, HoldsWhatConcernsAHostThatStandsStill) {
  with({kPlain, kPlain}, [](LabNetwork& network) {
    const Socket takes = udp_at(network, kB, 4000, 200ms);
    const Socket sends = udp_at(network, kA);
    network.pause(kB);
    send_to(sends, {address_of(kB), 4000}, "first");
    send_to(sends, {address_of(kB), 4000}, "second");
    EXPECT_FALSE(receive(takes));
    network.resume(kB);
    const auto first = receive(takes);
    const auto second = receive(takes);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->text, "first");
    EXPECT_EQ(second->text, "second");
  });
}

TEST_P(LabNetworkTest, UsesTheSameCongestionControlAndBuffersEverywhere) {
  with({kPlain, kPlain}, [](LabNetwork& network) {
    Connected connection(network);
    std::array<char, 16> name{};
    socklen_t size = name.size();
    ASSERT_EQ(getsockopt(*connection.dialler, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size), 0);
    EXPECT_STREQ(name.data(), "cubic");
    // What is written while nobody reads and the other end's window is full stays below both limits.
    timeval brief{.tv_sec = 0, .tv_usec = 200'000};
    setsockopt(*connection.dialler, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
    LinkSpec away = kPlain;
    away.delay = 5s;
    network.set_link(kA, away);
    const std::vector<char> block(4096, 'x');
    std::int64_t taken = 0;
    for (ssize_t sent = 1; sent > 0; taken += std::max<ssize_t>(sent, 0))
      sent = send(*connection.dialler, block.data(), block.size(), MSG_NOSIGNAL);
    EXPECT_LE(taken, (128_KiB).value());
    EXPECT_GE(taken, (16_KiB).value());
  });
}

// ---- what is seen ----

struct Seen final : PacketWatcher {
  struct Sight {
    bool is_entry;
    HostId host;
    Time at;
    std::size_t bytes;
  };
  void on_entered(HostId from, Time at, Bytes packet) override { all.push_back({true, from, at, packet.size()}); }
  void on_delivered(HostId to, Time at, Bytes packet) override { all.push_back({false, to, at, packet.size()}); }
  std::vector<Sight> all;
};

TEST_P(LabNetworkTest, ShowsEachPacketAsItEntersAndAsItIsDelivered) {
  with({link_of(0, 10ms), link_of(0, 10ms)}, [](LabNetwork& network) {
    EXPECT_TRUE(gets_through(network, kA, kB));
    pollfd woken{.fd = network.watch_descriptor(), .events = POLLIN, .revents = 0};
    Seen seen;
    // B may have it a moment before the delivery is shown.
    while (seen.all.size() < 2 && poll(&woken, 1, 1000) == 1) network.drain(seen);
    ASSERT_EQ(seen.all.size(), 2U);
    EXPECT_TRUE(seen.all[0].is_entry);
    EXPECT_EQ(seen.all[0].host, kA);
    EXPECT_EQ(seen.all[0].bytes, 20U + 8 + 5);
    EXPECT_FALSE(seen.all[1].is_entry);
    EXPECT_EQ(seen.all[1].host, kB);
    EXPECT_GE(seen.all[1].at - seen.all[0].at, 20ms);
    EXPECT_EQ(poll(&woken, 1, 0), 0);
  });
}

TEST_P(LabNetworkTest, TakesSuperPacketsApartOnlyWhereALineIsSlow) {
  const auto largest_delivered = [](LabNetwork& network) {
    Seen seen;
    tcp_megabits(network, {{kA, kB}}, 100ms, 400ms, &seen);
    std::size_t entered = 0;
    std::size_t delivered = 0;
    for (const auto& one : seen.all) (one.is_entry ? entered : delivered) = std::max(one.is_entry ? entered : delivered, one.bytes);
    return std::pair(entered, delivered);
  };
  with({kPlain, kPlain}, [&](LabNetwork& network) {
    LinkSpec slow = kPlain;
    slow.up = BytesPerSecond(25'000'000);
    network.set_link(kA, slow);
    const auto [entered_slow, delivered_slow] = largest_delivered(network);
    EXPECT_GT(entered_slow, 1500U);
    EXPECT_EQ(delivered_slow, 1500U);
    slow.up = {};
    network.set_link(kA, slow);
    const auto [entered_fast, delivered_fast] = largest_delivered(network);
    EXPECT_GT(entered_fast, 1500U);
    EXPECT_EQ(entered_fast, delivered_fast);
  });
}

TEST(LabNetwork, IsInvalidWhenNobodyLooksForTooLong) {
  in_sandbox([] {
    LabNetworkOptions options;
    options.hosts = {{"a", address_of(kA), {}}, {"b", address_of(kB), {}}};
    options.watch_buffer = 256_KiB;
    const auto network = started(std::move(options));
    Connected connection(*network);
    std::vector<char> block(1 << 20);
    std::thread sender([&] { send(*connection.dialler, block.data(), block.size(), MSG_NOSIGNAL); });
    recv(*connection.accepted, block.data(), block.size() / 2, MSG_WAITALL);
    sender.join();
    EXPECT_GT(network->statistics().unseen, 0U);
    EXPECT_NE(network->trust().invalid, "");
    network->stop();
    EXPECT_GT(network->statistics().unseen, 0U);
  });
}

TEST_P(LabNetworkTest, IsInvalidWherePacketsWereLostBeforeTheRouterReadThem) {
  in_sandbox([&] {
    LabNetworkOptions options;
    options.port = GetParam();
    options.hosts = {{"a", address_of(kA), {}}, {"b", address_of(kB), {}}};
    auto network = LabNetwork::create(std::move(options));
    if (!network) return;
    // Nobody reads yet, and there is a limit to what waits.
    const Socket sends = udp_at(**network, kA);
    const std::string large(1400, 'x');
    for (int i = 0; i < 40'000; ++i) send_to(sends, {address_of(kB), 4000}, large);
    (*network)->start();
    wait(50ms);
    EXPECT_GT((*network)->statistics().drops.missed, 0U);
    EXPECT_NE((*network)->trust().invalid.find("lost before it could read them"), std::string::npos) << (*network)->trust().invalid;
  });
}

TEST_P(LabNetworkTest, IsFollowedByAnotherOneAtOnce) {
  in_sandbox([&] {
    LabNetworkOptions trial;
    trial.port = GetParam();
    if (!LabNetwork::create(trial)) return;
    for (int i = 0; i < 5; ++i) {
      const auto network = network_of({kPlain, kPlain}, GetParam());
      EXPECT_TRUE(gets_through(*network, kA, kB));
    }
  });
}

// ---- many hosts ----

TEST_P(LabNetworkTest, KeepsTenConnectionsAtTheirRates) {
  with(std::vector<LinkSpec>(20, link_of(20, 5ms)), [](LabNetwork& network) {
    std::vector<Pair> pairs;
    for (std::uint32_t i = 0; i < 10; ++i) pairs.push_back({HostId(i), HostId(i + 10)});
    const auto rates = tcp_megabits(network, pairs, 1500ms, 2s);
    const std::string invalid = network.trust().invalid;
    const double theory = 20.0 * 1448 / 1500;
    std::printf("  20 hosts, ten connections at 20 Mbit/s: %.2f to %.2f Mbit/s, theory %.2f\n", quantile(rates, 0), quantile(rates, 1),
                theory);
    // A machine that could not keep up says so itself, instead of giving wrong figures.
    if (!invalid.empty()) std::printf("  invalid: %s\n", invalid.c_str());
    else EXPECT_GT(quantile(rates, 0), theory * (is_rate_disturbed(network) ? 0.3 : 0.9));
    EXPECT_LE(quantile(rates, 1), theory * 1.03);
  });
}

}  // namespace
}  // namespace swarmlab::swarmsim
