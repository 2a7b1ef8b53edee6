#include "swarmsim/scenario/parse_topology.hpp"

#include <gmock/gmock.h>

#include "swarmsim/scenario/parse.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

std::optional<Scenario> parse(const std::string& delays, Diagnostics& diagnostics) {
  const std::string text = R"(format: 1
scenario: A story
limit: 10 min
torrent: { size: 1 MiB }
tracker: { kind: http, region: us }
network:
  regions: [eu, us]
  delays:
)" + delays + R"(
peers:
  seeder: { have: all, region: eu }
  leech:  { count: 2, region: us }
  lost:   {}
checks:
  - completes: { who: leech }
)";
  return parse_scenario(text, {}, diagnostics);
}

std::string error(const std::string& delays) {
  Diagnostics diagnostics;
  parse(delays, diagnostics);
  return diagnostics.empty() ? "nothing is wrong" : diagnostics.sorted().front().what;
}

// HostIds follow the names: leech is 0 and 1, lost 2, seeder 3, the tracker 4.
TEST(ParseTopology, RegionsAndSinglePeersHaveTheirDelaysAndTheLaterEntryWins) {
  Diagnostics diagnostics;
  const auto scenario = parse(R"(    - { between: [eu, us], delay: 40 ms }
    - { between: [us, us], delay: 5 ms }
    - { from: eu, to: "leech[1]", delay: 70 ms })", diagnostics);
  ASSERT_TRUE(scenario) << diagnostics.sorted().front().what;
  const CoreDelays& delays = scenario->core_delays;
  EXPECT_EQ(delays.between(3, 0), 40ms);
  EXPECT_EQ(delays.between(0, 3), 40ms);
  EXPECT_EQ(delays.between(3, 1), 70ms);
  EXPECT_EQ(delays.between(1, 3), 40ms);   // the other way it is in its region
  EXPECT_EQ(delays.between(0, 1), 5ms);
  EXPECT_EQ(delays.between(1, 4), 5ms);    // the tracker is there too
  EXPECT_EQ(delays.between(2, 3), 0ms);    // of no region
}

TEST(ParseTopology, SaysWhatIsWrong) {
  EXPECT_THAT(error("    - { between: [eu, uss], delay: 40 ms }"),
              HasSubstr("delays: 'uss' is neither a region nor a peer; did you mean 'us'?"));
  EXPECT_THAT(error("    - { between: [eu], delay: 40 ms }"), HasSubstr("either 'between: [eu, us]'"));
  EXPECT_THAT(error("    - { between: [eu, us], to: eu, delay: 40 ms }"), HasSubstr("either 'between: [eu, us]'"));
  EXPECT_THAT(error("    - { from: eu, to: us }"), HasSubstr("'delay' is missing"));
  EXPECT_THAT(error("    - { from: eu, to: us, delay: 40 }"), HasSubstr("bare number"));
  Diagnostics diagnostics;
  parse_scenario(R"(format: 1
scenario: A story
limit: 10 min
torrent: { size: 1 MiB }
network: { regions: [eu] }
peers: { eu: {}, leech: { region: ew } }
checks: [ completes: { who: leech } ]
)", {}, diagnostics);
  std::string all;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) all += diagnostic.what + "\n";
  EXPECT_THAT(all, HasSubstr("network.regions has no 'ew'; did you mean 'eu'?"));
  EXPECT_THAT(all, HasSubstr("'eu' is a region too"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
