// How true the lab's network is: what was asked of it beside what real stacks then measured, one JSON object per line.
//
//   lab_accuracy_bench [tun|veth]
//
// tests/bench/lab_accuracy.py runs it and makes a table of it.  Everything runs inside the sandbox of lab mode.
#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "swarmsim/lab/sandbox.hpp"
#include "tests/lab/hosts.hpp"

namespace {

using namespace swarmlab;
using namespace swarmlab::swarmsim;
using namespace swarmlab::swarmsim::lab_test;

constexpr HostId kA{0}, kB{1};

LinkSpec link_of(std::int64_t megabits, Duration delay) {
  LinkSpec link;
  if (megabits > 0) link.up = link.down = BytesPerSecond(megabits * 125'000);
  link.delay = delay;
  link.queue = 128_KiB;
  return link;
}

std::string lateness_of(LabNetwork& network) {
  const DurationHistogram late = network.statistics().lateness;
  const auto ms = [](Duration time) { return static_cast<double>(time.count()) / 1e6; };
  return fmt::format(R"("lateness_p50_ms": {:.3f}, "lateness_p99_ms": {:.3f}, "lateness_max_ms": {:.3f}, "invalid": "{}")",
                     ms(late.quantile(500)), ms(late.quantile(990)), ms(late.largest()), network.trust().invalid);
}

void say(const std::string& what, const std::string& asked, const std::string& measured, LabNetwork& network) {
  std::cout << fmt::format(R"({{"what": "{}", "asked": "{}", "measured": "{}", {}}})", what, asked, measured, lateness_of(network))
            << std::endl;
}

void delays(PortKind port) {
  {
    const auto network = network_of({link_of(0, 0ms), link_of(0, 0ms)}, port);
    const Milliseconds trips = udp_round_trips(*network, kA, kB, 2000, 1ms);
    say("round trip, UDP echo, 2,000", "0 ms", fmt::format("p50 {:.3f}, p99 {:.3f} ms", quantile(trips, 0.5), quantile(trips, 0.99)),
        *network);
  }
  const auto network = network_of({link_of(0, 25ms), link_of(0, 25ms)}, port);
  const Milliseconds trips = udp_round_trips(*network, kA, kB, 2000, 2ms);
  say("round trip, UDP echo, 2,000", "100 ms", fmt::format("p50 {:.3f}, p99 {:.3f} ms", quantile(trips, 0.5), quantile(trips, 0.99)),
      *network);
  const Milliseconds pings = ping_round_trips(*network, kA, kB, 50, 1ms);
  say("round trip, ping, 50", "100 ms", fmt::format("p50 {:.3f}, p99 {:.3f} ms", quantile(pings, 0.5), quantile(pings, 0.99)), *network);
}

void rates(PortKind port) {
  for (const std::int64_t megabits : {10, 50}) {
    const auto network = network_of({link_of(megabits, 2ms), link_of(megabits, 2ms)}, port);
    const double rate = tcp_megabits(*network, {{kA, kB}}, 2s, 5s)[0];
    const double theory = static_cast<double>(megabits) * 1448 / 1500;
    say("goodput, one TCP connection, 8 ms", fmt::format("{:.2f} Mbit/s", theory),
        fmt::format("{:.2f} Mbit/s ({:+.1f} %)", rate, (rate / theory - 1) * 100), *network);
  }
  const auto network = network_of({link_of(0, 0ms), link_of(0, 0ms)}, port);
  say("goodput, one TCP connection, links without limit", "-",
      fmt::format("{:.1f} Gbit/s", tcp_megabits(*network, {{kA, kB}}, 500ms, 2s)[0] / 1000), *network);
}

void losses(PortKind port) {
  LinkSpec bad = link_of(0, 1ms);
  bad.faults.loss = Share{20'000};
  const auto network = network_of({bad, bad}, port);
  say("loss, 20,000 datagrams", "3.96 % (2 % up, 2 % down)",
      fmt::format("{:.2f} %", share_lost(*network, kA, kB, 20'000, 50us) * 100), *network);
}

void many(PortKind port, std::uint32_t hosts, std::int64_t megabits) {
  const auto network = network_of(std::vector<LinkSpec>(hosts, link_of(megabits, 5ms)), port);
  std::vector<Pair> pairs;
  for (std::uint32_t i = 0; i < hosts / 2; ++i) pairs.push_back({HostId(i), HostId(i + hosts / 2)});
  const auto rates = tcp_megabits(*network, pairs, 2s, 5s);
  say(fmt::format("goodput of {} connections, {} hosts", hosts / 2, hosts),
      fmt::format("{:.2f} Mbit/s each", static_cast<double>(megabits) * 1448 / 1500),
      fmt::format("{:.2f} to {:.2f} Mbit/s", quantile(rates, 0), quantile(rates, 1)), *network);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "";
  const PortKind port = kind == "tun" ? PortKind::tun : kind == "veth" ? PortKind::veth : PortKind::automatic;
  const auto status = run_in_sandbox([port] {
    {
      const auto network = network_of({{}}, port);
      std::cout << fmt::format(R"({{"network": "{}"}})", network->describe()) << std::endl;
    }
    delays(port);
    rates(port);
    losses(port);
    many(port, 20, 20);
    many(port, 50, 10);
    many(port, 50, 100);
    return 0;
  });
  if (status) return *status;
  std::cerr << status.error().reason << ". " << status.error().remedy << '\n';
  return 3;
}
