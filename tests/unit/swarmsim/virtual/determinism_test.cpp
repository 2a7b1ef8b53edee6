// A run is a function of its hosts and its seed, whatever order they are added in and whoever else is there.
#include <algorithm>

#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

struct Result {
  std::uint64_t trace = 0;
  std::vector<std::int64_t> last_byte_ns;   // by host number
  friend bool operator==(const Result&, const Result&) = default;
};

// Six hosts that send to each other over narrow links, added in the given order.
Result run(std::uint64_t seed, const std::vector<int>& order, bool with_bystander = false) {
  World world({.seed = seed});
  const LinkSpec link{.up = BytesPerSecond(200'000), .down = BytesPerSecond(400'000), .delay = 5ms, .queue = 16_KiB};
  const runtime::ContentId content = world.add_content("content");
  std::vector<std::unique_ptr<TestListener>> listeners(order.size());
  std::vector<std::unique_ptr<TestStream>> senders;
  if (with_bystander) world.add_host({.name = "bystander", .addresses = {address_of(200)}, .link = link, .disk = {}});
  for (const int i : order) {
    const HostId host = world.add_host(
        {.name = "host" + std::to_string(i), .addresses = {address_of(i)}, .link = link, .disk = {}});
    listeners[static_cast<std::size_t>(i)] = std::make_unique<TestListener>(world.outside(host), kPort);
    for (const int k : {1, 2}) {
      senders.push_back(std::make_unique<TestStream>(world.outside(host)));
      TestStream& sender = *senders.back();
      sender.send_content(content, 300_KiB);
      const Endpoint to{address_of((i + k) % static_cast<int>(order.size())), kPort};
      world.at(kStart, "start" + std::to_string(i) + std::to_string(k), [&sender, to] { sender.dial(to); });
    }
  }
  world.run_until(kStart + 1min);
  Result result{.trace = world.event_trace(), .last_byte_ns = {}};
  for (const auto& listener : listeners) {
    std::vector<std::int64_t> times;
    for (const auto& stream : listener->streams) {
      EXPECT_EQ(stream->received, 300_KiB);
      times.push_back(stream->last_byte_at.time_since_epoch().count());
    }
    std::ranges::sort(times);
    result.last_byte_ns.insert(result.last_byte_ns.end(), times.begin(), times.end());
  }
  return result;
}

const std::vector<int> kOrder{0, 1, 2, 3, 4, 5};

TEST(Determinism, TheSameSeedGivesTheSameEvents) { EXPECT_EQ(run(3, kOrder), run(3, kOrder)); }

TEST(Determinism, AnotherSeedGivesOtherEvents) { EXPECT_NE(run(3, kOrder), run(4, kOrder)); }

TEST(Determinism, TheOrderInWhichHostsAreAddedDoesNotMatter) {
  EXPECT_EQ(run(3, kOrder), run(3, {4, 1, 5, 0, 3, 2}));
}

TEST(Determinism, AHostThatDoesNothingChangesNothing) { EXPECT_EQ(run(3, kOrder), run(3, kOrder, true)); }

// When each of a host's packets arrives, over a line that draws for every one of them.
TEST(Determinism, WhatOthersSayToEachOtherChangesNothing) {
  const LinkSpec line{.up = BytesPerSecond(200'000), .down = BytesPerSecond(400'000), .delay = 5ms,
                      .faults = {.jitter = 2ms, .loss = {20'000}, .reorder = {10'000}, .duplicate = {10'000}}};
  const auto received_at = [&line](int pairs) {
    World world({.seed = 7});
    const runtime::ContentId content = world.add_content("content");
    std::vector<std::unique_ptr<TestListener>> listeners;
    std::vector<std::unique_ptr<TestStream>> senders;
    for (int i = pairs - 1; i >= 0; --i) {   // the others come first
      const std::string name = std::to_string(i);
      const HostId from = world.add_host({.name = "from" + name, .addresses = {address_of(2 * i)}, .link = line, .disk = {}});
      const HostId to = world.add_host({.name = "to" + name, .addresses = {address_of(2 * i + 1)}, .link = line, .disk = {}});
      listeners.push_back(std::make_unique<TestListener>(world.outside(to), kPort));
      senders.push_back(std::make_unique<TestStream>(world.outside(from)));
      senders.back()->send_content(content, 300_KiB);
      senders.back()->dial({address_of(2 * i + 1), kPort});
    }
    world.run_until(kStart + 1min);
    EXPECT_GT(world.statistics().lost_packets, 0u);
    const TestStream& first = *listeners.back()->streams.at(0);
    EXPECT_EQ(first.received, 300_KiB);
    return std::pair(first.readable_calls, first.last_byte_at);
  };
  EXPECT_EQ(received_at(1), received_at(3));
}

TEST(Determinism, AHostsRandomNumbersAreItsOwn) {
  const auto draw = [](bool with_other) {
    World world({.seed = 9});
    if (with_other) {
      const HostId other = world.add_host({.name = "b", .addresses = {address_of(2)}, .link = {}, .disk = {}});
      world.outside(other).random.next();
    }
    const HostId host = world.add_host({.name = "a", .addresses = {address_of(1)}, .link = {}, .disk = {}});
    return world.outside(host).random.next();
  };
  EXPECT_EQ(draw(false), draw(true));
}

}  // namespace
}  // namespace swarmlab::swarmsim
