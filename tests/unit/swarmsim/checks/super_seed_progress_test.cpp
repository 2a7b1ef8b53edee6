#include "swarmsim/checks/super_seed_progress.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/extension_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

constexpr Direction kIn = ExtensionStage::kToA;
constexpr Direction kOut = ExtensionStage::kFromA;

// a is the super-seed; b, c and d have nothing.  Connection 0 is to b, 1 to c.
class SuperSeedProgressTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (PeerFacts& peer : stage.facts.peers) peer.has_at_start = protocol::Bitfield(stage.facts.geometry.piece_count());
    stage.facts.peers[0].has_at_start.set_all();
    CheckArguments arguments = who({kA});
    arguments.set("leechers", std::vector<HostId>{kB, kC});
    stage.ConnectionStage::begin("super_seed_progress", std::move(arguments));
    stage.open_and_shake(0s, kA, kB);
  }
  void meet_c() { stage.open_and_shake(0s, kA, kC); }
  void show(Duration at, std::uint32_t connection, std::uint32_t piece) { stage.say(at, connection, kOut, have, piece); }
  void report(Duration at, std::uint32_t connection, std::uint32_t piece) { stage.say(at, connection, kIn, have, piece); }
  void receive(Duration at, std::uint32_t connection, std::uint32_t piece) {
    for (const std::uint32_t block : {0u, 1u}) {
      WireMessage what;
      what.piece = PieceIndex(piece);
      what.begin = BlockBegin(block * 16384);
      what.length = 16384;
      stage.message(at, connection, kIn, MessageKind::request, {}, what);
      what.authentic = Authentic::yes;
      stage.message(at, connection, kOut, MessageKind::piece, {}, what);
    }
  }
  ExtensionStage stage;
};

TEST_F(SuperSeedProgressTest, HoldsWhenTheNextPieceFollowsTheNewsOfTheLast) {
  meet_c();
  show(1s, 0, 0);
  report(10s, 1, 0);
  show(15s, 0, 1);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "2 pieces shown, 1 times the next was due, 0 Haves owed to who showed it");
}

TEST_F(SuperSeedProgressTest, SeesASeedThatStops) {
  meet_c();
  show(1s, 0, 0);
  report(10s, 1, 0);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a shows b no other piece by 00:30.000, though its last was seen");
  EXPECT_THAT(judgement.story[0], HasSubstr("c tells a that it has piece 0, which b was shown"));
}

TEST_F(SuperSeedProgressTest, SeesThatWhoIsAloneIsLeftWaiting) {
  show(1s, 0, 0);
  receive(5s, 0, 0);
  report(6s, 0, 0);
  EXPECT_EQ(stage.conclude(100s).summary, "a shows b no other piece by 00:11.000, though its last was seen");
}

TEST_F(SuperSeedProgressTest, AmongOthersAPeersOwnWordIsNotEnough) {
  meet_c();
  show(1s, 0, 0);
  report(6s, 0, 0);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

TEST_F(SuperSeedProgressTest, WhoTellsOfEverythingIsNoSuperSeedAnyMore) {
  meet_c();
  show(1s, 0, 0);
  report(10s, 1, 0);
  stage.say(11s, 0, kOut, have_all);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::held);
}

TEST_F(SuperSeedProgressTest, NothingIsDueWhenEveryPieceWasShown) {
  meet_c();
  for (std::uint32_t piece = 0; piece < 4; ++piece) show(1s, 0, piece);
  report(10s, 1, 3);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

TEST_F(SuperSeedProgressTest, SeesALeecherThatHidesItsProgress) {
  show(1s, 0, 0);
  receive(5s, 0, 0);
  EXPECT_EQ(stage.conclude(100s).summary, "b does not tell a within 5 s that it has piece 0, which a had shown it");
}

TEST_F(SuperSeedProgressTest, IsVacuousWithAPlainSeed) {
  stage.say(1s, 0, kOut, have_all);
  report(6s, 0, 0);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
