#include "runtime/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace swarmlab::runtime {
namespace {

Slice fill(BumpBuffer& buffer, std::size_t length) {
  const MutableBytes room = buffer.room(length);
  EXPECT_GE(room.size(), length);
  std::memset(room.data(), 7, length);
  return buffer.take(length);
}

TEST(BufferPool, UsesABufferAgainWhenItsLastSliceIsGone) {
  BufferPool pool({.buffer_bytes = 4096, .kept = 4});
  Buffer& first = pool.take();
  Slice slice = Slice::of_buffer(first, 0, 10);
  const Buffer* const address = &first;
  first.drop_reference();
  EXPECT_EQ(pool.free_buffers(), 0U);
  slice = {};
  EXPECT_EQ(pool.free_buffers(), 1U);
  Buffer& again = pool.take();
  EXPECT_EQ(&again, address);
  again.drop_reference();
}

TEST(BufferPool, KeepsNoMoreFreeBuffersThanItsBound) {
  BufferPool pool({.buffer_bytes = 4096, .kept = 2});
  std::vector<Buffer*> taken;
  for (int i = 0; i < 5; ++i) taken.push_back(&pool.take());
  for (Buffer* buffer : taken) buffer->drop_reference();
  EXPECT_EQ(pool.free_buffers(), 2U);
}

TEST(BufferPool, MayGoBeforeItsSlices) {
  auto pool = std::make_unique<BufferPool>();
  Slice slice;
  {
    BumpBuffer buffer(*pool);
    slice = fill(buffer, 100);
  }
  pool.reset();
  EXPECT_EQ(slice.bytes()[99], std::byte{7});
}

TEST(BufferPool, TakesBuffersBackFromOtherThreads) {
  BufferPool pool({.buffer_bytes = 4096, .kept = 64});
  BumpBuffer buffer(pool);
  std::vector<Slice> slices;
  for (int i = 0; i < 100; ++i) slices.push_back(fill(buffer, 1000));
  std::thread other([moved = std::move(slices)]() mutable { moved.clear(); });
  other.join();
  EXPECT_GT(pool.free_buffers(), 20U);
}

TEST(BumpBuffer, PutsManySmallReadsIntoOneBuffer) {
  BufferPool pool({.buffer_bytes = 65536, .kept = 64});
  BumpBuffer buffer(pool);
  Slices block;
  for (int i = 0; i < 1000; ++i) append(block, fill(buffer, 16));
  EXPECT_EQ(block.size(), 1U) << "what lies behind each other is one slice";
}

TEST(BumpBuffer, StartsAgainInTheSameMemoryWhenNobodyHoldsAPart) {
  BufferPool pool;
  BumpBuffer buffer(pool);
  const std::byte* const first = fill(buffer, 100).bytes().data();
  EXPECT_EQ(fill(buffer, 100).bytes().data(), first);
  const Slice held = fill(buffer, 100);
  EXPECT_NE(fill(buffer, 100).bytes().data(), first);
}

TEST(BumpBuffer, GivesAtLeastAQuarterOfABufferWhereThatIsWanted) {
  BufferPool pool({.buffer_bytes = 65536, .kept = 64});
  BumpBuffer buffer(pool);
  std::vector<Slice> held;
  for (int i = 0; i < 50; ++i) {
    EXPECT_GE(buffer.room(1 << 20).size(), 16384U);
    held.push_back(buffer.take(3000));
  }
}

}  // namespace
}  // namespace swarmlab::runtime
