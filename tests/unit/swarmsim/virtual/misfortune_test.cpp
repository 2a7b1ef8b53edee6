// What may befall hosts and the network between them: pauses, partitions, resets, kills.
#include <gmock/gmock.h>

#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

using runtime::NetworkError;

const LinkSpec kLine{.up = BytesPerSecond(1'250'000), .down = {}, .delay = 10ms, .queue = 256_KiB};

// a sends 4 MiB to b, which takes 3.5 s alone.
struct Transferring : TwoHosts {
  explicit Transferring(WorldOptions options = {})
      : TwoHosts(kLine, kLine, options), listener(world.outside(b), kPort), sender(world.outside(a)) {
    sender.send_content(content, 4_MiB);
    sender.closes_when_done = true;
    sender.dial(b_at(kPort));
  }
  TestStream& receiver() { return *listener.streams.at(0); }
  void run_to(Duration time) { world.run_until(kStart + time); }
  TestListener listener;
  TestStream sender;
};

TEST(Pause, AHostThatStoodStillGoesOnWhereItWas) {
  for (const bool sender_pauses : {true, false}) {
    Transferring t;
    const HostId host = sender_pauses ? t.a : t.b;
    t.run_to(1s);
    t.world.pause(host);
    t.run_to(1500ms);
    const ByteCount before = t.receiver().received;
    t.run_to(3s);
    EXPECT_EQ(t.receiver().received, before) << sender_pauses;   // what was under way has long arrived
    EXPECT_TRUE(t.world.is_paused(host));
    t.world.resume(host);
    t.run_to(20s);
    EXPECT_EQ(t.receiver().received, 4_MiB) << sender_pauses;
    EXPECT_GT(t.receiver().last_byte_at - kStart, 5s);
  }
}

TEST(Pause, TimersOfAHostThatStandsStillFireWhenItGoesOnInTheirOrder) {
  struct Keeper final : runtime::TimerHandler {
    explicit Keeper(World& w) : world(w) {}
    void on_timer(runtime::Tag tag) override { fired.emplace_back(tag, world.now() - kStart); }
    World& world;
    std::vector<std::pair<runtime::Tag, Duration>> fired;
  };
  TwoHosts hosts;
  Keeper keeper(hosts.world);
  runtime::Timers& timers = hosts.world.outside(hosts.a).timers;
  for (const int tag : {3, 1, 2}) {
    timers.arm(timers.create(keeper, static_cast<runtime::Tag>(tag)), kStart + tag * 1s);
  }
  hosts.world.pause(hosts.a);
  hosts.world.run_until(kStart + 2500ms);
  hosts.world.resume(hosts.a);
  hosts.world.run_until(kStart + 10s);
  using Fired = std::pair<runtime::Tag, Duration>;
  EXPECT_THAT(keeper.fired, testing::ElementsAre(Fired(1, 2500ms), Fired(2, 2500ms), Fired(3, 3s)));
}

TEST(Partition, StopsWhatIsSentUntilItHeals) {
  Transferring t;
  t.run_to(1s);
  const std::uint32_t cut = t.world.partition({{t.a}, {t.b}}, false);
  t.run_to(1500ms);
  const ByteCount before = t.receiver().received;
  t.run_to(4s);
  EXPECT_EQ(t.receiver().received, before);
  EXPECT_GT(t.world.statistics().lost_packets, 0u);
  t.world.heal(cut);
  t.run_to(30s);
  EXPECT_EQ(t.receiver().received, 4_MiB);
}

TEST(Partition, OneWayLosesOnlyWhatGoesFromTheFirstCellToTheSecond) {
  TwoHosts hosts;
  TestListener at_a(hosts.world.outside(hosts.a), kPort);
  TestListener at_b(hosts.world.outside(hosts.b), kPort);
  TestStream from_a(hosts.world.outside(hosts.a));
  TestStream from_b(hosts.world.outside(hosts.b));
  hosts.world.partition({{hosts.a}, {hosts.b}}, true);
  from_a.dial({address_of(2), kPort});
  from_b.dial({address_of(1), kPort});
  hosts.world.run_until(kStart + 10s);
  EXPECT_FALSE(from_a.connected_at.has_value());   // its SYN is lost
  EXPECT_FALSE(from_b.connected_at.has_value());   // its SYN arrives, the answer is lost
  EXPECT_GT(hosts.world.downlink_statistics(hosts.a).packets, 0u);
  EXPECT_EQ(hosts.world.downlink_statistics(hosts.b).packets, 0u);
}

TEST(Partition, LeavesAloneWhoIsInNoCell) {
  Transferring t;
  t.world.partition({{t.a}, {}}, false);
  t.run_to(10s);
  EXPECT_EQ(t.receiver().received, 4_MiB);
}

TEST(Reset, BothEndsHearOfAConnectionThatIsCut) {
  Transferring t;
  t.run_to(1s);
  t.world.reset_connections(t.b, t.a);
  EXPECT_EQ(t.sender.closed, NetworkError::reset);
  EXPECT_EQ(t.receiver().closed, NetworkError::reset);
  t.run_to(5s);
  EXPECT_LT(t.receiver().received, 4_MiB);
}

TEST(Kill, ResetsConnectionsAndTearsWhatWasNotSynced) {
  struct Nobody final : runtime::FileHandler {
    void on_file(const runtime::FileResult& result) override { file = result.file; }
    runtime::FileId file;
  };
  int torn = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Transferring t({.seed = seed});
    Nobody nobody;
    runtime::FileSystem& files = t.world.outside(t.b).files;
    t.world.files(t.b).put_file("f", {});
    files.open("f", runtime::OpenMode::create, nobody, 0);
    t.run_to(1s);
    const runtime::Slice slice = runtime::Slice::of_content(t.content, ByteCount{}, 1_MiB);
    files.write(nobody.file, ByteCount{}, std::span(&slice, 1), nobody, 1);
    t.run_to(1100ms);
    t.world.kill(t.b);
    torn += runtime::length_of(*t.world.files(t.b).read_all("f")) < 1_MiB ? 1 : 0;
    t.run_to(2s);
    EXPECT_EQ(t.sender.closed, NetworkError::reset);
  }
  EXPECT_GT(torn, 5);
  EXPECT_LT(torn, 20);
}

// Counts what the tap hears of after a connection has ended.
struct LateListener final : StreamTap {
  void on_connection_opened(const ConnectionInfo&, Time) override {}
  void on_written(ConnectionId, Direction, Time, Bytes) override {}
  void on_written(ConnectionId, Direction, Time, const runtime::Slice&) override {}
  void on_sent(ConnectionId, Direction, Time, std::uint64_t) override {}
  void on_received(ConnectionId, Direction, Time, std::uint64_t offset) override { received = offset; }
  void on_ended(ConnectionId, Direction, Time, StreamEnd end) override { ends.push_back(end); }
  void on_datagram_sent(const TappedDatagram&, Time) override {}
  void on_datagram_received(const TappedDatagram&, Time) override {}
  std::uint64_t received = 0;
  std::vector<StreamEnd> ends;
};

TEST(Tap, NobodyGetsBytesOfAConnectionThatItWasToldIsOver) {
  for (const bool by_owner : {true, false}) {
    LateListener tap;
    Transferring t({.seed = 1, .tap = &tap});
    t.run_to(1s);
    if (by_owner) t.sender.outside.network.reset(t.sender.id);
    else t.world.reset_connections(t.a, t.b);
    t.run_to(5s);
    EXPECT_EQ(tap.received, static_cast<std::uint64_t>(t.receiver().received.value()));
    EXPECT_THAT(tap.ends, testing::ElementsAre(by_owner ? StreamEnd::reset : StreamEnd::cut));
  }
}

TEST(Tap, HearsOfAPowerCutWhenTheOtherSideDoesOrTheHostStartsAgain) {
  LateListener tap;
  Transferring t({.seed = 1, .tap = &tap});
  t.run_to(1s);
  t.world.crash(t.b);
  t.world.detach(t.b);
  t.run_to(10s);
  EXPECT_TRUE(tap.ends.empty());
  t.world.end_process(t.b);   // it starts again
  EXPECT_THAT(tap.ends, testing::ElementsAre(StreamEnd::reset));
  t.world.attach(t.b);
  t.run_to(1min);
  EXPECT_EQ(t.sender.closed, NetworkError::reset);
  EXPECT_EQ(tap.ends.size(), 1u);
}

}  // namespace
}  // namespace swarmlab::swarmsim
