#include "swarmsim/lab/connection_table.hpp"

#include <gtest/gtest.h>

#include "tests/unit/swarmsim/lab/packets.hpp"

namespace swarmlab::swarmsim {
namespace {

using namespace lab_test;

const Endpoint kDialler{kAlice, 1000};
const Endpoint kAcceptor{kBob, 2000};

// A packet that enters and is delivered at once.
class Passing {
 public:
  void operator()(const Tcp& tcp) {
    enters(tcp);
    const auto sight = sight_of(tcp_packet(tcp));
    table.delivered(sight, Time(1s));
  }
  void enters(const Tcp& tcp) { table.entered(sight_of(tcp_packet(tcp)), Time(1s)); }
  void handshake() {
    (*this)({.from = kDialler, .to = kAcceptor, .sequence = 100, .flags = kSyn});
    (*this)({.from = kAcceptor, .to = kDialler, .sequence = 500, .acknowledged = 101, .flags = kSyn | kAck});
    (*this)({.from = kDialler, .to = kAcceptor, .sequence = 101, .acknowledged = 501});
  }
  // What the reset to that end says.
  std::optional<std::uint32_t> sequence_to(const Endpoint& end) {
    for (const auto& reset : table.resets_between(kAlice, kBob))
      if (reset.to == end) return reset.sequence;
    return std::nullopt;
  }
  ConnectionTable table;
};

TEST(ConnectionTable, KnowsWhatBothEndsExpectAfterTheHandshake) {
  Passing pass;
  pass.handshake();
  const auto resets = pass.table.resets_between(kBob, kAlice);
  ASSERT_EQ(resets.size(), 2U);
  EXPECT_EQ(resets[0].to, kDialler);
  EXPECT_EQ(resets[0].from, kAcceptor);
  EXPECT_EQ(resets[0].sequence, 501U);
  EXPECT_EQ(resets[1].to, kAcceptor);
  EXPECT_EQ(resets[1].sequence, 101U);
  EXPECT_TRUE(pass.table.resets_between(kAlice, kBob).empty());   // they are over
}

TEST(ConnectionTable, CountsWhatWasDeliveredAndNotYetAcknowledged) {
  Passing pass;
  pass.handshake();
  pass({.from = kDialler, .to = kAcceptor, .sequence = 101, .acknowledged = 501, .payload = "hello"});
  EXPECT_EQ(pass.sequence_to(kAcceptor), 106U);
}

TEST(ConnectionTable, DoesNotCountWhatIsStillUnderWayNorWhatCameBeforeItsTurn) {
  Passing pass;
  pass.handshake();
  pass.enters({.from = kDialler, .to = kAcceptor, .sequence = 101, .acknowledged = 501, .payload = "lost!"});
  pass({.from = kDialler, .to = kAcceptor, .sequence = 106, .acknowledged = 501, .payload = "early"});
  EXPECT_EQ(pass.sequence_to(kAcceptor), 101U);
}

TEST(ConnectionTable, LearnsFromAcknowledgementsWhatFilledAGap) {
  Passing pass;
  pass.handshake();
  pass({.from = kDialler, .to = kAcceptor, .sequence = 106, .acknowledged = 501, .payload = "early"});
  pass({.from = kDialler, .to = kAcceptor, .sequence = 101, .acknowledged = 501, .payload = "first"});
  pass.enters({.from = kAcceptor, .to = kDialler, .sequence = 501, .acknowledged = 111});
  EXPECT_EQ(pass.sequence_to(kAcceptor), 111U);
}

TEST(ConnectionTable, FollowsSequenceNumbersAroundZero) {
  Passing pass;
  pass({.from = kDialler, .to = kAcceptor, .sequence = 0xffff'fffd, .flags = kSyn});
  pass({.from = kAcceptor, .to = kDialler, .sequence = 500, .acknowledged = 0xffff'fffe, .flags = kSyn | kAck});
  pass({.from = kDialler, .to = kAcceptor, .sequence = 0xffff'fffe, .acknowledged = 501, .payload = "hello"});
  EXPECT_EQ(pass.sequence_to(kAcceptor), 3U);
}

TEST(ConnectionTable, ForgetsConnectionsThatAreOver) {
  Passing reset;
  reset.handshake();
  reset({.from = kDialler, .to = kAcceptor, .sequence = 101, .flags = kRst});
  EXPECT_TRUE(reset.table.resets_between(kAlice, kBob).empty());
  Passing finished;
  finished.handshake();
  finished({.from = kDialler, .to = kAcceptor, .sequence = 101, .acknowledged = 501, .flags = kFin | kAck});
  finished({.from = kAcceptor, .to = kDialler, .sequence = 501, .acknowledged = 102, .flags = kFin | kAck});
  EXPECT_TRUE(finished.table.resets_between(kAlice, kBob).empty());
}

TEST(ConnectionTable, LeavesConnectionsWithOthersAlone) {
  Passing pass;
  pass.handshake();
  EXPECT_TRUE(pass.table.resets_between(kAlice, IpAddress::v4(10, 77, 0, 3)).empty());
  EXPECT_EQ(pass.table.size(), 1U);
}

TEST(ConnectionTable, HoldsNoMoreThanItsBound) {
  ConnectionTable table;
  for (std::uint32_t i = 0; i < ConnectionTable::kMost + 3; ++i) {
    PacketSight sight;
    sight.from = {kAlice, static_cast<std::uint16_t>(i & 0xffff)};
    sight.to = {kBob, static_cast<std::uint16_t>(1 + (i >> 16))};
    sight.tcp = TcpSight{.sequence = 1, .acknowledged = 1, .ack = true};
    table.entered(sight, Time(Duration(i)));
  }
  EXPECT_EQ(table.size(), ConnectionTable::kMost);
}

}  // namespace
}  // namespace swarmlab::swarmsim
