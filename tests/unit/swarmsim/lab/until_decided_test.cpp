// When real processes are run once more.
#include "swarmsim/lab/until_decided.hpp"

#include <gmock/gmock.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RunResult a_result(std::string rough, bool took_back, std::string invalid = {}) {
  RunResult result;
  result.rough = std::move(rough);
  result.took_back = took_back;
  result.invalid = std::move(invalid);
  return result;
}

// Gives these one after the other, and how many were asked for.
std::pair<RunResult, std::size_t> last_of(const std::vector<RunResult>& results) {
  std::size_t runs = 0;
  RunResult last = until_decided([&] { return results.at(runs++); });
  return {std::move(last), runs};
}

TEST(UntilDecided, OnceIsEnoughWhereNothingWasLeftOpen) {
  for (const RunResult& result : {a_result("", false), a_result("late", false), a_result("", false, "cannot be started")}) {
    const auto [last, runs] = last_of({result});
    EXPECT_EQ(runs, 1u);
    EXPECT_THAT(last.notes, IsEmpty());
  }
}

TEST(UntilDecided, AnAccusationThatWasTakenBackIsLookedIntoOnceMore) {
  const auto [last, runs] = last_of({a_result("late", true), a_result("", false)});
  EXPECT_EQ(runs, 2u);
  EXPECT_THAT(last.notes, ElementsAre("run 2 times, as the machine did not keep up"));
}

TEST(UntilDecided, AMachineThatNeverKeepsUpIsGivenUpAfterThree) {
  const auto [last, runs] = last_of({a_result("late", false, "late"), a_result("late", false, "late"), a_result("late", false, "late")});
  EXPECT_EQ(runs, 3u);
  EXPECT_EQ(last.invalid, "late");
}

}  // namespace
}  // namespace swarmlab::swarmsim
