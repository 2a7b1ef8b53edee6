#include "swarmsim/expect/judge_expectation.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "swarmsim/expect/parse_expectation.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Three leechers and a seeder whose download times are as told; joined_at is 5 s, content 1 MiB.
class Told final : public Operands {
 public:
  explicit Told(std::vector<Number> times) : times_(std::move(times)) {}
  Number metric(const Expression& metric, std::size_t index) const override {
    if (metric.metric == Metric::content) return Number::of(1_MiB);
    if (metric.metric == Metric::joined_at) return Number::of(Duration(5s));
    return times_[metric.peers[index].value()];
  }
  std::vector<Number> over_seeds(const Expression&) const override { return {}; }
  std::string label(const Expression& list, std::size_t index) const override {
    return fmt::format("leech[{}]", list.shape.peers[index].value());
  }

 private:
  std::vector<Number> times_;
};

Expectation expectation(std::string_view text) {
  const auto parsed = parse_expectation(text, Cast({{"leech", 3}, {"seeder", 1}}));
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error().what);
  return *parsed;
}

Number seconds(int count) { return Number::of(Duration(std::chrono::seconds(count))); }

Judgement judged(std::string_view text, std::vector<Number> times) { return judge_expectation(expectation(text), Told(std::move(times))); }

TEST(JudgeExpectation, ShowsTheMeasuredValueBesideTheBar) {
  const Judgement judgement = judged("median(leech.download_time) < 60 s", {seconds(40), seconds(50), seconds(70)});
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "median(leech.download_time) = 50 s");
  EXPECT_EQ(judgement.number->value, seconds(50));
  EXPECT_EQ(judgement.limit, "< 60 s");
  EXPECT_THAT(judgement.story, IsEmpty());
}

TEST(JudgeExpectation, ShowsTheOperandsOfWhatIsCalculated) {
  const Judgement judgement = judged("leech[1].completed_at - leech[1].joined_at <= 2 * max(leech.completed_at)",
      {seconds(40), seconds(50), seconds(70)});
  EXPECT_EQ(judgement.measured, "leech[1].completed_at - leech[1].joined_at = 45 s (leech[1].completed_at = 50 "
      "s, leech[1].joined_at = 5 s)");
  EXPECT_EQ(judgement.limit, "<= 2 * max(leech.completed_at) = 140 s");
}

TEST(JudgeExpectation, OfAListIsViolatedByItsWorstMember) {
  const Judgement judgement = judged("leech.download_time < 60 s", {seconds(61), seconds(50), seconds(70)});
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.measured, "leech.download_time = 70 s at leech[2], the worst of 3");
  EXPECT_EQ(judgement.summary, "leech.download_time is 70 s at leech[2], the worst of 3; it should be < 60 s");
  ASSERT_EQ(judgement.story.size(), 2u);
  EXPECT_EQ(judgement.story[0], "leech.download_time: leech[2] 70 s, leech[0] 61 s, leech[1] 50 s");
  EXPECT_THAT(judgement.story[1], HasSubstr("look at: "));
}

TEST(JudgeExpectation, OfAListHoldsWithTheMemberNearestToTheBar) {
  EXPECT_EQ(judged("leech.download_time < 60 s", {seconds(41), seconds(50), seconds(20)}).measured,
            "leech.download_time = 50 s at leech[1], the worst of 3");
  EXPECT_EQ(judged("leech.download_time > 10 s", {seconds(41), seconds(50), seconds(20)}).measured,
            "leech.download_time = 20 s at leech[2], the worst of 3");
}

TEST(JudgeExpectation, CountsThoseOfWhomAClaimHolds) {
  const Judgement judgement = judged("share(leech.download_time < 60 s) >= 90%", {seconds(61), seconds(50), seconds(40)});
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.measured, "share(leech.download_time < 60 s) = 66.667 %");
  EXPECT_THAT(judgement.story.front(), HasSubstr("leech[0] 61 s"));
}

TEST(JudgeExpectation, IsViolatedByWhatNeverHappened) {
  const Judgement judgement = judged("max(leech.download_time) < 60 s", {seconds(61), Number::never(), seconds(40)});
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.measured, "max(leech.download_time) = never");
}

TEST(JudgeExpectation, IsVacuousWhereOnlyWhatNeverHappenedMakesItTrue) {
  const Judgement judgement = judged("leech.download_time > 10 s", {seconds(61), Number::never(), seconds(40)});
  EXPECT_EQ(judgement.verdict, Verdict::vacuous);
  EXPECT_EQ(judgement.summary, "nothing can be compared: leech.download_time is never, 10 s is 10 s at leech[1], one of 3");
}

TEST(JudgeExpectation, PrefersAViolationToAVacuousMember) {
  EXPECT_EQ(judged("leech.download_time > 10 s", {seconds(61), Number::never(), seconds(4)}).verdict, Verdict::violated);
}

TEST(JudgeExpectation, TakesAllRunsTogetherOverSeeds) {
  const Expectation claim = expectation("max(over_seeds(median(leech.download_time))) < 60 s");
  SeedOperands seeds(claim);
  EXPECT_EQ(judge_expectation(claim, seeds).verdict, Verdict::vacuous) << "no run at all";
  seeds.add(1, samples_of(claim, Told({seconds(10), seconds(20), seconds(30)})));
  seeds.add(2, samples_of(claim, Told({seconds(50), seconds(61), seconds(70)})));
  const Judgement judgement = judge_expectation(claim, seeds);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.measured, "max(over_seeds(median(leech.download_time))) = 61 s");
  EXPECT_EQ(judgement.story.front(), "over_seeds(median(leech.download_time)): seed 2 61 s, seed 1 20 s");
}

TEST(JudgeExpectation, OverSeedsKnowsWhichSeedIsTheWorst) {
  const Expectation claim = expectation("over_seeds(leech.download_time) - 1 s < 60 s");
  SeedOperands seeds(claim);
  seeds.add(7, samples_of(claim, Told({seconds(10), seconds(20), seconds(30)})));
  seeds.add(9, samples_of(claim, Told({seconds(50), seconds(70), seconds(10)})));
  EXPECT_THAT(judge_expectation(claim, seeds).summary, HasSubstr("is 69 s at seed 9, the worst of 6"));
  EXPECT_THAT(samples_of(claim, Told({seconds(1), seconds(2), seconds(3)})), ElementsAre(ElementsAre(seconds(1), seconds(2), seconds(3))));
}

}  // namespace
}  // namespace swarmlab::swarmsim
