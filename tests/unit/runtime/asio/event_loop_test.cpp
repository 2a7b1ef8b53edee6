#include "runtime/asio/event_loop.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>
#include <vector>

#include "runtime/asio/asio_runtime.hpp"

namespace swarmlab::runtime {
namespace {

TEST(EventLoop, RunsWhatOtherThreadsPostAndStopsWhenTold) {
  EventLoop loop;
  int ran = 0;
  std::thread other;
  loop.post([&] {
    other = std::thread([&] {
      for (int i = 0; i < 100; ++i) loop.post([&] { ++ran; });
      loop.stop();
    });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran, 100);
}

TEST(EventLoop, RemembersAStopThatCameBeforeRun) {
  EventLoop loop;
  loop.stop();
  loop.run();
  SUCCEED() << "came back";
}

TEST(EventLoop, HandsSignalsToTheLoop) {
  EventLoop loop;
  int got = 0;
  loop.on_signal([&](int signal) {
    got = signal;
    loop.stop();
  });
  std::raise(SIGTERM);
  loop.run();
  EXPECT_EQ(got, SIGTERM);
}

struct Counter : Task {
  void run_task() override { ++runs; }
  int runs = 0;
};

TEST(EventLoop, RunsATaskOncePerRoundHoweverOftenItIsWanted) {
  EventLoop loop;
  Counter task;
  Counter cancelled;
  loop.soon(task);
  loop.soon(task);
  loop.soon(cancelled);
  loop.cancel(cancelled);
  EXPECT_EQ(task.runs, 0) << "never inside soon()";
  while (loop.run_one(20ms)) {}
  EXPECT_EQ(task.runs, 1);
  EXPECT_EQ(cancelled.runs, 0);
}

TEST(AsioRuntime, DrawsASeedOfItsOwnUnlessGivenOne) {
  AsioRuntime one({.file_threads = 1, .hash_threads = 1});
  AsioRuntime two({.file_threads = 1, .hash_threads = 1});
  AsioRuntime seeded({.file_threads = 1, .hash_threads = 1, .seed = 5});
  AsioRuntime same({.file_threads = 1, .hash_threads = 1, .seed = 5});
  EXPECT_NE(one.outside().random.next(), two.outside().random.next());
  EXPECT_EQ(seeded.outside().random.next(), same.outside().random.next());
}

}  // namespace
}  // namespace swarmlab::runtime
