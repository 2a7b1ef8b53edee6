#include "swarmsim/peers/box.hpp"

#include <fmt/format.h>

namespace swarmlab::swarmsim {

void Box::send_block(const protocol::BlockRange& block, runtime::Slice payload) {
  Parcel parcel{protocol::Message(protocol::PieceHeader{block})};
  parcel.payload.push_back(std::move(payload));
  pass_to_wire(std::move(parcel));
}

void Box::send_block(const protocol::BlockRange& block) {
  const ByteCount offset = role_.geometry.offset_of(block.piece) + ByteCount(block.begin.value());
  send_block(block, role_.content.authentic(offset, block.length));
}

std::string to_words(const protocol::BlockRange& block) {
  return fmt::format("piece {}, begin {}", block.piece.value(), block.begin.value());
}

}  // namespace swarmlab::swarmsim
