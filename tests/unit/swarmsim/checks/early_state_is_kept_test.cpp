#include "swarmsim/checks/early_state_is_kept.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/extension_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

constexpr Direction kIn = ExtensionStage::kToA;
constexpr Direction kOut = ExtensionStage::kFromA;

class EarlyStateIsKeptTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("early_state_is_kept", who_within({kA}, 20s)); }
  ExtensionStage stage;
};

TEST_F(EarlyStateIsKeptTest, HoldsForWhoRemembersEverything) {
  stage.say(1s, 0, kIn, have_all);
  stage.say(1s, 0, kIn, unchoke);
  stage.say(1s, 1, kIn, interested);
  stage.whole_metadata(10s, 2);
  EXPECT_FALSE(stage.is_ready(20s));
  stage.say(11s, 0, kOut, interested);
  stage.say(12s, 0, kOut, request);
  stage.say(15s, 1, kOut, unchoke);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "1 told what they have, 1 said Interested before the metadata was there");
}

TEST_F(EarlyStateIsKeptTest, SeesAForgottenHaveAll) {
  stage.say(1s, 0, kIn, have_all);
  stage.whole_metadata(10s, 2);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
  EXPECT_EQ(stage.conclude(60s).summary, "a lacks what b told it before the metadata came, and is not interested 20 s after it");
}

TEST_F(EarlyStateIsKeptTest, SeesAnOnlySourceThatIsNeverAsked) {
  stage.say(1s, 0, kIn, have, 3);
  stage.say(1s, 0, kIn, unchoke);
  stage.whole_metadata(10s, 2);
  stage.say(11s, 0, kOut, interested);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("a has asked b, which does not choke it, for nothing 20 s after the metadata came"));
}

TEST_F(EarlyStateIsKeptTest, AskingSomebodyElseIsAsGood) {
  for (const std::uint32_t connection : {0u, 1u}) {
    stage.say(1s, connection, kIn, have, 3);
    stage.say(1s, connection, kIn, unchoke);
  }
  stage.whole_metadata(10s, 2);
  for (const std::uint32_t connection : {0u, 1u}) stage.say(11s, connection, kOut, interested);
  stage.say(12s, 1, kOut, request, 3);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(EarlyStateIsKeptTest, SeesAForgottenInterested) {
  stage.say(1s, 1, kIn, interested);
  stage.whole_metadata(10s, 2);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("a leaves c choked 20 s after the metadata came, which had said Interested before"));
}

TEST_F(EarlyStateIsKeptTest, WithMoreWishesThanSlotsNobodyIsBlamed) {
  stage.facts.peers[0].upload_slots = 1;
  SetUp();   // with connections 3 to 5
  for (const std::uint32_t connection : {3u, 4u}) stage.say(1s, connection, kIn, interested);
  stage.whole_metadata(10s, 5);
  stage.say(11s, 3, kOut, unchoke);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(EarlyStateIsKeptTest, PromisesNoSlotOfWhoDoesNotChokeByTitForTat) {
  stage.facts.peers[0].tit_for_tat = false;
  SetUp();   // with connections 3 to 5
  stage.say(1s, 4, kIn, interested);
  stage.whole_metadata(10s, 5);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(EarlyStateIsKeptTest, IsVacuousWhenEverythingWasSaidLater) {
  stage.whole_metadata(10s, 2);
  stage.say(11s, 0, kIn, have_all);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
