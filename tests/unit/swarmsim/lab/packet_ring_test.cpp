#include "swarmsim/lab/packet_ring.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>
#include <tuple>

#include "protocol/ids.hpp"
#include "runtime/random.hpp"

namespace swarmlab::swarmsim {
namespace {

struct Seen final : PacketWatcher {
  void on_entered(HostId host, Time at, Bytes packet) override { see('e', host, at, packet); }
  void on_delivered(HostId host, Time at, Bytes packet) override { see('d', host, at, packet); }
  void see(char moment, HostId host, Time at, Bytes packet) {
    all.emplace_back(moment, host.value(), at.time_since_epoch().count(), std::string(as_text(packet)));
  }
  std::vector<std::tuple<char, std::uint32_t, std::int64_t, std::string>> all;
};

bool is_readable(const PacketRing& ring) {
  pollfd wanted{.fd = ring.descriptor(), .events = POLLIN, .revents = 0};
  return poll(&wanted, 1, 0) == 1;
}

TEST(PacketRing, GivesBackWhatWasPutInAndInOrder) {
  PacketRing ring(256_KiB);
  ring.put(PacketMoment::entered, HostId(3), Time(5ns), as_bytes("one"));
  ring.put(PacketMoment::delivered, HostId(4), Time(6ns), as_bytes(""));
  Seen seen;
  EXPECT_EQ(ring.drain(seen), 2U);
  ASSERT_EQ(seen.all.size(), 2U);
  EXPECT_EQ(seen.all[0], std::tuple('e', 3U, 5, std::string("one")));
  EXPECT_EQ(seen.all[1], std::tuple('d', 4U, 6, std::string()));
  EXPECT_EQ(ring.drain(seen), 0U);
}

TEST(PacketRing, WakesItsReaderOncePerDrain) {
  PacketRing ring(256_KiB);
  Seen seen;
  EXPECT_FALSE(is_readable(ring));
  ring.put(PacketMoment::entered, HostId(0), kStart, as_bytes("x"));
  EXPECT_TRUE(is_readable(ring));
  ring.drain(seen);
  EXPECT_FALSE(is_readable(ring));
  ring.put(PacketMoment::entered, HostId(0), kStart, as_bytes("x"));
  EXPECT_TRUE(is_readable(ring));
}

TEST(PacketRing, CountsWhatItHasNoRoomFor) {
  PacketRing ring(256_KiB);
  const std::vector<std::byte> large(60'000);
  for (int i = 0; i < 10; ++i) ring.put(PacketMoment::entered, HostId(0), kStart, large);
  EXPECT_EQ(ring.lost(), 6U);
  Seen seen;
  EXPECT_EQ(ring.drain(seen), 4U);
  ring.put(PacketMoment::entered, HostId(0), kStart, large);
  EXPECT_EQ(ring.lost(), 6U);
}

TEST(PacketRing, LosesNothingBetweenTwoThreadsHoweverTheSizesFall) {
  PacketRing ring(256_KiB);
  constexpr std::int64_t kPackets = 50'000;
  std::thread writer([&] {
    runtime::Random random(1);
    std::vector<std::byte> packet(9000);
    random.fill(packet);
    for (std::int64_t i = 0; i < kPackets; ++i) {
      const Bytes some = Bytes(packet).first(random.below(packet.size()));
      // A full ring is tried again: nobody else puts anything in.
      for (std::uint64_t lost = ring.lost();; lost = ring.lost()) {
        ring.put(PacketMoment::entered, HostId(static_cast<std::uint32_t>(some.size())), Time(Duration(i)), some);
        if (ring.lost() == lost) break;
        std::this_thread::yield();
      }
    }
  });
  struct Checks final : PacketWatcher {
    void on_entered(HostId host, Time at, Bytes packet) override {
      EXPECT_EQ(at.time_since_epoch().count(), next++);
      EXPECT_EQ(host.value(), packet.size());
    }
    void on_delivered(HostId, Time, Bytes) override {}
    std::int64_t next = 0;
  } checks;
  while (checks.next < kPackets && !testing::Test::HasFailure()) {
    pollfd wanted{.fd = ring.descriptor(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&wanted, 1, 10'000), 1) << "nobody woke the reader at " << checks.next;
    ring.drain(checks);
  }
  writer.join();
  EXPECT_EQ(checks.next, kPackets);
}

}  // namespace
}  // namespace swarmlab::swarmsim
