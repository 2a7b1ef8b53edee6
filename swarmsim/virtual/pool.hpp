// Pool: objects of one type under small indices, reused without allocation.
//
// Indices are stable and so are addresses; order of reuse is last out, first in, hence deterministic.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {

template <class T, std::uint32_t kPerChunk = 1024>
class Pool {
 public:
  static constexpr std::uint32_t kNone = 0xffff'ffff;

  // A default-constructed or previously released object: whoever takes it sets it up.
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t index = free_.back();
      free_.pop_back();
      return index;
    }
    if (size_ % kPerChunk == 0) chunks_.push_back(std::make_unique<T[]>(kPerChunk));
    SWARM_ASSERT(size_ < kNone);
    return size_++;
  }
  void release(std::uint32_t index) {
    SWARM_ASSERT_DEEP(index < size_);
    free_.push_back(index);
  }
  T& operator[](std::uint32_t index) { return chunks_[index / kPerChunk][index % kPerChunk]; }
  const T& operator[](std::uint32_t index) const { return chunks_[index / kPerChunk][index % kPerChunk]; }
  std::uint32_t capacity() const { return size_; }
  std::size_t in_use() const { return size_ - free_.size(); }

 private:
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
};

}  // namespace swarmlab::swarmsim
