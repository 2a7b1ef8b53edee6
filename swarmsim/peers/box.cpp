#include "swarmsim/peers/box.hpp"

namespace swarmlab::swarmsim {
namespace {

std::vector<PieceIndex> pieces_where(const protocol::Bitfield& set, bool is_in) {
  std::vector<PieceIndex> pieces;
  for (PieceIndex piece; piece.value() < set.size(); ++piece)
    if (set.test(piece) == is_in) pieces.push_back(piece);
  return pieces;
}

}  // namespace

std::vector<PieceIndex> pieces_in(const protocol::Bitfield& set) { return pieces_where(set, true); }
std::vector<PieceIndex> pieces_not_in(const protocol::Bitfield& set) { return pieces_where(set, false); }

void Box::send_block(const protocol::BlockRange& block, runtime::Slice payload) {
  Parcel parcel{protocol::Message(protocol::PieceHeader{block})};
  parcel.payload.push_back(std::move(payload));
  pass_to_wire(std::move(parcel));
}

void Box::send_block(const protocol::BlockRange& block) {
  const ByteCount offset = role_.geometry.offset_of(block.piece) + ByteCount(block.begin.value());
  send_block(block, role_.content.authentic(offset, block.length));
}

}  // namespace swarmlab::swarmsim
