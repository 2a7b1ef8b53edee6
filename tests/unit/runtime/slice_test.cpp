#include "runtime/slice.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace swarmlab::runtime {
namespace {

Slice text(std::string_view characters) { return Slice::copy_of(as_bytes(characters)); }

TEST(Slice, CutsWithoutCopying) {
  const Slice whole = text("abcdefgh");
  const Slice part = whole.sub(2, 3);
  EXPECT_EQ(as_text(part.bytes()), "cde");
  EXPECT_EQ(part.bytes().data(), whole.bytes().data() + 2);
  EXPECT_TRUE(whole.sub(8, 0).empty());
}

TEST(Slice, KeepsItsBytesWhenTheWholeIsGone) {
  Slice part;
  {
    const Slice whole = text("abcdefgh");
    part = whole.sub(6, 2);
  }
  EXPECT_EQ(as_text(part.bytes()), "gh");
}

TEST(Slice, TakesItsFrontOff) {
  Slice slice = text("abcdef");
  EXPECT_EQ(as_text(slice.take_front(2).bytes()), "ab");
  EXPECT_EQ(as_text(slice.bytes()), "cdef");
  EXPECT_EQ(as_text(slice.take_front(4).bytes()), "cdef");
  EXPECT_TRUE(slice.empty());
}

TEST(Slice, JoinsOnlyWhatContinuesIt) {
  const Slice whole = text("abcdef");
  Slice front = whole.sub(0, 2);
  EXPECT_FALSE(front.try_append(whole.sub(3, 1)));
  EXPECT_FALSE(front.try_append(text("cd")));
  EXPECT_TRUE(front.try_append(whole.sub(2, 2)));
  EXPECT_EQ(as_text(front.bytes()), "abcd");

  Slice range = Slice::of_file(FileId(1), 100_B, 50_B);
  EXPECT_FALSE(range.try_append(Slice::of_file(FileId(2), 150_B, 10_B)));
  EXPECT_TRUE(range.try_append(Slice::of_file(FileId(1), 150_B, 10_B)));
  EXPECT_EQ(range.length(), 60_B);

  Slice authentic = Slice::of_content(ContentId(1), 0_B, 10_B);
  EXPECT_FALSE(authentic.try_append(Slice::of_content(ContentId(1), 10_B, 10_B, Spoiler(1))));
  EXPECT_TRUE(authentic.try_append(Slice::of_content(ContentId(1), 10_B, 10_B)));
}

TEST(Slices, AreOneSliceAgainWhenABlockCameInParts) {
  const Slice block = text("0123456789");
  Slices parts;
  for (std::size_t i = 0; i < 10; ++i) append(parts, block.sub(i, 1));
  append(parts, Slice{});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(as_text(parts[0].bytes()), "0123456789");
}

TEST(Slices, CutAcrossTheirBoundaries) {
  const Slices sequence = {text("abc"), text("def"), text("ghi")};
  EXPECT_EQ(length_of(sequence), 9_B);
  std::vector<std::byte> joined(5);
  copy_bytes(sub(sequence, 2, 5), joined);
  EXPECT_EQ(as_text(joined), "cdefg");
  EXPECT_TRUE(sub(sequence, 9, 0).empty());
}

}  // namespace
}  // namespace swarmlab::runtime
