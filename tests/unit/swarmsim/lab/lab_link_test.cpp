#include "swarmsim/lab/lab_link.hpp"

#include <gtest/gtest.h>

#include "tests/unit/swarmsim/lab/packets.hpp"

namespace swarmlab::swarmsim {
namespace {

using namespace lab_test;

constexpr HostId kA{0}, kB{1};
const BytesPerSecond kMegabyte{1'000'000};

LabLinks links_of(const LinkSpec& a, const LinkSpec& b, std::uint64_t seed = 1, CoreDelays core = {}) {
  return LabLinks({{"a", kAlice, a}, {"b", kBob, b}}, seed, std::move(core));
}
PacketSight datagram(std::uint16_t from = 1000, std::uint16_t to = 2000) {
  return sight_of(udp_packet({kAlice, from}, {kBob, to}, "x"));
}
PacketSight reply_to(std::uint16_t port) { return sight_of(udp_packet({kBob, 2000}, {kAlice, port}, "y")); }

TEST(LabLinks, AddsUpWhatEachPartOfTheWayTakes) {
  LinkSpec a;
  a.up = kMegabyte;
  a.delay = 10ms;
  LinkSpec b;
  b.down = kMegabyte;
  b.delay = 5ms;
  CoreDelays core({0, 1}, 2);
  core.set(0, 1, 100ms);
  LabLinks links = links_of(a, b, 1, std::move(core));
  const auto departure = links.depart(kA, kB, datagram(), 1000, Time(1s));
  EXPECT_EQ(departure.fate, Fate::goes_on);
  EXPECT_EQ(departure.due, Time(1s + 1ms + 10ms + 5ms + 100ms));   // 1000 bytes take a millisecond
  const auto arrival = links.arrive(kB, datagram(), 1000, departure.due);
  EXPECT_EQ(arrival.due, departure.due + 1ms);
  EXPECT_EQ(links.smallest_delay(), 5ms);
}

TEST(LabLinks, DropsWhatAQueueHasNoRoomFor) {
  LinkSpec a;
  a.up = kMegabyte;
  a.queue = ByteCount(3000);
  LabLinks links = links_of(a, {});
  int passed = 0;
  for (int i = 0; i < 10; ++i) passed += links.depart(kA, kB, datagram(), 1500, Time(1s)).fate == Fate::goes_on ? 1 : 0;
  EXPECT_EQ(passed, 3);   // one in service and two in the queue
}

TEST(LabLinks, TakesPacketsApartForSlowAndForBadLinesOnly) {
  EXPECT_FALSE(links_of({}, {}).takes_packets_apart(kA, kB));
  LinkSpec far;
  far.delay = 50ms;
  EXPECT_FALSE(links_of(far, far).takes_packets_apart(kA, kB));
  LinkSpec slow_down;
  slow_down.down = kMegabyte;
  EXPECT_TRUE(links_of({}, slow_down).takes_packets_apart(kA, kB));
  EXPECT_FALSE(links_of({}, slow_down).takes_packets_apart(kB, kA));
  LinkSpec bad;
  bad.faults.loss = Share{1};
  EXPECT_TRUE(links_of(bad, {}).takes_packets_apart(kB, kA));
}

TEST(LabLinks, LosesTheSamePacketsWithTheSameSeedAndNames) {
  LinkSpec bad;
  bad.faults.loss = Share{200'000};
  const auto fates = [&](std::uint64_t seed) {
    LabLinks links = links_of(bad, {}, seed);
    std::string all;
    for (int i = 0; i < 200; ++i) all += links.depart(kA, kB, datagram(), 100, Time(1s)).fate == Fate::goes_on ? '#' : '.';
    return all;
  };
  EXPECT_EQ(fates(1), fates(1));
  EXPECT_NE(fates(1), fates(2));
}

TEST(LabLinks, KeepsTheOrderOfAFlowUnderJitterAndOfNothingElse) {
  LinkSpec nervous;
  nervous.faults.jitter = 20ms;
  LabLinks links = links_of(nervous, {});
  Time last{};
  bool overtakes = false;
  for (int i = 0; i < 200; ++i) {
    const Time due = links.depart(kA, kB, datagram(), 100, Time(1s)).due;
    EXPECT_GT(due, last);
    last = due;
    overtakes = overtakes || links.depart(kA, kB, datagram(static_cast<std::uint16_t>(2000 + i)), 100, Time(1s)).due < due;
  }
  EXPECT_TRUE(overtakes);
}

TEST(LabLinks, HoldsBackWhatIsToComeOutOfOrder) {
  LinkSpec mixed;
  mixed.faults.reorder = Share{500'000};
  mixed.faults.reorder_by = 10ms;
  LabLinks links = links_of(mixed, {});
  int held = 0;
  for (int i = 0; i < 100; ++i) held += links.depart(kA, kB, datagram(), 100, Time(1s)).due >= Time(1s + 10ms) ? 1 : 0;
  EXPECT_GT(held, 20);
  EXPECT_LT(held, 80);
}

TEST(LabLinks, LetsNothingThroughToOrFromAHostWithoutCable) {
  LabLinks links = links_of({}, {});
  const auto departure = links.depart(kA, kB, datagram(), 100, Time(1s));
  links.set_online(kB, false);
  EXPECT_EQ(links.arrive(kB, datagram(), 100, departure.due).fate, Fate::offline);
  EXPECT_EQ(links.depart(kB, kA, reply_to(1000), 100, Time(1s)).fate, Fate::offline);
  links.set_online(kB, true);
  EXPECT_EQ(links.arrive(kB, datagram(), 100, departure.due).fate, Fate::goes_on);
}

TEST(LabLinks, CutsFromAnEarlierCellToALaterOneWhereItIsOneWay) {
  LabLinks links = links_of({}, {});
  const auto fate = [&](HostId from, HostId to) { return links.depart(from, to, datagram(), 100, Time(1s)).fate; };
  const std::uint32_t both = links.partition({.cells = {{kA}, {kB}}});
  const std::uint32_t one = links.partition({.cells = {{kA}, {kB}}, .one_way = true});
  EXPECT_EQ(fate(kB, kA), Fate::partitioned);
  links.heal(both);
  EXPECT_EQ(fate(kB, kA), Fate::goes_on);
  EXPECT_EQ(fate(kA, kB), Fate::partitioned);
  links.heal(one);
  EXPECT_EQ(fate(kA, kB), Fate::goes_on);
}

TEST(LabLinks, TranslatesPortsBehindASymmetricNatThereAndBack) {
  LinkSpec behind;
  behind.nat = NatKind::symmetric;
  LabLinks links = links_of(behind, {});
  const auto out = links.depart(kA, kB, datagram(), 100, Time(1s));
  ASSERT_TRUE(out.port);
  EXPECT_NE(*out.port, 1000);
  EXPECT_EQ(links.arrive(kA, reply_to(*out.port), 100, Time(2s)).port, 1000);
  EXPECT_EQ(links.arrive(kA, reply_to(1000), 100, Time(2s)).fate, Fate::nat);
}

TEST(LabLinks, LetsNobodyDialIntoANatButAnswersCome) {
  LinkSpec behind;
  behind.nat = NatKind::full_cone;
  LabLinks links = links_of({}, behind);
  EXPECT_EQ(links.depart(kA, kB, sight_of(tcp_packet({.flags = kSyn})), 60, Time(1s)).fate, Fate::nat);
  EXPECT_EQ(links.depart(kA, kB, sight_of(tcp_packet({.flags = kSyn | kAck})), 60, Time(1s)).fate, Fate::goes_on);
}

TEST(LabLinks, FindsHostsByTheirAddresses) {
  const LabLinks links = links_of({}, {});
  EXPECT_EQ(links.host_of(kBob), kB);
  EXPECT_EQ(links.host_of(IpAddress::v4(8, 8, 8, 8)), std::nullopt);
}

}  // namespace
}  // namespace swarmlab::swarmsim
