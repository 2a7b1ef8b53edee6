#include "swarmsim/scenario/parse_storage.hpp"

#include <gmock/gmock.h>

#include "swarmsim/scenario/parse.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::optional<Scenario> parse(const std::string& storage, const std::string& entry, Diagnostics& diagnostics) {
  return parse_scenario(R"(format: 1
scenario: A story
limit: 10 min
torrent: { size: 1 MiB }
peers:
  seeder: { have: all }
  leech:  { count: 2)" + storage + R"( }
timeline:
  - )" + entry + R"(
checks:
  - completes: { who: leech }
)", {}, diagnostics);
}

Scenario valid(const std::string& storage, const std::string& entry) {
  Diagnostics diagnostics;
  auto scenario = parse(storage, entry, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << (diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return scenario ? std::move(*scenario) : Scenario{};
}

std::string error(const std::string& storage, const std::string& entry = "{ at: 1 min, stop: leech }") {
  Diagnostics diagnostics;
  parse(storage, entry, diagnostics);
  return diagnostics.empty() ? "nothing is wrong" : to_string("s.yaml", diagnostics.sorted().front());
}

// HostIds follow the names: leech 0 and 1, seeder 2.
TEST(ParseStorage, ReadsWhatIsWrongFromTheStart) {
  const Scenario scenario =
      valid(", storage: { full_at: 8 MiB, write_error: 1%, read_error: 2%, flip_on_read: 3%, slow: 50 ms }", "{ at: 1 min, stop: leech }");
  const StorageFaults& faults = scenario.groups.front().storage.value();
  EXPECT_EQ(faults.full_at, 8_MiB);
  EXPECT_EQ(faults.write_error.millionths, 10'000u);
  EXPECT_EQ(faults.read_error.millionths, 20'000u);
  EXPECT_EQ(faults.flip_on_read.millionths, 30'000u);
  EXPECT_EQ(faults.slow, 50ms);
  EXPECT_FALSE(scenario.groups.back().storage.has_value());
}

TEST(ParseStorage, ReadsWhatGoesWrongLater) {
  const TimelineEntry entry = valid("", "{ at: 10 s, storage: { full_at: 1 MiB }, of: \"leech[1]\", for: 30 s }").timeline.front();
  EXPECT_EQ(entry.action, TimelineAction::storage);
  EXPECT_THAT(entry.peers, ElementsAre(HostId(1)));
  EXPECT_EQ(entry.lasts, 30s);
  EXPECT_TRUE(entry.storage.refuses_writes());
  EXPECT_FALSE(entry.storage.lies());
}

TEST(ParseStorage, ReadsWhatIsLost) {
  const TimelineEntry entry = valid("", "{ at: 10 s, lose: 5%, of: leech }").timeline.front();
  EXPECT_EQ(entry.action, TimelineAction::lose);
  EXPECT_THAT(entry.peers, ElementsAre(HostId(0), HostId(1)));
  EXPECT_EQ(entry.lost.millionths, 50'000u);
}

TEST(ParseStorage, SaysWhatIsWrong) {
  EXPECT_EQ(error(", storage: {}"), "s.yaml:7:32: peers.leech.storage: says nothing; one of full_at: 8 MiB, write_error: 1%, "
                                    "read_error: 1%, flip_on_read: 1%, slow: 50 ms");
  EXPECT_EQ(error(", storage: { slow: 1 min }"), "s.yaml:7:40: slow: more than 10 s");
  EXPECT_EQ(error("", "{ at: 10 s, lose: 0%, of: leech }"), "s.yaml:9:23: lose: no piece at all");
  EXPECT_EQ(error("", "{ at: 10 s, lose: 5% }"), "s.yaml:9:5: timeline: 'of' is missing; for example of: leech");
}

}  // namespace
}  // namespace swarmlab::swarmsim
