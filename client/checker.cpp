#include "client/checker.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {

Checker::Checker(ContentStore& store, runtime::Hasher& hasher,
                 std::shared_ptr<const protocol::Metainfo> metainfo, runtime::Tag first_tag,
                 CheckHandler& handler)
    : store_(store), hasher_(hasher), metainfo_(std::move(metainfo)), first_tag_(first_tag),
      handler_(handler), found_(metainfo_->geometry.piece_count()), trusted_(found_) {}

Checker::~Checker() { hasher_.forget(*this); }

void Checker::start(std::optional<ResumeClaims> claims) {
  claims_ = std::move(claims);
  store_.survey(first_tag_);
}

bool Checker::is_on_disk(PieceIndex piece) const {
  const ByteCount begin = metainfo_->geometry.offset_of(piece);
  const ByteCount end = begin + metainfo_->geometry.length_of(piece);
  auto file = std::ranges::upper_bound(metainfo_->files, begin, {}, &protocol::FileEntry::offset);
  --file;
  for (; file != metainfo_->files.end() && file->offset < end; ++file) {
    if (file->is_pad || file->length.value() == 0) continue;
    const auto& status = store_.status_on_disk(static_cast<std::size_t>(file - metainfo_->files.begin()));
    if (!status || status->size < std::min(end - file->offset, file->length)) return false;
  }
  return true;
}

void Checker::advance() {
  const protocol::PieceGeometry& geometry = metainfo_->geometry;
  while (geometry.contains(next_) && (under_way_ == 0 || bytes_under_way_ < kReadAhead)) {
    const PieceIndex piece = next_;
    ++next_;
    if (trusted_.test(piece) || !is_on_disk(piece)) continue;
    ++under_way_;
    bytes_under_way_ += geometry.length_of(piece);
    store_.read(geometry.offset_of(piece), geometry.length_of(piece), first_tag_ + 1 + piece.value());
  }
}

void Checker::on_stored(const StoreResult& result) {
  if (has_ended_) return;
  if (result.error != runtime::FileError::none && result.error != runtime::FileError::not_found) {
    has_ended_ = true;
    handler_.on_check_failed(result.path, result.error);
    return;
  }
  if (result.tag != first_tag_) {
    const PieceIndex piece(static_cast<std::uint32_t>(result.tag - first_tag_ - 1));
    if (!result.is_short && result.error == runtime::FileError::none) {
      const runtime::HashRequest request{result.data, piece.value()};
      hasher_.digest(std::span(&request, 1), *this);
      return;
    }
    --under_way_;
    bytes_under_way_ -= metainfo_->geometry.length_of(piece);
  } else if (claims_) {
    trusted_ = trusted_pieces(*claims_, *metainfo_, [&](std::size_t file) { return store_.status_on_disk(file); });
    for (PieceIndex piece; metainfo_->geometry.contains(piece); ++piece) {
      if (trusted_.test(piece) && !is_on_disk(piece)) trusted_.reset(piece);   // claimed beyond the file's end
    }
    found_ = trusted_;
    claims_.reset();
  }
  advance();
  finish_if_done();
}

void Checker::on_digest(const runtime::HashResult& result) {
  if (has_ended_) return;
  const PieceIndex piece(static_cast<std::uint32_t>(result.tag));
  if (result.error == runtime::FileError::none &&
      result.digest == metainfo_->piece_hashes[piece.value()]) {
    found_.set(piece);
  }
  --under_way_;
  bytes_under_way_ -= metainfo_->geometry.length_of(piece);
  advance();
  finish_if_done();
}

void Checker::finish_if_done() {
  if (under_way_ > 0 || has_ended_) return;
  SWARM_ASSERT(!metainfo_->geometry.contains(next_));
  has_ended_ = true;
  handler_.on_checked(found_);
}

}  // namespace swarmlab::client
