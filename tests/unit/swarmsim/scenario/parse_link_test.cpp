#include "swarmsim/scenario/parse_link.hpp"

#include <gmock/gmock.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

LinkChange read(const std::string& text, Diagnostics& diagnostics) {
  const auto node = parse_yaml(text, diagnostics);
  return node ? read_link(*node, "link", diagnostics) : LinkChange{};
}

LinkSpec link(const std::string& text) {
  Diagnostics diagnostics;
  LinkSpec spec;
  read(text, diagnostics).apply_to(spec);
  EXPECT_TRUE(diagnostics.empty()) << text << ": " << (diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return spec;
}

std::string error(const std::string& text) {
  Diagnostics diagnostics;
  read(text, diagnostics);
  return diagnostics.empty() ? "nothing is wrong" : diagnostics.sorted().front().what;
}

TEST(ParseLink, ReadsWhatGoesWrongOnALine) {
  EXPECT_FALSE(link("{ up: 4 Mbit/s }").faults.any());
  const LinkFaultSpec faults = link("{ loss: 1.5%, jitter: 5 ms, reorder: 2%, duplicate: 1% }").faults;
  EXPECT_TRUE(faults.any());
  EXPECT_EQ(faults.loss.millionths, 15'000u);
  EXPECT_EQ(faults.loss_burst, 1u);
  EXPECT_EQ(faults.jitter, 5ms);
  EXPECT_EQ(faults.reorder.millionths, 20'000u);
  EXPECT_EQ(faults.reorder_by, 10ms);
  EXPECT_EQ(faults.duplicate.millionths, 10'000u);
}

TEST(ParseLink, ReadsBurstsAndHowFarPacketsAreHeldBack) {
  const LinkFaultSpec faults = link("{ loss: { share: 2%, burst: 8 }, reorder: { share: 1%, by: 30 ms } }").faults;
  EXPECT_EQ(faults.loss_burst, 8u);
  EXPECT_EQ(faults.reorder_by, 30ms);
}

TEST(ParseLink, ReadsTheNat) {
  EXPECT_EQ(link("{ nat: symmetric }").nat, NatKind::symmetric);
  EXPECT_EQ(link("{}").nat, NatKind::open);
}

TEST(ParseLink, SaysWhatIsWrong) {
  EXPECT_THAT(error("{ nat: simmetric }"), HasSubstr("did you mean 'symmetric'?"));
  EXPECT_THAT(error("{ loss: 1 }"), HasSubstr("a share has a unit"));
  EXPECT_THAT(error("{ loss: 95% }"), HasSubstr("use 'partition'"));
  EXPECT_THAT(error("{ loss: { share: 2% } }"), HasSubstr("'burst' is missing"));
  EXPECT_THAT(error("{ loss: { share: 2%, burst: 1 } }"), HasSubstr("without bursts, loss: 1%"));
  EXPECT_THAT(error("{ loss: { share: 80%, burst: 2 } }"), HasSubstr("so much needs longer bursts"));
  EXPECT_THAT(error("{ loss: { share: 80%, burst: 4 } }"), HasSubstr("nothing is wrong"));
  EXPECT_THAT(error("{ reorder: { share: 1%, by: 0 s } }"), HasSubstr("no time at all"));
  EXPECT_THAT(error("{ jitter: 2 min }"), HasSubstr("more than a minute"));
  EXPECT_THAT(error("{ up: 1 bit/s }"), HasSubstr("below 1 kbit/s"));
  EXPECT_THAT(error("{ queue: 1 KiB }"), HasSubstr("2 KiB at least"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
