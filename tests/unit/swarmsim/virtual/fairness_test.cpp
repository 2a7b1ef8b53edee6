// Flows that share a link share it evenly, and what is written is what arrives.
#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

// `flows` senders, each a host of its own, to one receiver whose downlink they share; or one sending host to as many
// receivers, sharing its uplink.  Each flow's part of the fair share, in the order in which they began.
enum class Shared { downlink, uplink };

std::vector<double> shares(std::uint64_t seed, int flows, Shared shared) {
  World world({.seed = seed});
  const LinkSpec narrow{.up = BytesPerSecond(1'250'000), .down = BytesPerSecond(1'250'000), .delay = 10ms, .queue = 64_KiB};
  const LinkSpec wide{.up = {}, .down = {}, .delay = 10ms, .queue = 64_KiB};
  const runtime::ContentId content = world.add_content("content");
  const HostId hub = world.add_host({.name = "hub", .addresses = {address_of(1)}, .link = narrow, .disk = {}});
  std::vector<std::unique_ptr<TestListener>> listeners;
  std::vector<std::unique_ptr<TestStream>> senders;
  if (shared == Shared::downlink) listeners.push_back(std::make_unique<TestListener>(world.outside(hub), kPort));
  for (int i = 0; i < flows; ++i) {
    const HostId host = world.add_host({.name = "host" + std::to_string(i), .addresses = {address_of(10 + i)},
                                        .link = wide, .disk = {}});
    if (shared == Shared::uplink) listeners.push_back(std::make_unique<TestListener>(world.outside(host), kPort));
    senders.push_back(std::make_unique<TestStream>(world.outside(shared == Shared::uplink ? hub : host)));
    senders.back()->send_content(content, 1_GiB);
    TestStream& sender = *senders.back();
    const Endpoint to{address_of(shared == Shared::uplink ? 10 + i : 1), kPort};
    world.at(kStart + i * 137ms, "start" + std::to_string(i), [&sender, to] { sender.dial(to); });
  }
  world.run_until(kStart + 130s);
  std::vector<double> received;
  double total = 0;
  for (const auto& listener : listeners) {
    for (const auto& stream : listener->streams) {
      received.push_back(static_cast<double>(stream->received.value()));
      total += received.back();
    }
  }
  EXPECT_GT(total, 0.93 * 130 * 1'250'000 * 1448 / 1500);   // and the link is kept busy
  for (double& share : received) share /= total / flows;
  return received;
}

TEST(Fairness, FlowsShareALinkEvenlyOverTheSeeds) {
  for (const Shared shared : {Shared::downlink, Shared::uplink}) {
    for (const int flows : {2, 5}) {
      constexpr int kSeeds = 8;
      std::vector<double> mean(static_cast<std::size_t>(flows));
      for (int seed = 1; seed <= kSeeds; ++seed) {
        const auto each = shares(static_cast<std::uint64_t>(seed), flows, shared);
        ASSERT_EQ(each.size(), mean.size());
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += each[i] / kSeeds;
      }
      for (const double share : mean) {
        EXPECT_NEAR(share, 1.0, 0.10) << flows << (shared == Shared::uplink ? " up" : " down");
      }
    }
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
