// Role: one behaviour of one peer: its parameters, its own random stream, and how often it misbehaved.
//
// What the boxes of all the peer's connections share (each connection has a box of its own).  Every behaviour has a
// parameter `rate`: at 0 % it changes nothing at all.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "protocol/piece_geometry.hpp"
#include "protocol/quantities.hpp"
#include "runtime/random.hpp"
#include "swarmsim/peers/behaviour.hpp"
#include "swarmsim/wire/stream_tap.hpp"
#include "swarmsim/wire/true_content.hpp"

namespace swarmlab::swarmsim {

class Role {
 public:
  using Say = std::function<void(const std::string&)>;

  // `spec` and `content` outlive the role.  `say` hears of every misdeed, in words; it may be empty.
  Role(const BehaviourSpec& behaviour, HostId peer, runtime::Random chance, const TrueContent& truth,
       const protocol::PieceGeometry& pieces, Say say)
      : spec(behaviour), who(peer), random(std::move(chance)), content(truth), geometry(pieces), say_(std::move(say)) {}

  const BehaviourSpec& spec;
  const HostId who;
  runtime::Random random;
  const TrueContent& content;
  const protocol::PieceGeometry geometry;
  std::uint64_t turn = 0;               // the next row of a table, of those that have one

  // True in as many cases as the parameter `rate` says.
  bool is_due() { return random.chance(spec.share("rate").millionths, Share::kWhole); }
  bool is_idle() const { return spec.share("rate").millionths == 0; }
  // Notes one misdeed.
  void bites(const std::string& what) {
    ++bites_;
    if (say_) say_(what);
  }
  std::uint64_t bites() const { return bites_; }

 private:
  Say say_;
  std::uint64_t bites_ = 0;
};

}  // namespace swarmlab::swarmsim
