#include "swarmsim/network/tcp_sender.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint64_t kMss = tcp::kMss;
constexpr std::int64_t kOnePacket = tcp::kMss;

// Sends packet by packet with a window that stays open.
struct Harness {
  explicit Harness(std::uint64_t bytes) {
    sender.add(bytes);
    sender.open_window(1 << 30);
    sender.set_initial_round_trip(100ms);
  }
  // The packets (by number) that go out now.
  std::vector<std::uint64_t> send(Time now) {
    std::vector<std::uint64_t> packets;
    while (const auto range = sender.next_retransmission(kOnePacket)) {
      sender.on_transmitted(*range, now);
      packets.push_back(range->begin / kMss);
    }
    while (const auto range = sender.next_new(sender.written(), kOnePacket)) {
      sender.on_transmitted(*range, now);
      packets.push_back(range->begin / kMss);
    }
    return packets;
  }
  void acknowledge(std::uint64_t packets, std::vector<ByteRange> selective, Time now) {
    for (ByteRange& range : selective) range = {range.begin * kMss, range.end * kMss};
    sender.on_acknowledgement({.offset = packets * kMss, .window_edge = 1 << 30, .count = 1, .echo = std::nullopt,
                               .selective = selective},
                              now);
  }
  TcpSender sender;
};

TEST(TcpSender, BeginsWithTenPackets) {
  Harness h(100 * kMss);
  EXPECT_EQ(h.send(kStart).size(), 10u);
  EXPECT_EQ(h.sender.in_flight(), 10 * tcp::kMss);
}

TEST(TcpSender, SendsThreePacketsForEveryAcknowledgedPairInSlowStart) {
  Harness h(100 * kMss);
  h.send(kStart);
  h.acknowledge(2, {}, kStart + 100ms);
  EXPECT_EQ(h.send(kStart + 100ms), (std::vector<std::uint64_t>{10, 11, 12}));
}

TEST(TcpSender, RetransmitsAHoleOnceThreePacketsAboveItAreKnownToHaveArrived) {
  Harness h(100 * kMss);
  h.send(kStart);
  h.acknowledge(0, {{1, 2}}, kStart + 100ms);
  h.acknowledge(0, {{1, 3}}, kStart + 101ms);
  EXPECT_FALSE(h.sender.in_recovery());
  h.send(kStart + 101ms);   // limited transmit: what has left the network makes room
  h.acknowledge(0, {{1, 4}}, kStart + 102ms);
  EXPECT_TRUE(h.sender.in_recovery());
  const auto packets = h.send(kStart + 102ms);
  ASSERT_FALSE(packets.empty());
  EXPECT_EQ(packets.front(), 0u);
  EXPECT_EQ(h.sender.window().bytes(), 12 * tcp::kMss / 2);
}

TEST(TcpSender, FillsEveryHoleOnceAndLeavesRecoveryWhenAllIsAcknowledged) {
  Harness h(10 * kMss);
  h.send(kStart);
  h.acknowledge(0, {{1, 2}, {3, 4}, {5, 10}}, kStart + 100ms);   // 0, 2 and 4 were lost
  std::vector<std::uint64_t> again;
  for (int i = 0; i < 5; ++i) {
    for (const std::uint64_t packet : h.send(kStart + 100ms)) again.push_back(packet);
  }
  EXPECT_EQ(again, (std::vector<std::uint64_t>{0, 2, 4}));
  h.acknowledge(10, {}, kStart + 200ms);
  EXPECT_FALSE(h.sender.in_recovery());
  EXPECT_TRUE(h.sender.all_acknowledged());
  EXPECT_EQ(h.sender.timer(), kNever);
}

TEST(TcpSender, GoesBackToTheFirstHoleWithOnePacketAfterATimeoutAndBacksOff) {
  Harness h(10 * kMss);
  h.send(kStart);
  const Time first = h.sender.timer();
  EXPECT_EQ(first, kStart + 100ms + 200ms);
  h.sender.on_timeout(first);
  EXPECT_EQ(h.send(first), (std::vector<std::uint64_t>{0}));
  EXPECT_EQ(h.sender.timer() - first, 600ms);
  h.acknowledge(1, {{3, 10}}, first + 100ms);
  EXPECT_EQ(h.send(first + 100ms), (std::vector<std::uint64_t>{1, 2}));
}

TEST(TcpSender, KeepsToTheReceiversWindowAndKnowsThatItIsShut) {
  TcpSender sender;
  sender.add(100 * kMss);
  sender.open_window(3 * kMss + 10);
  while (const auto range = sender.next_new(sender.written(), kOnePacket)) sender.on_transmitted(*range, kStart);
  EXPECT_EQ(sender.next(), 3 * kMss);   // no silly ten bytes while others are on their way
  sender.on_acknowledgement({.offset = 3 * kMss, .window_edge = 0, .count = 1, .echo = {}, .selective = {}},
                            kStart + 10ms);
  const auto rest = sender.next_new(sender.written(), kOnePacket);
  ASSERT_TRUE(rest.has_value());
  EXPECT_EQ(*rest, (ByteRange{3 * kMss, 3 * kMss + 10}));
  sender.on_transmitted(*rest, kStart + 10ms);
  sender.on_acknowledgement({.offset = 3 * kMss + 10, .window_edge = 0, .count = 1, .echo = {}, .selective = {}},
                            kStart + 20ms);
  EXPECT_TRUE(sender.is_blocked_by_receiver());
}

TEST(TcpSender, SendsTheFinBehindTheLastByte) {
  Harness h(kMss);
  h.sender.finish();
  const auto range = h.sender.next_new(h.sender.written(), 2 * kOnePacket);
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(*range, (ByteRange{0, kMss + 1}));
  h.sender.on_transmitted(*range, kStart);
  h.sender.on_acknowledgement({.offset = kMss + 1, .window_edge = 1 << 30, .count = 1, .echo = {}, .selective = {}},
                              kStart + 10ms);
  EXPECT_TRUE(h.sender.fin_acknowledged());
}

TEST(TcpSender, DoesNotGrowAWindowThatItDoesNotFill) {
  Harness h(2 * kMss);
  h.send(kStart);
  h.sender.note_idle_window();
  h.acknowledge(2, {}, kStart + 100ms);
  EXPECT_EQ(h.sender.window().bytes(), 10 * tcp::kMss);
}

TEST(TcpSender, IgnoresAcknowledgementsOfWhatWasNeverSent) {
  Harness h(10 * kMss);
  h.send(kStart);
  h.acknowledge(50, {}, kStart);
  EXPECT_EQ(h.sender.in_flight(), 10 * tcp::kMss);
}

}  // namespace
}  // namespace swarmlab::swarmsim
