#include "swarmsim/wire/true_content.hpp"

#include <algorithm>
#include <cstring>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {

using runtime::Slice;

TrueContent TrueContent::symbolic(runtime::ContentId content, ByteCount length) {
  return TrueContent(Slice{}, content, length);
}

TrueContent TrueContent::of_bytes(std::vector<std::byte> bytes) {
  return TrueContent(Slice::copy_of(bytes), runtime::ContentId{}, ByteCount::from_size(bytes.size()));
}

Slice TrueContent::authentic(ByteCount offset, ByteCount length) const {
  SWARM_ASSERT(has(offset, length), offset, length);
  if (is_symbolic()) return Slice::of_content(content_, offset, length);
  return whole_.sub(offset.size(), length.size());
}

Slice TrueContent::spoilt(ByteCount offset, ByteCount length, runtime::Spoiler spoiler) const {
  SWARM_ASSERT(has(offset, length) && length.value() > 0, offset, length);
  if (is_symbolic()) return Slice::of_content(content_, offset, length, spoiler);
  const Bytes truth = whole_.sub(offset.size(), length.size()).bytes();
  std::vector<std::byte> copy(truth.begin(), truth.end());
  const std::byte flip{static_cast<unsigned char>(spoiler.value() % 255 + 1)};
  copy[spoiler.value() % copy.size()] ^= flip;
  return Slice::copy_of(copy);
}

bool TrueContent::matches(ByteCount offset, Bytes bytes) const {
  if (is_symbolic() || !has(offset, ByteCount::of(bytes))) return false;
  const Bytes truth = whole_.bytes().subspan(offset.size(), bytes.size());
  return bytes.empty() || std::memcmp(truth.data(), bytes.data(), bytes.size()) == 0;
}

bool TrueContent::matches(ByteCount offset, const Slice& slice) const {
  if (slice.kind() != Slice::Kind::symbolic) return matches(offset, slice.bytes());
  return is_symbolic() && slice.content() == content_ && slice.offset() == offset &&
         slice.spoiler() == runtime::kAuthentic && has(offset, slice.length());
}

}  // namespace swarmlab::swarmsim
