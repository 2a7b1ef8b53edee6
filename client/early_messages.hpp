// EarlyMessages: what a peer told us before we knew the torrent.
//
// Who starts from a magnet link meets peers before it knows how many pieces there are: their Bitfield, Have,
// Interested and Unchoke cannot be judged yet, and will not be repeated (bug B13).  They are kept as they came, and heard
// again, in their order, once the metadata is here; malformed ones are found then.  What needs an answer at once
// (Request) or means nothing later is not kept.
//
// Bounded: a peer that says more than kMost before anybody could know what it means is let go (bug B79).
#pragma once

#include <utility>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/peer_wire.hpp"

namespace swarmlab::client {

class EarlyMessages {
 public:
  // A bitfield of the longest kind, and a hundred thousand Haves.
  static constexpr ByteCount kMost = 2_MiB;

  // Keeps `message` where it tells of the peer's state.  False: there is no room for it.
  [[nodiscard]] bool keep(const protocol::Message& message);
  ByteCount size() const { return ByteCount::of(log_); }

  // Calls f(const protocol::Message&) for everything kept, in order, and forgets it; the views in a message live for
  // the call.
  template <class F>
  void replay(F&& f) {
    const std::vector<std::byte> log = std::exchange(log_, {});
    for (Bytes rest(log); !rest.empty();) {
      const auto decoded = protocol::decode_one(rest);
      SWARM_ASSERT(decoded && *decoded);   // we wrote it ourselves
      f((*decoded)->message);
      rest = rest.subspan((*decoded)->consumed);
    }
  }

 private:
  std::vector<std::byte> log_;             // as on the wire
};

}  // namespace swarmlab::client
