// How true a relay is: what was asked of it beside what sockets then measured, one JSON object per line.
//
// tests/bench/lab_accuracy.py --port relays runs it and makes a table of it.  Needs no rights.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "tests/lab/relay_hosts.hpp"

namespace {

using namespace swarmlab;
using namespace swarmlab::swarmsim;
using namespace swarmlab::swarmsim::lab_test;
using Clock = std::chrono::steady_clock;

constexpr HostId kA{0}, kB{1};

LinkSpec link_of(std::int64_t megabits, Duration delay) {
  LinkSpec link;
  if (megabits > 0) link.up = link.down = BytesPerSecond(megabits * 125'000);
  link.delay = delay;
  link.queue = 128_KiB;
  return link;
}

double milliseconds(Duration time) { return static_cast<double>(time.count()) / 1e6; }

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

// The watcher's side is emptied as a run does it.
class Nobody final : public PacketWatcher {
 public:
  void on_entered(HostId, Time, Bytes) override {}
  void on_delivered(HostId, Time, Bytes) override {}
};

void say(const std::string& what, const std::string& asked, const std::string& measured, RelayNetwork& network) {
  const DurationHistogram late = network.statistics().lateness;
  std::cout << fmt::format(R"({{"what": "{}", "asked": "{}", "measured": "{}", "lateness_p50_ms": {:.3f}, "lateness_p99_ms": {:.3f}, )"
                           R"("lateness_max_ms": {:.3f}, "invalid": "{}"}})", what, asked, measured, milliseconds(late.quantile(500)),
                           milliseconds(late.quantile(990)), milliseconds(late.largest()), network.trust().invalid)
            << std::endl;
}

class Drained {
 public:
  explicit Drained(RelayNetwork& network)
      : thread_([&network](const std::stop_token& ends) {
          Nobody nobody;
          while (!ends.stop_requested()) {
            network.drain(nobody);
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }) {}

 private:
  std::jthread thread_;
};

void round_trips(Duration delay, int count) {
  RelayHosts hosts({link_of(0, delay), link_of(0, delay)});
  hosts.listen(kB);
  const Drained drained(hosts.network());
  const Socket a = hosts.dial(kA, kB);
  const Socket b = hosts.accept(kB);
  std::jthread echo([&] {
    for (int i = 0; i < count; ++i) b.say(b.hear(1));
  });
  std::vector<double> trips;
  for (int i = 0; i < count; ++i) {
    const auto begin = Clock::now();
    a.say("x");
    a.hear(1);
    trips.push_back(milliseconds(std::chrono::duration_cast<Duration>(Clock::now() - begin)));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  say(fmt::format("relays: round trip, TCP echo, {}", count), fmt::format("{:.0f} ms", 4 * milliseconds(delay)),
      fmt::format("p50 {:.3f}, p99 {:.3f} ms", quantile(trips, 0.5), quantile(trips, 0.99)), hosts.network());
}

// Of one connection each from the first half of the hosts to the other.
void goodput(std::uint32_t pairs, std::int64_t megabits, Duration delay) {
  RelayHosts hosts(std::vector<LinkSpec>(pairs * 2, link_of(megabits, delay)));
  const Drained drained(hosts.network());
  std::vector<Socket> senders, receivers;
  for (std::uint32_t i = 0; i < pairs; ++i) {
    hosts.listen(HostId(pairs + i));
    senders.push_back(hosts.dial(HostId(i), HostId(pairs + i)));
    receivers.push_back(hosts.accept(HostId(pairs + i)));
  }
  std::vector<double> rates(pairs);
  {
    std::vector<std::jthread> threads;
    const auto warm = Clock::now() + std::chrono::seconds(2);
    const auto end = warm + std::chrono::seconds(5);
    for (std::uint32_t i = 0; i < pairs; ++i) {
      threads.emplace_back([&, i] { while (Clock::now() < end) senders[i].write(64 * 1024, 200ms); });
      threads.emplace_back([&, i] {
        std::size_t heard = 0;
        while (Clock::now() < end) {
          const std::size_t got = receivers[i].hear(16 * 1024, 200ms).size();
          if (Clock::now() > warm) heard += got;
        }
        rates[i] = static_cast<double>(heard) * 8 / 5e6;
      });
    }
  }
  const double theory = static_cast<double>(megabits) * 1448 / 1500;
  const std::string what = pairs == 1 ? fmt::format("relays: goodput, one TCP connection, {:.0f} ms", 4 * milliseconds(delay))
                                      : fmt::format("relays: goodput of {} connections, {} hosts", pairs, pairs * 2);
  const auto [least, most] = std::ranges::minmax(rates);
  if (megabits == 0) return say(what + ", links without limit", "-", fmt::format("{:.0f} Mbit/s", least), hosts.network());
  const std::string each = pairs > 1 ? fmt::format("{:.2f} to {:.2f} Mbit/s", least, most)
                                     : fmt::format("{:.2f} Mbit/s ({:+.1f} %)", least, (least / theory - 1) * 100);
  say(what, fmt::format("{:.2f} Mbit/s{}", theory, pairs > 1 ? " each" : ""), each, hosts.network());
}

}  // namespace

int main() {
  std::cout << R"({"network": "loopback, relays"})" << std::endl;
  round_trips(0ms, 2000);
  round_trips(25ms, 200);
  goodput(1, 10, 2ms);
  goodput(1, 50, 2ms);
  goodput(1, 0, 0ms);
  goodput(10, 20, 5ms);
  return 0;
}
