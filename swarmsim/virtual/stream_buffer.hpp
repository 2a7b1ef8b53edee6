// StreamBuffer: the bytes of one direction of a virtual connection from write() to read().
//
// Both ends live in one process, so what is written is kept once, as slices, from the moment it is written
// until it is read; packets carry offsets only.  Small writes are gathered in pooled byte buffers.
// A buffer without content holds no memory of its own, whatever went through it.
//
// The end of every slice that was written as such counts as the end of a message: there a train of packets stops.
#pragma once

#include <cstdint>

#include "runtime/slice.hpp"
#include "swarmsim/virtual/pool.hpp"

namespace swarmlab::swarmsim {

// Fixed-size byte buffers that go back to where they came from.  May be outlived by slices of its buffers.
class ByteBufferPool {
 public:
  static constexpr std::size_t kBufferBytes = 512;

  ByteBufferPool();
  ~ByteBufferPool();
  ByteBufferPool(const ByteBufferPool&) = delete;
  ByteBufferPool& operator=(const ByteBufferPool&) = delete;
  // With one reference.
  runtime::Buffer* take();

 private:
  struct Shared;
  struct PooledBuffer;
  Shared* shared_;
};

struct StreamPiece {
  runtime::Slice slice;
  std::uint64_t end = 0;        // the stream's offset behind it
  std::uint32_t next = 0xffff'ffff;
  bool ends_message = false;
};

// What the buffers of all connections share.
struct StreamPools {
  Pool<StreamPiece> pieces;
  ByteBufferPool bytes;
};

class StreamBuffer {
 public:
  StreamBuffer() = default;
  ~StreamBuffer() { release_open_buffer(); }
  StreamBuffer(const StreamBuffer&) = delete;
  StreamBuffer& operator=(const StreamBuffer&) = delete;

  // The offset behind all that was written.
  std::uint64_t written() const { return written_; }
  bool empty() const { return head_ == kNone; }

  void write(StreamPools& pools, Bytes bytes);
  void write(StreamPools& pools, runtime::Slice slice);
  // The first offset after `from` at which a message ends, or any not before from + enough.  Requires
  // from < written() and that `from` never decreases.
  std::uint64_t message_end(StreamPools& pools, std::uint64_t from, std::uint64_t enough);
  // At most `max` bytes from the front.  Requires max > 0 and that so many are there.
  runtime::Slice read(StreamPools& pools, std::size_t max);
  // Fetches into the cache what read() will look at.
  void prefetch(const StreamPools& pools) const {
    if (head_ != kNone) __builtin_prefetch(&pools.pieces[head_]);
  }
  // Nobody will read any more: what is held is dropped; later writes only count.
  void discard(StreamPools& pools);
  template <class Visit>
  void for_each(const StreamPools& pools, Visit&& visit) const {
    for (std::uint32_t i = head_; i != kNone; i = pools.pieces[i].next) visit(pools.pieces[i].slice);
  }

 private:
  static constexpr std::uint32_t kNone = Pool<StreamPiece>::kNone;
  void push(StreamPools& pools, runtime::Slice slice, bool ends_message);
  void release_open_buffer();

  std::uint64_t written_ = 0;
  runtime::Buffer* open_ = nullptr;   // where small writes go on; one reference is ours
  std::uint32_t open_used_ = 0;
  std::uint32_t head_ = kNone;        // the first piece not read entirely
  std::uint32_t tail_ = kNone;
  std::uint32_t cursor_ = kNone;      // the first piece that may hold bytes not yet sent
  bool discarding_ = false;
};

}  // namespace swarmlab::swarmsim
