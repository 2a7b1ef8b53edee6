#include "swarmsim/checks/possible_pieces.hpp"

namespace swarmlab::swarmsim {

void PossiblePieces::on_block(const WireEvent& event) {
  const protocol::BlockRange range = event.message.block();
  if (event.to.value() >= arrived_.size() || event.message.authentic == Authentic::no ||
      !facts_.geometry.is_valid(range))
    return;
  std::vector<bool>& arrived = arrived_[event.to.value()];
  if (arrived.empty())
    arrived.resize(std::size_t{facts_.geometry.piece_count()} * facts_.geometry.blocks_per_piece());
  const std::int64_t begin = range.begin.value();
  const std::int64_t last = (begin + range.length.value() - 1) / protocol::kBlockBytes.value();
  for (std::int64_t block = begin / protocol::kBlockBytes.value(); block <= last; ++block)
    arrived[first_bit(range.piece) + static_cast<std::size_t>(block)] = true;
}

bool PossiblePieces::can_have(HostId peer, PieceIndex piece) const {
  if (facts_.peers[peer.value()].has_at_start.test(piece)) return true;
  const std::vector<bool>& arrived = arrived_[peer.value()];
  if (arrived.empty()) return false;
  for (std::uint32_t block = 0; block < facts_.geometry.block_count(piece); ++block)
    if (!arrived[first_bit(piece) + block]) return false;
  return true;
}

}  // namespace swarmlab::swarmsim
