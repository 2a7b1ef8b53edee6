// EndGameWatch: what a client does about the last blocks: whether it asks several peers for one, from when on, and whether it
// takes back what it no longer needs.
//
// Meant for runs in which every peer answers: asking again because nothing came looks the same.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/piece_geometry.hpp"
#include "swarmsim/profile/sample.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class EndGameWatch {
 public:
  EndGameWatch(HostId client, const protocol::PieceGeometry& geometry, const protocol::Bitfield& has_at_start);

  void on_event(const WireEvent& event);

  // Of each block that was asked of more than one peer at a time: of how many.
  Sample requesters() const;
  // When the first of them was asked a second time: how many blocks were missing, and how many of these nobody had been asked for.
  struct Beginning { std::int64_t missing = 0; std::int64_t unasked = 0; };
  const std::optional<Beginning>& beginning() const { return beginning_; }
  // From a block's arrival to each Cancel of it to another peer.
  const Sample& cancels() const { return cancels_; }
  // Requests that were open elsewhere when their block arrived.
  std::int64_t left_open() const { return left_open_; }
  // Blocks that came although they were there already.
  std::int64_t surplus() const { return surplus_; }

 private:
  using Block = std::pair<PieceIndex, BlockBegin>;
  struct State {
    std::vector<HostId> asked;        // and neither answered nor taken back
    std::uint32_t most_asked = 0;
    Time arrived = kNever;
  };

  void on_request(State& state, HostId peer);
  void on_block(State& state, const WireEvent& event);
  // A request is over without a block.
  void take_back(State& state, HostId peer);

  HostId client_;
  std::map<Block, State> blocks_;     // that were ever asked for
  std::int64_t missing_ = 0;          // blocks
  std::int64_t open_ = 0;             // missing blocks that somebody was asked for
  std::optional<Beginning> beginning_;
  Sample cancels_;
  std::int64_t left_open_ = 0;
  std::int64_t surplus_ = 0;
};

}  // namespace swarmlab::swarmsim
