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

}  // namespace
}  // namespace swarmlab::swarmsim
