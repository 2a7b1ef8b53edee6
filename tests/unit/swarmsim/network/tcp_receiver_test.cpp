#include "swarmsim/network/tcp_receiver.hpp"

#include <gtest/gtest.h>

#include <array>

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint64_t kMss = tcp::kMss;
using Reply = TcpReceiver::Reply;

TEST(TcpReceiver, AcknowledgesEverySecondPacketOrAfterFortyMilliseconds) {
  TcpReceiver receiver;
  EXPECT_EQ(receiver.on_segment({0, kMss}, false, 1, kStart, kStart + 10ms), Reply::later);
  EXPECT_EQ(receiver.reply_at(), kStart + 50ms);
  EXPECT_EQ(receiver.on_segment({kMss, 2 * kMss}, false, 1, kStart, kStart + 11ms), Reply::now);
  EXPECT_EQ(receiver.take_reply().offset, 2 * kMss);
  EXPECT_EQ(receiver.reply_at(), kNever);
}

TEST(TcpReceiver, AnswersATrainWithOneAcknowledgementThatCountsForItsPairs) {
  TcpReceiver receiver;
  receiver.on_segment({0, 11 * kMss}, false, 11, kStart, kStart);
  EXPECT_EQ(receiver.take_reply().count, 5);
  receiver.on_segment({11 * kMss, 12 * kMss}, false, 1, kStart, kStart);   // the odd one is not forgotten
  EXPECT_TRUE(receiver.wants_to_reply());
}

TEST(TcpReceiver, TellsAtOnceOfAGapAndOfItsFilling) {
  TcpReceiver receiver;
  EXPECT_EQ(receiver.on_segment({kMss, 2 * kMss}, false, 1, kStart, kStart), Reply::now);
  EXPECT_EQ(receiver.delivered(), 0u);
  const SelectiveRanges selective = receiver.selective();
  ASSERT_EQ(selective.count, 1);
  EXPECT_EQ(selective.range[0], (ByteRange{kMss, 2 * kMss}));
  EXPECT_EQ(receiver.on_segment({0, kMss}, false, 1, kStart, kStart), Reply::now);
  EXPECT_EQ(receiver.delivered(), 2 * kMss);
  EXPECT_FALSE(receiver.has_gaps());
}

TEST(TcpReceiver, ReportsTheLatestRangeFirst) {
  TcpReceiver receiver;
  for (const std::uint64_t packet : std::array<std::uint64_t, 4>{8, 6, 4, 2}) {
    receiver.on_segment({packet * kMss, (packet + 1) * kMss}, false, 1, kStart, kStart);
  }
  const SelectiveRanges selective = receiver.selective();
  ASSERT_EQ(selective.count, 3);
  EXPECT_EQ(selective.range[0].begin, 2 * kMss);
}

TEST(TcpReceiver, CountsTheFinAsDeliveredOnlyWhenEverythingBeforeItIs) {
  TcpReceiver receiver;
  receiver.on_segment({kMss, 2 * kMss + 1}, true, 1, kStart, kStart);
  EXPECT_FALSE(receiver.finished());
  receiver.on_segment({0, kMss}, false, 1, kStart, kStart);
  EXPECT_TRUE(receiver.finished());
  EXPECT_EQ(receiver.delivered(), 2 * kMss);
}

TEST(TcpReceiver, ShutsItsWindowWhenNobodyReadsAndSaysSoWhenItOpens) {
  TcpReceiver receiver;
  const std::uint64_t edge = receiver.take_reply().window_edge;
  EXPECT_EQ(edge, static_cast<std::uint64_t>(tcp::kInitialReceiveWindow));
  receiver.on_segment({0, edge}, false, 46, kStart, kStart);
  EXPECT_EQ(receiver.take_reply().window_edge, edge);
  EXPECT_FALSE(receiver.on_read(1000, kStart));   // too little to speak of
  EXPECT_TRUE(receiver.on_read(edge, kStart));
  EXPECT_GT(receiver.take_reply().window_edge, edge);
}

TEST(TcpReceiver, GrowsItsWindowWithWhatIsReadPerRoundTrip) {
  TcpReceiver receiver;
  receiver.add_round_trip(10ms);
  std::uint64_t offset = 0;
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t edge = receiver.take_reply().window_edge;
    receiver.on_segment({offset, edge}, false, 46, kStart, kStart + round * 10ms);
    offset = edge;
    receiver.on_read(offset, kStart + round * 10ms);
  }
  EXPECT_EQ(receiver.take_reply().window_edge - offset, static_cast<std::uint64_t>(tcp::kMaximumReceiveWindow));
}

}  // namespace
}  // namespace swarmlab::swarmsim
