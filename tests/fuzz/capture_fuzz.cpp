// Any bytes as a capture: an error with its offset, or packets of which streams are made that follow the rules of a tap.
//
// The first byte says who sees what; the rest is a file.
#include <algorithm>
#include <array>
#include <vector>

#include "protocol/assert.hpp"
#include "swarmsim/capture/merged_capture.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::swarmsim;

namespace {

constexpr std::uint32_t kHosts = 3;

// Offsets only grow, nothing is received that was not sent, nothing follows an end.
class Strict final : public BoundedTap {
 public:
  void on_connection_opened(const ConnectionInfo& connection, Time) override {
    flows_.resize(std::max<std::size_t>(flows_.size(), connection.id.value() + 1));   // not every SYN opens one, nor in its turn
  }
  void on_decided_after(ConnectionId id, Direction direction, Time earliest) override {
    Flow& flow = of(id, direction);
    SWARM_ASSERT(earliest >= flow.decided_after);
    flow.decided_after = earliest;
  }
  void on_written(ConnectionId id, Direction direction, Time, Bytes bytes) override {
    SWARM_ASSERT(!bytes.empty());
    of(id, direction).written += bytes.size();
  }
  void on_written(ConnectionId, Direction, Time, const runtime::Slice&) override { SWARM_ASSERT(false); }
  void on_sent(ConnectionId id, Direction direction, Time, std::uint64_t offset) override {
    SWARM_ASSERT(offset == of(id, direction).written, offset);
  }
  void on_received(ConnectionId id, Direction direction, Time, std::uint64_t offset) override {
    Flow& flow = of(id, direction);
    SWARM_ASSERT(offset > flow.received && offset <= flow.written, offset, flow.written);
    flow.received = offset;
  }
  void on_ended(ConnectionId id, Direction direction, Time, StreamEnd how) override {
    if (how == StreamEnd::finished) of(id, direction).is_over = true;
    else of(id, direction).is_over = of(id, opposite(direction)).is_over = true;
  }
  void on_datagram_sent(const TappedDatagram&, Time) override {}
  void on_datagram_received(const TappedDatagram&, Time) override {}

 private:
  struct Flow {
    std::uint64_t written = 0;
    std::uint64_t received = 0;
    Time decided_after{};
    bool is_over = false;
  };
  Flow& of(ConnectionId id, Direction direction) {
    SWARM_ASSERT(id.value() < flows_.size(), id, flows_.size());
    return flows_[id.value()][static_cast<std::size_t>(direction)];
  }

  std::vector<std::array<Flow, 2>> flows_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes file = fuzz::bytes(data + 1, size - 1);
  auto capture = decode_capture_file(file);
  if (!capture) {
    SWARM_ASSERT(capture.error().offset <= file.size() && !capture.error().what.empty(), capture.error().offset);
    return 0;
  }
  std::map<IpAddress, HostId> addresses;
  for (std::uint32_t host = 0; host < kHosts; ++host)
    addresses.emplace(IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(host + 1)), HostId(host));
  const std::array<NamedCapture, 1> captures{NamedCapture{"fuzz", std::move(*capture)}};
  const MergedCapture merged = merge_captures(captures, addresses, kHosts);
  StreamsOptions options{.hosts = kHosts, .first_tracker = HostId(2), .addresses = addresses, .sights = merged.sights,
                         .most_ahead = 64_KiB, .most_connections = 16};
  options.rude.assign(kHosts, (data[0] & 1) != 0);
  if ((data[0] & 2) != 0) options.sights.clear();
  Strict tap;
  TcpStreams streams(options, tap);
  Time last = kStart;
  for (const SeenPacket& packet : merged.packets) {
    SWARM_ASSERT(packet.at >= last);
    last = packet.at;
    if (packet.arrives) streams.on_delivered(packet.host, packet.at, packet.ip);
    else streams.on_entered(packet.host, packet.at, packet.ip);
  }
  return 0;
}
