// Who is added to a scenario disturbs the others only by what it says to them: chance and order are each peer's own.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/run/sim_run.hpp"
#include "tests/unit/swarmsim/run/stories.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kJoins = 1s;

// A swarm in which all that can be left to chance is: pieces, arrivals, faults of lines and of peers.
std::vector<Override> chances(const char* tracker) {
  return {{"tracker.kind", tracker},
          {"peers.leech", "{ count: 4, have: 20%, join: { at: 0 s, poisson: 50 ms } }"},
          {"network.link", "{ up: 4 Mbit/s, down: 20 Mbit/s, delay: 5 ms, jitter: 1 ms, loss: 1%, duplicate: 1% }"}};
}

// Its name comes first, so every other peer has another number; its line and its behaviour draw, too.
Scenario with_newcomer(std::vector<Override> overrides) {
  overrides.push_back({"peers.a_newcomer",
                       "{ have: 50%, join: " + to_text(kJoins) + ", behaviour: [ { corrupt_blocks: 5% } ] }"});
  return a_story(overrides);
}

// The events of a run before `end`, a line each.
std::string events_before(const Scenario& scenario, Duration end) {
  std::ostringstream trace;
  SimOptions options;
  options.trace = &trace;
  run_in_virtual_time(scenario, options);
  std::istringstream lines(trace.str());
  constexpr std::string_view kEvent = R"({"t":)";
  std::string events;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kEvent)) continue;
    std::int64_t time = 0;
    std::from_chars(line.data() + kEvent.size(), line.data() + line.size(), time);
    if (time < end.count()) events += line + '\n';
  }
  return events;
}

TEST(ANewcomer, ChangesNothingBeforeItJoins) {
  for (const char* tracker : {"http", "udp", "none"}) {
    SCOPED_TRACE(tracker);
    const std::string without = events_before(a_story(chances(tracker)), kJoins);
    const std::string with = events_before(with_newcomer(chances(tracker)), kJoins);
    EXPECT_GT(std::ranges::count(without, '\n'), 500);
    EXPECT_TRUE(without == with);   // not EXPECT_EQ: nobody would read a diff of so many lines
  }
}

TEST(ANewcomer, ChangesTheRunOnceItHasJoined) {
  const std::vector<Override> overrides = chances("http");
  EXPECT_NE(events_before(a_story(overrides), kJoins + 500ms), events_before(with_newcomer(overrides), kJoins + 500ms));
}

TEST(ANewcomer, LeavesPiecesArrivalsAndAddressesOfTheOthersAlone) {
  const std::vector<Override> overrides = chances("http");
  const Scenario scenario = a_story(overrides);
  const Scenario larger = with_newcomer(overrides);
  const RunFacts without = declared_facts(scenario, 5);
  const RunFacts with = declared_facts(larger, 5);
  ASSERT_EQ(with.peers.size(), without.peers.size() + 1);
  EXPECT_EQ(with.peers.front().name, "a_newcomer");
  for (std::size_t i = 0; i < without.peers.size(); ++i) {
    const PeerFacts& before = without.peers[i];
    const PeerFacts& after = with.peers[i + 1];
    EXPECT_EQ(before.name, after.name);
    EXPECT_EQ(before.has_at_start, after.has_at_start);
    EXPECT_EQ(before.joins, after.joins);
    EXPECT_EQ(before.listens, after.listens);
  }
}

TEST(ALargerGroup, LeavesThoseWhoWereInItAlone) {
  const Scenario four = a_story(chances("http"));
  std::vector<Override> overrides = chances("http");
  overrides.push_back({"peers.leech.count", "6"});
  const Scenario six = a_story(overrides);
  const RunFacts before = declared_facts(four, 5);
  const RunFacts after = declared_facts(six, 5);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(before.peers[i].name, after.peers[i].name);
    EXPECT_EQ(before.peers[i].has_at_start, after.peers[i].has_at_start);
    EXPECT_EQ(before.peers[i].joins, after.peers[i].joins);
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
