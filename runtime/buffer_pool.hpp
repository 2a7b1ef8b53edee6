// BufferPool: large reusable buffers that reads go into, and BumpBuffer, which hands them out in parts.
//
// Reads of many connections land one behind the other in the same buffer, so that a connection which
// delivers five bytes holds five bytes; a fast one gets long runs.  A buffer returns to its
// pool when the last slice of it is gone, on whatever thread that happens, and the pool keeps a bounded number
// for the next taker.  Slices may outlive the pool.
//
// BufferPool may be used from any thread, a BumpBuffer from one.
#pragma once

#include <cstddef>
#include <memory>

#include "protocol/units.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::runtime {

class BufferPool {
 public:
  struct Options {
    std::size_t buffer_bytes = std::size_t{256} << 10;
    std::size_t kept = 128;          // free buffers held back for reuse
  };
  explicit BufferPool(Options options);
  BufferPool() : BufferPool(Options{}) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  // A buffer with one reference, which is the caller's to drop.
  Buffer& take();
  std::size_t buffer_bytes() const;
  std::size_t free_buffers() const;

 private:
  friend struct PooledBuffer;
  struct State;
  std::shared_ptr<State> state_;
};

class BumpBuffer {
 public:
  explicit BumpBuffer(BufferPool& pool) : pool_(&pool) {}
  BumpBuffer(const BumpBuffer&) = delete;
  BumpBuffer& operator=(const BumpBuffer&) = delete;
  ~BumpBuffer();

  // Room for up to `wanted` bytes, at least min(wanted, a quarter of a buffer); its content is whatever
  // was there.  Valid until the next call.
  MutableBytes room(std::size_t wanted);
  // The first `length` bytes of the last room(), filled by now.
  Slice take(std::size_t length);

 private:
  BufferPool* pool_;
  Buffer* current_ = nullptr;        // we hold one reference
  std::size_t used_ = 0;
};

}  // namespace swarmlab::runtime
