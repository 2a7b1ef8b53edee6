#include "swarmsim/checks/block_ledger.hpp"

namespace swarmlab::swarmsim {

BlockLedger::BlockLedger(const protocol::PieceGeometry& geometry, const protocol::Bitfield& has) : geometry_(geometry) {
  blocks_.resize(std::size_t{geometry.piece_count()} * geometry.blocks_per_piece());
  for (PieceIndex piece(0); piece.value() < geometry.piece_count(); ++piece) {
    const std::uint32_t count = geometry.block_count(piece);
    if (!has.test(piece)) {
      never_asked_ += count;
      continue;
    }
    for (std::uint32_t b = 0; b < count; ++b) find(geometry.block(piece, BlockIndex(b)))->has = true;
  }
}

BlockLedger::Block* BlockLedger::find(const protocol::BlockRange& block) {
  if (!geometry_.is_block(block)) return nullptr;
  const std::size_t at = std::size_t{block.piece.value()} * geometry_.blocks_per_piece() +
                         protocol::PieceGeometry::block_at(block.begin).value();
  return &blocks_[at];
}

void BlockLedger::on_request(const protocol::BlockRange& range) {
  Block* block = find(range);
  if (block == nullptr) return;
  if (block->open < 255) ++block->open;
  if (block->was_asked || block->has) return;
  block->was_asked = true;
  --never_asked_;
}

BlockLedger::Arrival BlockLedger::on_arrival(const protocol::BlockRange& range) {
  Block* block = find(range);
  if (block == nullptr || block->open == 0) return Arrival::unasked;
  --block->open;
  if (block->has) return Arrival::wasted;
  block->has = true;
  return Arrival::fresh;
}

void BlockLedger::on_false_piece(PieceIndex piece) {
  for (std::uint32_t b = 0; b < geometry_.block_count(piece); ++b) find(geometry_.block(piece, BlockIndex(b)))->has = false;
}

}  // namespace swarmlab::swarmsim
