#include "swarmsim/checks/slow_peers_are_kept.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// b has everything; nobody else has said so.
class SlowPeersAreKeptTest : public ::testing::Test {
 protected:
  void begin() {
    stage.begin("slow_peers_are_kept", who({kA}));
    stage.tells(1s, kB, kA, have_all);
    stage.tells(1s, kA, kB, interested);
  }
  // b sends three blocks, ten seconds apart, until 31 s.
  void send_steadily() {
    stage.sent(1s, kA, kB, request, 0, 0);
    for (int i = 0; i < 3; ++i) {
      stage.sent(1s + Duration(10s) * i, kA, kB, request, (i + 1) / 2, (i + 1) % 2);
      stage.received(11s + Duration(10s) * i, kB, kA, piece, i / 2, i % 2);
    }
  }
  void time_passes(Duration from, Duration to) {
    for (Duration at = from; at < to; at += 250ms) stage.received(at, kD, kA, have, 0);
  }
  // One block at a time, `each` apart.
  void fetch_singly(Duration from, int count, Duration each) {
    for (int i = 0; i < count; ++i) {
      stage.sent(from + each * i, kA, kB, request, 0, i % 2);
      stage.received(from + each * i + each / 2, kB, kA, piece, 0, i % 2);
    }
  }
  Stage stage;
};

TEST_F(SlowPeersAreKeptTest, HoldsWhereTheSlowOneIsKept) {
  begin();
  stage.tells(1s, kB, kA, unchoke);
  send_steadily();
  const Judgement judgement = stage.conclude(40s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "3 blocks in a row from one slow peer at most; 1 peer came back; 0 given up, 0 left idle, 0 held back");
}

TEST_F(SlowPeersAreKeptTest, IsViolatedWhenItIsHungUpOn) {
  begin();
  stage.tells(1s, kB, kA, unchoke);
  send_steadily();
  stage.ended(kA, kB, 36s);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a hangs up on b, which sent a block every 15 s or sooner");
}

TEST_F(SlowPeersAreKeptTest, WhoFellSilentMayBeGivenUp) {
  begin();
  stage.tells(1s, kB, kA, unchoke);
  send_steadily();
  stage.ended(kA, kB, 50s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(SlowPeersAreKeptTest, WhoHasNothingMoreToGiveMayBeLeft) {
  stage.begin("slow_peers_are_kept", who({kA}));
  stage.bitfield(1s, kB, kA, "c0");
  stage.tells(1s, kA, kB, interested);
  stage.tells(1s, kB, kA, unchoke);
  send_steadily();
  stage.received(32s, kB, kA, piece, 1, 1);
  stage.ended(kA, kB, 36s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(SlowPeersAreKeptTest, IsViolatedWhenItIsLeftIdleThoughItAloneHasAPiece) {
  begin();
  stage.tells(1s, kB, kA, unchoke);
  send_steadily();
  stage.received(32s, kB, kA, piece, 1, 1);   // the last that was asked for
  time_passes(33s, 60s);
  stage.sent(60s, kA, kB, keep_alive);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("a asks b for nothing, slow as it is"));
}

TEST_F(SlowPeersAreKeptTest, IsViolatedWhenWhoRejectedIsAskedForOneBlockAtATime) {
  begin();
  stage.tells(1s, kB, kA, unchoke);
  stage.sent(1s, kA, kB, request, 0, 0);
  stage.sent(1s, kA, kB, request, 0, 1);
  for (const int block : {0, 1}) stage.received(2s, kB, kA, reject, 0, block);
  fetch_singly(30s, 5, 1s);
  time_passes(36s, 60s);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("a asks b for one block at a time"));
}

TEST_F(SlowPeersAreKeptTest, TwoAtOnceAreEnough) {
  begin();
  stage.tells(1s, kB, kA, unchoke);
  stage.sent(1s, kA, kB, request, 0, 0);
  stage.received(2s, kB, kA, reject, 0, 0);
  fetch_singly(30s, 3, 1s);
  stage.sent(34s, kA, kB, request, 1, 0);
  stage.sent(34s, kA, kB, request, 1, 1);
  time_passes(36s, 40s);
  EXPECT_EQ(stage.conclude(40s).verdict, Verdict::held);
}

TEST_F(SlowPeersAreKeptTest, WhoseRequestsTimedOutMayBeTriedWithOneAtATime) {
  begin();
  stage.tells(1s, kB, kA, unchoke);
  stage.sent(1s, kA, kB, request, 0, 0);
  stage.sent(1s, kA, kB, request, 0, 1);
  for (const int block : {0, 1}) stage.sent(62s, kA, kB, cancel, 0, block);
  stage.tells(63s, kB, kA, choke);
  stage.tells(64s, kB, kA, unchoke);
  fetch_singly(65s, 5, 1s);
  time_passes(71s, 90s);
  EXPECT_THAT(stage.conclude(90s).summary, ::testing::Not(HasSubstr("one block at a time")));
}

TEST_F(SlowPeersAreKeptTest, WhoAnswersSlowlyNeedsNoMoreThanOne) {
  begin();
  stage.tells(1s, kB, kA, unchoke);
  stage.sent(1s, kA, kB, request, 0, 0);
  stage.sent(1s, kA, kB, request, 0, 1);
  for (const int block : {0, 1}) stage.received(2s, kB, kA, reject, 0, block);
  fetch_singly(30s, 2, 4s);
  time_passes(38s, 60s);
  EXPECT_THAT(stage.conclude(60s).summary, ::testing::Not(HasSubstr("one block at a time")));
}

TEST_F(SlowPeersAreKeptTest, IsVacuousWhereNobodyWasSlowNorCameBack) {
  begin();
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
