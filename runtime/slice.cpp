#include "runtime/slice.hpp"

#include <cstring>
#include <limits>
#include <new>

namespace swarmlab::runtime {
namespace {

constexpr std::uint64_t kLongest = std::numeric_limits<std::uint32_t>::max();

// A buffer and its bytes in one allocation.
Buffer* new_buffer(std::size_t size) {
  void* memory = ::operator new(sizeof(Buffer) + size);
  auto* data = static_cast<std::byte*>(memory) + sizeof(Buffer);
  return new (memory) Buffer(data, size, [](Buffer* buffer) {
    buffer->~Buffer();
    ::operator delete(buffer);
  });
}

}  // namespace

Slice Slice::of_buffer(Buffer& buffer, std::size_t offset, std::size_t length) {
  SWARM_ASSERT(offset + length <= buffer.size() && length <= kLongest, offset, length);
  Slice slice;
  if (length == 0) return slice;
  buffer.add_reference();
  slice.buffer_ = &buffer;
  slice.offset_ = offset;
  slice.length_ = static_cast<std::uint32_t>(length);
  slice.kind_ = Kind::bytes;
  return slice;
}

Slice Slice::copy_of(Bytes bytes) {
  if (bytes.empty()) return {};
  Buffer* buffer = new_buffer(bytes.size());
  std::memcpy(buffer->data(), bytes.data(), bytes.size());
  Slice slice = of_buffer(*buffer, 0, bytes.size());
  buffer->drop_reference();  // the slice holds the only one now
  return slice;
}

Slice Slice::of_file(FileId file, ByteCount offset, ByteCount length) {
  SWARM_ASSERT(offset.value() >= 0 && length.value() >= 0 && length.size() <= kLongest, offset, length);
  Slice slice;
  if (length.value() == 0) return slice;
  slice.offset_ = static_cast<std::uint64_t>(offset.value());
  slice.length_ = static_cast<std::uint32_t>(length.value());
  slice.id_ = file.value();
  slice.kind_ = Kind::file;
  return slice;
}

Slice Slice::of_content(ContentId content, ByteCount offset, ByteCount length, Spoiler spoiler) {
  SWARM_ASSERT(offset.value() >= 0 && length.value() >= 0 && length.size() <= kLongest, offset, length);
  Slice slice;
  if (length.value() == 0) return slice;
  slice.offset_ = static_cast<std::uint64_t>(offset.value());
  slice.length_ = static_cast<std::uint32_t>(length.value());
  slice.id_ = content.value();
  slice.spoiler_ = spoiler.value();
  slice.kind_ = Kind::symbolic;
  return slice;
}

Slice Slice::sub(std::size_t begin, std::size_t length) const {
  SWARM_ASSERT(begin + length <= size(), begin, length, size());
  if (length == 0) return {};
  Slice part = *this;
  part.offset_ += begin;
  part.length_ = static_cast<std::uint32_t>(length);
  return part;
}

Slice Slice::take_front(std::size_t length) {
  SWARM_ASSERT(length <= size(), length, size());
  if (length == size()) return std::exchange(*this, Slice{});
  Slice front = sub(0, length);
  offset_ += length;
  length_ -= static_cast<std::uint32_t>(length);
  return front;
}

bool Slice::try_append(const Slice& next) {
  if (next.empty()) return true;
  if (empty()) {
    *this = next;
    return true;
  }
  const bool continues = kind_ == next.kind_ && buffer_ == next.buffer_ && id_ == next.id_ &&
                         spoiler_ == next.spoiler_ && offset_ + length_ == next.offset_;
  if (!continues || std::uint64_t{length_} + next.length_ > kLongest) return false;
  length_ += next.length_;
  return true;
}

void append(Slices& sequence, Slice slice) {
  if (slice.empty()) return;
  if (!sequence.empty() && sequence.back().try_append(slice)) return;
  sequence.push_back(std::move(slice));
}

ByteCount length_of(std::span<const Slice> sequence) {
  ByteCount total;
  for (const Slice& slice : sequence) total += slice.length();
  return total;
}

Slices sub(std::span<const Slice> sequence, std::size_t begin, std::size_t length) {
  Slices part;
  for (const Slice& slice : sequence) {
    if (length == 0) break;
    if (begin >= slice.size()) {
      begin -= slice.size();
      continue;
    }
    const std::size_t taken = std::min(length, slice.size() - begin);
    append(part, slice.sub(begin, taken));
    begin = 0;
    length -= taken;
  }
  SWARM_ASSERT(length == 0, length);
  return part;
}

void copy_bytes(std::span<const Slice> sequence, MutableBytes out) {
  for (const Slice& slice : sequence) {
    const Bytes bytes = slice.bytes();
    SWARM_ASSERT(bytes.size() <= out.size());
    std::memcpy(out.data(), bytes.data(), bytes.size());
    out = out.subspan(bytes.size());
  }
  SWARM_ASSERT(out.empty(), out.size());
}

}  // namespace swarmlab::runtime
