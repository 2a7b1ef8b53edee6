#include "swarmsim/checks/rarest_first.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// 400 pieces of one block.
class RarestFirstTest : public ::testing::Test {
 protected:
  static constexpr int kPieces = 400;
  static constexpr int kRare = 40;       // the last ones

  RarestFirstTest() {
    stage.facts.geometry = protocol::PieceGeometry(ByteCount(std::int64_t{kPieces} * 16384), 16_KiB);
    for (PeerFacts& peer : stage.facts.peers) {
      peer.has_at_start = protocol::Bitfield(kPieces);
      if (peer.name != "a") peer.has_at_start.set_all();
    }
    stage.begin("rarest_first", who({kA}));
  }
  // b has everything, c and d lack the rare ones.
  void tell_of_rare_ones() {
    std::string most;
    for (int i = 0; i < kPieces / 8; ++i) most += i < (kPieces - kRare) / 8 ? "ff" : "00";
    stage.tells(1s, kB, kA, have_all);
    for (const HostId other : {kC, kD}) stage.bitfield(1s, other, kA, most);
  }
  void tell_of_equals() {
    for (const HostId other : {kB, kC, kD}) stage.tells(1s, other, kA, have_all);
  }
  void ask(int number, HostId of = kB) { stage.sent(2s, kA, of, request, number); }
  Stage stage;
};

TEST_F(RarestFirstTest, HoldsWhenWhatExistsOnceIsBegunFirst) {
  tell_of_rare_ones();
  for (int i = kPieces - kRare; i < kPieces; ++i) ask(i);
  for (int i = 0; i < kPieces - kRare; ++i) ask(i * 7 % (kPieces - kRare), kC);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_THAT(judgement.measured, HasSubstr("40 chosen, 0 passed over"));
  EXPECT_EQ(judgement.verdict, Verdict::held);
}

TEST_F(RarestFirstTest, IsViolatedWhenCommonOnesAreBegunWhereRareOnesAre) {
  tell_of_rare_ones();
  for (int i = 0; i < kPieces; ++i) ask(i * 7 % kPieces);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("cases in which the source alone had a piece"));
  EXPECT_THAT(judgement.story.front(), HasSubstr("which is to be had at 3 peers"));
}

TEST_F(RarestFirstTest, TheFirstQuarterMayBeOfAnything) {
  tell_of_rare_ones();
  for (int i = 0; i < kPieces / 4; ++i) ask(i);
  for (int i = kPieces - kRare; i < kPieces; ++i) ask(i);
  EXPECT_THAT(stage.conclude(60s).measured, HasSubstr("40 chosen, 0 passed over"));
}

TEST_F(RarestFirstTest, WhatTheAskedPeerDoesNotHaveItCannotBeAskedFor) {
  tell_of_rare_ones();
  for (int i = 0; i < kPieces - kRare; ++i) ask(i * 7 % (kPieces - kRare), kC);
  EXPECT_THAT(stage.conclude(60s).measured, HasSubstr("0 chosen, 0 passed over"));
}

TEST_F(RarestFirstTest, EqualsInRandomOrderAreRight) {
  tell_of_equals();
  for (int i = 0; i < kPieces; ++i) ask(i * 163 % kPieces);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(RarestFirstTest, EqualsByNumberAreAFault) {
  tell_of_equals();
  for (int i = 0; i < kPieces; ++i) ask(i);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary,
            "a began 400 equally available pieces in an order that correlates with their numbers by 1.000 (limit 0.300)");
  EXPECT_THAT(judgement.story.front(), HasSubstr("the first of them: 0, 1, 2, 3"));
}

TEST_F(RarestFirstTest, EqualsFromTheLastToTheFirstAreAFaultToo) {
  tell_of_equals();
  for (int i = kPieces; i > 0; --i) ask(i - 1);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("by -1.000 (limit 0.300)"));
}

TEST_F(RarestFirstTest, DoesNotApplyToWhoDeclaresToFetchInOrder) {
  Stage other;
  other.facts = stage.facts;
  other.facts.peers[0].in_order = true;
  other.begin("rarest_first", who({kA}));
  EXPECT_EQ(other.conclude(60s).verdict, Verdict::not_applicable);
}

TEST_F(RarestFirstTest, IsVacuousWithFewOfBoth) {
  tell_of_equals();
  for (int i = 0; i < 100; ++i) ask(i);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
