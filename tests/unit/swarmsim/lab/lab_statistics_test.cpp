#include "swarmsim/lab/lab_statistics.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

TEST(DurationHistogram, TellsQuantilesToWithinABucket) {
  DurationHistogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.add(std::chrono::microseconds(i * 10));
  EXPECT_EQ(histogram.count(), 1000U);
  EXPECT_EQ(histogram.largest(), 10ms);
  for (const std::uint32_t thousandths : {10U, 500U, 900U, 990U}) {
    const std::int64_t truth = thousandths * 10'000LL;   // ns
    const std::int64_t told = histogram.quantile(thousandths).count();
    EXPECT_GE(told, truth);
    EXPECT_LE(told, truth + truth / 15 + 1000) << thousandths;
  }
  EXPECT_EQ(histogram.quantile(1000), 10ms);
}

TEST(DurationHistogram, TakesNothingAndTheWholeDay) {
  DurationHistogram histogram;
  EXPECT_EQ(histogram.quantile(990), 0ns);
  histogram.add(0ns);
  histogram.add(24h);
  EXPECT_EQ(histogram.largest(), 24h);
  EXPECT_LE(histogram.quantile(500), 1us);
}

LabStatistics late_by(Duration lateness) {
  LabStatistics statistics;
  for (int i = 0; i < 100; ++i) statistics.lateness.add(10us);
  for (int i = 0; i < 3; ++i) statistics.lateness.add(lateness);
  return statistics;
}

TEST(Trust, AllowsTimersToBeLateByATenthOfTheSmallestDelay) {
  EXPECT_EQ(trust_in(late_by(4ms), 10ms).rough, "");
  EXPECT_NE(trust_in(late_by(6ms), 10ms).rough, "");
  EXPECT_EQ(trust_in(late_by(6ms), 100ms).rough, "");
  EXPECT_NE(trust_in(late_by(12ms), 100ms).rough, "");
  EXPECT_NE(trust_in(late_by(6ms), 0ms).rough, "");
  EXPECT_NE(trust_in(late_by(6ms), 0ms).rough.find("give the machine less to do"), std::string::npos);
}

TEST(Trust, ARunIsStillJudgedWhereFewTimersWereLateByLittle) {
  EXPECT_EQ(trust_in(late_by(900ms), 10ms).invalid, "");
  EXPECT_NE(trust_in(late_by(1200ms), 10ms).invalid, "");
  EXPECT_EQ(trust_in(late_by(1200ms), 20s).invalid, "");
}

TEST(Trust, ARouterOfWhichHalfTheTimersAreLateIsOverloaded) {
  LabStatistics statistics;
  for (int i = 0; i < 100; ++i) statistics.lateness.add(6ms);
  EXPECT_NE(trust_in(statistics, 10ms).invalid, "");
  EXPECT_EQ(trust_in(statistics, 100ms).invalid, "");
}

TEST(Trust, CountsEveryPacketThatNoRuleWantedLost) {
  LabStatistics statistics;
  statistics.drops.queue_full = statistics.drops.line_loss = statistics.drops.partitioned = 5;
  EXPECT_EQ(trust_in(statistics, 10ms).invalid, "");
  statistics.unseen = 2;
  EXPECT_EQ(trust_in(statistics, 10ms).invalid, "2 packets passed unseen, since whoever judges them did not keep up");
  statistics.unseen = 0;
  statistics.drops.missed = 1;
  EXPECT_EQ(trust_in(statistics, 10ms).invalid, "the router did not keep up: 1 packet lost before it could read them");
  EXPECT_EQ(trust_in(statistics, 10ms).rough, trust_in(statistics, 10ms).invalid);
  statistics.drops.missed = 0;
  statistics.drops.too_many = 1;
  EXPECT_NE(trust_in(statistics, 10ms).invalid, "");
}

TEST(Trust, AProcessWithoutProcessorIsSlowerThanItselfAndThenNotItself) {
  EXPECT_EQ(trust_in_process("you", 1s, 10s).rough, "");
  EXPECT_EQ(trust_in_process("you", 2s, 10s).rough, "you was ready to run and had no processor for 2 s of 10 s: the machine is too busy");
  EXPECT_EQ(trust_in_process("you", 2s, 10s).invalid, "");
  EXPECT_NE(trust_in_process("you", 6s, 10s).invalid, "");
}

TEST(Trust, TheFirstTroubleOfEitherSortCounts) {
  Trust trust;
  trust.add({"", "late"});
  trust.add({"lost", "lost"});
  EXPECT_EQ(trust.rough, "late");
  EXPECT_EQ(trust.invalid, "lost");
}

TEST(DescribeStatistics, NamesTheDropsThatThereWere) {
  LabStatistics statistics;
  statistics.entered_packets = 7;
  statistics.delivered_packets = 4;
  statistics.drops.nat = 1;
  statistics.drops.outside = 2;
  statistics.has_priority = true;
  EXPECT_EQ(describe(statistics), "router with real-time priority: 7 packets in, 4 out; lateness p50 0.000 ms, p99 0.000 ms, "
                                  "max 0.000 ms; dropped: 1 by NATs, 2 addressed outside");
}

TEST(DescribeStatistics, SaysWhoCarriedThem) {
  LabStatistics statistics;
  statistics.carrier = "relay";
  EXPECT_EQ(describe(statistics).substr(0, 20), "relay: 0 packets in,");
}

}  // namespace
}  // namespace swarmlab::swarmsim
