#include "swarmsim/peers/corrupt_blocks.hpp"

#include <utility>

namespace swarmlab::swarmsim {
namespace {

// Attempts are told apart up to this many; with the peer's number it makes the spoiler.
constexpr std::uint32_t kAttempts = 1u << 16;

}  // namespace

CorruptBlocksBehaviour::CorruptBlocksBehaviour(Share rate, HostId who, runtime::Random random,
                                               const TrueContent& content, const protocol::PieceGeometry& geometry)
    : rate_(rate), who_(who), random_(std::move(random)), content_(content), geometry_(geometry) {}

void CorruptBlocksBehaviour::begin_block(const protocol::BlockRange& block) {
  // The draw comes first, so that one unusual request does not shift all later ones.
  spoils_ = random_.chance(rate_.millionths, Share::kWhole) && geometry_.is_valid(block);
  has_spoilt_part_ = false;
  if (spoils_) ++spoilt_;
}

runtime::Slice CorruptBlocksBehaviour::alter(const protocol::BlockRange& block, ByteCount at, runtime::Slice part) {
  if (!spoils_ || part.empty() || (has_spoilt_part_ && !content_.is_symbolic())) return part;
  has_spoilt_part_ = true;
  const std::uint32_t attempt = static_cast<std::uint32_t>(spoilt_ % kAttempts);
  const runtime::Spoiler spoiler((who_.value() + 1) * kAttempts + attempt);
  const ByteCount offset = geometry_.offset_of(block.piece) + ByteCount(block.begin.value()) + at;
  return content_.spoilt(offset, part.length(), spoiler);
}

}  // namespace swarmlab::swarmsim
