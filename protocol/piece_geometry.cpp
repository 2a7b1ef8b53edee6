#include "protocol/piece_geometry.hpp"

#include <fmt/format.h>

namespace swarmlab::protocol {

std::string to_words(const BlockRange& block) {
  return fmt::format("piece {}, begin {}", block.piece.value(), block.begin.value());
}

}  // namespace swarmlab::protocol
