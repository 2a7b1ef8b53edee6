#include "swarmsim/checks/slots_follow_useful_rate.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// One regular slot and no optimistic one; the torrent is large enough for five minutes of giving.
class SlotsFollowUsefulRateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.geometry = protocol::PieceGeometry(64_MiB, 32_KiB);
    for (PeerFacts& peer : stage.facts.peers) peer.has_at_start = protocol::Bitfield(stage.facts.geometry.piece_count());
    stage.facts.peers[0].upload_slots = 1;
    stage.facts.peers[0].optimistic = 0;
    stage.begin("slots_follow_useful_rate", who({kA}));
    for (const HostId peer : {kB, kC}) stage.received(1s, peer, kA, interested);
  }
  // In each second up to `end` b gives four blocks that were asked for, c one.
  void trade(Duration end) {
    for (; now < end; now += 1s) {
      for (int i = 0; i < 4; ++i) give(kB);
      give(kC);
    }
  }
  void give(HostId giver) {
    stage.sent(now, kA, giver, request, next / 2, next % 2);
    stage.received(now, giver, kA, piece, next / 2, next % 2);
    ++next;
  }
  Stage stage;
  Duration now = 2s;
  int next = 0;
};

TEST_F(SlotsFollowUsefulRateTest, HoldsWhereTheFasterGiverHasTheSlot) {
  stage.sent(1s, kA, kB, unchoke);
  trade(400s);
  const Judgement judgement = stage.conclude(400s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_THAT(judgement.measured, HasSubstr("of 27 rounds"));
}

TEST_F(SlotsFollowUsefulRateTest, IsViolatedWhereTheSlowerOneHasIt) {
  stage.sent(1s, kA, kC, unchoke);
  trade(400s);
  const Judgement judgement = stage.conclude(400s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a left its best givers choked in 27 of 27 rounds (limit 10 %)");
  EXPECT_EQ(judgement.story.front(), "02:20.000  b gave 1.25 MiB in the last 20 s and is choked, c gave 320 KiB and is not");
}

TEST_F(SlotsFollowUsefulRateTest, CountsNothingThatWasPushed) {
  stage.sent(1s, kA, kB, unchoke);
  for (; now < 400s; now += 1s) {
    give(kB);
    for (int i = 0; i < 8; ++i) stage.received(now, kC, kA, piece, 0, 0);   // more bytes than b, of no use
  }
  EXPECT_EQ(stage.conclude(400s).verdict, Verdict::held);
}

TEST_F(SlotsFollowUsefulRateTest, IsVacuousWhereRatesAreAlike) {
  for (; now < 400s; now += 1s) {
    give(kB);
    give(kC);
  }
  EXPECT_FALSE(stage.is_ready(400s));
  EXPECT_EQ(stage.conclude(400s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
