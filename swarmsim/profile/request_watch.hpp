// RequestWatch: how a client asks: how much at a time, how many at once of whom, and in which order.
#pragma once

#include <optional>
#include <vector>

#include "protocol/piece_geometry.hpp"
#include "swarmsim/expect/open_requests.hpp"
#include "swarmsim/profile/sample.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class RequestWatch {
 public:
  // What a client does in its first moments with a peer is not what it comes to.
  static constexpr Duration kWarmUp = 4s;

  RequestWatch(HostId client, const protocol::PieceGeometry& geometry, std::size_t peer_count)
      : client_(client), geometry_(geometry), partners_(peer_count), was_begun_(geometry.piece_count()) {}

  void on_event(const WireEvent& event);

  // Of requests that do not end where their piece does, in bytes.
  const Sample& sizes() const { return sizes_; }
  // How many were open at this peer whenever a block came from it, that one included; after the warm-up.
  const Sample& open_at(HostId peer) const { return partners_[peer.value()].open; }
  // What came from it then, in bytes a second; nullopt where less than a second can be told of.
  std::optional<BytesPerSecond> rate_of(HostId peer) const;
  // How many pieces were begun right after the one with the number before, in millionths; nullopt where fewer than ten were begun.
  std::optional<std::int64_t> in_order() const;

 private:
  struct Partner {
    Sample open;
    Time first = kNever;      // block
    Time counted_from = kNever;
    Time last = kNever;
    ByteCount bytes;          // since counted_from
  };

  void on_request(const protocol::BlockRange& block);

  HostId client_;
  protocol::PieceGeometry geometry_;
  OpenRequests open_;
  std::vector<Partner> partners_;     // by HostId
  std::vector<bool> was_begun_;       // by piece
  std::optional<PieceIndex> latest_;  // that was begun
  std::int64_t begun_ = 0;
  std::int64_t following_ = 0;
  Sample sizes_;
};

}  // namespace swarmlab::swarmsim
