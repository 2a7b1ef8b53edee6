#include "swarmsim/report/junit_report.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/report/results.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

TEST(JunitReport, CountsAndEscapes) {
  const std::string xml = junit_report(
      std::vector{a_run({a_check(Verdict::held), a_check(Verdict::violated), a_check(Verdict::undecided)})});
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"s.yaml seed 7\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"0.250\">"));
  EXPECT_THAT(xml, HasSubstr("<failure type=\"violated\" message=\"leech[2] still &lt;talks&gt; to liar\">"));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"undecided: "));
  EXPECT_THAT(xml, HasSubstr("again: swarmsim run s.yaml --seed 7"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
