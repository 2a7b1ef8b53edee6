// Pieces as pictures: '#' has it, '.' lacks it; "###..#".
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "protocol/bitfield.hpp"
#include "protocol/piece_geometry.hpp"

namespace swarmlab::protocol {

// "3/1": piece 3, block 1.  Found by GoogleTest when it prints a block.
inline void PrintTo(const BlockRange& range, std::ostream* out) {
  *out << range.piece.value() << '/' << PieceGeometry::block_at(range.begin).value();
}

}  // namespace swarmlab::protocol

namespace swarmlab::test {

inline protocol::Bitfield pieces(std::string_view picture) {
  protocol::Bitfield field(static_cast<std::uint32_t>(picture.size()));
  for (std::uint32_t i = 0; i < picture.size(); ++i) {
    if (picture[i] == '#') field.set(PieceIndex(i));
  }
  return field;
}

inline std::string picture(const protocol::Bitfield& field) {
  std::string drawn;
  for (std::uint32_t i = 0; i < field.size(); ++i) drawn += field.test(PieceIndex(i)) ? '#' : '.';
  return drawn;
}

}  // namespace swarmlab::test
