#include "swarmsim/checks/announce_numbers.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/tracker_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum protocol::AnnounceEvent;
using ::testing::HasSubstr;

class AnnounceNumbersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("announce_numbers", who({kA, kB}));
    stage.lifecycle(WireEventKind::joined, 0s, kA);
    stage.lifecycle(WireEventKind::joined, 0s, kB);
    stage.announce(0s, kA, started, 128_KiB);
  }
  void announce(Duration at, HostId peer, ByteCount left, ByteCount uploaded, ByteCount downloaded) {
    protocol::AnnounceRequest request = stage.request(peer, none, left);
    request.uploaded = uploaded;
    request.downloaded = downloaded;
    stage.announce(at, peer, request);
  }
  void expect_violated(const char* summary) {
    const Judgement judgement = stage.conclude(5min);
    EXPECT_EQ(judgement.verdict, Verdict::violated);
    EXPECT_THAT(judgement.summary, HasSubstr(summary));
    EXPECT_THAT(judgement.story.front(), HasSubstr("ANNOUNCE"));
  }
  TrackerStage stage;
};

TEST_F(AnnounceNumbersTest, HoldsWhereTheNumbersAreThoseOfTheWire) {
  stage.whole_piece(10s, kB, kA, 0);
  announce(30s, kA, 96_KiB, 0_B, 32_KiB);
  announce(30s, kB, 0_B, 32_KiB, 0_B);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "3 announces, 2 of them after traffic");
}

TEST_F(AnnounceNumbersTest, GivesAPieceTimeToBeVerified) {
  stage.whole_piece(29s, kB, kA, 0);
  announce(30s, kA, 128_KiB, 0_B, 0_B);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(AnnounceNumbersTest, SeesALeftThatDoesNotFall) {
  stage.whole_piece(10s, kB, kA, 0);
  announce(30s, kA, 128_KiB, 0_B, 32_KiB);
  expect_violated("a announces 128 KiB left; the pieces it had 5 s before leave 96 KiB");
}

TEST_F(AnnounceNumbersTest, BlocksOfUnfinishedPiecesMayCount) {
  stage.block(10s, kB, kA, 0, 0);
  announce(30s, kA, 112_KiB, 0_B, 16_KiB);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(AnnounceNumbersTest, SeesALeftThatFallsTooFar) {
  stage.whole_piece(10s, kB, kA, 0);
  announce(30s, kA, 64_KiB, 0_B, 32_KiB);
  expect_violated("a announces 64 KiB left; with all that ever reached it, 96 KiB are missing");
}

TEST_F(AnnounceNumbersTest, SeesNothingLeftBeforeTheEnd) {
  for (int i = 0; i < 4; ++i) stage.whole_piece(10s, kB, kA, 0);   // the same again and again
  announce(30s, kA, 0_B, 0_B, 128_KiB);
  expect_violated("a announces nothing left with 1 of 4 pieces");
}

TEST_F(AnnounceNumbersTest, WastedBytesMayCountAsDownloadedOrNot) {
  stage.block(5s, kB, kA, 0, 0, Authentic::no);
  stage.block(5s, kB, kA, 0, 1);
  stage.whole_piece(10s, kB, kA, 0);
  announce(30s, kA, 96_KiB, 0_B, 32_KiB);
  announce(31s, kA, 96_KiB, 0_B, 64_KiB);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(AnnounceNumbersTest, SeesMoreDownloadedThanCame) {
  stage.whole_piece(10s, kB, kA, 0);
  announce(30s, kA, 96_KiB, 0_B, 48_KiB);
  expect_violated("a announces 48 KiB downloaded; 32 KiB of blocks had been written to it by then");
}

TEST_F(AnnounceNumbersTest, SeesAnUploadThatIsNotCounted) {
  stage.whole_piece(10s, kB, kA, 0);
  announce(30s, kB, 0_B, 0_B, 0_B);
  expect_violated("b announces 0 B uploaded; 5 s before it, 32 KiB of its blocks had arrived");
}

TEST_F(AnnounceNumbersTest, SeesAnUploadThatIsCountedTwice) {
  stage.whole_piece(10s, kB, kA, 0);
  announce(30s, kB, 0_B, 64_KiB, 0_B);
  expect_violated("b announces 64 KiB uploaded; 32 KiB of blocks had been written by then");
}

TEST_F(AnnounceNumbersTest, WhatWasAskedForWhenAConnectionEndedMayHaveBeenWritten) {
  stage.transfer(10s, kA, kB, MessageKind::request, 0, 0);
  WireEvent end;
  end.kind = WireEventKind::ended;
  end.at = kStart + 11s;
  end.from = kA;
  end.to = kB;
  end.connection = ConnectionId(900);
  end.how = StreamEnd::reset;
  stage.judge->on_event(end);
  announce(30s, kB, 0_B, 16_KiB, 0_B);
  EXPECT_NE(stage.conclude(60s).verdict, Verdict::violated);
  announce(31s, kB, 0_B, 32_KiB, 0_B);
  expect_violated("32 KiB uploaded; 16 KiB");
}

TEST_F(AnnounceNumbersTest, AnUnansweredAnnounceMayBeRepeatedAsItWas) {
  protocol::AnnounceRequest request = stage.request(kA, none, 128_KiB);
  stage.ask(9s, kA, request);
  stage.whole_piece(10s, kB, kA, 0);
  stage.announce(24s, kA, request);
  EXPECT_NE(stage.conclude(60s).verdict, Verdict::violated);
  stage.announce(40s, kA, request);
  expect_violated("a announces 128 KiB left; the pieces it had 5 s before leave 96 KiB");
}

TEST_F(AnnounceNumbersTest, SeesTotalsThatShrink) {
  stage.whole_piece(10s, kB, kA, 0);
  announce(11s, kB, 0_B, 32_KiB, 0_B);
  announce(11500ms, kB, 0_B, 16_KiB, 0_B);
  expect_violated("b announces less than before");
}

TEST_F(AnnounceNumbersTest, IsVacuousWithoutTraffic) {
  announce(30s, kA, 128_KiB, 0_B, 0_B);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
