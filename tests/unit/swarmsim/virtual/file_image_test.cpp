#include "swarmsim/virtual/file_image.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "runtime/random.hpp"

namespace swarmlab::swarmsim {
namespace {

using runtime::ContentId;
using runtime::Slice;

TEST(FileImage, IsOneExtentOnceSymbolicContentIsComplete) {
  FileImage image;
  for (const int block : {3, 0, 2, 1}) {
    image.write(static_cast<std::uint64_t>(block) * 100, Slice::of_content(ContentId(0), ByteCount(block * 100), 100_B));
  }
  EXPECT_EQ(image.read(0, 400).size(), 1u);
  EXPECT_EQ(image.allocated(), 400u);
}

TEST(FileImage, AgreesWithAnArrayUnderRandomWritesTruncationsAndReservations) {
  runtime::Random random(21);
  FileImage image;
  std::vector<std::byte> model;
  std::vector<bool> written;
  for (int round = 0; round < 3000; ++round) {
    if (random.chance(1, 12)) {
      const std::size_t size = random.below(400);
      image.truncate(size);
      model.resize(size);
      written.resize(size);
    } else if (random.chance(1, 20)) {
      const std::size_t size = random.below(300);
      image.reserve(size);
      model.resize(std::max(model.size(), size));
      written.resize(model.size());
      std::fill_n(written.begin(), size, true);
    } else {
      const std::size_t offset = random.below(300);
      std::vector<std::byte> data(1 + random.below(60));
      random.fill(data);
      image.write(offset, Slice::copy_of(data));
      if (model.size() < offset + data.size()) {
        model.resize(offset + data.size());
        written.resize(model.size());
      }
      for (std::size_t i = 0; i < data.size(); ++i) {
        model[offset + i] = data[i];
        written[offset + i] = true;
      }
    }
    ASSERT_EQ(image.size(), model.size());
    ASSERT_EQ(image.allocated(), static_cast<std::uint64_t>(std::ranges::count(written, true)));
    const std::size_t from = random.below(model.size() + 10);
    const std::size_t length = random.below(500);
    const runtime::Slices slices = image.read(from, length);
    const std::size_t there = from >= model.size() ? 0 : std::min(length, model.size() - from);
    std::vector<std::byte> read(there);
    ASSERT_EQ(runtime::length_of(slices), ByteCount::from_size(there));
    runtime::copy_bytes(slices, read);
    ASSERT_TRUE(std::equal(read.begin(), read.end(), model.begin() + static_cast<std::ptrdiff_t>(std::min(from, model.size()))));
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
