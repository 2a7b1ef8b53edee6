#include "swarmsim/report/junit_report.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/report/results.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

TEST(JunitReport, CountsAndEscapes) {
  const std::string xml = junit_report(
      std::vector{a_run({a_check(Verdict::held), a_check(Verdict::violated), a_check(Verdict::undecided)})}, {});
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"s.yaml seed 7\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"0.250\">"));
  EXPECT_THAT(xml, HasSubstr("<failure type=\"violated\" message=\"leech[2] still &lt;talks&gt; to liar\">"));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"undecided: "));
  EXPECT_THAT(xml, HasSubstr("again: swarmsim run s.yaml --seed 7"));
}

TEST(JunitReport, SkipsWhatIsKnownAndFailsForTheListOfIt) {
  RunResult run = a_run({a_check(Verdict::violated)});
  run.checks[0].known = "until 2027-03-31: <soon>";
  const std::string xml = junit_report(std::vector{run}, {}, std::vector<std::string>{"known.yaml:4: held"});
  EXPECT_THAT(xml, HasSubstr("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"known until 2027-03-31: &lt;soon&gt;: leech[2] still"));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"known failures\" tests=\"1\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<failure message=\"known.yaml:4: held\"/>"));
}

TEST(JunitReport, GivesNoTwoCasesOfARunOneName) {
  const std::string xml = junit_report(std::vector{a_run({a_check(Verdict::held), a_check(Verdict::held)})}, {});
  EXPECT_THAT(xml, HasSubstr("name=\"bans of leech\""));
  EXPECT_THAT(xml, HasSubstr("name=\"bans of leech, 2\""));
}

TEST(JunitReport, HasAFailureForEachFaultOfAClient) {
  RunResult run = a_run({a_check(Verdict::held)});
  run.faults = {"leech[1] broke an invariant of its own at 00:12.000, in client/download.cpp:426: a > 0"};
  const std::string xml = junit_report(std::vector{run}, {});
  EXPECT_THAT(xml, HasSubstr("tests=\"2\" failures=\"1\" errors=\"0\""));
  EXPECT_THAT(xml, HasSubstr("name=\"fault 1\"><failure message=\"leech[1] broke an invariant of its own at 00:12.000, in "
                             "client/download.cpp:426: a &gt; 0\"/>"));
}

TEST(JunitReport, HasASuiteForWhatIsJudgedOverSeeds) {
  const std::string xml = junit_report({}, std::vector{over_seeds({a_check(Verdict::violated, "expect")})});
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"s.yaml over seeds 1..20\" tests=\"1\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("again: swarmsim run s.yaml --seeds 1..20"));
}

TEST(JunitReport, SaysWhereACheckStandsAndHowToSeeTheRunAgain) {
  RunResult run = a_run({a_check(Verdict::held)});
  run.checks[0].line = 20;
  const std::string xml = junit_report(std::vector{run}, {});
  EXPECT_THAT(xml, HasSubstr("<property name=\"seed\" value=\"7\"/>"));
  EXPECT_THAT(xml, HasSubstr("<property name=\"again\" value=\"swarmsim run s.yaml --seed 7\"/>"));
  EXPECT_THAT(xml, HasSubstr("<testcase classname=\"A story\" name=\"bans of leech\" file=\"s.yaml\" line=\"20\" "));
}

}  // namespace
}  // namespace swarmlab::swarmsim
