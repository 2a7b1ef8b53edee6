#include "swarmsim/expect/parse_expectation.hpp"

#include <gmock/gmock.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

Cast cast() { return Cast({{"leech", 3}, {"seeder", 1}, {"far-seed", 1}}); }

Expectation parsed(std::string_view text) {
  auto expectation = parse_expectation(text, cast());
  if (expectation) return std::move(*expectation);
  ADD_FAILURE() << text << ": " << expectation.error().what << " at " << expectation.error().offset;
  return {};
}

// "12: what is wrong".
std::string error_of(std::string_view text) {
  const auto expectation = parse_expectation(text, cast());
  if (expectation) return "none";
  return std::to_string(expectation.error().offset) + ": " + expectation.error().what;
}

TEST(ParseExpectation, ReadsTheExamplesOfTheDocuments) {
  EXPECT_EQ(parsed("seeder.first_piece_at - seeder.joined_at < 90 s").who, "seeder");
  EXPECT_EQ(parsed("median(leech.download_time) <= 1.2 * content / seeder.link_up").who, "leech, seeder");
  EXPECT_EQ(parsed("share(leech.download_time < 60 s) >= 90%").claim.operands[0].unit, Unit::share);
  EXPECT_EQ(parsed("jain(leech.uploaded) > 0.8").who, "leech");
  EXPECT_EQ(parsed("sum(leech[1..2].downloaded_from(seeder, far-seed)) < 1.5 * content").claim.operands[0].unit, Unit::size);
  EXPECT_EQ(parsed("run_time < 5 min").who, "the run");
  EXPECT_TRUE(parsed("p95(over_seeds(max(leech.download_time))) < 2 min").is_over_seeds);
  EXPECT_TRUE(parsed("share(over_seeds(max(leech.download_time) < 60 s)) >= 95%").is_over_seeds);
  EXPECT_TRUE(parsed("share(over_seeds(leech.download_time) < 60 s) >= 95%").is_over_seeds);
}

TEST(ParseExpectation, MultipliesBeforeItAdds) {
  const Expression claim = parsed("leech[0].pieces + 2 * leech[1].pieces - 3 < 4").claim;
  EXPECT_EQ(claim.operands[0].kind, Expression::Kind::difference);
  EXPECT_EQ(claim.operands[0].operands[0].text, "leech[0].pieces + 2 * leech[1].pieces");
  EXPECT_EQ(parsed("(leech[0].pieces + 2) * 3 < 4").claim.operands[0].operands[0].text, "(leech[0].pieces + 2)");
}

TEST(ParseExpectation, PutsWhatIsMeasuredOnTheLeft) {
  const Expression claim = parsed("60 s > max(leech.download_time)").claim;
  EXPECT_EQ(claim.operands[0].text, "max(leech.download_time)");
  EXPECT_EQ(claim.comparison, Comparison::less);
  EXPECT_EQ(claim.text, "60 s > max(leech.download_time)");
}

TEST(ParseExpectation, KnowsWhatIsAListAndWhatIsOneValue) {
  EXPECT_TRUE(parsed("leech.pieces > 3").claim.shape.is_list());
  EXPECT_FALSE(parsed("leech[1].pieces > 3").claim.shape.is_list());
  EXPECT_FALSE(parsed("max(leech.pieces, seeder.pieces) > 3").claim.shape.is_list());
  EXPECT_EQ(parsed("leech.completed_at - leech.joined_at < 1 s").claim.shape.peers.size(), 3u);
}

TEST(ParseExpectation, SuggestsTheNameThatWasMeant) {
  EXPECT_EQ(error_of("leach.pieces > 3"), "0: nobody is called 'leach'; did you mean 'leech'?");
  EXPECT_EQ(error_of("leech.complete_at < 3 s"), "6: 'complete_at' is no metric; did you mean 'completed_at'?");
  EXPECT_EQ(error_of("leech.speed < 3 s").substr(0, 44), "6: 'speed' is no metric; known are: announce");
  EXPECT_EQ(error_of("madian(leech.pieces) > 3"), "0: 'madian' is no function; did you mean 'median'?");
  EXPECT_EQ(error_of("p100(leech.pieces) > 3"), "0: 'p100' is no function; known are: median, p95, min, max, "
      "mean, sum, jain, share, over_seeds");
  EXPECT_EQ(error_of("contents > 3 B"), "0: 'contents' is no metric; did you mean 'content'?");
  EXPECT_EQ(error_of("leech[3].pieces > 3"), "0: 'leech[3]': group 'leech' has 3 members, numbered from 0");
  EXPECT_EQ(error_of("leech[0].pieces-2 > 3"), "9: 'pieces-2' is no metric; did you mean 'pieces'?");
}

TEST(ParseExpectation, RefusesWhatHasNoMeaning) {
  EXPECT_EQ(error_of("max(leech.download_time) < 60"), "25: 60 is a bare number, and 'max(leech.download_time)' is a time: 90 s");
  EXPECT_EQ(error_of("max(leech.download_time) < 60 KiB"),
            "25: '<' compares a time with a size: 'max(leech.download_time)' with '60 KiB'");
  EXPECT_EQ(error_of("leech[0].joined_at * leech[0].joined_at < 3 s"), "19: a time times a time means nothing here");
  EXPECT_EQ(error_of("leech[0].joined_at + content < 3 s"), "19: '+' adds a time with a size: 'leech[0].joined_at' with 'content'");
  EXPECT_EQ(error_of("leech.pieces > leech[0..1].pieces"),
            "13: 'leech.pieces' and 'leech[0..1].pieces' are lists of different peers; take max(), median() or the like of one of them");
  EXPECT_EQ(error_of("max(leech[1].pieces) > 3"), "0: max of a single value: 'leech[1].pieces' is one peer's, or one run's");
  EXPECT_EQ(error_of("max(leech.pieces > 3) > 3"), "17: ')' is missing after 'leech.pieces'");
}

TEST(ParseExpectation, RefusesWhatCannotFailOrIsNotThere) {
  EXPECT_THAT(error_of("1 < 2"), HasSubstr("0: names no metric"));
  EXPECT_THAT(error_of("max(leech.download_time)"), HasSubstr("24: 'max(leech.download_time)' is compared with nothing; for example"));
  EXPECT_THAT(error_of("1 < leech[0].pieces < 3"), HasSubstr("20: a second comparison; write two expectations"));
  EXPECT_THAT(error_of("leech < 3"), HasSubstr("0: what of leech? For example leech.download_time"));
  EXPECT_THAT(error_of("leech. < 3"), HasSubstr("7: which metric of leech?"));
  EXPECT_THAT(error_of("pieces < 3"), HasSubstr("0: pieces of whom? Write "));
  EXPECT_THAT(error_of("leech.content < 3 B"), HasSubstr("6: 'content' is a metric of the run; write it alone"));
  EXPECT_THAT(error_of("leech[0].downloaded_from > 3 B"), HasSubstr("9: downloaded_from of whom? Write leech[0].downloaded_from(seeder)"));
  EXPECT_THAT(error_of("leech[0].pieces(seeder) > 3"), HasSubstr("15: pieces is a metric, not a function"));
  EXPECT_THAT(error_of("(leech[0].pieces > 3"), HasSubstr("17: ')' is missing after 'leech[0].pieces'"));
  EXPECT_THAT(error_of("leech[0].pieces > "), HasSubstr("18: ends where a metric or a quantity belongs"));
  EXPECT_THAT(error_of("leech[0].pieces > * 3"), HasSubstr("18: '*' where a metric or a quantity belongs"));
  EXPECT_THAT(error_of("leech[0].pieces > 3 3"), HasSubstr("20: '3' follows a complete comparison"));
  EXPECT_THAT(error_of(""), HasSubstr("0: ends where"));
}

TEST(ParseExpectation, KeepsSeedsApartFromRuns) {
  EXPECT_THAT(error_of("max(over_seeds(leech.pieces)) > leech[0].pieces"), HasSubstr("32: a metric of one run beside over_seeds()"));
  EXPECT_THAT(error_of("max(over_seeds(over_seeds(leech.pieces))) > 3"), HasSubstr("15: over_seeds() inside of over_seeds()"));
  EXPECT_THAT(error_of("over_seeds(leech.pieces) > over_seeds(leech.requests)"), HasSubstr("25: two lists over seeds"));
  EXPECT_THAT(error_of("share(over_seeds(leech.pieces)) > 90%"), HasSubstr("6: share counts how many comparisons hold"));
  EXPECT_THAT(error_of("max(over_seeds(leech.pieces > 3)) > 3"), HasSubstr("4: max of comparisons; share() counts"));
}

TEST(ParseExpectation, BoundsHowLongAndHowDeepTheyAre) {
  const std::string deep(100, '(');
  EXPECT_THAT(error_of(deep + "leech[0].pieces"), HasSubstr("nested more than 24 deep"));
  EXPECT_THAT(error_of(std::string(100, '-') + "1 < 2"), HasSubstr("nested more than 24 deep"));
  EXPECT_THAT(error_of("leech[0].pieces > 3" + std::string(1000, ' ')), HasSubstr("at most 1000"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
