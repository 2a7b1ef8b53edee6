#include "client/write_gatherer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/random.hpp"

namespace swarmlab::client {
namespace {

using Piece = WriteGatherer::Piece;

// Blocks of 16 KiB, pieces of 16 of them; what goes out is written as "piece:first+count".
struct Gathering {
  explicit Gathering(WriteGatherer::Rules rules = {.enough = 64_KiB, .patience = 1s, .most = 1_MiB}) : gatherer(rules) {}

  std::string add(std::uint32_t piece, std::uint32_t block, Piece state = Piece::goes_on) {
    const protocol::BlockRange range{PieceIndex(piece), BlockBegin(block * 16384), 16_KiB};
    const ByteCount offset = 256_KiB * piece + 16_KiB * block;
    gatherer.add(range, {runtime::Slice::of_content(runtime::ContentId(0), offset, 16_KiB)}, state, now, out);
    return taken();
  }
  std::string due() {
    gatherer.take_due(now, out);
    return taken();
  }
  std::string taken() {
    std::string text;
    for (const WriteGatherer::Write& write : std::exchange(out, {})) {
      const ByteCount length = runtime::length_of(write.data);
      const ByteCount offset = 256_KiB * write.piece.value() + ByteCount(write.begin.value());
      EXPECT_EQ(write.data.size(), 1u) << "what continues is one slice";
      EXPECT_EQ(write.data.front().offset(), offset) << "what goes out is what came in";
      if (!text.empty()) text += ' ';
      text += std::to_string(write.piece.value()) + ":" + std::to_string(write.begin.value() / 16384) + "+" +
              std::to_string(length / 16_KiB);
    }
    return text;
  }

  WriteGatherer gatherer;
  Time now = kStart;
  std::vector<WriteGatherer::Write> out;
};

TEST(WriteGatherer, ARunGoesOutWhenItIsLongEnough) {
  Gathering g;
  EXPECT_EQ(g.add(0, 0), "");
  EXPECT_EQ(g.add(0, 1), "");
  EXPECT_EQ(g.add(0, 2), "");
  EXPECT_EQ(g.gatherer.held(), 48_KiB);
  EXPECT_EQ(g.add(0, 3), "0:0+4");
  EXPECT_EQ(g.gatherer.held(), 0_B);
  EXPECT_EQ(g.gatherer.due(), kNever);
}

TEST(WriteGatherer, BlocksOutOfOrderFindTheirNeighbours) {
  Gathering g;
  EXPECT_EQ(g.add(0, 3), "");
  EXPECT_EQ(g.add(0, 0), "");
  EXPECT_EQ(g.add(0, 5), "");
  EXPECT_EQ(g.add(0, 1), "");
  EXPECT_EQ(g.add(0, 2), "0:0+4") << "one block joins two runs; the fifth still waits";
  EXPECT_EQ(g.gatherer.held(), 16_KiB);
}

TEST(WriteGatherer, PiecesDoNotMix) {
  Gathering g;
  EXPECT_EQ(g.add(0, 15), "");
  EXPECT_EQ(g.add(1, 0), "");
  EXPECT_EQ(g.add(1, 1), "");
  EXPECT_EQ(g.add(1, 2), "");
  EXPECT_EQ(g.add(1, 3), "1:0+4");
}

TEST(WriteGatherer, APieceThatIsWholeGoesOutAtOnceWithAllThatIsHeldOfIt) {
  Gathering g;
  g.add(0, 2);
  g.add(0, 8);
  g.add(1, 1);
  EXPECT_EQ(g.add(0, 5, Piece::is_whole), "0:2+1 0:5+1 0:8+1");
  EXPECT_EQ(g.gatherer.held(), 16_KiB);
}

TEST(WriteGatherer, WhatHasWaitedForLongEnoughGoesOut) {
  Gathering g;
  g.add(4, 1);
  g.now += 400ms;
  g.add(2, 7);
  g.add(4, 2);
  EXPECT_EQ(g.gatherer.due(), kStart + 1s);
  EXPECT_EQ(g.due(), "");
  g.now = kStart + 1s;
  EXPECT_EQ(g.due(), "4:1+2") << "its first block counts";
  EXPECT_EQ(g.gatherer.due(), kStart + 1400ms);
}

TEST(WriteGatherer, BeyondItsBoundTheOldestPiecesGoOutUntilHalfIsLeft) {
  Gathering g({.enough = 256_KiB, .patience = 1min, .most = 64_KiB});
  for (std::uint32_t piece = 9; piece > 5; --piece) {
    EXPECT_EQ(g.add(piece, 0), "");
    g.now += 1ms;
  }
  EXPECT_EQ(g.add(1, 3), "9:0+1 8:0+1 7:0+1");
  EXPECT_EQ(g.gatherer.held(), 32_KiB);
}

TEST(WriteGatherer, WithNothingToGatherEveryBlockGoesOutAtOnce) {
  Gathering g({.enough = 0_B, .patience = 1s, .most = 1_MiB});
  EXPECT_EQ(g.add(0, 7), "0:7+1");
  EXPECT_EQ(g.add(0, 8), "0:8+1");
}

TEST(WriteGatherer, ForgetsWhatIsHeldWhenTold) {
  Gathering g;
  g.add(0, 0);
  g.gatherer.clear();
  EXPECT_EQ(g.gatherer.held(), 0_B);
  g.now += 1h;
  EXPECT_EQ(g.due(), "");
  EXPECT_EQ(g.add(0, 0), "") << "it may come again";
}

TEST(WriteGatherer, EveryBlockGoesOutExactlyOnceWhateverTheOrder) {
  runtime::Random random(3);
  for (int round = 0; round < 50; ++round) {
    Gathering g({.enough = 16_KiB * (1 + static_cast<std::int64_t>(random.below(6))), .patience = 50ms, .most = 128_KiB});
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < 5 * 16; ++i) order.push_back(i);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    std::vector<int> arrived(5), written(5 * 16);
    const auto note = [&] {
      for (const WriteGatherer::Write& write : std::exchange(g.out, {})) {
        for (std::int64_t block = 0; block < runtime::length_of(write.data) / 16_KiB; ++block) {
          ++written[write.piece.value() * 16 + write.begin.value() / 16384 + static_cast<std::size_t>(block)];
        }
      }
    };
    for (const std::uint32_t i : order) {
      const std::uint32_t piece = i / 16;
      const bool is_whole = ++arrived[piece] == 16;
      const protocol::BlockRange range{PieceIndex(piece), BlockBegin(i % 16 * 16384), 16_KiB};
      g.gatherer.add(range, {runtime::Slice::of_content(runtime::ContentId(0), 16_KiB * i, 16_KiB)},
                     is_whole ? Piece::is_whole : Piece::goes_on, g.now, g.out);
      note();
      ASSERT_LE(g.gatherer.held(), 128_KiB);
      for (std::uint32_t block = 0; is_whole && block < 16; ++block) ASSERT_EQ(written[piece * 16 + block], 1);
      g.now += 3ms;
      g.gatherer.take_due(g.now, g.out);
      note();
    }
    EXPECT_EQ(std::ranges::count(written, 1), 80);
    EXPECT_EQ(g.gatherer.held(), 0_B);
  }
}

}  // namespace
}  // namespace swarmlab::client
