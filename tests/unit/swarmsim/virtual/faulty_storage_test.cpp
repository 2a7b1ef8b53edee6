// What a scenario may do to a disk: refuse, lie, be full, be slow; and be sound again.
#include "swarmsim/virtual/faulty_storage.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/virtual/two_hosts.hpp"

namespace swarmlab::swarmsim {
namespace {

using runtime::FileError;
using runtime::Slice;

constexpr Share kAlways{Share::kWhole};

// Nothing else is wrong.
template <class Member, class Value>
StorageFaults only(Member StorageFaults::*member, Value value) {
  StorageFaults faults;
  faults.*member = value;
  return faults;
}

class Handler final : public runtime::FileHandler {
 public:
  void on_file(const runtime::FileResult& result) override {
    file = result.file;
    error = result.error;
    data.assign(result.data.begin(), result.data.end());
    ++count;
  }
  runtime::FileId file;
  FileError error = FileError::none;
  runtime::Slices data;
  int count = 0;
};

// A host with a file "f" of 100 KiB, open.
class FaultyStorageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.add_host({.name = "a", .addresses = {address_of(1)}, .link = {}, .disk = {}});
    whole = Slice::of_content(world.add_content("test"), 0_B, 100_KiB);
    files().put_file("f", std::span(&whole, 1));
    disk().open("f", runtime::OpenMode::read_write, handler, 0);
    wait();
    file = handler.file;
  }
  VirtualFiles& files() { return world.files(HostId(0)); }
  runtime::FileSystem& disk() { return files(); }
  void wait(Duration time = 1s) { world.run_until(world.now() + time); }
  FileError write(ByteCount offset) {
    disk().write(file, offset, std::span(&whole, 1), handler, 1);
    wait();
    return handler.error;
  }
  FileError read() {
    disk().read(file, 0_B, 100_KiB, handler, 2);
    wait();
    return handler.error;
  }
  bool holds_the_truth() { return files().content_matches("f", std::span(&whole, 1)); }

  World world{WorldOptions{}};
  Slice whole;
  Handler handler;
  runtime::FileId file;
};

TEST_F(FaultyStorageTest, ASoundDiskCountsNothing) {
  EXPECT_EQ(read(), FileError::none);
  EXPECT_EQ(write(0_B), FileError::none);
  EXPECT_EQ(files().storage_bites(), 0u);
}

TEST_F(FaultyStorageTest, RefusesWritesAndKeepsWhatWasThere) {
  files().set_storage_faults(only(&StorageFaults::write_error, kAlways));
  EXPECT_EQ(write(50_KiB), FileError::input_output);
  EXPECT_TRUE(holds_the_truth());
  EXPECT_EQ(read(), FileError::none);
  EXPECT_EQ(files().storage_bites(), 1u);
  files().set_storage_faults({});
  EXPECT_EQ(write(50_KiB), FileError::none);
}

TEST_F(FaultyStorageTest, RefusesReads) {
  files().set_storage_faults(only(&StorageFaults::read_error, kAlways));
  EXPECT_EQ(read(), FileError::input_output);
  EXPECT_EQ(write(0_B), FileError::none);
}

TEST_F(FaultyStorageTest, IsFullForWhatNeedsRoomAndNotForWhatIsThere) {
  files().set_storage_faults(only(&StorageFaults::full_at, 60_KiB));
  EXPECT_EQ(write(50_KiB), FileError::no_space);
  EXPECT_EQ(write(0_B), FileError::none);
  EXPECT_EQ(files().storage_bites(), 1u);
  files().set_storage_faults({});
  EXPECT_EQ(write(50_KiB), FileError::none);
}

TEST_F(FaultyStorageTest, ALieIsOneByteOfWhatIsReadAndTheDiskKeepsTheTruth) {
  files().set_storage_faults(only(&StorageFaults::flip_on_read, kAlways));
  EXPECT_EQ(read(), FileError::none);
  EXPECT_EQ(runtime::length_of(handler.data), 100_KiB);
  ByteCount wrong;
  for (const Slice& slice : handler.data)
    if (slice.spoiler() != runtime::kAuthentic) wrong += slice.length();
  EXPECT_EQ(wrong, 1_B);
  EXPECT_TRUE(holds_the_truth());
}

TEST_F(FaultyStorageTest, ALieAboutBytesChangesOneOfThem) {
  const std::vector<std::byte> zeros(1000);
  const Slice bytes = Slice::copy_of(zeros);
  files().put_file("g", std::span(&bytes, 1));
  disk().open("g", runtime::OpenMode::read, handler, 0);
  wait();
  files().set_storage_faults(only(&StorageFaults::flip_on_read, kAlways));
  disk().read(handler.file, 0_B, 1000_B, handler, 1);
  wait();
  std::size_t wrong = 0;
  for (const Slice& slice : handler.data)
    for (const std::byte byte : slice.bytes()) wrong += byte != std::byte{0} ? 1 : 0;
  EXPECT_EQ(wrong, 1u);
}

TEST_F(FaultyStorageTest, SlowsDownReadsAndWrites) {
  files().set_storage_faults(only(&StorageFaults::slow, 2s));
  const int before = handler.count;
  disk().write(file, 0_B, std::span(&whole, 1), handler, 1);
  disk().read(file, 0_B, 1_KiB, handler, 2);
  wait(1900ms);
  EXPECT_EQ(handler.count, before);
  wait(200ms);
  EXPECT_EQ(handler.count, before + 2);
}

TEST_F(FaultyStorageTest, WhatIsOverwrittenBehindItsBackIsDurable) {
  const Slice other = Slice::of_content(world.add_content("other"), 0_B, 10_KiB);
  files().overwrite("f", 20 * 1024, std::span(&other, 1));
  EXPECT_FALSE(holds_the_truth());
  world.crash(HostId(0));
  const auto left = files().read_all("f");
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(runtime::sub(*left, 20 * 1024, 10 * 1024).front().content(), other.content());
}

}  // namespace
}  // namespace swarmlab::swarmsim
