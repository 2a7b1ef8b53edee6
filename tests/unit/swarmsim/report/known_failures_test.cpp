#include "swarmsim/report/known_failures.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/swarmsim/report/results.hpp"

namespace swarmlab::swarmsim {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Day kToday = std::chrono::year(2026) / 11 / 21;

std::expected<KnownFailures, std::string> parse(const std::string& entries) {
  auto list = KnownFailures::parse("format: 1\nknown:\n" + entries, "k.yaml", kToday);
  if (list) list->set_client({"btclient", "0.1.0"});
  return list;
}

KnownFailures a_list(const std::string& more = "", const std::string& until = "2026-11-21") {
  return parse(fmt::format("  - {{ scenario: s.yaml, check: bans, reason: soon mended, until: {}{} }}\n", until, more)).value();
}

RunResult a_run_of(Verdict verdict) { return a_run({a_check(verdict)}); }

TEST(KnownFailures, ExcuseAViolationUntilTheirLastDay) {
  KnownFailures list = a_list(", link: \"https://issues.example/17\"");
  RunResult run = a_run_of(Verdict::violated);
  list.excuse(run);
  EXPECT_EQ(run.checks[0].known, "until 2026-11-21: soon mended (https://issues.example/17)");
  EXPECT_EQ(run.verdict(), RunVerdict::held);
  EXPECT_THAT(list.complaints(), IsEmpty());
}

TEST(KnownFailures, NoLongerExcuseAfterwards) {
  KnownFailures list = a_list("", "2026-11-20");
  RunResult run = a_run_of(Verdict::violated);
  list.excuse(run);
  EXPECT_EQ(run.verdict(), RunVerdict::violated);
  EXPECT_THAT(list.complaints(), ElementsAre(AllOf(HasSubstr("k.yaml:3: bans in s.yaml"), HasSubstr("was excused until 2026-11-20"))));
}

TEST(KnownFailures, ThatHeldInEveryRunAreToBeTakenOut) {
  KnownFailures list = a_list();
  for (int i = 0; i < 2; ++i) {
    RunResult run = a_run_of(Verdict::held);
    list.excuse(run);
  }
  EXPECT_THAT(list.complaints(), ElementsAre(HasSubstr("held in 2 of 2 runs and failed in none")));
  RunResult run = a_run_of(Verdict::violated);
  list.excuse(run);
  EXPECT_THAT(list.complaints(), IsEmpty()) << "it fails sometimes";
}

TEST(KnownFailures, OfRunsThatShowedNothingAreLeftAlone) {
  KnownFailures list = a_list();
  RunResult vacuous = a_run_of(Verdict::vacuous);
  list.excuse(vacuous);
  RunResult invalid = a_run_of(Verdict::held);
  invalid.invalid = "the tracker could not start";
  list.excuse(invalid);
  RunResult other = a_run_of(Verdict::held);
  other.file = "others.yaml";
  list.excuse(other);
  EXPECT_THAT(list.complaints(), IsEmpty());
}

TEST(KnownFailures, ConcernTheirScenarioWhereverItStands) {
  for (const auto& [file, is_meant] : {std::pair{"scenarios/a/s.yaml", true}, {"s.yaml", true}, {"scenarios/ss.yaml", false}}) {
    KnownFailures list = a_list();
    RunResult run = a_run_of(Verdict::violated);
    run.file = file;
    list.excuse(run);
    EXPECT_EQ(!run.checks[0].known.empty(), is_meant) << file;
  }
}

TEST(KnownFailures, ConcernTheirCheckOnly) {
  KnownFailures list = a_list(", who: seeder");
  RunResult run = a_run({a_check(Verdict::violated), a_check(Verdict::violated, "completes")});
  list.excuse(run);
  EXPECT_EQ(run.checks[0].known + run.checks[1].known, "");
  EXPECT_THAT(list.complaints(), ElementsAre(HasSubstr("bans of seeder in s.yaml is no check of that scenario")));
}

TEST(KnownFailures, OfOtherClientsAndVersionsArePassedOver) {
  for (const auto& [more, is_meant] : {std::pair{", client: btclient, version: \"0.1\"", true}, {", version: 0.1.0", true},
                                       {", version: \"0\"", true}, {", version: 0.1.0.0", false}, {", version: 0.10", false},
                                       {", client: aria2", false}}) {
    KnownFailures list = a_list(more);
    RunResult run = a_run_of(Verdict::violated);
    list.excuse(run);
    EXPECT_EQ(!run.checks[0].known.empty(), is_meant) << more;
  }
}

TEST(KnownFailures, OfAClientWhoseVersionNobodyKnowsAreThoseOfAnyVersion) {
  for (const auto& [more, is_meant] : {std::pair{", client: aria2", true}, {", client: aria2, version: \"1\"", false}, {"", false}}) {
    auto list = KnownFailures::parse(fmt::format(R"(format: 1
known: [ {{ scenario: s.yaml, check: bans, reason: r, until: 2026-11-21{} }} ])", more), "k.yaml", kToday);
    list->set_client({"aria2", ""});
    RunResult run = a_run_of(Verdict::violated);
    list->excuse(run);
    EXPECT_EQ(!run.checks[0].known.empty(), is_meant) << more;
  }
}

TEST(KnownFailures, SayWhatIsWrongWithTheirFile) {
  EXPECT_THAT(parse("  - { scenario: s.yaml, check: ban, reason: r, until: 2027-03-31 }\n").error(),
              HasSubstr("k.yaml:3:32: check: no check has the name 'ban'; did you mean 'bans'?"));
  EXPECT_THAT(parse("  - { scenario: s.yaml, check: bans, until: 2027-03-31 }\n").error(), HasSubstr("'reason' is missing"));
  for (const char* day : {"2027-02-29", "31.3.2027", "2027-3-31", "2027-13-01", "never"})
    EXPECT_THAT(parse(fmt::format("  - {{ scenario: s.yaml, check: bans, reason: r, until: {} }}\n", day)).error(),
                HasSubstr("a day like 2027-03-31"))
        << day;
  EXPECT_THAT(parse("  - { scenario: s.yaml, check: bans, reason: r, untill: 2027-03-31 }\n").error(),
              HasSubstr("did you mean 'until'?"));
  EXPECT_THAT(KnownFailures::parse("format: 2\nknown: {}\n", "k.yaml", kToday).error(),
              AllOf(HasSubstr("this version reads format 1"), HasSubstr("a list of")));
}

}  // namespace
}  // namespace swarmlab::swarmsim
