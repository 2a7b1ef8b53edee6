#include "swarmsim/checks/metadata_served.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/extension_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class MetadataServedTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("metadata_served", who({kA, kB})); }
  void ask(Duration at, std::uint32_t piece) { stage.metadata(at, 0, ExtensionStage::kFromA, metadata_request, piece); }
  void answer(Duration at, std::uint32_t piece, Authentic authentic = Authentic::yes, std::optional<std::uint32_t> length = {}) {
    stage.metadata(at, 0, ExtensionStage::kToA, metadata_data, piece, authentic, length);
  }
  ExtensionStage stage;
};

TEST_F(MetadataServedTest, HoldsWhenEveryPieceIsSentAndWhatIsBeyondIsRefused) {
  for (const std::uint32_t piece : {0u, 1u}) {
    ask(1s, piece);
    EXPECT_FALSE(stage.is_ready(2s));
    answer(2s, piece);
  }
  ask(3s, 2);
  stage.metadata(3s, 0, ExtensionStage::kToA, metadata_reject, 2);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "2 pieces of metadata asked for, 2 sent, 1 requests beyond the last");
}

TEST_F(MetadataServedTest, SeesThatTheLastPieceIsRefused) {
  ask(1s, 1);
  stage.metadata(2s, 0, ExtensionStage::kToA, metadata_reject, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
  EXPECT_EQ(stage.conclude(60s).summary, "b refuses piece 1 of its metadata of 16.098 KiB");
}

TEST_F(MetadataServedTest, SeesSilence) {
  ask(1s, 0);
  EXPECT_EQ(stage.conclude(60s).summary, "b sends a no answer to its request for piece 0 of the metadata within 30 s");
}

TEST_F(MetadataServedTest, SeesAWrongLength) {
  ask(1s, 1);
  answer(2s, 1, Authentic::no, 16384);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("b sends 16 KiB as piece 1 of its metadata, which has 100 B there"));
}

TEST_F(MetadataServedTest, SeesFalseBytes) {
  ask(1s, 0);
  answer(2s, 0, Authentic::no);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("b sends as piece 0 of its metadata what is not there"));
}

TEST_F(MetadataServedTest, WhoAsksAgainMayBeTurnedAway) {
  ask(1s, 0);
  answer(2s, 0);
  ask(3s, 0);
  stage.metadata(3s, 0, ExtensionStage::kToA, metadata_reject, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(MetadataServedTest, WhoHasNoMetadataOwesNone) {
  stage.metadata(1s, 0, ExtensionStage::kToA, metadata_request, 0);   // b asks a
  stage.metadata(1s, 0, ExtensionStage::kFromA, metadata_reject, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST_F(MetadataServedTest, TheEndOfTheConnectionEndsTheDuty) {
  ask(1s, 0);
  stage.end(2s, 0, kA);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

}  // namespace
}  // namespace swarmlab::swarmsim
