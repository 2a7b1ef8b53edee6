#include "swarmsim/scenario/parse_timeline.hpp"

#include <gmock/gmock.h>

#include "swarmsim/scenario/parse.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A scenario with one line of timeline, as line 10.
std::optional<Scenario> parse(const std::string& entries, Diagnostics& diagnostics, const std::string& leech = "count: 4, join: 5 s") {
  const std::string text = R"(format: 1
scenario: A story
limit: 10 min
torrent: { size: 1 MiB }
peers:
  seeder: { have: all }
  leech:  { )" + leech + R"( }
  late:   { count: 2 }
timeline:
  - )" + entries + R"(
checks:
  - completes: { who: leech }
)";
  return parse_scenario(text, {}, diagnostics);
}

TimelineEntry entry(const std::string& text) {
  Diagnostics diagnostics;
  const auto scenario = parse(text, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << (diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return scenario ? scenario->timeline.front() : TimelineEntry{};
}

std::string error(const std::string& entries, const std::string& leech = "count: 4, join: 5 s") {
  Diagnostics diagnostics;
  parse(entries, diagnostics, leech);
  return diagnostics.empty() ? "nothing is wrong" : to_string("s.yaml", diagnostics.sorted().front());
}

// HostIds follow the names: late is 0 and 1, leech 2 to 5, seeder 6, the tracker 7.
TEST(ParseTimeline, ReadsWhoAndHowLong) {
  const TimelineEntry pause = entry("{ at: 1 min, pause: \"leech[1..2]\", for: 30 s }");
  EXPECT_EQ(pause.action, TimelineAction::pause);
  EXPECT_THAT(pause.peers, ElementsAre(HostId(3), HostId(4)));
  EXPECT_EQ(pause.at, kStart + 1min);
  EXPECT_EQ(pause.lasts, 30s);
  EXPECT_EQ(entry("{ at: 1 min, vanish: leech }").lasts, 0s);
}

TEST(ParseTimeline, ReadsAPartitionThatMayCutOffTheTracker) {
  const TimelineEntry cut = entry("{ at: 1 min, partition: [[seeder, tracker], [leech]], for: 30 s, one_way: true }");
  ASSERT_THAT(cut.cells, SizeIs(2));
  EXPECT_THAT(cut.cells[0], ElementsAre(HostId(6), HostId(7)));
  EXPECT_THAT(cut.cells[1], SizeIs(4));
  EXPECT_TRUE(cut.one_way);
}

TEST(ParseTimeline, ATrackerMayDieAndComeBack) {
  EXPECT_THAT(entry("{ at: 1 min, kill: tracker }").peers, ElementsAre(HostId(7)));
  EXPECT_THAT(error("{ at: 1 min, restart: tracker }"), HasSubstr("tracker is to restart at 1 min, but nothing has ended it"));
  EXPECT_THAT(error("{ at: 1 min, pause: tracker, for: 1 s }"), HasSubstr("tracker")) << "of what befalls hosts, trackers know partitions";
}

TEST(ParseTimeline, ReadsAChangeOfLinksAndChangesOnlyWhatItStates) {
  const TimelineEntry change = entry("{ at: 1 min, link: { up: 1 Mbit/s }, of: leech }");
  LinkSpec link{.up = BytesPerSecond(5), .down = BytesPerSecond(7), .delay = 3ms, .queue = 9_KiB};
  change.change.apply_to(link);
  EXPECT_EQ(link.up, BytesPerSecond(125'000));
  EXPECT_EQ(link.down, BytesPerSecond(7));
  EXPECT_EQ(link.queue, 9_KiB);
}

TEST(ParseTimeline, ReadsHowMembersArrive) {
  const TimelineEntry join = entry("{ at: 1 min, join: late, burst: 1, every: 5 s }");
  EXPECT_EQ(join.arrival.kind, Arrival::Kind::bursts);
  EXPECT_EQ(join.arrival.time, 5s);
  EXPECT_EQ(join.arrival.at, kStart + 1min);
  Diagnostics diagnostics;
  const auto scenario = parse("{ at: 9 min, stop: seeder }", diagnostics, "count: 4, join: { at: 5 s, poisson: 20 s }");
  ASSERT_TRUE(scenario);
  EXPECT_EQ(scenario->groups[1].join.kind, Arrival::Kind::poisson);
  EXPECT_EQ(scenario->groups[1].join.time, 20s);
}

TEST(ParseTimeline, SaysWhatIsWrongWithAnEntry) {
  EXPECT_THAT(error("{ at: 1 min, stap: leech }"), HasSubstr("s.yaml:10:18: timeline: 'stap' is no key here; did you mean 'stop'?"));
  EXPECT_THAT(error("{ at: 1 min }"), HasSubstr("an entry has 'at' and one of join, stop"));
  EXPECT_THAT(error("{ at: 1 min, stop: leech, kill: leech }"), HasSubstr("an entry has 'at' and one of join, stop"));
  EXPECT_THAT(error("{ stop: leech }"), HasSubstr("'at' is missing"));
  EXPECT_THAT(error("{ at: 1 min, pause: leech }"), HasSubstr("'for' is missing; for example for: 30 s"));
  EXPECT_THAT(error("{ at: 1 min, stop: leech, for: 3 s }"), HasSubstr("'for' is no key here"));
  EXPECT_THAT(error("{ at: 1 min, pause: leech, for: 0 s }"), HasSubstr("for: no time at all"));
  EXPECT_THAT(error("{ at: 1 min, link: { upp: 1 Mbit/s }, of: leech }"), HasSubstr("did you mean 'up'?"));
  EXPECT_THAT(error("{ at: 1 min, link: { up: 1 Mbit/s } }"), HasSubstr("'of' is missing"));
  EXPECT_THAT(error("{ at: 1 min, reset: leech }"), HasSubstr("'with' is missing"));
  EXPECT_THAT(error("{ at: 1 min, partition: [leech], for: 3 s }"), HasSubstr("a list of two lists or more"));
  EXPECT_THAT(error("{ at: 1 min, partition: [[leech], [leech]], for: 3 s }"), HasSubstr("leech[0] is on two sides"));
  EXPECT_THAT(error("{ at: 1 min, partition: [[late], [leech], [seeder]], one_way: true, for: 3 s }"),
              HasSubstr("with one_way two lists"));
  EXPECT_THAT(error("{ at: 1 min, join: late, spread: 3 s, poisson: 3 s }"), HasSubstr("only one of 'spread'"));
  EXPECT_THAT(error("{ at: 1 min, join: late, every: 3 s }"), HasSubstr("'every' goes with 'burst'"));
  EXPECT_THAT(error("{ at: 1 min, join: late, burst: 0, every: 3 s }"), HasSubstr("burst: of one peer at least"));
}

TEST(ParseTimeline, RefusesWhatCannotHappen) {
  EXPECT_THAT(error("{ at: 1 s, stop: leech }"), HasSubstr("s.yaml:10:5: timeline: leech[0] is to go at 1 s, before it has come"));
  EXPECT_THAT(error("{ at: 1 s, kill: leech }"), HasSubstr("'kill' meets leech[0] at 1 s, before it has come"));
  EXPECT_THAT(error("{ at: 11 min, stop: leech }"), HasSubstr("11 min is after the run's limit of 10 min"));
  EXPECT_THAT(error("{ at: 9 min, pause: leech, for: 2 min }"), HasSubstr("is not over at the run's limit"));
  EXPECT_THAT(error("{ at: 1 min, restart: leech }"), HasSubstr("leech[0] is to restart at 1 min, but nothing has ended it"));
  EXPECT_THAT(error("{ at: 1 min, leave: seeder }\n  - { at: 2 min, restart: seeder }"),
              HasSubstr("its host has left for good at 1 min; use 'stop'"));
  EXPECT_THAT(error("{ at: 1 min, stop: seeder }\n  - { at: 2 min, kill: seeder }"),
              HasSubstr("'kill' meets seeder at 2 min, but it has been gone since 1 min ('stop')"));
  EXPECT_THAT(error("{ at: 1 min, pause: seeder, for: 20 s }\n  - { at: 70 s, kill: seeder }"),
              HasSubstr("'kill' meets seeder at 1 min 10 s, while it is away until 1 min 20 s"));
  EXPECT_THAT(error("{ at: 1 min, join: leech }"), HasSubstr("but its group says 'join' already"));
  EXPECT_THAT(error("{ at: 1 min, join: late }\n  - { at: 2 min, join: \"late[1]\" }"), HasSubstr("it joins once"));
  EXPECT_THAT(error("{ at: 1 min, kill: seeder }\n  - { at: 2 min, restart: seeder }\n  - { at: 3 min, stop: seeder }"),
              HasSubstr("nothing is wrong"));
}

// The same with a torrent of two files.
std::string selecting(const std::string& entries, const std::string& group = "") {
  const std::string text = R"(format: 1
scenario: A story
limit: 10 min
torrent: { files: [ { path: a.bin, size: 1 MiB }, { path: extras/b.bin, size: 1 MiB } ] }
peers:
  seeder: { have: all }
  leech:  { count: 2)" + group + R"( }
timeline:
  - )" + entries + R"(
checks:
  - completes: { who: leech }
)";
  Diagnostics diagnostics;
  const auto scenario = parse_scenario(text, {}, diagnostics);
  if (!diagnostics.empty()) return to_string("s.yaml", diagnostics.sorted().front());
  std::string read;
  for (const client::SelectRule& rule : scenario->groups.front().select) read += rule.glob + " ";
  for (const client::SelectRule& rule : scenario->timeline.front().select) {
    read += "then " + rule.glob + "=" + std::string(to_string(rule.priority)) + " ";
  }
  return read;
}

TEST(ParseTimeline, SelectionsAreReadAsTheClientReadsThem) {
  EXPECT_EQ(selecting("{ at: 60 s, selection: [a.bin, 'extras/*=low'], of: leech }", ", select: b.bin"),
            "b.bin then a.bin=normal then extras/*=low ");
  EXPECT_EQ(selecting("{ at: 60 s, selection: '*', of: 'leech[1]' }"), "then *=normal ");
}

TEST(ParseTimeline, ASelectionOfNothingThereIsASlip) {
  EXPECT_THAT(selecting("{ at: 60 s, selection: c.bin, of: leech }"), HasSubstr("selection: 'c.bin' names none of the torrent's files"));
  EXPECT_THAT(selecting("{ at: 60 s, selection: a.bin, of: leech }", ", select: c.bin"), HasSubstr("select: 'c.bin' names none"));
  EXPECT_THAT(selecting("{ at: 60 s, selection: 'a.bin=soon', of: leech }"), HasSubstr("'soon' is none of skip, low, normal, high"));
  EXPECT_THAT(selecting("{ at: 60 s, selection: a.bin }"), HasSubstr("of: leech"));
  EXPECT_THAT(error("{ at: 60 s, selection: content, of: leech }"), HasSubstr("the torrent is one file"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
