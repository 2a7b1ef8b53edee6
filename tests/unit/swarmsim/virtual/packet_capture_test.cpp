// What is captured of a virtual transfer is what its streams carried.
#include "swarmsim/wire/packet_capture.hpp"

#include <sstream>

#include "protocol/big_endian.hpp"
#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

struct Captured {
  Time at{};
  std::uint32_t sequence = 0;
  std::uint8_t flags = 0;
  std::uint16_t port = 0;            // of the sender
  std::vector<std::byte> payload;
};

std::uint32_t little(Bytes bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

// The TCP packets of a pcapng file, block by block.
std::vector<Captured> packets_of(const std::string& file) {
  const Bytes bytes = as_bytes(file);
  std::vector<Captured> packets;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::uint32_t length = little(bytes, at + 4);
    EXPECT_EQ(little(bytes, at + length - 4), length);
    if (little(bytes, at) == 6) {
      const Bytes frame = bytes.subspan(at + 28, little(bytes, at + 20));
      const std::size_t header = 34 + std::to_integer<std::size_t>(frame[46] >> 4) * 4;
      const std::uint64_t ns = std::uint64_t{little(bytes, at + 12)} << 32 | little(bytes, at + 16);
      packets.push_back({kStart + Duration(static_cast<std::int64_t>(ns)), protocol::read_u32(frame, 38),
                         std::to_integer<std::uint8_t>(frame[47]), protocol::read_u16(frame, 34),
                         {frame.begin() + static_cast<std::ptrdiff_t>(header), frame.end()}});
    }
    at += length;
  }
  return packets;
}

class Feeds final : public runtime::AcceptHandler {
 public:
  explicit Feeds(TestStream& stream) : stream_(stream) {}
  void on_accept(runtime::ListenerId, runtime::StreamId stream, const Endpoint&) override { stream_.adopt(stream); }

 private:
  TestStream& stream_;
};

TEST(PacketCapture, HoldsEveryByteInOrderAndItsRetransmissionsUnchanged) {
  std::ostringstream file;
  const std::vector<std::pair<IpAddress, std::string>> names{{address_of(1), "a"}, {address_of(2), "b"}};
  PacketCapture capture(file, names);
  World world({.seed = 3, .tap = &capture, .packet_tap = &capture});
  const LinkSpec narrow{.up = BytesPerSecond(200'000), .down = BytesPerSecond(200'000), .delay = 20ms, .queue = 16_KiB};
  const HostId a = world.add_host({.name = "a", .addresses = {address_of(1)}, .link = narrow, .disk = {}});
  const HostId b = world.add_host({.name = "b", .addresses = {address_of(2)}, .link = narrow, .disk = {}});
  TestStream sender(world.outside(a));
  TestStream receiver(world.outside(b));
  Feeds feeds(receiver);
  ASSERT_TRUE(world.outside(b).network.listen({address_of(2), 6881}, feeds).has_value());
  std::vector<std::byte> content(500'000);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * 7 % 251);
  sender.dial({address_of(2), 6881});
  world.run_until(kStart + 1s);
  world.outside(a).network.write(sender.id, content);
  world.run_until(kStart + 1min);
  capture.finish(world.now());
  EXPECT_GT(world.statistics().retransmitted_packets, 0u);

  const std::vector<Captured> packets = packets_of(file.str());
  ASSERT_FALSE(packets.empty());
  EXPECT_EQ(packets.front().flags, TcpFrame::syn);
  const std::uint32_t first = packets.front().sequence + 1;
  std::vector<std::byte> stream(content.size());
  std::size_t carried = 0;
  Time before{};
  for (const Captured& packet : packets) {
    EXPECT_LE(before, packet.at);
    before = packet.at;
    if (packet.port == 6881 || packet.payload.empty()) continue;
    const std::size_t offset = packet.sequence - first;
    ASSERT_LE(offset + packet.payload.size(), stream.size());
    ASSERT_TRUE(std::ranges::equal(packet.payload, Bytes(content).subspan(offset, packet.payload.size())));
    std::ranges::copy(packet.payload, stream.begin() + static_cast<std::ptrdiff_t>(offset));
    carried += packet.payload.size();
  }
  EXPECT_EQ(stream, content);
  EXPECT_GT(carried, content.size());
}

}  // namespace
}  // namespace swarmlab::swarmsim
