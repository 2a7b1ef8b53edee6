// The virtual TCP over the virtual links, held against closed forms.
#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

double seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }

// Slow start by half per round trip from ten packets until the window holds the bandwidth-delay product, then
// the link's payload rate; the handshake comes first.
double closed_form(double rate, double round_trip, double bytes) {
  const double payload_rate = rate * 1448.0 / 1500.0;
  double window = 14480;
  double time = 1.5 * round_trip;   // SYN, SYN-ACK, and the first data's way
  double sent = 0;
  while (window < payload_rate * round_trip && sent + window < bytes) {
    sent += window;
    time += round_trip;
    window *= 1.5;
  }
  return time + (bytes - sent) / payload_rate;
}

struct Outcome {
  Time last_byte;
  WorldStatistics statistics;
  ByteCount received;
};

Outcome transfer(const LinkSpec& from, const LinkSpec& to, ByteCount bytes, WorldOptions options = {}) {
  TwoHosts hosts(from, to, options);
  TestListener listener(hosts.world.outside(hosts.b), kPort);
  TestStream sender(hosts.world.outside(hosts.a));
  sender.send_content(hosts.content, bytes);
  sender.closes_when_done = true;
  sender.dial(TwoHosts::b_at(kPort));
  hosts.world.run_until(kStart + 1h);
  EXPECT_EQ(listener.streams.size(), 1u);
  const TestStream& receiver = *listener.streams.at(0);
  EXPECT_TRUE(receiver.ended_at.has_value());
  return {receiver.last_byte_at, hosts.world.statistics(), receiver.received};
}

TEST(Transfer, TakesTheClosedFormsTimeOnASingleLink) {
  for (const std::int64_t rate : {250'000, 1'250'000, 12'500'000}) {
    for (const Duration delay : {10ms, 50ms}) {
      const BytesPerSecond line(rate);
      // A queue that holds the bandwidth-delay product twice never loses anything of a single flow this long.
      const ByteCount queue = std::max(ByteCount(1 << 24), line * (4 * delay));
      const Outcome run = transfer({.up = line, .down = {}, .delay = delay, .queue = queue}, {}, 10_MiB);
      const double expected = closed_form(static_cast<double>(rate), 2 * seconds(delay), 10 << 20);
      EXPECT_NEAR(seconds(run.last_byte - kStart) / expected, 1.0, 0.02)
          << rate << " B/s, " << seconds(delay) << " s";
      EXPECT_EQ(run.received, 10_MiB);
      EXPECT_EQ(run.statistics.dropped_packets, 0u);
    }
  }
}

TEST(Transfer, TakesTheSameTimeWhetherTheUplinkOrTheDownlinkIsTheBottleneck) {
  const BytesPerSecond line(1'250'000);
  const Outcome up = transfer({.up = line, .down = {}, .delay = 20ms, .queue = 4_MiB}, {}, 10_MiB);
  const Outcome down = transfer({}, {.up = {}, .down = line, .delay = 20ms, .queue = 4_MiB}, 10_MiB);
  EXPECT_NEAR(seconds(up.last_byte - kStart) / seconds(down.last_byte - kStart), 1.0, 0.02);
}

TEST(Transfer, UsesALinkWithASmallDropTailQueueWell) {
  const BytesPerSecond line(1'250'000);
  for (const ByteCount queue : {32_KiB, 64_KiB, 256_KiB}) {
    const Outcome run = transfer({.up = line, .down = {}, .delay = 10ms, .queue = queue}, {}, 20_MiB);
    const double ideal = (20 << 20) / (1'250'000 * 1448.0 / 1500.0);
    EXPECT_GT(run.statistics.dropped_packets, 0u) << queue.value();
    EXPECT_EQ(run.received, 20_MiB);
    EXPECT_LT(seconds(run.last_byte - kStart), 1.15 * ideal) << queue.value();
    RecordProperty("timeouts", static_cast<int>(run.statistics.timeouts));
  }
}

TEST(Transfer, AgreesWithItselfPacketByPacket) {
  // Queues of at least the bandwidth-delay product; docs/network_model.md says what shorter ones do.
  struct Path { std::int64_t rate; Duration delay; ByteCount queue; };
  for (const Path& path : {Path{1'250'000, 20ms, 256_KiB}, Path{1'250'000, 10ms, 64_KiB}, Path{3'750'000, 10ms, 128_KiB},
                           Path{1'250'000, 100ms, 512_KiB}, Path{12'500'000, 20ms, 1_MiB}}) {
    const LinkSpec from{.up = BytesPerSecond(path.rate), .down = {}, .delay = path.delay, .queue = path.queue};
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const Outcome train = transfer(from, {}, 64_MiB, {.seed = seed});
      const Outcome packets = transfer(from, {}, 64_MiB, {.seed = seed, .train_packets = 1});
      EXPECT_NEAR(seconds(train.last_byte - kStart) / seconds(packets.last_byte - kStart), 1.0, 0.02) << path.rate;
      EXPECT_LT(train.statistics.events, packets.statistics.events);
    }
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
