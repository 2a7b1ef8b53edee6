#include "swarmsim/report/github_report.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/report/results.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const GithubWorkflow kWorkflow{true, "", ""};

CheckResult at_line(CheckResult check, int line) {
  check.line = line;
  return check;
}

RunResult of_seed(RunResult run, std::uint64_t seed) {
  run.seed = seed;
  run.again = "swarmsim run s.yaml --seed " + std::to_string(seed);
  return run;
}

std::string annotations_of(std::vector<RunResult> runs, std::vector<std::string> required = {}) {
  return annotations(runs, {}, required, {}, kWorkflow);
}

TEST(GithubReport, AViolationIsAnErrorAtTheLineOfItsCheck) {
  EXPECT_EQ(annotations_of({a_run({a_check(Verdict::held), at_line(a_check(Verdict::violated), 20)})}),
            "::error file=s.yaml,line=20,title=bans of leech%3A violated::leech[2] still <talks> to liar%0Aseeds: 7%0A"
            "again: swarmsim run s.yaml --seed 7\n");
}

TEST(GithubReport, OneCheckThatFailsInSeveralSeedsIsAnnotatedOnce) {
  std::vector<RunResult> runs;
  for (const std::uint64_t seed : {3U, 4U, 6U, 7U, 8U, 9U, 10U})
    runs.push_back(of_seed(a_run({at_line(a_check(Verdict::violated), 20)}), seed));
  const std::string text = annotations_of(runs);
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_THAT(text, HasSubstr("seeds: 3, 4, 6, 7, 8 and 2 more%0Aagain: swarmsim run s.yaml --seed 3"));
}

TEST(GithubReport, TwoChecksOfOneNameAreTwoAnnotations) {
  const std::string text =
      annotations_of({a_run({at_line(a_check(Verdict::violated), 20), at_line(a_check(Verdict::violated), 21)})});
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
}

TEST(GithubReport, WhatIsKnownIsANoticeAndWhatIsExperimentalAWarning) {
  RunResult run = a_run({a_check(Verdict::violated)});
  run.checks[0].known = "until 2027-03-31: soon";
  EXPECT_THAT(annotations_of({run}), StartsWith("::notice file=s.yaml,title=bans of leech%3A known::"));
  CheckManual young = *find_check_manual("bans");
  young.maturity = CheckMaturity::experimental;
  RunResult other = a_run({a_check(Verdict::held), a_check(Verdict::violated)});
  other.checks[1].manual = &young;
  EXPECT_THAT(annotations_of({other}), StartsWith("::warning "));
}

TEST(GithubReport, WhateverElseMakesARunRedIsAnErrorToo) {
  EXPECT_THAT(annotations_of({a_run({a_check(Verdict::vacuous)})}), StartsWith("::error file=s.yaml,title=bans of leech%3A vacuous::"));
  EXPECT_THAT(annotations_of({a_run({a_check(Verdict::undecided)})}), HasSubstr("vacuous run::no check came to a verdict"));
  EXPECT_THAT(annotations_of({a_run({a_check(Verdict::held), a_check(Verdict::undecided)})}), IsEmpty());
  EXPECT_THAT(annotations_of({a_run({a_check(Verdict::held), a_check(Verdict::undecided)})}, {"bans"}), HasSubstr("undecided"));
  RunResult broken = a_run({});
  broken.invalid = "the tracker, 100% gone";
  EXPECT_THAT(annotations_of({broken}), HasSubstr("title=invalid run::the tracker, 100%25 gone%0A"));
  RunResult faulty = a_run({a_check(Verdict::held)});
  faulty.faults = {"leech[1] broke"};
  EXPECT_THAT(annotations_of({faulty}), HasSubstr("broke an invariant of its own::leech[1] broke"));
}

TEST(GithubReport, WhatIsJudgedOverSeedsIsAnnotatedAsWell) {
  const std::vector together{over_seeds({at_line(a_check(Verdict::violated, "expect"), 9)})};
  EXPECT_THAT(annotations({}, together, {}, {}, kWorkflow), HasSubstr("line=9,title=expect of leech%3A violated"));
}

TEST(GithubReport, TextThatNamesAPlaceIsAnnotatedThere) {
  EXPECT_EQ(annotations_of_text("a:b/s.yaml:3:7: limit: a bare number\nknown.yaml:4: bans held\nnothing\n", kWorkflow),
            "::error file=a%3Ab/s.yaml,line=3,title=swarmsim::limit: a bare number\n"
            "::error file=known.yaml,line=4,title=swarmsim::bans held\n"
            "::error title=swarmsim::nothing\n");
  EXPECT_EQ(annotations_of_text("s.yaml:3:", kWorkflow), "::error file=s.yaml,line=3,title=swarmsim::\n");
}

TEST(GithubReport, PathsAreRelativeToTheWorkspaceWhereTheyAreBelowIt) {
  const GithubWorkflow in_repository{true, "/srv/checkout", ""};
  EXPECT_THAT(annotations_of_text("/srv/checkout/scenarios/s.yaml:3: x", in_repository), HasSubstr("file=scenarios/s.yaml,"));
  EXPECT_THAT(annotations_of_text("/elsewhere/s.yaml:3: x", in_repository), HasSubstr("file=/elsewhere/s.yaml,"));
}

TEST(GithubReport, TheSummarySaysTheVerdictAndAllThatDidNotHold) {
  const RunResult bad = a_run({a_check(Verdict::held), at_line(a_check(Verdict::violated), 20)});
  const std::vector runs{bad, of_seed(a_run({a_check(Verdict::held)}), 8)};
  const std::string text = markdown_summary(runs, {}, ExitStatus::violated, {}, std::vector<std::string>{"known.yaml:4: out | of date"});
  EXPECT_THAT(text, StartsWith("### Swarmlab: VIOLATED\n\n1 of 2 runs held\n"));
  EXPECT_THAT(text, HasSubstr("| violated | s.yaml:20 | 7 | bans of leech | leech[2] still &lt;talks> to liar | 2 min | "
                              "`swarmsim run s.yaml --seed 7` |\n"));
  EXPECT_THAT(text, HasSubstr("known.yaml:4: out \\| of date"));
  EXPECT_THAT(text, HasSubstr("<details><summary>1 scenario</summary>"));
  EXPECT_THAT(text, HasSubstr("| s.yaml | A story | 1 of 2 | 90.0 s | 0.50 s |\n"));
}

TEST(GithubReport, ASummaryOfNothingButGoodNewsHasNoTableOfBad) {
  const std::vector runs{a_run({a_check(Verdict::held)})};
  EXPECT_THAT(markdown_summary(runs, {}, ExitStatus::held, {}, {}), Not(HasSubstr("| verdict |")));
}

}  // namespace
}  // namespace swarmlab::swarmsim
