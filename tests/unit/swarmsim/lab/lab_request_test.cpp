#include "swarmsim/lab/lab_request.hpp"

#include <gmock/gmock.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

LabRequest read(std::string_view line) {
  auto request = parse_lab_request(line);
  EXPECT_TRUE(request) << request.error();
  return request ? *request : LabRequest{};
}

std::string why_not(std::string_view line) {
  const auto request = parse_lab_request(line);
  return request ? "it was taken" : request.error();
}

TEST(LabRequest, ChangesALinkInTheWordsOfScenarios) {
  const LabRequest request = read(R"({"link": {"down": "1Mbit/s", "delay": "20 ms", "loss": "2%"}, "of": "leecher-1"})");
  EXPECT_EQ(request.action, LabAction::link);
  EXPECT_THAT(request.who, ElementsAre("leecher-1"));
  EXPECT_EQ(request.link.down, BytesPerSecond(125'000));
  EXPECT_EQ(request.link.delay, 20ms);
  EXPECT_EQ(request.link.loss, Share{20'000});
  EXPECT_FALSE(request.link.up);
}

TEST(LabRequest, CutsTheNetworkIntoSides) {
  const LabRequest request = read(R"({"partition": [["leecher-1", "leecher-2"], "tracker"], "one_way": true})");
  EXPECT_EQ(request.action, LabAction::partition);
  EXPECT_TRUE(request.one_way);
  EXPECT_THAT(request.cells, ElementsAre(ElementsAre("leecher-1", "leecher-2"), ElementsAre("tracker")));
}

TEST(LabRequest, NamesWhomItMeansByNameOrList) {
  EXPECT_THAT(read(R"({"pause": "leecher"})").who, ElementsAre("leecher"));
  EXPECT_THAT(read(R"({"kill": ["leecher-1", "seeder-1"]})").who, ElementsAre("leecher-1", "seeder-1"));
  EXPECT_THAT(read(R"({"reset": "leecher-1", "with": "seeder"})").with, ElementsAre("seeder"));
}

TEST(LabRequest, SaysWhatIsWrongAndWhatWouldBeRight) {
  EXPECT_THAT(why_not(""), HasSubstr("request"));
  EXPECT_THAT(why_not("[1, 2]"), HasSubstr("request"));
  EXPECT_THAT(why_not("{}"), HasSubstr("a request has one of show, link"));
  EXPECT_THAT(why_not(R"({"pause": "a", "kill": "b"})"), HasSubstr("a request has one of"));
  EXPECT_THAT(why_not(R"({"lnk": {"up": "1 Mbit/s"}})"), HasSubstr("did you mean 'link'"));
  EXPECT_THAT(why_not(R"({"link": {"dwn": "1 Mbit/s"}, "of": "a"})"), HasSubstr("did you mean 'down'"));
  EXPECT_THAT(why_not(R"({"link": {"down": "1"}, "of": "a"})"), HasSubstr("down: '1' is a bare number"));
  EXPECT_THAT(why_not(R"({"link": {"down": "1 Mbit/s"}})"), HasSubstr("of: leecher-1"));
  EXPECT_THAT(why_not(R"({"partition": [["a"]]})"), HasSubstr("two sides or more"));
  EXPECT_THAT(why_not(R"({"partition": [["a"], ["b"], ["c"]], "one_way": true})"), HasSubstr("two sides"));
}

TEST(LabRequest, IsBoundedWhateverSomebodySends) {
  EXPECT_NE(why_not(std::string(10'000, '[')), "it was taken");
  EXPECT_NE(why_not("{\"pause\": [" + std::string(60'000, ',') + "]}"), "it was taken");
  EXPECT_NE(why_not(std::string("{\"pause\": \"a\0b", 14)), "it was taken");
  EXPECT_NE(why_not("&a [*a, *a]"), "it was taken");
}

TEST(LabRequest, ReadsALinkByItself) {
  const auto link = parse_link_text(R"({"up": "2Mbit/s", "nat": "symmetric"})");
  ASSERT_TRUE(link) << link.error();
  EXPECT_EQ(link->up, BytesPerSecond(250'000));
  EXPECT_EQ(link->nat, NatKind::symmetric);
  EXPECT_TRUE(parse_link_text("{}"));
  EXPECT_FALSE(parse_link_text("{up: fast}"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
