// Slice: a run of bytes that moves through the system without being copied.
//
// Three kinds (and the empty one):
//   bytes      a part of a reference-counted Buffer, usually of the runtime's read pool;
//   file       a range of an open file, so that a real stream may send it from the page cache;
//   symbolic   a range of a torrent's content that is only named: which content, where, and whether it
//              is authentic or spoilt, by whom.  Simulated payload; it never has bytes.
//
// A Slice is a value of 40 bytes: copying counts a reference, sub() costs nothing.  Reference counts are
// atomic, so slices may be handed to worker threads; a Buffer's bytes are immutable once a slice of
// it has been given away.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"

namespace swarmlab::runtime {

// An open file of a FileSystem.  Never reused within a run.
using FileId = Index<struct FileTag>;
// A torrent's content in a simulated world.
using ContentId = Index<struct ContentTag>;
// Who spoilt a symbolic range, and in which of its ways: 0 is authentic.  Two ranges with equal
// content, offset and spoiler stand for equal bytes, all others for different ones.
using Spoiler = Index<struct SpoilerTag>;
inline constexpr Spoiler kAuthentic{0};

// Bytes with a reference count.  release() is called once, by whoever drops the last reference,
// on whatever thread that is.
class Buffer {
 public:
  using Release = void (*)(Buffer*);
  Buffer(std::byte* data, std::size_t size, Release release)
      : data_(data), size_(size), release_(release) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  void add_reference() { references_.fetch_add(1, std::memory_order_relaxed); }
  void drop_reference() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) release_(this);
  }
  bool is_unique() const { return references_.load(std::memory_order_acquire) == 1; }
  // Puts a released buffer back into service with one reference; for pools.
  void revive() { references_.store(1, std::memory_order_relaxed); }

 private:
  std::byte* data_;
  std::size_t size_;
  Release release_;
  std::atomic<std::uint32_t> references_{1};
};

class Slice {
 public:
  enum class Kind : std::uint8_t { empty, bytes, file, symbolic };

  Slice() = default;
  // A part of `buffer`; takes a reference of its own.
  static Slice of_buffer(Buffer& buffer, std::size_t offset, std::size_t length);
  // A fresh buffer with a copy of `bytes`.
  static Slice copy_of(Bytes bytes);
  static Slice of_file(FileId file, ByteCount offset, ByteCount length);
  static Slice of_content(ContentId content, ByteCount offset, ByteCount length,
                          Spoiler spoiler = kAuthentic);

  Slice(const Slice& other) noexcept
      : buffer_(other.buffer_), offset_(other.offset_), length_(other.length_), id_(other.id_),
        spoiler_(other.spoiler_), kind_(other.kind_) {
    if (buffer_ != nullptr) buffer_->add_reference();
  }
  Slice(Slice&& other) noexcept
      : buffer_(std::exchange(other.buffer_, nullptr)), offset_(other.offset_),
        length_(std::exchange(other.length_, 0)), id_(other.id_), spoiler_(other.spoiler_),
        kind_(std::exchange(other.kind_, Kind::empty)) {}
  Slice& operator=(Slice other) noexcept { swap(other); return *this; }
  ~Slice() { if (buffer_ != nullptr) buffer_->drop_reference(); }
  void swap(Slice& other) noexcept {
    std::swap(buffer_, other.buffer_);
    std::swap(offset_, other.offset_);
    std::swap(length_, other.length_);
    std::swap(id_, other.id_);
    std::swap(spoiler_, other.spoiler_);
    std::swap(kind_, other.kind_);
  }

  Kind kind() const { return kind_; }
  bool empty() const { return length_ == 0; }
  ByteCount length() const { return ByteCount(length_); }
  std::size_t size() const { return length_; }

  // The bytes themselves; requires kind bytes (or empty).
  Bytes bytes() const {
    SWARM_ASSERT(kind_ == Kind::bytes || kind_ == Kind::empty);
    return kind_ == Kind::empty ? Bytes{} : Bytes{buffer_->data() + offset_, length_};
  }
  // Requires kind file / symbolic; offset() is that of the first byte in file or content.
  FileId file() const { SWARM_ASSERT(kind_ == Kind::file); return FileId(id_); }
  ContentId content() const { SWARM_ASSERT(kind_ == Kind::symbolic); return ContentId(id_); }
  Spoiler spoiler() const { SWARM_ASSERT(kind_ == Kind::symbolic); return Spoiler(spoiler_); }
  ByteCount offset() const {
    SWARM_ASSERT(kind_ == Kind::file || kind_ == Kind::symbolic);
    return ByteCount(static_cast<std::int64_t>(offset_));
  }

  // The part from `begin` of `length` bytes; requires that it lies within.
  Slice sub(std::size_t begin, std::size_t length) const;
  // Takes the first `length` bytes off this slice and returns them; requires length <= size().
  Slice take_front(std::size_t length);
  // Grows by `next` where that continues this slice exactly (same buffer, file, or content and spoiler)
  // and the sum stays under 4 GiB; false and no change otherwise.
  bool try_append(const Slice& next);

 private:
  Buffer* buffer_ = nullptr;         // kind bytes only
  std::uint64_t offset_ = 0;
  std::uint32_t length_ = 0;
  std::uint32_t id_ = 0;             // file or content
  std::uint32_t spoiler_ = 0;
  Kind kind_ = Kind::empty;
};
static_assert(sizeof(Slice) <= 40);

// A sequence of slices, in order.  append() joins what continues the last slice, so that a block which
// came in ten parts is one slice again.
using Slices = std::vector<Slice>;
void append(Slices& sequence, Slice slice);
ByteCount length_of(std::span<const Slice> sequence);
// The part from `begin` of `length` bytes; requires that it lies within.
Slices sub(std::span<const Slice> sequence, std::size_t begin, std::size_t length);
// Copies a sequence of byte slices into `out`, which must have its size.  Requires kind bytes.
void copy_bytes(std::span<const Slice> sequence, MutableBytes out);

}  // namespace swarmlab::runtime
