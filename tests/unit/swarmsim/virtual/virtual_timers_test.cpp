#include "swarmsim/virtual/virtual_timers.hpp"

#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

struct Alarm : runtime::TimerHandler {
  void on_timer(runtime::Tag tag) override { fired.push_back(tag); }
  std::vector<runtime::Tag> fired;
};

TEST(VirtualTimers, ADeadlinePushedBackAThousandTimesCostsOneEvent) {
  TwoHosts hosts;
  Alarm alarm;
  runtime::Timer timer(hosts.world.outside(hosts.a).timers, alarm, 1);
  for (int i = 0; i < 1000; ++i) timer.arm(kStart + 1s + i * 1ms);
  EXPECT_EQ(hosts.world.statistics().queued_events, 1u);
  hosts.world.run_until(kStart + 1998ms);
  EXPECT_TRUE(alarm.fired.empty());
  hosts.world.run_until(kStart + 1999ms);
  EXPECT_EQ(alarm.fired.size(), 1u);
  EXPECT_EQ(hosts.world.statistics().queued_events, 0u);
}

TEST(VirtualTimers, ArmedAgainForTheSameTimeItTakesItsPlaceBehindTheOthers) {
  TwoHosts hosts;
  Alarm alarm;
  runtime::Timers& timers = hosts.world.outside(hosts.a).timers;
  runtime::Timer first(timers, alarm, 1);
  runtime::Timer second(timers, alarm, 2);
  first.arm(kStart + 1s);
  second.arm(kStart + 1s);
  first.arm(kStart + 1s);
  hosts.world.run_until(kStart + 1s);
  EXPECT_EQ(alarm.fired, (std::vector<runtime::Tag>{2, 1}));
}

TEST(VirtualTimers, NoTimerOfAnEndedProcessFiresAndItsOwnerMayStillDestroyIt) {
  TwoHosts hosts;
  Alarm alarm;
  {
    runtime::Timer timer(hosts.world.outside(hosts.a).timers, alarm, 1);
    timer.arm(kStart + 1s);
    hosts.world.end_process(hosts.a);
    hosts.world.run_until(kStart + 2s);
  }
  EXPECT_TRUE(alarm.fired.empty());
  runtime::Timer next(hosts.world.outside(hosts.a).timers, alarm, 2);
  next.arm(kStart + 3s);
  hosts.world.run_until(kStart + 4s);
  EXPECT_EQ(alarm.fired, (std::vector<runtime::Tag>{2}));
}

}  // namespace
}  // namespace swarmlab::swarmsim
