#include "swarmsim/checks/two_seeds_cooperate.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class TwoSeedsCooperateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CheckArguments arguments = who({kA});
    arguments.set("whom", std::vector<HostId>{kB, kC});
    stage.begin("two_seeds_cooperate", std::move(arguments));
  }
  void unchoked_by_both() {
    stage.received(1s, kB, kA, unchoke);
    stage.received(1s, kC, kA, unchoke);
  }
  void fetch(Duration at, HostId from, int piece_number) {
    for (int block = 0; block < 2; ++block) {
      stage.sent(at, kA, from, request, piece_number, block);
      stage.received(at + 1s, from, kA, piece, piece_number, block);
    }
  }
  Stage stage;
};

TEST_F(TwoSeedsCooperateTest, HoldsWhereBothGiveTheirPart) {
  unchoked_by_both();
  for (int i = 0; i < 3; ++i) fetch(10s, kB, i);
  fetch(10s, kC, 3);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "at least 25 % from c at a");
  EXPECT_EQ(judgement.limit, "20 % from each");
}

TEST_F(TwoSeedsCooperateTest, IsViolatedWhereOneIsNotUsed) {
  unchoked_by_both();
  for (int i = 0; i < 4; ++i) fetch(10s, kB, i);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary,
            "a got 0 B from c, which kept it unchoked for 10 s: 0 % of the 128 KiB that the sources gave (at least 20 %)");
  EXPECT_THAT(judgement.story, ::testing::Contains(HasSubstr("b gave 128 KiB in 10 s of being unchoked")));
}

TEST_F(TwoSeedsCooperateTest, IsViolatedWhereBothGiveTheSame) {
  unchoked_by_both();
  for (const HostId from : {kB, kC})
    for (int i = 0; i < 3; ++i) fetch(from == kB ? 10s : 20s, from, i);
  fetch(30s, kC, 3);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a got 96 KiB from the sources that it had already"));
}

TEST_F(TwoSeedsCooperateTest, ASourceThatChokesCannotBeUsed) {
  stage.received(1s, kB, kA, unchoke);
  stage.received(1s, kC, kA, unchoke);
  stage.received(3s, kC, kA, choke);
  for (int i = 0; i < 4; ++i) fetch(10s, kB, i);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::vacuous);
  EXPECT_THAT(judgement.summary, HasSubstr("unchoked by two of the sources"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
