#include "swarmsim/checks/segmentation_does_not_matter.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;

CheckArguments seed_and(HostId seed, HostId stranger) {
  CheckArguments arguments = who({seed});
  arguments.set("whom", std::vector<HostId>{stranger});
  return arguments;
}

class SegmentationDoesNotMatterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("segmentation_does_not_matter", seed_and(kB, kA));
    stage.received(2s, kA, kB, interested);
  }
  Stage stage;
};

TEST_F(SegmentationDoesNotMatterTest, HoldsWhenTheStrangerIsServed) {
  stage.sent(4s, kB, kA, unchoke);
  stage.received(5s, kA, kB, request);
  EXPECT_FALSE(stage.is_ready(5s));
  stage.sent(6s, kB, kA, piece);
  EXPECT_TRUE(stage.is_ready(7s));
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 served, slowest first block after 4 s");
}

TEST_F(SegmentationDoesNotMatterTest, IsViolatedWhenItsInterestLiesInABuffer) {
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "b sends a no block within 25 s of its Interested (its bytes come in other cuts than usual)");
}

TEST_F(SegmentationDoesNotMatterTest, NothingIsOwedToWhoHangsUp) {
  stage.ended(kA, kB, 10s);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

TEST(SegmentationDoesNotMatter, IsVacuousWhenOnlyOthersAreInterested) {
  Stage stage;
  stage.begin("segmentation_does_not_matter", seed_and(kB, kC));
  stage.received(2s, kA, kB, interested);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
