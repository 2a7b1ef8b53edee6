#include "swarmsim/checks/writes_stay_inside.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;
using Strays = std::vector<std::string>;

Judgement verdict(std::uint32_t misleading_names, std::optional<Strays> outside) {
  Stage stage;
  stage.facts.misleading_names = misleading_names;
  stage.disks.outside = std::move(outside);
  stage.begin("writes_stay_inside", who({kA}));
  return stage.conclude(10s);
}

TEST(WritesStayInside, HoldsWhereNothingIsOutside) {
  const Judgement judgement = verdict(3, Strays{});
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 files outside of its folder; 3 names led there");
}

TEST(WritesStayInside, NamesWhatIsOutside) {
  const Judgement judgement = verdict(1, Strays{"../escape", "/mnt/escape"});
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a wrote outside of the folder that it was given: ../escape, /mnt/escape");
}

TEST(WritesStayInside, NamesAFewOfMany) {
  EXPECT_THAT(verdict(1, Strays(7, "../x")).summary, HasSubstr("../x, ../x, ../x, ../x, ../x and 2 more"));
}

TEST(WritesStayInside, IsVacuousWhereNoNameLeadsOut) {
  EXPECT_EQ(verdict(0, Strays{}).verdict, Verdict::vacuous);
}

TEST(WritesStayInside, IsVacuousWhereNobodyLooked) {
  const Judgement judgement = verdict(1, std::nullopt);
  EXPECT_EQ(judgement.verdict, Verdict::vacuous);
  EXPECT_EQ(judgement.summary, "nobody looked outside of the folder");
}

}  // namespace
}  // namespace swarmlab::swarmsim
