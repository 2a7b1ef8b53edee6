#include "swarmsim/checks/requests_match_availability.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class RequestsMatchAvailabilityTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("requests_match_availability", who({kA})); }
  Stage stage;
};

TEST_F(RequestsMatchAvailabilityTest, HoldsForWhatWasAnnounced) {
  stage.bitfield(1s, kB, kA, "40");
  stage.sent(2s, kA, kB, request, 1);
  stage.tells(3s, kB, kA, have, 2);
  stage.sent(4s, kA, kB, request, 2);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 2 requests, 2 of them of peers with a part");
}

TEST_F(RequestsMatchAvailabilityTest, IsViolatedByAPieceThatNobodyAnnounced) {
  stage.bitfield(1s, kB, kA, "40");
  stage.sent(2s, kA, kB, request, 3);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a requests piece 3 from b, which never said that it has it");
  EXPECT_EQ(judgement.story[0], "00:02.000  b has told a of 1 of 4 pieces");
}

TEST_F(RequestsMatchAvailabilityTest, AHaveThatIsStillOnItsWayTellsNothing) {
  stage.bitfield(1s, kB, kA, "40");
  stage.sent(2s, kB, kA, have, 3);
  stage.sent(3s, kA, kB, request, 3);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::violated);
}

TEST_F(RequestsMatchAvailabilityTest, AllowedFastAndSuggestTellNothing) {
  stage.tells(1s, kB, kA, have_none);
  for (const MessageKind kind : {allowed_fast, suggest}) stage.tells(1s, kB, kA, kind, 1);
  stage.sent(2s, kA, kB, request, 1);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("requests piece 1 from b"));
}

TEST_F(RequestsMatchAvailabilityTest, IsVacuousWhereEverybodyAskedHasEverything) {
  stage.tells(1s, kB, kA, have_all);
  stage.sent(2s, kA, kB, request, 1);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
