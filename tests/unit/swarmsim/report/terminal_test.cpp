#include "swarmsim/report/terminal.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/report/results.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Terminal, ShowsTheMeasuredValueBesideTheLimitAlsoWhenItHolds) {
  const std::string text = describe_run(a_run({a_check(Verdict::held)}), Colours::off);
  EXPECT_THAT(text, HasSubstr("held           bans of leech  3 proofs  (limit: 2 min)\n"));
  EXPECT_THAT(text, Not(HasSubstr("again:")));
  EXPECT_THAT(text, HasSubstr("fingerprint 0000000000000abc, 1 min 30 s of virtual time in 0.25 s"));
}

TEST(Terminal, TellsTheStoryOfAViolationAndHowToSeeItAgain) {
  const std::string text = describe_run(a_run({a_check(Verdict::violated)}), Colours::off);
  EXPECT_THAT(text, HasSubstr("VIOLATED       bans of leech"));
  EXPECT_THAT(text, HasSubstr("      leech[2] still <talks> to liar\n        00:41.220  piece 17 is whole\n"
                              "        again: swarmsim run s.yaml --seed 7\n"));
}

TEST(Terminal, SaysQuietlyWhatIsKnown) {
  RunResult run = a_run({a_check(Verdict::violated)});
  run.checks[0].known = "until 2027-03-31: mended next week";
  const std::string text = describe_run(run, Colours::off);
  EXPECT_THAT(text, HasSubstr("  known          bans of leech"));
  EXPECT_THAT(text, HasSubstr("        known until 2027-03-31: mended next week\n"));
  EXPECT_THAT(text, Not(HasSubstr("again:")));
  EXPECT_EQ(describe_end(std::vector{run}, ExitStatus::violated, Colours::off, std::vector<std::string>{"k.yaml:4: mended"}),
            "k.yaml:4: mended\nVIOLATED\n");
}

TEST(Terminal, NamesAClientThatBrokeAnInvariantOfItsOwnWhichViolatesTheRun) {
  RunResult run = a_run({a_check(Verdict::held)});
  run.faults = {"leech[1] broke an invariant of its own at 00:12.000, in client/download.cpp:426: broken invariant"};
  EXPECT_THAT(describe_run(run, Colours::off), HasSubstr("  FAULT leech[1] broke an invariant of its own at 00:12.000, in client/"));
  EXPECT_EQ(run.verdict(), RunVerdict::violated);
}

TEST(Terminal, EndsWithTheVerdict) {
  const std::vector runs{a_run({a_check(Verdict::held)}), a_run({a_check(Verdict::violated)})};
  EXPECT_EQ(describe_end(runs, ExitStatus::violated, Colours::off), "2 runs: 1 held, 1 violated\nVIOLATED\n");
}

TEST(Terminal, TellsNothingToLookAtFromNothingDecided) {
  const std::vector idle{a_run({a_check(Verdict::vacuous), a_check(Verdict::undecided)})};
  EXPECT_EQ(describe_end(idle, ExitStatus::vacuous, Colours::off), "VACUOUS: a check had nothing to look at\n");
  const std::vector unjudged{a_run({a_check(Verdict::undecided), a_check(Verdict::not_applicable)})};
  EXPECT_EQ(describe_end(unjudged, ExitStatus::vacuous, Colours::off),
            "VACUOUS: no check of a run came to a verdict; the reasons stand above\n");
}

TEST(Terminal, HasColoursOnlyWhenAsked) {
  EXPECT_THAT(describe_run(a_run({a_check(Verdict::held)}), Colours::off), Not(HasSubstr("\x1b")));
  EXPECT_THAT(describe_run(a_run({a_check(Verdict::held)}), Colours::on), HasSubstr("\x1b[32m"));
}

TEST(Terminal, TellsWhatSeveralRunsComeToTogether) {
  EXPECT_EQ(describe_over_seeds(over_seeds({a_check(Verdict::violated, "expect")}), Colours::off),
            "A story\n  s.yaml seeds 1..20 together\n"
            "  VIOLATED       expect of leech  3 proofs  (limit: 2 min)\n"
            "      leech[2] still <talks> to liar\n"
            "        00:41.220  piece 17 is whole\n"
            "        again: swarmsim run s.yaml --seeds 1..20\n");
}

}  // namespace
}  // namespace swarmlab::swarmsim
