#include "swarmsim/expect/piece_spread.hpp"

namespace swarmlab::swarmsim {

PieceSpread::PieceSpread(const RunFacts& facts) : spread_(facts.geometry.piece_count()) {
  for (const PeerFacts& peer : facts.peers) {
    if (peer.has_at_start.all()) continue;
    for (std::uint32_t i = 0; i < peer.has_at_start.size(); ++i)
      if (peer.has_at_start.test(PieceIndex(i))) spread_.set(PieceIndex(i));
  }
}

void PieceSpread::on_whole_piece(const WholePiece& piece) {
  if (piece.is_true && spread_.set(piece.piece)) times_.push_back(piece.at);
}

Time PieceSpread::over_at() const {
  if (!spread_.all()) return kNever;
  return times_.empty() ? kStart : times_.back();
}

// Whole numbers, so that it is the same everywhere: both axes are stretched to 2^20, where a sum over at most 2^20 pieces has 60 bits
// and a product of two sums 120.
Number PieceSpread::straightness() const {
  using Wide = detail::Int128;
  constexpr std::int64_t kScale = 1 << 20;
  const auto count = static_cast<std::int64_t>(times_.size());
  if (count < 3 || times_.back() == times_.front()) return {};
  const auto x_of = [&](std::int64_t i) {
    const Duration since = times_[static_cast<std::size_t>(i)] - times_.front();
    return static_cast<std::int64_t>(Wide{since.count()} * kScale / (times_.back() - times_.front()).count());
  };
  const auto y_of = [&](std::int64_t i) { return (count - 1 - i) * kScale / (count - 1); };
  Wide sum_x = 0;
  Wide sum_y = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    sum_x += x_of(i);
    sum_y += y_of(i);
  }
  const auto mean_x = static_cast<std::int64_t>(sum_x / count);
  const auto mean_y = static_cast<std::int64_t>(sum_y / count);
  Wide xx = 0;
  Wide yy = 0;
  Wide xy = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const Wide dx = x_of(i) - mean_x;
    const Wide dy = y_of(i) - mean_y;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  constexpr Wide kMillion = 1'000'000;
  const Wide whole = xx * yy / kMillion;
  if (whole == 0) return {};
  return Number::of_millionths(std::min(kMillion, xy * xy / whole));
}

}  // namespace swarmlab::swarmsim
