#include "swarmsim/checks/memory_bounded.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// a keeps two requests of a peer; b asks.
class MemoryBoundedTest : public ::testing::Test {
 protected:
  void begin(bool fast = true) {
    CheckArguments arguments = who_within({kA}, 2s);
    arguments.set("requests", std::uint64_t{2});
    stage.begin("memory_bounded", std::move(arguments));
    if (fast) stage.speak_fast(kB);
    for (int i = 0; i < 4; ++i) stage.received(1s, kB, kA, request, i / 2, i % 2);
  }
  Stage stage;
};

TEST_F(MemoryBoundedTest, HoldsWhereTheRestIsRejected) {
  begin();
  stage.sent(1s, kA, kB, reject, 1, 0);
  stage.sent(1s, kA, kB, reject, 1, 1);
  stage.sent(5s, kA, kB, piece, 0, 0);
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 request kept of one peer at most; more than fit were asked for 1 time");
}

TEST_F(MemoryBoundedTest, IsViolatedWhereAllAreKept) {
  begin();
  stage.sent(5s, kA, kB, piece, 0, 0);
  const Judgement judgement = stage.conclude(9s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a keeps 3 requests of b (limit 2)");
  EXPECT_THAT(judgement.story.front(), HasSubstr("the oldest of them reaches a: piece 0, begin 16384"));
}

TEST_F(MemoryBoundedTest, GivesTimeToReject) {
  begin();
  stage.sent_late(2s, 5s, kA, kB, piece, 0, 0);   // decided when the requests were a second old
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::held);
}

TEST_F(MemoryBoundedTest, CancelledRequestsAreNotKept) {
  begin();
  stage.received(3s, kB, kA, cancel, 1, 0);
  stage.received(3s, kB, kA, cancel, 1, 1);
  stage.sent(5s, kA, kB, piece, 0, 0);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::held);
}

TEST_F(MemoryBoundedTest, IsVacuousWithoutFastSinceDroppingDoesNotShow) {
  begin(false);
  stage.sent(5s, kA, kB, piece, 0, 0);
  EXPECT_EQ(stage.conclude(9s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
