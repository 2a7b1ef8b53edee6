// Timers and the clock.
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/timers.hpp"
#include "tests/conformance/world.hpp"

namespace swarmlab::conformance {
namespace {

using runtime::Tag;
using runtime::Timer;

struct Log : runtime::TimerHandler {
  void on_timer(Tag tag) override {
    EXPECT_FALSE(is_in_call);
    fired.push_back(tag);
    if (then) then(tag);
  }
  bool is_in_call = false;
  std::vector<Tag> fired;
  std::function<void(Tag)> then;
};

TEST_P(TimerConformance, FiresAtItsTimeAndNotBefore) {
  Log log;
  const runtime::Outside outside = a();
  Timer timer(outside.timers, log, 5);
  const Time due = outside.clock.now() + 30ms;
  timer.arm(due);
  ASSERT_TRUE(run_until([&] { return !log.fired.empty(); }));
  EXPECT_GE(outside.clock.now(), due);
  EXPECT_EQ(log.fired, std::vector<Tag>{5});
  world().run_for(60ms);
  EXPECT_EQ(log.fired.size(), 1U) << "once per arming";
}

TEST_P(TimerConformance, FiresInTheOrderOfTimesAndThenOfArming) {
  Log log;
  const runtime::Outside outside = a();
  std::vector<Timer> timers;
  for (Tag tag = 0; tag < 8; ++tag) timers.emplace_back(outside.timers, log, tag);
  const Time base = outside.clock.now() + 20ms;
  const Duration offsets[] = {3ms, 1ms, 2ms, 1ms, 0ms, 3ms, 0ms, 2ms};
  for (std::size_t i = 0; i < timers.size(); ++i) timers[i].arm(base + offsets[i]);
  ASSERT_TRUE(run_until([&] { return log.fired.size() == 8; }));
  EXPECT_EQ(log.fired, (std::vector<Tag>{4, 6, 1, 3, 2, 7, 0, 5}));
}

TEST_P(TimerConformance, ReplacesTheEarlierTimeWhenArmedAgain) {
  Log log;
  const runtime::Outside outside = a();
  Timer sooner(outside.timers, log, 1);
  Timer later(outside.timers, log, 2);
  const Time now = outside.clock.now();
  sooner.arm(now + 10ms);
  later.arm(now + 5ms);
  sooner.arm(now + 3ms);
  later.arm(now + 40ms);
  ASSERT_TRUE(run_until([&] { return log.fired.size() == 2; }));
  EXPECT_GE(outside.clock.now(), now + 40ms);
  EXPECT_EQ(log.fired, (std::vector<Tag>{1, 2}));
  world().run_for(20ms);
  EXPECT_EQ(log.fired.size(), 2U);
}

TEST_P(TimerConformance, CountsARearmingAsTheLastAmongThoseDueTogether) {
  Log log;
  const runtime::Outside outside = a();
  Timer first(outside.timers, log, 1);
  Timer second(outside.timers, log, 2);
  const Time due = outside.clock.now() + 10ms;
  first.arm(due);
  second.arm(due);
  first.arm(due);
  ASSERT_TRUE(run_until([&] { return log.fired.size() == 2; }));
  EXPECT_EQ(log.fired, (std::vector<Tag>{2, 1}));
}

TEST_P(TimerConformance, DoesNotFireWhenDisarmedOrDestroyed) {
  Log log;
  const runtime::Outside outside = a();
  Timer disarmed(outside.timers, log, 1);
  std::optional<Timer> destroyed(std::in_place, outside.timers, log, 2);
  disarmed.arm(outside.clock.now() + 5ms);
  destroyed->arm(outside.clock.now() + 5ms);
  disarmed.disarm();
  destroyed.reset();
  world().run_for(30ms);
  EXPECT_TRUE(log.fired.empty());
}

TEST_P(TimerConformance, MayBeRearmedFromWithinItsCallback) {
  Log log;
  const runtime::Outside outside = a();
  Timer timer(outside.timers, log, 0);
  log.then = [&](Tag) {
    timer.expired();
    if (log.fired.size() < 5) timer.arm(outside.clock.now() + 2ms);
  };
  timer.arm(outside.clock.now() + 2ms);
  ASSERT_TRUE(run_until([&] { return log.fired.size() == 5; }));
  world().run_for(20ms);
  EXPECT_EQ(log.fired.size(), 5U);
}

TEST_P(TimerConformance, MayBeDestroyedFromWithinItsCallback) {
  Log log;
  const runtime::Outside outside = a();
  auto timer = std::make_unique<Timer>(outside.timers, log, 1);
  auto other = std::make_unique<Timer>(outside.timers, log, 2);
  log.then = [&](Tag) {
    timer.reset();
    other.reset();
  };
  const Time due = outside.clock.now() + 2ms;
  timer->arm(due);
  other->arm(due);
  ASSERT_TRUE(run_until([&] { return !log.fired.empty(); }));
  world().run_for(20ms);
  EXPECT_EQ(log.fired, std::vector<Tag>{1}) << "the other one was due at once, but destroyed before";
}

TEST_P(TimerConformance, FiresSoonForATimeThatHasPassedButNotInsideArm) {
  Log log;
  const runtime::Outside outside = a();
  world().run_for(5ms);
  Timer past(outside.timers, log, 1);
  Timer present(outside.timers, log, 2);
  log.is_in_call = true;
  present.arm(outside.clock.now());
  past.arm(kStart);
  log.is_in_call = false;
  EXPECT_TRUE(log.fired.empty());
  ASSERT_TRUE(run_until([&] { return log.fired.size() == 2; }));
  EXPECT_EQ(log.fired, (std::vector<Tag>{1, 2}));
}

TEST_P(TimerConformance, LeavesTheLoopToOthersWhenAlwaysArmedForThePast) {
  Log log;
  const runtime::Outside outside = a();
  Timer greedy(outside.timers, log, 1);
  Timer other(outside.timers, log, 2);
  bool other_fired = false;
  log.then = [&](Tag tag) {
    if (tag == 2) other_fired = true;
    // In virtual time the clock stands still while events of the same moment are handled.
    if (tag == 1 && !other_fired) greedy.arm(outside.clock.now() + 1us);
  };
  greedy.arm(outside.clock.now());
  other.arm(outside.clock.now() + 10ms);
  EXPECT_TRUE(run_until([&] { return other_fired; }));
}

TEST_P(TimerConformance, NeverFiresWhenArmedForNever) {
  Log log;
  const runtime::Outside outside = a();
  Timer never(outside.timers, log, 1);
  never.arm(outside.clock.now() + 5ms);
  never.arm(kNever);
  world().run_for(30ms);
  EXPECT_TRUE(log.fired.empty());
}

TEST_P(TimerConformance, CarriesManyTimers) {
  Log log;
  const runtime::Outside outside = a();
  std::vector<Timer> timers;
  const Time base = outside.clock.now() + 10ms;
  for (Tag tag = 0; tag < 2000; ++tag) {
    timers.emplace_back(outside.timers, log, tag);
    timers.back().arm(base + Duration(static_cast<Duration::rep>((tag * 7919) % 2000) * 1000));
  }
  ASSERT_TRUE(run_until([&] { return log.fired.size() == 2000; }));
  for (std::size_t i = 0; i < 2000; ++i) ASSERT_EQ((log.fired[i] * 7919) % 2000, i);
}

}  // namespace
}  // namespace swarmlab::conformance
