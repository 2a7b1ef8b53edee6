#include "swarmsim/virtual/stream_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace swarmlab::swarmsim {

// The free list outlives the pool where slices do; the last of pool and buffers frees it.
struct ByteBufferPool::Shared {
  PooledBuffer* free = nullptr;
  std::size_t alive = 0;   // buffers handed out
  bool closed = false;
};

struct ByteBufferPool::PooledBuffer : runtime::Buffer {
  explicit PooledBuffer(Shared* owner) : Buffer(bytes, kBufferBytes, &PooledBuffer::on_release), shared(owner) {}
  static void on_release(runtime::Buffer* buffer) {
    auto* self = static_cast<PooledBuffer*>(buffer);
    Shared* shared = self->shared;
    --shared->alive;
    if (!shared->closed) {
      self->next = shared->free;
      shared->free = self;
      return;
    }
    delete self;
    if (shared->alive == 0) delete shared;
  }
  Shared* shared;
  PooledBuffer* next = nullptr;
  std::byte bytes[kBufferBytes];
};

ByteBufferPool::ByteBufferPool() : shared_(new Shared) {}

ByteBufferPool::~ByteBufferPool() {
  while (shared_->free != nullptr) {
    PooledBuffer* next = shared_->free->next;
    delete shared_->free;
    shared_->free = next;
  }
  shared_->closed = true;
  if (shared_->alive == 0) delete shared_;
}

runtime::Buffer* ByteBufferPool::take() {
  ++shared_->alive;
  if (shared_->free == nullptr) return new PooledBuffer(shared_);
  PooledBuffer* buffer = shared_->free;
  shared_->free = buffer->next;
  buffer->revive();
  return buffer;
}

void StreamBuffer::write(StreamPools& pools, Bytes bytes) {
  if (bytes.size() > ByteBufferPool::kBufferBytes) {
    push(pools, runtime::Slice::copy_of(bytes), false);
    return;
  }
  if (discarding_) {
    written_ += bytes.size();
    return;
  }
  while (!bytes.empty()) {
    if (open_ == nullptr || open_used_ == open_->size()) {
      release_open_buffer();
      open_ = pools.bytes.take();
    }
    const std::size_t taken = std::min(bytes.size(), open_->size() - open_used_);
    std::memcpy(open_->data() + open_used_, bytes.data(), taken);
    push(pools, runtime::Slice::of_buffer(*open_, open_used_, taken), false);
    open_used_ += static_cast<std::uint32_t>(taken);
    bytes = bytes.subspan(taken);
  }
}

void StreamBuffer::write(StreamPools& pools, runtime::Slice slice) { push(pools, std::move(slice), true); }

void StreamBuffer::push(StreamPools& pools, runtime::Slice slice, bool ends_message) {
  if (slice.empty()) return;
  written_ += slice.size();
  if (discarding_) return;
  if (tail_ != kNone && !pools.pieces[tail_].ends_message && pools.pieces[tail_].slice.try_append(slice)) {
    pools.pieces[tail_].end = written_;
    pools.pieces[tail_].ends_message = ends_message;
    if (cursor_ == kNone) cursor_ = tail_;
    return;
  }
  const std::uint32_t index = pools.pieces.take();
  StreamPiece& piece = pools.pieces[index];
  piece.slice = std::move(slice);
  piece.end = written_;
  piece.next = kNone;
  piece.ends_message = ends_message;
  if (tail_ == kNone) {
    head_ = index;
  } else {
    pools.pieces[tail_].next = index;
  }
  tail_ = index;
  if (cursor_ == kNone) cursor_ = index;
}

std::uint64_t StreamBuffer::message_end(StreamPools& pools, std::uint64_t from, std::uint64_t enough) {
  while (cursor_ != kNone && pools.pieces[cursor_].end <= from) cursor_ = pools.pieces[cursor_].next;
  for (std::uint32_t i = cursor_; i != kNone; i = pools.pieces[i].next) {
    const StreamPiece& piece = pools.pieces[i];
    if (piece.ends_message || piece.end >= from + enough) return piece.end;
  }
  return written_;
}

runtime::Slice StreamBuffer::read(StreamPools& pools, std::size_t max) {
  SWARM_ASSERT(head_ != kNone && max > 0);
  StreamPiece& piece = pools.pieces[head_];
  if (max < piece.slice.size()) return piece.slice.take_front(max);
  runtime::Slice whole = std::move(piece.slice);
  const std::uint32_t next = piece.next;
  if (cursor_ == head_) cursor_ = next;
  pools.pieces.release(head_);
  head_ = next;
  if (head_ == kNone) {
    tail_ = kNone;
    release_open_buffer();
  }
  return whole;
}

void StreamBuffer::discard(StreamPools& pools) {
  while (head_ != kNone) {
    const std::uint32_t next = pools.pieces[head_].next;
    pools.pieces[head_].slice = {};
    pools.pieces.release(head_);
    head_ = next;
  }
  tail_ = cursor_ = kNone;
  release_open_buffer();
  discarding_ = true;
}

void StreamBuffer::release_open_buffer() {
  if (open_ != nullptr) open_->drop_reference();
  open_ = nullptr;
  open_used_ = 0;
}

}  // namespace swarmlab::swarmsim
