#include "runtime/buffer_pool.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "protocol/assert.hpp"

namespace swarmlab::runtime {

// A buffer on its way back holds the pool's state alive, so that it can return after the pool is gone.
struct PooledBuffer final : Buffer {
  PooledBuffer(std::byte* memory, std::size_t size)
      : Buffer(memory, size, [](Buffer* buffer) { give_back(static_cast<PooledBuffer*>(buffer)); }) {}
  static void give_back(PooledBuffer* buffer);

  std::shared_ptr<BufferPool::State> home;
};

struct BufferPool::State {
  Options options;
  mutable std::mutex mutex;
  std::vector<PooledBuffer*> free;   // without references; `home` empty
  bool closed = false;
};

namespace {

// The first use of a page costs a fault; a page-aligned buffer has no partial ones.
constexpr std::align_val_t kAlignment{4096};

void destroy(PooledBuffer* buffer) {
  ::operator delete(buffer->data(), kAlignment);
  delete buffer;
}

}  // namespace

void PooledBuffer::give_back(PooledBuffer* buffer) {
  const std::shared_ptr<BufferPool::State> home = std::exchange(buffer->home, nullptr);
  {
    const std::scoped_lock lock(home->mutex);
    if (!home->closed && home->free.size() < home->options.kept) {
      home->free.push_back(buffer);
      return;
    }
  }
  destroy(buffer);
}

BufferPool::BufferPool(Options options) : state_(std::make_shared<State>()) {
  SWARM_ASSERT(options.buffer_bytes >= 4096, options.buffer_bytes);
  state_->options = options;
  state_->free.reserve(options.kept);
}

BufferPool::~BufferPool() {
  std::vector<PooledBuffer*> free;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->closed = true;
    free.swap(state_->free);
  }
  for (PooledBuffer* buffer : free) destroy(buffer);
}

Buffer& BufferPool::take() {
  PooledBuffer* buffer = nullptr;
  {
    const std::scoped_lock lock(state_->mutex);
    if (!state_->free.empty()) {
      buffer = state_->free.back();
      state_->free.pop_back();
    }
  }
  if (buffer != nullptr) {
    buffer->revive();
  } else {
    const std::size_t size = state_->options.buffer_bytes;
    buffer = new PooledBuffer(static_cast<std::byte*>(::operator new(size, kAlignment)), size);
  }
  buffer->home = state_;
  return *buffer;
}

std::size_t BufferPool::buffer_bytes() const { return state_->options.buffer_bytes; }

std::size_t BufferPool::free_buffers() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->free.size();
}

BumpBuffer::~BumpBuffer() {
  if (current_ != nullptr) current_->drop_reference();
}

MutableBytes BumpBuffer::room(std::size_t wanted) {
  const std::size_t least = std::min(wanted, pool_->buffer_bytes() / 4);
  // Where nobody holds a part of it any more the same memory, warm in the caches, serves again.
  if (current_ != nullptr && current_->is_unique()) used_ = 0;
  if (current_ != nullptr && current_->size() - used_ < least) {
    current_->drop_reference();
    current_ = nullptr;
  }
  if (current_ == nullptr) {
    current_ = &pool_->take();
    used_ = 0;
  }
  return {current_->data() + used_, std::min(wanted, current_->size() - used_)};
}

Slice BumpBuffer::take(std::size_t length) {
  SWARM_ASSERT(current_ != nullptr && length <= current_->size() - used_, length, used_);
  Slice slice = Slice::of_buffer(*current_, used_, length);
  used_ += length;
  return slice;
}

}  // namespace swarmlab::runtime
