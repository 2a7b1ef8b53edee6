#include "client/incoming.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>

#include "tests/unit/client/raw_peer.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

InfoHashV1 hash(int n) {
  InfoHashV1 hash;
  hash.bytes.fill(static_cast<std::byte>(n));
  return hash;
}

// A host that knows torrent 1, and takes over whoever asks for it.
struct Gate final : IncomingOwner, private runtime::StreamHandler {
  explicit Gate(Settings with = {})
      : settings(with), world(swarmsim::WorldOptions{}),
        host(world.add_host({"c", {IpAddress::v4(10, 0, 0, 1)}, {{}, {}, 5ms, 1_MiB}, {}})) {
    incoming.emplace(world.outside(host), settings, *this);
    const auto bound = incoming->listen({IpAddress::v4(10, 0, 0, 1), 6881});
    EXPECT_TRUE(bound.has_value());
    at = *bound;
  }
  bool knows(const InfoHashV1& info_hash) const override { return info_hash == hash(1); }
  void on_incoming(const InfoHashV1&, runtime::StreamId stream, const Endpoint& from, Bytes bytes) override {
    world.outside(host).network.set_handler(stream, *this);
    came.push_back(from.address);
    first_bytes = bytes.size();
  }
  RawPeer& dial() {
    RawPeer& peer = peers.emplace_back(world, "p" + std::to_string(peers.size()), static_cast<std::uint8_t>(peers.size() + 1));
    peer.dial(at);
    return peer;
  }
  void run(Duration time = 1s) { world.run_until(world.now() + time); }
  std::size_t open() const {
    return static_cast<std::size_t>(std::ranges::count_if(peers, [](const RawPeer& peer) { return peer.is_open(); }));
  }

  Settings settings;
  swarmsim::World world;
  swarmsim::HostId host;
  Endpoint at;
  std::list<RawPeer> peers;
  std::vector<IpAddress> came;
  std::size_t first_bytes = 0;
  std::optional<Incoming> incoming;

 private:
  void on_connected(runtime::StreamId) override {}
  void on_readable(runtime::StreamId) override {}
  void on_writable(runtime::StreamId) override {}
  void on_closed(runtime::StreamId, runtime::NetworkError) override {}
};

TEST(Incoming, HandsOverWhoNamesAKnownTorrent) {
  Gate gate;
  RawPeer& peer = gate.dial();
  peer.handshake(hash(1), {});
  peer.send(Interested{});
  gate.run();
  EXPECT_EQ(gate.came, std::vector{peer.endpoint().address});
  EXPECT_EQ(gate.first_bytes, kHandshakeBytes) << "what stands behind the handshake stays in the stream";
}

TEST(Incoming, AHandshakeMayComeByteByByte) {
  Gate gate;
  RawPeer& peer = gate.dial();
  const auto bytes = encode(Handshake{{}, hash(1), {}});
  for (const std::byte byte : bytes) {
    peer.send_bytes(Bytes(&byte, 1));
    gate.run(20ms);
  }
  EXPECT_EQ(gate.came.size(), 1u);
}

TEST(Incoming, UnknownTorrentsAndOtherProtocolsAreShutOut) {
  Gate gate;
  gate.dial().handshake(hash(2), {});
  gate.dial().send_bytes(as_bytes("GET / HTTP/1.1"));
  gate.run();
  EXPECT_EQ(gate.open(), 0u);
  EXPECT_TRUE(gate.came.empty());
}

TEST(Incoming, WhoSaysNothingIsShutOutInTime) {
  Gate gate;
  RawPeer& silent = gate.dial();
  gate.run(5s);
  RawPeer& slow = gate.dial();
  slow.send_bytes(as_bytes("\x13" "BitTorrent"));
  gate.run(4s);
  EXPECT_EQ(gate.open(), 2u);
  gate.run(2s);
  EXPECT_FALSE(silent.is_open());
  EXPECT_TRUE(slow.is_open()) << "each has its own time";
  gate.run(5s);
  EXPECT_FALSE(slow.is_open());
}

TEST(Incoming, HalfOpenConnectionsAreBoundedAndTheirPlacesComeFree) {
  Settings few;
  few.max_half_open = 3;
  Gate gate(few);
  for (int i = 0; i < 10; ++i) gate.dial();
  gate.run();
  EXPECT_EQ(gate.open(), 3u) << "bug B79";
  gate.run(15s);
  EXPECT_EQ(gate.open(), 0u);
  gate.dial().handshake(hash(1), {});
  gate.run();
  EXPECT_EQ(gate.came.size(), 1u);
}

TEST(Incoming, WhoHangsUpLeavesItsPlace) {
  Settings few;
  few.max_half_open = 1;
  Gate gate(few);
  RawPeer& first = gate.dial();
  gate.run();
  first.close();
  gate.run();
  gate.dial().handshake(hash(1), {});
  gate.run();
  EXPECT_EQ(gate.came.size(), 1u);
}

TEST(Incoming, ClosingShutsOutWhoWaitsAndWhoComes) {
  Gate gate;
  gate.dial();
  gate.run();
  gate.incoming->close();
  gate.dial().handshake(hash(1), {});
  gate.run();
  EXPECT_EQ(gate.open(), 0u);
  EXPECT_TRUE(gate.came.empty());
}

TEST(Incoming, APortInUseIsAnError) {
  Gate gate;
  const auto second = gate.incoming->listen({IpAddress::v4(10, 0, 0, 1), 6881});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), runtime::NetworkError::address_in_use);
}

}  // namespace
}  // namespace swarmlab::client
