#include "client/verifier.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {

Verifier::Verifier(runtime::Hasher& hasher, std::shared_ptr<const protocol::Metainfo> metainfo,
                   VerifierHandler& handler)
    : hasher_(hasher), metainfo_(std::move(metainfo)), handler_(handler) {}

Verifier::~Verifier() {
  hasher_.forget(*this);
  for (const auto& [index, piece] : pieces_) {
    if (!piece.is_finished) hasher_.drop(piece.context);
  }
}

void Verifier::append(Piece& piece, const runtime::Slices& data) {
  hasher_.append(piece.context, data);
  piece.hashed += static_cast<std::uint32_t>(runtime::length_of(data).value());
}

void Verifier::add(const protocol::BlockRange& block, const runtime::Slices& data) {
  auto entry = pieces_.find(block.piece);
  if (entry == pieces_.end()) {
    entry = pieces_.emplace(block.piece, Piece{hasher_.open(), 0, ++generation_, false, {}}).first;
  }
  Piece& piece = entry->second;
  SWARM_ASSERT(block.begin.value() >= piece.hashed, block.piece, block.begin, piece.hashed);
  if (block.begin.value() == piece.hashed) {
    append(piece, data);
    while (!piece.early.empty() && piece.early.back().begin == piece.hashed) {
      held_ -= runtime::length_of(piece.early.back().data);
      append(piece, piece.early.back().data);
      piece.early.pop_back();
    }
  } else {
    const auto at = std::ranges::lower_bound(piece.early, block.begin.value(), std::greater<>(), &Early::begin);
    held_ += block.length;
    piece.early.insert(at, Early{block.begin.value(), data});
  }
  if (piece.hashed == metainfo_->geometry.length_of(block.piece).size()) {
    piece.is_finished = true;
    hasher_.finish(piece.context, *this, (runtime::Tag{piece.generation} << 32) | block.piece.value());
  }
}

void Verifier::abandon(PieceIndex index) {
  const auto entry = pieces_.find(index);
  if (entry == pieces_.end()) return;
  if (!entry->second.is_finished) hasher_.drop(entry->second.context);
  for (const Early& early : entry->second.early) held_ -= runtime::length_of(early.data);
  pieces_.erase(entry);
}

void Verifier::on_digest(const runtime::HashResult& result) {
  const PieceIndex index(static_cast<std::uint32_t>(result.tag));
  const auto entry = pieces_.find(index);
  if (entry == pieces_.end() || entry->second.generation != result.tag >> 32) return;
  pieces_.erase(entry);
  handler_.on_piece_hashed(index, result.error == runtime::FileError::none &&
                                      result.digest == metainfo_->piece_hashes[index.value()]);
}

}  // namespace swarmlab::client
