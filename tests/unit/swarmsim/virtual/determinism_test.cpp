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
