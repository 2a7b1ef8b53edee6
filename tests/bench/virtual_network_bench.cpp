// How fast the virtual network carries blocks: 200 hosts, each sending 16 KiB blocks to some others, without
// an engine above.  Prints blocks and events per second of CPU time and microseconds per block, for three kinds of
// access line.
//
//   virtual_network_bench [HOSTS] [PEERS PER HOST] [BLOCKS PER CONNECTION]
#include <fmt/core.h>

#include <array>
#include <chrono>
#include <ctime>
#include <cstdlib>
#include <memory>
#include <vector>

#include "swarmsim/virtual/world.hpp"

namespace swarmlab::swarmsim {
namespace {

// Asks for blocks with 17-byte requests, eight ahead; answers requests with 13 + 16384 bytes.
class Peer final : public runtime::StreamHandler {
 public:
  Peer(runtime::Network& network, runtime::ContentId content, int wanted, std::uint64_t& blocks)
      : network_(network), content_(content), wanted_(wanted), blocks_(blocks) {}
  void begin(runtime::StreamId id) {
    id_ = id;
    for (int i = 0; i < kAhead && asked_ < wanted_; ++i) ask();
  }
  void on_connected(runtime::StreamId id) override { begin(id); }
  void on_writable(runtime::StreamId) override {}
  void on_closed(runtime::StreamId, runtime::NetworkError) override {}
  void on_readable(runtime::StreamId) override {
    for (;;) {
      // A message of 17 bytes is a request; a block is a header of 13 bytes and 16 KiB.
      const std::size_t want = in_block_ > 0 ? in_block_ : kRequest - have_;
      const runtime::ReadResult result = network_.read(id_, want);
      if (result.state != runtime::ReadResult::State::data) return;
      if (in_block_ > 0) {
        in_block_ -= result.slice.size();
        if (in_block_ > 0) continue;
        ++blocks_;
        if (asked_ < wanted_) ask();
        continue;
      }
      const Bytes bytes = result.slice.bytes();
      if (have_ == 0) kind_ = bytes[0];
      have_ += bytes.size();
      if (have_ < kRequest) continue;
      have_ = 0;
      if (kind_ == kBlockKind) {
        in_block_ = kBlock;
      } else {
        answer();
      }
    }
  }

 private:
  static constexpr int kAhead = 8;
  static constexpr std::size_t kRequest = 17;
  static constexpr std::size_t kBlock = 16 << 10;
  static constexpr std::byte kBlockKind{7};

  void ask() {
    ++asked_;
    const std::array<std::byte, kRequest> request{std::byte{6}};
    network_.write(id_, request);
  }
  void answer() {
    const std::array<std::byte, kRequest> header{kBlockKind};
    network_.write(id_, header);
    network_.write(id_, runtime::Slice::of_content(content_, ByteCount(std::int64_t{answered_++} * 16384), 16_KiB));
  }

  runtime::Network& network_;
  runtime::ContentId content_;
  int wanted_;
  std::uint64_t& blocks_;
  runtime::StreamId id_;
  int asked_ = 0;
  int answered_ = 0;
  std::size_t have_ = 0;
  std::size_t in_block_ = 0;
  std::byte kind_{};
};

class Acceptor final : public runtime::AcceptHandler {
 public:
  Acceptor(runtime::Network& network, runtime::ContentId content, int wanted, std::uint64_t& blocks)
      : network_(network), content_(content), wanted_(wanted), blocks_(blocks) {}
  void on_accept(runtime::ListenerId, runtime::StreamId stream, const Endpoint&) override {
    peers_.push_back(std::make_unique<Peer>(network_, content_, wanted_, blocks_));
    network_.set_handler(stream, *peers_.back());
    peers_.back()->begin(stream);
  }

 private:
  runtime::Network& network_;
  runtime::ContentId content_;
  int wanted_;
  std::uint64_t& blocks_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

void run(const char* title, const LinkSpec& link, int hosts, int peers_per_host, int blocks_per_connection) {
  World world({.seed = 1});
  const runtime::ContentId content = world.add_content("bench");
  std::uint64_t blocks = 0;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  std::vector<std::unique_ptr<Peer>> dialled;
  const auto address = [](int i) {
    return IpAddress::v4(10, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i & 255));
  };
  for (int i = 0; i < hosts; ++i) {
    const HostId id = world.add_host({.name = fmt::format("host[{}]", i), .addresses = {address(i)}, .link = link, .disk = {}});
    runtime::Network& network = world.outside(id).network;
    acceptors.push_back(std::make_unique<Acceptor>(network, content, blocks_per_connection, blocks));
    if (!network.listen({IpAddress{}, 6881}, *acceptors.back())) std::abort();
  }
  for (int i = 0; i < hosts; ++i) {
    for (int k = 1; k <= peers_per_host; ++k) {
      const int to = (i + k * k) % hosts;
      if (to == i) continue;
      runtime::Network& network = world.outside(HostId(static_cast<std::uint32_t>(i))).network;
      dialled.push_back(std::make_unique<Peer>(network, content, blocks_per_connection, blocks));
      network.connect({address(to), 6881}, std::nullopt, *dialled.back());
    }
  }
  const std::uint64_t wanted = 2 * dialled.size() * static_cast<std::uint64_t>(blocks_per_connection);
  const std::clock_t began = std::clock();   // CPU time: other programs may be running
  world.run_while([&] { return blocks < wanted; }, kStart + 100h);
  const double cpu = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  const WorldStatistics s = world.statistics();
  fmt::print("{:<34} {:8.0f} blocks/s  {:5.2f} us/block  {:6.2f} M events/s  {:5.1f} events/block  "
             "{:5.1f} packets/block  {:.3f} % dropped  {} timeouts  {:.1f} virtual s\n",
             title, static_cast<double>(blocks) / cpu, cpu * 1e6 / static_cast<double>(blocks),
             static_cast<double>(s.events) / cpu * 1e-6, static_cast<double>(s.events) / static_cast<double>(blocks),
             static_cast<double>(s.packets) / static_cast<double>(blocks),
             100.0 * static_cast<double>(s.dropped_packets) / static_cast<double>(s.packets), s.timeouts,
             std::chrono::duration<double>(world.now() - kStart).count());
}

}  // namespace
}  // namespace swarmlab::swarmsim

int main(int argc, char** argv) {
  using namespace swarmlab;
  using namespace swarmlab::swarmsim;
  const int hosts = argc > 1 ? std::atoi(argv[1]) : 200;
  const int peers = argc > 2 ? std::atoi(argv[2]) : 3;
  const int blocks = argc > 3 ? std::atoi(argv[3]) : 100;
  run("100/100 Mbit/s, 10 ms, 256 KiB",
      {.up = BytesPerSecond(12'500'000),
       .down = BytesPerSecond(12'500'000),
       .delay = 10ms,
       .queue = 256_KiB},
      hosts, peers, blocks);
  run("4/20 Mbit/s, 20 ms, 64 KiB",
      {.up = BytesPerSecond(500'000), .down = BytesPerSecond(2'500'000), .delay = 20ms, .queue = 64_KiB}, hosts,
      peers, blocks);
  run("unlimited, 10 ms", {.up = {}, .down = {}, .delay = 10ms, .queue = 64_KiB}, hosts, peers, blocks);
}
