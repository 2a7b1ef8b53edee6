#include "swarmsim/checks/reads_are_sent.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// b uploads to a, block after block.
class ReadsAreSentTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("reads_are_sent", who({kB})); }
  void send(int blocks) {
    for (int i = 0; i < blocks; ++i) stage.sent(1s + i * 1ms, kB, kA, piece, i / 2 % 4, i % 2);
  }
  Stage stage;
};

TEST_F(ReadsAreSentTest, HoldsWhereCancelsCostNoReads) {
  send(640);
  stage.received(3s, kA, kB, cancel, 1, 0);
  stage.disks.read = 11_MiB;   // 10 MiB were sent
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "11 MiB read, 10 MiB sent; requests were taken back 1 time");
}

TEST_F(ReadsAreSentTest, IsViolatedWhereMuchIsReadInVain) {
  send(640);
  stage.received(3s, kA, kB, cancel, 1, 0);
  stage.disks.read = 20_MiB;
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "b read 20 MiB from its files and sent 10 MiB");
  EXPECT_THAT(judgement.story.front(), HasSubstr("at most 11.5 MiB would do"));
}

TEST_F(ReadsAreSentTest, AllowsACacheThatReadsLess) {
  send(640);
  stage.sent(3s, kB, kA, choke);
  stage.disks.read = 1_MiB;
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::held);
}

TEST_F(ReadsAreSentTest, IsVacuousWhereNothingWasTakenBack) {
  send(640);
  stage.disks.read = 20_MiB;
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::vacuous);
}

TEST_F(ReadsAreSentTest, IsUndecidedWhereNobodyCounts) {
  send(10);
  stage.received(3s, kA, kB, cancel, 1, 0);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::undecided);
}

}  // namespace
}  // namespace swarmlab::swarmsim
