#include "swarmsim/checks/completion_is_clean.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// a lacks the last block only, and has asked b and c for it; d lacks everything and is interested.
class CompletionIsCleanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.peers[0].has_at_start.set_all();
    stage.facts.peers[0].has_at_start.reset(PieceIndex(3));
    stage.facts.peers[3].has_at_start = protocol::Bitfield(4);
    stage.begin("completion_is_clean", who({kA}));
    stage.tells(1s, kA, kB, interested);
    stage.tells(1s, kB, kA, unchoke);
    stage.tells(1s, kC, kA, unchoke);
    stage.tells(1s, kD, kA, interested);
    stage.sent(2s, kA, kB, request, 3, 0);
    stage.received(3s, kB, kA, piece, 3, 0);
    stage.sent(4s, kA, kB, request, 3, 1);
    stage.sent(4s, kA, kC, request, 3, 1);
  }
  void complete_cleanly() {
    stage.received(5s, kB, kA, piece, 3, 1);
    stage.sent(5100ms, kA, kC, cancel, 3, 1);
    stage.tells(5200ms, kA, kB, not_interested);
    stage.tells(5300ms, kA, kD, have, 3);
  }
  void serve_d() {
    stage.tells(6s, kA, kD, unchoke);
    stage.received(7s, kD, kA, request, 0, 0);
    stage.sent(8s, kA, kD, piece, 0, 0);
  }
  void time_passes(Duration from, Duration to) {
    for (Duration at = from; at < to; at += 500ms) stage.received(at, kB, kA, have, 0);
  }
  Stage stage;
};

TEST_F(CompletionIsCleanTest, HoldsWhenAllIsTakenBackAndTheOthersAreServed) {
  complete_cleanly();
  serve_d();
  time_passes(9s, 30s);
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 completed with 1 request open elsewhere: 0 left, 0 interests left, 0 requests later; served 1 block");
}

TEST_F(CompletionIsCleanTest, IsViolatedByADuplicateThatIsNeverCancelled) {
  stage.received(5s, kB, kA, piece, 3, 1);
  stage.tells(5200ms, kA, kB, not_interested);
  stage.sent(20s, kA, kC, keep_alive);
  serve_d();
  const Judgement judgement = stage.conclude(30s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary,
            "a has everything and never cancels its request for piece 3, begin 16384 at c (limit 3 s)");
}

TEST_F(CompletionIsCleanTest, IsViolatedByInterestThatIsNeverWithdrawn) {
  stage.received(5s, kB, kA, piece, 3, 1);
  stage.sent(5100ms, kA, kC, cancel, 3, 1);
  stage.sent(9s, kA, kB, have, 3);
  EXPECT_THAT(stage.conclude(30s).summary, HasSubstr("a has everything and is still interested in b"));
}

TEST_F(CompletionIsCleanTest, IsViolatedByAFurtherRequest) {
  complete_cleanly();
  stage.sent(9s, kA, kC, request, 3, 1);
  EXPECT_THAT(stage.conclude(30s).summary, HasSubstr("though it has everything"));
}

TEST_F(CompletionIsCleanTest, IsViolatedWhenNobodyIsServedAnyMore) {
  complete_cleanly();
  time_passes(6s, 60s);
  EXPECT_FALSE(stage.is_ready(60s));
  stage.sent(60s, kA, kD, keep_alive);
  EXPECT_EQ(stage.conclude(60s).summary, "a has everything and serves nobody for 30 s, while d waits");
}

TEST_F(CompletionIsCleanTest, VerifyingMayTakeItsTime) {
  stage.received(5s, kB, kA, piece, 3, 1);
  stage.sent(20500ms, kA, kC, cancel, 3, 1);
  EXPECT_THAT(stage.conclude(21s).summary, HasSubstr("cancels too late"));
  Stage other;
  other.facts = stage.facts;
  other.begin("completion_is_clean", who({kA}));
  other.tells(1s, kA, kB, interested);
  for (const HostId from : {kB, kC}) other.tells(1s, from, kA, unchoke);
  for (const int block : {0, 1})
    for (const HostId to : {kB, kC}) other.sent(2s, kA, to, request, 3, block);
  for (const int block : {0, 1}) other.received(5s, kB, kA, piece, 3, block);
  other.tells(9s, kA, kD, have, 3);
  for (const int block : {0, 1}) other.sent(9500ms, kA, kC, cancel, 3, block);
  other.tells(9500ms, kA, kB, not_interested);
  EXPECT_EQ(other.conclude(40s).verdict, Verdict::held);
}

TEST_F(CompletionIsCleanTest, HangingUpIsAsGood) {
  stage.received(5s, kB, kA, piece, 3, 1);
  stage.ended(kA, kB, 5100ms);
  stage.ended(kA, kC, 5100ms);
  serve_d();
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::held);
}

TEST_F(CompletionIsCleanTest, IsVacuousWithoutDuplicates) {
  stage.received(4500ms, kC, kA, choke);
  stage.received(5s, kB, kA, piece, 3, 1);
  stage.tells(5200ms, kA, kB, not_interested);
  serve_d();
  EXPECT_EQ(stage.conclude(30s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
