// A town whose one client meets peers that a test plays by hand.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "protocol/bitfield.hpp"
#include "tests/unit/client/raw_peer.hpp"
#include "tests/unit/client/town.hpp"

namespace swarmlab::client {

inline constexpr protocol::Features kPlain{};
inline constexpr protocol::Features kFast{.fast = true};

// A town of one leecher, and peers that it dials or that dial it.
struct Leeching : Town {
  explicit Leeching(Torrenting torrent = {.size = 1_MiB, .piece_length = 64_KiB, .tracker = ""}, Settings settings = {},
                    swarmsim::DiskSpec disk = {})
      : Town((torrent.tracker.clear(), torrent)), leech(add("leech", {.settings = settings, .disk = disk})) {
    start();
    run_for(1s);
  }
  // Dials, greets and says it has these pieces (all without a bitfield argument).
  void join(RawPeer& peer, protocol::Features features = kPlain, std::optional<std::vector<std::uint32_t>> pieces = {}, char id = 'p') {
    peer.dial(leech.endpoint());
    peer.handshake(metainfo().info_hash, features, id);
    protocol::Bitfield has(metainfo().geometry.piece_count());
    if (!pieces) has.set_all();
    if (pieces) for (const std::uint32_t piece : *pieces) has.set(PieceIndex(piece));
    peer.send(protocol::BitfieldMessage{has.wire()});
    run_for(200ms);
  }
  void serve(RawPeer& peer, const protocol::BlockRange& block, std::uint32_t spoiler = 0) {
    peer.send_block(block, content(metainfo().geometry.offset_of(block.piece) + ByteCount(block.begin.value()),
                                   block.length, spoiler));
  }
  // Answers every request of the peer that was not answered yet, and those that follow, for that long.
  void serve_all(RawPeer& peer, Duration time) {
    for (const Time end = world().now() + time; world().now() < end; run_for(50ms)) {
      const auto asked = peer.blocks<protocol::Request>();
      for (std::size_t& next = served[&peer]; next < asked.size(); ++next) serve(peer, asked[next]);
    }
  }
  std::map<RawPeer*, std::size_t> served;
  Resident& leech;
};

// A town of one seed, and peers that want something of it.
struct Seeding : Town {
  explicit Seeding(Torrenting torrent = {.size = 8_MiB, .piece_length = 64_KiB, .tracker = ""}, Citizen citizen = {})
      : Town((torrent.tracker.clear(), torrent)), seed(add("seed", (citizen.has = kAll, citizen))) {
    start();
    run_for(1s);
  }
  // Dials, greets and is interested; unchoked where a slot is free.
  void join(RawPeer& peer, protocol::Features features = kPlain, char id = 'p') {
    peer.dial(seed.endpoint());
    peer.handshake(metainfo().info_hash, features, id);
    peer.send(protocol::Interested{});
    run_for(200ms);
  }
  // Block `n` of the torrent.
  protocol::BlockRange block(std::uint32_t n) const {
    const std::uint32_t per_piece = metainfo().geometry.blocks_per_piece();
    return metainfo().geometry.block(PieceIndex(n / per_piece), BlockIndex(n % per_piece));
  }
  void request(RawPeer& peer, std::uint32_t from, std::uint32_t to) {
    for (; from < to; ++from) peer.send(protocol::Request{block(from)});
  }
  Resident& seed;
};


}  // namespace swarmlab::client
