#include "swarmsim/checks/stopped_means_stopped.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

// b and c have everything and unchoke.
class StoppedMeansStoppedTest : public ::testing::Test {
 protected:
  void begin(CheckArguments arguments) {
    stage.begin("stopped_means_stopped", std::move(arguments));
    for (const HostId seed : {kB, kC}) {
      stage.tells(1s, seed, kA, have_all);
      stage.tells(1s, seed, kA, unchoke);
    }
  }
  static CheckArguments paused() {
    CheckArguments arguments = who({kA});
    arguments.set("off", Duration(10s));
    arguments.set("on", Duration(30s));
    return arguments;
  }
  static CheckArguments wants_first_piece() {
    CheckArguments arguments = who({kA});
    arguments.set("last", std::uint64_t{0});
    return arguments;
  }
  void fetch(Duration at, int number, int block) {
    stage.sent(at, kA, kB, request, number, block);
    stage.received(at + 500ms, kB, kA, piece, number, block);
  }
  Stage stage;
};

TEST_F(StoppedMeansStoppedTest, HoldsWhenAllIsTakenBackAndNothingIsAskedUntilItMay) {
  begin(paused());
  stage.sent(9s, kA, kB, request, 0, 0);
  stage.sent(9s, kA, kC, request, 1, 0);
  stage.sent(10500ms, kA, kB, cancel, 0, 0);
  stage.received(10800ms, kC, kA, piece, 1, 0);   // an answer is as good
  stage.sent(30s, kA, kB, request, 0, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "1 time with 2 requests open; 0 asked for later, 0 not taken back");
}

TEST_F(StoppedMeansStoppedTest, IsViolatedByARequestInTheMeantime) {
  begin(paused());
  stage.sent(15s, kA, kB, request, 0, 0);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary,
            "a asks b for piece 0, begin 0, 5 s after it was told to fetch nothing (limit 1 s)");
}

TEST_F(StoppedMeansStoppedTest, IsViolatedByARequestThatIsNeverCancelled) {
  begin(paused());
  stage.sent(9s, kA, kB, request, 0, 0);
  stage.sent(20s, kA, kB, keep_alive);
  const Judgement judgement = stage.conclude(28s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a was told to fetch nothing and never cancels its request for piece 0, begin 0 at b (limit 1 s)");
}

TEST_F(StoppedMeansStoppedTest, ACancelAndARequestMayWaitToBeSent) {
  begin(paused());
  stage.sent(9s, kA, kB, request, 0, 0);
  stage.sent_late(10s, 14s, kA, kB, cancel, 0, 0);
  stage.sent_late(9900ms, 15s, kA, kC, request, 1, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(StoppedMeansStoppedTest, ACancelThatIsDecidedTooLateIsAFault) {
  begin(paused());
  stage.sent(9s, kA, kB, request, 0, 0);
  stage.sent(14s, kA, kB, cancel, 0, 0);
  EXPECT_THAT(stage.conclude(28s).summary, HasSubstr("cancels too late its request"));
}

TEST_F(StoppedMeansStoppedTest, WithoutAnyFurtherWordThereMayBeACancelOnItsWay) {
  begin(paused());
  stage.sent(9s, kA, kB, request, 0, 0);
  stage.sent_late(10900ms, 20s, kA, kB, have, 0);   // decided when a Cancel was not due yet
  EXPECT_FALSE(stage.is_ready(60s));
  EXPECT_EQ(stage.conclude(28s).verdict, Verdict::held);
}

TEST_F(StoppedMeansStoppedTest, TheEndOfTheConnectionTakesBackToo) {
  begin(paused());
  stage.sent(9s, kA, kB, request, 0, 0);
  stage.ended(kA, kB, 10200ms);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(StoppedMeansStoppedTest, WhoHasAllThatItWantsIsDone) {
  begin(wants_first_piece());
  fetch(2s, 0, 0);
  fetch(3s, 0, 1);
  stage.sent(6s, kA, kB, request, 1, 0);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("2.5 s after it has all that it wants"));
}

TEST_F(StoppedMeansStoppedTest, ABlockThatCameAfterItsCancelMayBeAskedForAgain) {
  begin(wants_first_piece());
  fetch(2s, 0, 0);
  stage.sent(3s, kA, kB, request, 0, 1);
  stage.sent(4s, kA, kB, cancel, 0, 1);
  stage.received(5s, kB, kA, piece, 0, 1);        // thrown away, perhaps
  stage.sent(8s, kA, kC, request, 0, 1);
  EXPECT_NE(stage.conclude(60s).verdict, Verdict::violated);
  stage.received(9s, kC, kA, piece, 0, 1);
  stage.sent(9s, kA, kD, have, 0);
  stage.sent(20s, kA, kC, request, 1, 1);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("11 s after it has all that it wants"));
}

TEST_F(StoppedMeansStoppedTest, WhoIsToldToStopAsksForNothingUntilItIsStartedAgain) {
  begin(who({kA}));
  stage.stopped(kA, 5s);
  stage.joined(kA, 20s);
  stage.sent(21s, kA, kB, request, 0, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  Stage other;
  other.begin("stopped_means_stopped", who({kA}));
  other.tells(1s, kB, kA, unchoke);
  other.stopped(kA, 5s);
  other.sent(7s, kA, kB, request, 0, 0);
  EXPECT_THAT(other.conclude(60s).summary, HasSubstr("2 s after it was told to stop"));
}

TEST_F(StoppedMeansStoppedTest, WaitsForWhatIsToCome) {
  begin(paused());
  EXPECT_FALSE(stage.is_ready(5s));
  stage.sent(30s, kA, kB, request, 0, 0);
  EXPECT_TRUE(stage.is_ready(31s));
  Stage other;
  other.begin("stopped_means_stopped", wants_first_piece());
  EXPECT_FALSE(other.is_ready(5s));
  other.whole_piece(6s, kB, kA, 0);
  EXPECT_TRUE(other.is_ready(9s));
}

TEST_F(StoppedMeansStoppedTest, IsVacuousWhenNobodyCeasedWithSomebodyToAsk) {
  begin(who({kA}));
  fetch(2s, 0, 0);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
