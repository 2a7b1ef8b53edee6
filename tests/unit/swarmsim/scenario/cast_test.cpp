#include "swarmsim/scenario/cast.hpp"

#include <gmock/gmock.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Cast a_cast() { return Cast({{"leech", 3}, {"liar", 1}, {"big", 12}}); }

TEST(Cast, NumbersByNameWhateverTheOrderOfTheFile) {
  const Cast one({{"b", 2}, {"a", 1}});
  const Cast other({{"a", 1}, {"b", 2}});
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(one.name(HostId(i)), other.name(HostId(i)));
  EXPECT_EQ(one.name(HostId(0)), "a");
  EXPECT_EQ(one.name(HostId(2)), "b[1]");
}

TEST(Cast, NumbersTrackersAfterThePeers) {
  const Cast cast({{"a", 2}}, {"main", "spare"});
  EXPECT_EQ(cast.find_tracker("spare"), HostId(3));
  EXPECT_EQ(cast.find_tracker("a"), std::nullopt);
  EXPECT_EQ(cast.name(HostId(2)), "main");
  EXPECT_EQ(cast.host_count(), 4u);
  EXPECT_FALSE(cast.select("main"));   // a tracker is no peer
}

TEST(Cast, SelectsAGroupAMemberAndARange) {
  const Cast cast = a_cast();
  EXPECT_THAT(*cast.select("leech"), ElementsAre(HostId(12), HostId(13), HostId(14)));
  EXPECT_THAT(*cast.select("leech[2]"), ElementsAre(HostId(14)));
  EXPECT_THAT(*cast.select("leech[1..2]"), ElementsAre(HostId(13), HostId(14)));
  EXPECT_THAT(*cast.select("liar"), ElementsAre(HostId(15)));
}

TEST(Cast, SaysWhatIsWrongWithASelector) {
  const Cast cast = a_cast();
  EXPECT_THAT(cast.select("leach").error(), HasSubstr("did you mean 'leech'?"));
  EXPECT_THAT(cast.select("leech[3]").error(), HasSubstr("has 3 members, numbered from 0"));
  EXPECT_THAT(cast.select("leech[2..1]").error(), HasSubstr("names nobody"));
  EXPECT_THAT(cast.select("leech[").error(), HasSubstr("no closing bracket"));
  EXPECT_FALSE(cast.select("leech[99999999999999999999]"));
  EXPECT_FALSE(cast.select(""));
}

TEST(Cast, DescribesPeersInTheShortestWay) {
  const Cast cast = a_cast();
  EXPECT_EQ(cast.describe({HostId(12), HostId(13), HostId(14), HostId(15)}), "leech, liar");
  EXPECT_EQ(cast.describe({HostId(13), HostId(14), HostId(0)}), "big[0], leech[1..2]");
}

TEST(Cast, TakesOnlyPlainWordsForNames) {
  EXPECT_TRUE(is_group_name("leech_2-b"));
  for (const char* bad : {"", "2leech", "le ech", "tracker", "leech[0]"}) EXPECT_FALSE(is_group_name(bad)) << bad;
}

}  // namespace
}  // namespace swarmlab::swarmsim
