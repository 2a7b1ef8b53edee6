// A set of pieces as it stands on the wire (BEP 3, "bitfield"): piece 0 is the high bit of the
// first byte, spare bits at the end are zero.  The count of members is kept, so that "is a seed"
// costs nothing (and is never guessed from a counter that belongs to something else, bug B16).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

class Bitfield {
 public:
  Bitfield() = default;
  explicit Bitfield(std::uint32_t piece_count)
      : bytes_(wire_bytes(piece_count)), piece_count_(piece_count) {}
  // The set that `payload` of a bitfield message denotes; nullopt when its length is not
  // ceil(piece_count / 8) or a spare bit is set (bug B14).
  static std::optional<Bitfield> from_wire(Bytes payload, std::uint32_t piece_count);

  static constexpr std::size_t wire_bytes(std::uint32_t piece_count) {
    return (std::size_t{piece_count} + 7) / 8;
  }

  std::uint32_t size() const { return piece_count_; }
  std::uint32_t count() const { return count_; }
  bool all() const { return count_ == piece_count_; }
  bool none() const { return count_ == 0; }

  bool test(PieceIndex piece) const {
    SWARM_ASSERT(piece.value() < piece_count_, piece, piece_count_);
    return (bytes_[piece.value() / 8] & mask(piece)) != std::byte{0};
  }
  // Returns true when this changed the set.
  bool set(PieceIndex piece);
  bool reset(PieceIndex piece);
  void set_all();
  void reset_all();

  // The members of both; requires equal sizes.
  friend Bitfield operator&(const Bitfield& a, const Bitfield& b);

  Bytes wire() const { return bytes_; }
  friend bool operator==(const Bitfield&, const Bitfield&) = default;

 private:
  static constexpr std::byte mask(PieceIndex piece) {
    return std::byte{0x80} >> (piece.value() % 8);
  }
  // Invariants: spare bits are zero; count_ is the number of set bits.
  std::vector<std::byte> bytes_;
  std::uint32_t piece_count_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace swarmlab::protocol
