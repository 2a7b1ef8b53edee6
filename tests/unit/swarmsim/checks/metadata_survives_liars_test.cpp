#include "swarmsim/checks/metadata_survives_liars.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/extension_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class MetadataSurvivesLiarsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CheckArguments arguments = who({kA});
    arguments.set("liars", std::vector<HostId>{kB});
    stage.begin("metadata_survives_liars", std::move(arguments));
  }
  ExtensionStage stage;
};

TEST_F(MetadataSurvivesLiarsTest, HoldsForWhoGetsItFromTheHonestOne) {
  stage.offer(1s, 0, 1_B);
  stage.offer(10s, 1, stage.facts.metadata_size);
  EXPECT_FALSE(stage.is_ready(20s));
  stage.whole_metadata(40s, 1);
  stage.say(41s, 1, ExtensionStage::kFromA, request);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "1 of 1 have it, at most 30 s after an honest offer; 1 were lied to");
}

TEST_F(MetadataSurvivesLiarsTest, SeesWhoIsStuckWithALiar) {
  stage.metadata(1s, 0, ExtensionStage::kToA, metadata_data, 0, Authentic::no);
  stage.offer(10s, 1, stage.facts.metadata_size);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a has 0 of 2 pieces of the metadata 1 min after c had offered it");
  EXPECT_THAT(judgement.story[0], HasSubstr("b -> a  METADATA DATA piece 0, length 16 KiB of 0 B (corrupt)"));
}

TEST_F(MetadataSurvivesLiarsTest, SeesWhoUsesMetadataThatIsNotTrue) {
  stage.offer(1s, 0, 1_B);
  stage.say(2s, 0, ExtensionStage::kFromA, request);
  EXPECT_EQ(stage.conclude(3s).summary, "a asks for a block before the true metadata has reached it");
}

TEST_F(MetadataSurvivesLiarsTest, WhoAsksAgainForWhatItGotHasThrownItAway) {
  stage.offer(1s, 0, 1_B);
  stage.whole_metadata(2s, 0);   // the liar sends what is true, and more than it claimed to have
  stage.offer(3s, 1, stage.facts.metadata_size);
  stage.metadata(5s, 0, ExtensionStage::kFromA, metadata_request, 0, Authentic::unknown);
  EXPECT_EQ(stage.conclude(100s).summary, "a has 1 of 2 pieces of the metadata 1 min after c had offered it");
}

TEST_F(MetadataSurvivesLiarsTest, WithoutAnHonestSourceNothingIsOwed) {
  stage.offer(1s, 0, 1_B);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::held);
}

TEST_F(MetadataSurvivesLiarsTest, IsVacuousWhenNobodyLies) {
  stage.offer(1s, 1, stage.facts.metadata_size);
  stage.whole_metadata(2s, 1);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
