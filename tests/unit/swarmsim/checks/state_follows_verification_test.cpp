#include "swarmsim/checks/state_follows_verification.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/tracker_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

// "b" has everything, is stopped after 10 s, and comes back after 20 s without the last two of four pieces.
class StateFollowsVerificationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("state_follows_verification", who({kB}));
    stage.lifecycle(WireEventKind::stopped, 10s, kB);
    const std::byte holds[] = {std::byte{0xc0}};
    feed(WireEventKind::joined, 20s, kB, kB, {}, holds);
  }
  void feed(WireEventKind kind, Duration at, HostId from, HostId to, MessageKind message, Bytes payload = {}, int piece = 0) {
    WireEvent event;
    event.kind = kind;
    event.at = event.decided_earliest = event.decided_latest = kStart + at;
    event.from = from;
    event.to = to;
    event.message.kind = message;
    event.message.piece = PieceIndex(static_cast<std::uint32_t>(piece));
    event.payload = payload;
    event.connection = ConnectionId(900);
    event.direction = from < to ? Direction::from_dialler : Direction::from_acceptor;
    stage.judge->on_event(event);
  }
  TrackerStage stage;
};

TEST_F(StateFollowsVerificationTest, HoldsWhenItSaysWhatIsLeftAndIsInterested) {
  stage.announce(21s, kB, TrackerStage::Event::started, 64_KiB);
  feed(WireEventKind::received, 22s, kC, kB, have, {}, 2);
  EXPECT_FALSE(stage.is_ready(23s));
  feed(WireEventKind::sent, 23s, kB, kC, interested);
  EXPECT_TRUE(stage.is_ready(24s));
  const Judgement judgement = stage.conclude(200s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 came back with a gap; 1 announces said so");
}

TEST_F(StateFollowsVerificationTest, IsViolatedWhenItTellsTheTrackerThatNothingIsLeft) {
  stage.announce(21s, kB, TrackerStage::Event::started, 0_B);
  const Judgement judgement = stage.conclude(200s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "b tells its tracker that nothing is left, and lacks 2 pieces");
}

TEST_F(StateFollowsVerificationTest, IsViolatedWhenItWantsNothingOfWhoHasAMissingPiece) {
  feed(WireEventKind::received, 22s, kC, kB, have, {}, 2);
  const Judgement judgement = stage.conclude(200s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "b lacks 2 pieces and is not interested in c, which announced one of them");
}

TEST_F(StateFollowsVerificationTest, NeedsNoInterestInWhoHasNoneOfThemOrIsGone) {
  feed(WireEventKind::received, 22s, kC, kB, have, {}, 1);
  EXPECT_EQ(stage.conclude(200s).verdict, Verdict::held);
}

TEST_F(StateFollowsVerificationTest, NeedsNoInterestInWhoHangsUp) {
  feed(WireEventKind::received, 22s, kC, kB, have, {}, 2);
  feed(WireEventKind::ended, 30s, kC, kB, {});
  EXPECT_EQ(stage.conclude(200s).verdict, Verdict::held);
}

TEST(StateFollowsVerification, IsVacuousForWhoWasNeverComplete) {
  TrackerStage stage;
  stage.begin("state_follows_verification", who({kA}));
  stage.lifecycle(WireEventKind::stopped, 10s, kA);
  stage.lifecycle(WireEventKind::joined, 20s, kA);
  stage.announce(21s, kA, TrackerStage::Event::started, 0_B);
  EXPECT_EQ(stage.conclude(200s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
