// Streams of the virtual network: how they begin, carry, stall and end.  (What both worlds must do alike stands
// in tests/conformance.)
#include <array>

#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

using runtime::NetworkError;

const LinkSpec kDelay{.up = {}, .down = {}, .delay = 10ms, .queue = 64_KiB};

// A world with one connection from a to b that is open.
struct Connected : TwoHosts {
  explicit Connected(const LinkSpec& link = kDelay, bool b_reads = true)
      : TwoHosts(link, link), listener(world.outside(b), kPort, b_reads), dialler(world.outside(a)) {
    dialler.dial(b_at(kPort));
    world.run_until(kStart + 100ms);
  }
  TestStream& accepted() { return *listener.streams.at(0); }
  void run_for(Duration time) { world.run_until(world.now() + time); }
  TestListener listener;
  TestStream dialler;
};

TEST(Stream, ConnectsInOneRoundTripAndIsAcceptedHalfAnotherLater) {
  Connected c;
  EXPECT_EQ(c.dialler.connected_at, kStart + 40ms);
  EXPECT_EQ(c.accepted().connected_at, kStart + 60ms);
  EXPECT_EQ(c.listener.last_from.address, address_of(1));
}

TEST(Stream, IsRefusedWhereNobodyListens) {
  TwoHosts hosts(kDelay, kDelay);
  TestStream dialler(hosts.world.outside(hosts.a));
  dialler.dial(TwoHosts::b_at(kPort));
  hosts.world.run_until(kStart + 1s);
  EXPECT_EQ(dialler.closed, NetworkError::refused);
  EXPECT_EQ(dialler.closed_at, kStart + 40ms);
}

TEST(Stream, TimesOutAfterSixRepetitionsToAHostThatIsNotThere) {
  for (const bool exists : {false, true}) {
    TwoHosts hosts(kDelay, kDelay);
    hosts.world.detach(hosts.b);
    TestStream dialler(hosts.world.outside(hosts.a));
    dialler.dial(exists ? TwoHosts::b_at(kPort) : Endpoint{address_of(77), kPort});
    hosts.world.run_until(kStart + 10min);
    EXPECT_EQ(dialler.closed, NetworkError::timed_out);
    EXPECT_EQ(dialler.closed_at, kStart + 127s);
  }
}

TEST(Stream, ConnectsThoughTheFirstAttemptWasLost) {
  TwoHosts hosts(kDelay, kDelay);
  TestListener listener(hosts.world.outside(hosts.b), kPort);
  hosts.world.detach(hosts.b);
  TestStream dialler(hosts.world.outside(hosts.a));
  dialler.dial(TwoHosts::b_at(kPort));
  hosts.world.run_until(kStart + 500ms);
  hosts.world.attach(hosts.b);
  hosts.world.run_until(kStart + 10s);
  EXPECT_EQ(dialler.connected_at, kStart + 1040ms);
}

TEST(Stream, ASlowReaderShutsTheWindowAndOpeningItResumes) {
  Connected c(kDelay, false);
  c.dialler.send_content(c.content, 1_MiB);
  c.dialler.fill();
  c.run_for(1min);
  // What has arrived fills the receive window; the rest waits unsent.
  EXPECT_GE(c.dialler.outside.network.unsent(c.dialler.id), 48_KiB);
  EXPECT_EQ(c.dialler.sent - c.dialler.outside.network.unsent(c.dialler.id), 64_KiB);
  c.accepted().reads = true;
  c.accepted().read_all();
  c.run_for(1min);
  EXPECT_EQ(c.accepted().received, 1_MiB);
}

TEST(Stream, AShutWindowSurvivesTheLossOfItsOpening) {
  Connected c(kDelay, false);
  c.dialler.send_content(c.content, 1_MiB);
  c.dialler.fill();
  c.run_for(10s);
  c.world.detach(c.b);   // the update is lost
  c.accepted().reads = true;
  c.accepted().read_all();
  c.run_for(1s);
  c.world.attach(c.b);
  c.run_for(2min);
  EXPECT_EQ(c.accepted().received, 1_MiB);
}

TEST(Stream, HalfCloseLetsTheOtherHalfGoOn) {
  Connected c;
  c.dialler.outside.network.shutdown_write(c.dialler.id);
  c.run_for(1s);
  ASSERT_TRUE(c.accepted().ended_at.has_value());
  c.accepted().send_content(c.content, 1_MiB);
  c.accepted().fill();
  c.run_for(10s);
  EXPECT_EQ(c.dialler.received, 1_MiB);
  EXPECT_FALSE(c.dialler.closed.has_value());
  EXPECT_FALSE(c.accepted().closed.has_value());
}

TEST(Stream, ClosingDeliversWhatIsQueuedAndThenTheEnd) {
  Connected c({.up = BytesPerSecond(100'000), .down = {}, .delay = 10ms, .queue = 8_KiB});
  c.dialler.outside.network.write(c.dialler.id, runtime::Slice::of_content(c.content, 0_B, 1_MiB));
  c.dialler.outside.network.close(c.dialler.id);
  c.run_for(1min);
  EXPECT_EQ(c.accepted().received, 1_MiB);
  EXPECT_TRUE(c.accepted().ended_at.has_value());
  EXPECT_FALSE(c.accepted().closed.has_value());
}

TEST(Stream, AWriterThatDoesNotStopHearsThatTheReaderHasClosed) {
  Connected c;
  c.accepted().outside.network.close(c.accepted().id);
  c.run_for(1s);
  EXPECT_TRUE(c.dialler.ended_at.has_value());
  c.dialler.send_content(c.content, 1_MiB);
  c.dialler.fill();
  c.run_for(10s);
  EXPECT_EQ(c.dialler.closed, NetworkError::reset);
}

TEST(Stream, ResetDropsWhatIsQueuedAndTellsTheOtherSide) {
  Connected c({.up = BytesPerSecond(100'000), .down = {}, .delay = 10ms, .queue = 8_KiB});
  c.dialler.outside.network.write(c.dialler.id, runtime::Slice::of_content(c.content, 0_B, 1_MiB));
  c.run_for(1s);
  c.dialler.outside.network.reset(c.dialler.id);
  c.run_for(10s);
  EXPECT_EQ(c.accepted().closed, NetworkError::reset);
  EXPECT_LT(c.accepted().received, 1_MiB);
}

TEST(Stream, AVanishedHostIsNoticedOnlyByWhoSends) {
  Connected c;
  c.world.detach(c.b);
  c.run_for(30min);
  EXPECT_FALSE(c.dialler.closed.has_value());
  c.dialler.outside.network.write(c.dialler.id, runtime::Slice::of_content(c.content, 0_B, 1_KiB));
  c.run_for(60min);
  EXPECT_EQ(c.dialler.closed, NetworkError::timed_out);
}

TEST(Stream, AProcessThatEndsResetsItsStreamsAndHearsNothingMore) {
  Connected c;
  c.world.end_process(c.b);
  c.run_for(1s);
  EXPECT_EQ(c.dialler.closed, NetworkError::reset);
  EXPECT_FALSE(c.accepted().closed.has_value());
  TestStream again(c.world.outside(c.a));
  again.dial(TwoHosts::b_at(kPort));
  c.run_for(1s);
  EXPECT_EQ(again.closed, NetworkError::refused);
}

TEST(Stream, WorksBetweenAHostAndItself) {
  TwoHosts hosts(kDelay, kDelay);
  TestListener listener(hosts.world.outside(hosts.a), kPort);
  TestStream dialler(hosts.world.outside(hosts.a));
  dialler.send_content(hosts.content, 1_MiB);
  dialler.dial({IpAddress::v4(127, 0, 0, 1), kPort});
  hosts.world.run_until(kStart + 1s);
  ASSERT_EQ(listener.streams.size(), 1u);
  EXPECT_EQ(listener.streams[0]->received, 1_MiB);
  EXPECT_EQ(hosts.world.statistics().packets, 0u);   // nothing of it was on a link
}

TEST(Stream, AMessageBehindAFullQueueIsSentWhenItsTurnComes) {
  const BytesPerSecond rate(125'000);
  Connected c({.up = rate, .down = {}, .delay = 10ms, .queue = 16_KiB});
  c.dialler.send_content(c.content, 10_MiB);
  c.dialler.fill();
  c.run_for(30s);
  ASSERT_TRUE(c.dialler.outside.network.round_trip_time(c.dialler.id).has_value());
  // With the queue full a round trip is at most delay, queue and packet in service over the rate.
  const Duration most = 40ms + (16_KiB + 3000_B) / rate;
  EXPECT_LT(*c.dialler.outside.network.round_trip_time(c.dialler.id), most);
  EXPECT_GT(*c.dialler.outside.network.round_trip_time(c.dialler.id), most / 3);
}

TEST(Stream, ReadsBytesInOrderThroughLossAndSmallReads) {
  Connected c({.up = BytesPerSecond(200'000), .down = {}, .delay = 10ms, .queue = 4_KiB});
  c.accepted().keeps = true;
  std::vector<std::byte> sent;
  runtime::Random random(5);
  for (int i = 0; i < 400; ++i) {
    std::vector<std::byte> message(1 + random.below(1500));
    random.fill(message);
    c.dialler.outside.network.write(c.dialler.id, Bytes(message));
    sent.insert(sent.end(), message.begin(), message.end());
  }
  c.run_for(1min);
  ASSERT_EQ(c.accepted().received, ByteCount::from_size(sent.size()));
  std::vector<std::byte> received(sent.size());
  runtime::copy_bytes(c.accepted().kept, received);
  EXPECT_EQ(received, sent);
  EXPECT_GT(c.world.statistics().dropped_packets, 0u);
}

TEST(Stream, ConnectionsThatComeAndGoLeaveNothingToDo) {
  TwoHosts hosts(kDelay, kDelay);
  TestListener listener(hosts.world.outside(hosts.b), kPort);
  for (int round = 0; round < 50; ++round) {
    TestStream dialler(hosts.world.outside(hosts.a));
    dialler.send_content(hosts.content, 20_KiB);
    dialler.closes_when_done = true;
    dialler.dial(TwoHosts::b_at(kPort));
    hosts.world.run_until(hosts.world.now() + 2s);
    EXPECT_EQ(listener.streams.back()->received, 20_KiB);
    hosts.world.outside(hosts.b).network.close(listener.streams.back()->id);
    hosts.world.run_until(hosts.world.now() + 2s);
  }
  EXPECT_EQ(hosts.world.statistics().queued_events, 0u);
  EXPECT_EQ(hosts.world.statistics().connections, 50u);
}

}  // namespace
}  // namespace swarmlab::swarmsim
