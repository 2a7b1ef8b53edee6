#include "client/upload_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "runtime/random.hpp"
#include "tests/unit/client/pictures.hpp"

namespace swarmlab::client {
namespace {

using protocol::BlockRange;
using testing::ElementsAre;
using testing::IsEmpty;

BlockRange block(std::uint32_t n) { return {PieceIndex(n), BlockBegin(0), 16_KiB}; }

TEST(UploadQueue, ServesInTheOrderOfAsking) {
  UploadQueue queue(10);
  EXPECT_EQ(queue.push(block(3)), UploadQueue::Push::accepted);
  EXPECT_EQ(queue.push(block(1)), UploadQueue::Push::accepted);
  EXPECT_EQ(queue.take_next(), block(3));
  EXPECT_EQ(queue.take_next(), block(1));
  EXPECT_EQ(queue.take_next(), std::nullopt);
}

TEST(UploadQueue, TakesNoMoreThanItsLimit) {
  UploadQueue queue(2);
  EXPECT_EQ(queue.push(block(1)), UploadQueue::Push::accepted);
  EXPECT_EQ(queue.push(block(2)), UploadQueue::Push::accepted);
  EXPECT_EQ(queue.push(block(3)), UploadQueue::Push::full);
  EXPECT_EQ(queue.push(block(1)), UploadQueue::Push::duplicate);
  queue.take_next();
  EXPECT_EQ(queue.push(block(3)), UploadQueue::Push::accepted);
}

TEST(UploadQueue, AcceptsABlockAgainOnceItWasTaken) {
  UploadQueue queue(2);
  EXPECT_EQ(queue.push(block(1)), UploadQueue::Push::accepted);
  EXPECT_EQ(queue.push(block(2)), UploadQueue::Push::accepted);
  queue.take_next();
  EXPECT_EQ(queue.push(block(1)), UploadQueue::Push::accepted);
}

TEST(UploadQueue, CancelsExactlyTheRangeThatWasAskedFor) {
  UploadQueue queue(5);
  EXPECT_EQ(queue.push(block(1)), UploadQueue::Push::accepted);
  EXPECT_FALSE(queue.cancel({PieceIndex(1), BlockBegin(0), 8_KiB}));
  EXPECT_TRUE(queue.cancel(block(1)));
  EXPECT_FALSE(queue.cancel(block(1)));
  EXPECT_TRUE(queue.empty());
}

TEST(UploadQueue, CannotCancelWhatWasTaken) {
  UploadQueue queue(5);
  EXPECT_EQ(queue.push(block(1)), UploadQueue::Push::accepted);
  EXPECT_EQ(queue.push(block(2)), UploadQueue::Push::accepted);
  queue.take_next();
  EXPECT_FALSE(queue.cancel(block(1)));
}

TEST(UploadQueue, TellsWhatAChokeFlushed) {
  UploadQueue queue(5);
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(queue.push(block(i)), UploadQueue::Push::accepted);
  queue.take_next();
  EXPECT_TRUE(queue.cancel(block(2)));
  EXPECT_THAT(queue.clear(), ElementsAre(block(1), block(3)));
  EXPECT_TRUE(queue.empty());
  EXPECT_THAT(queue.clear(), IsEmpty());
}

TEST(UploadQueue, AgreesWithAPlainListUnderRandomOperations) {
  runtime::Random random(4);
  UploadQueue queue(6);
  std::deque<BlockRange> model;
  for (int step = 0; step < 20'000; ++step) {
    const BlockRange range = block(static_cast<std::uint32_t>(random.below(9)));
    const auto known = std::find(model.begin(), model.end(), range);
    switch (random.below(6)) {
      case 0:
      case 1:
      case 2: {
        const auto expected = known != model.end() ? UploadQueue::Push::duplicate
                              : model.size() == 6  ? UploadQueue::Push::full
                                                   : UploadQueue::Push::accepted;
        ASSERT_EQ(queue.push(range), expected);
        if (expected == UploadQueue::Push::accepted) model.push_back(range);
        break;
      }
      case 3:
        ASSERT_EQ(queue.cancel(range), known != model.end());
        if (known != model.end()) model.erase(known);
        break;
      case 4: {
        const auto next = queue.take_next();
        ASSERT_EQ(next.has_value(), !model.empty());
        if (next) {
          ASSERT_EQ(*next, model.front());
          model.pop_front();
        }
        break;
      }
      default:
        if (random.chance(1, 20)) {
          const auto left = queue.clear();
          ASSERT_TRUE(std::equal(left.begin(), left.end(), model.begin(), model.end()));
          model.clear();
        }
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

}  // namespace
}  // namespace swarmlab::client
