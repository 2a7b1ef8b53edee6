#include "swarmsim/virtual/event_queue.hpp"

#include <gtest/gtest.h>

#include <array>

#include <algorithm>
#include <vector>

#include "runtime/random.hpp"

namespace swarmlab::swarmsim {
namespace {

TEST(EventQueue, OrdersByTimeThenEntityThenSequence) {
  EventQueue queue;
  queue.push({.time = kStart + 2s, .key = 1, .sequence = 0});
  queue.push({.time = kStart + 1s, .key = 9, .sequence = 5});
  queue.push({.time = kStart + 1s, .key = 2, .sequence = 7});
  queue.push({.time = kStart + 1s, .key = 2, .sequence = 6});
  EXPECT_EQ(queue.pop().sequence, 6u);
  EXPECT_EQ(queue.pop().sequence, 7u);
  EXPECT_EQ(queue.pop().key, 9u);
  EXPECT_EQ(queue.pop().time, kStart + 2s);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, GivesWhatASortedListGivesUnderRandomPushesAndPops) {
  runtime::Random random(2);
  EventQueue queue;
  std::vector<Event> model;
  Time now = kStart;
  std::uint32_t sequence = 0;
  for (int round = 0; round < 30'000; ++round) {
    if (model.empty() || random.chance(11, 20)) {
      // From at once to hours ahead, with many ties.
      const std::uint64_t scale = random.below(5);
      const std::int64_t ahead = static_cast<std::int64_t>(random.below(8)) *
                                 std::array<std::int64_t, 5>{0, 1, 1'000'000, 300'000'000, 3'600'000'000'000}[scale];
      const std::uint64_t key = random.below(4);
      const Event event{.time = now + Duration(ahead), .key = key, .sequence = sequence++};
      queue.push(event);
      model.insert(std::upper_bound(model.begin(), model.end(), event), event);
    } else {
      const Event event = queue.pop();
      ASSERT_EQ(event.sequence, model.front().sequence);
      now = event.time;
      model.erase(model.begin());
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

TEST(EventQueue, KnowsAheadWhatComesNextWithinTheSameHalfMillisecond) {
  EventQueue queue;
  queue.push({.time = kStart, .key = 0, .sequence = 99});
  for (const std::uint32_t i : {2u, 0u, 3u, 1u}) queue.push({.time = kStart + 1s + Duration(i), .key = 1, .sequence = i});
  EXPECT_EQ(queue.ahead(0), nullptr);   // one event alone is not in any order yet
  EXPECT_EQ(queue.pop().sequence, 99u);
  for (std::uint32_t i = 0; i < 4; ++i) {
    ASSERT_NE(queue.ahead(i), nullptr);
    EXPECT_EQ(queue.ahead(i)->sequence, i);
  }
  EXPECT_EQ(queue.ahead(4), nullptr);
  EXPECT_EQ(queue.pop().sequence, 0u);
  EXPECT_EQ(queue.ahead(1)->sequence, 2u);
}

TEST(EventQueue, TakesWhatIsPostedIntoThePresentInItsPlace) {
  EventQueue queue;
  queue.push({.time = kStart, .key = 0, .sequence = 0});
  queue.push({.time = kStart + 1s, .key = 1, .sequence = 1});
  queue.push({.time = kStart + 1s + 2us, .key = 1, .sequence = 3});
  queue.pop();
  queue.push({.time = kStart + 1s + 1us, .key = 1, .sequence = 2});
  for (const std::uint32_t i : {1u, 2u, 3u}) {
    EXPECT_EQ(queue.first().sequence, i);
    EXPECT_EQ(queue.pop().sequence, i);
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
