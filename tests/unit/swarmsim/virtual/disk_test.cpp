#include "swarmsim/virtual/disk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace swarmlab::swarmsim {
namespace {

using runtime::FileError;
using runtime::FileId;
using runtime::OpenMode;
using runtime::Slice;
using testing::ElementsAre;

Slice content(std::int64_t offset, std::int64_t length) {
  return Slice::of_content(runtime::ContentId(0), ByteCount(offset), ByteCount(length));
}

struct DiskTest : testing::Test {
  FileId create(std::string_view path) { return disk.open(path, OpenMode::create, kStart).value(); }
  FileError write(FileId file, std::uint64_t offset, Slice slice) {
    return disk.write(file, offset, std::span(&slice, 1), kStart);
  }
  std::int64_t size(std::string_view path) { return disk.stat(path).value().size.value(); }
  DiskSpec spec;
  Disk disk{spec};
  runtime::Random chance{1};
};

TEST_F(DiskTest, KeepsWhatWasSyncedThroughACrash) {
  const FileId file = create("f");
  write(file, 0, content(0, 1000));
  EXPECT_EQ(disk.sync(file), FileError::none);
  EXPECT_EQ(disk.sync_directory(""), FileError::none);
  for (int i = 0; i < 20; ++i) {
    disk.crash(chance);
    ASSERT_EQ(size("f"), 1000);
    ASSERT_EQ(disk.content("f")->size(), 1u);
  }
  EXPECT_FALSE(disk.is_open(file));
}

TEST_F(DiskTest, TearsEachUnsyncedWriteByItself) {
  std::set<std::vector<std::int64_t>> outcomes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Disk torn{spec};
    const FileId file = torn.open("f", OpenMode::create, kStart).value();
    torn.sync_directory("");
    for (const std::int64_t offset : {0, 2000}) {
      const Slice slice = content(offset, 1000);
      torn.write(file, static_cast<std::uint64_t>(offset), std::span(&slice, 1), kStart);
    }
    runtime::Random random(seed);
    torn.crash(random);
    std::vector<std::int64_t> kept(2);
    const runtime::Slices left = *torn.content("f");
    for (const Slice& slice : left) {
      if (slice.kind() != Slice::Kind::symbolic) continue;
      const std::int64_t size = slice.length().value();
      kept[slice.offset() == ByteCount(0) ? 0 : 1] = size == 1000 ? 2 : size > 0 ? 1 : 0;
    }
    outcomes.insert(kept);
  }
  EXPECT_EQ(outcomes.size(), 9u);   // lost, cut short or kept, each of the two
}

TEST_F(DiskTest, ARenamingIsNeverHalfDone) {
  bool saw_old = false;
  bool saw_new = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Disk torn{spec};
    torn.put_file("resume", std::vector{content(0, 10)});
    const FileId file = torn.open("resume.new", OpenMode::create, kStart).value();
    const Slice slice = content(0, 20);
    torn.write(file, 0, std::span(&slice, 1), kStart);
    torn.sync(file);
    ASSERT_EQ(torn.rename("resume.new", "resume"), FileError::none);
    runtime::Random random(seed);
    torn.crash(random);
    const std::int64_t size = torn.stat("resume").value().size.value();
    ASSERT_TRUE(size == 10 || size == 20);
    (size == 10 ? saw_old : saw_new) = true;
  }
  EXPECT_TRUE(saw_old && saw_new);
}

TEST_F(DiskTest, ARenamingIsDurableOnceItsDirectoryIsSynced) {
  disk.put_file("a/one", std::vector{content(0, 10)});
  ASSERT_EQ(disk.rename("a/one", "a/two"), FileError::none);
  ASSERT_EQ(disk.sync_directory("a"), FileError::none);
  disk.crash(chance);
  EXPECT_THAT(disk.files_below(""), ElementsAre("a/two"));
}

TEST_F(DiskTest, NamesItsErrors) {
  disk.put_file("d/f", {});
  EXPECT_EQ(disk.open("x", OpenMode::read, kStart).error(), FileError::not_found);
  EXPECT_EQ(disk.open("no/x", OpenMode::create, kStart).error(), FileError::not_found);
  EXPECT_EQ(disk.open("d", OpenMode::read, kStart).error(), FileError::is_directory);
  EXPECT_EQ(disk.open("d/f/x", OpenMode::create, kStart).error(), FileError::not_a_directory);
  EXPECT_EQ(disk.open("d/f", OpenMode::create_new, kStart).error(), FileError::exists);
  EXPECT_EQ(disk.open(std::string(256, 'x'), OpenMode::create, kStart).error(), FileError::name_too_long);
  EXPECT_EQ(disk.remove("d"), FileError::directory_not_empty);
  EXPECT_EQ(disk.make_directories("d/f/x"), FileError::not_a_directory);
  EXPECT_EQ(disk.list("d/f").error(), FileError::not_a_directory);
  disk.set_fault("d/f", FileError::input_output);
  EXPECT_EQ(disk.open("d/f", OpenMode::read, kStart).error(), FileError::input_output);
}

TEST_F(DiskTest, RunsOutOfSpaceWithoutHalfAWrite) {
  disk.set_capacity(1500_B);
  const FileId file = create("f");
  EXPECT_EQ(write(file, 0, content(0, 1000)), FileError::none);
  EXPECT_EQ(write(file, 1000, content(1000, 1000)), FileError::no_space);
  EXPECT_EQ(size("f"), 1000);
  EXPECT_EQ(write(file, 0, content(5000, 1000)), FileError::none);   // overwriting takes no room
  EXPECT_EQ(disk.free_space("").value(), 500_B);
  EXPECT_EQ(disk.remove("f"), FileError::none);
  EXPECT_EQ(disk.used(), 1000_B);   // it is still open
  disk.close(file);
  EXPECT_EQ(disk.used(), 0_B);
}

TEST_F(DiskTest, RunsOutOfOpenFiles) {
  spec.max_open_files = 2;
  Disk small{spec};
  const FileId one = small.open("1", OpenMode::create, kStart).value();
  small.open("2", OpenMode::create, kStart).value();
  EXPECT_EQ(small.open("3", OpenMode::create, kStart).error(), FileError::too_many_open);
  small.close(one);
  EXPECT_TRUE(small.open("3", OpenMode::create, kStart).has_value());
}

TEST_F(DiskTest, RenamesADirectoryWithAllThatIsBelowIt) {
  disk.put_file("a/b/c", std::vector{content(0, 10)});
  disk.put_file("a-b", std::vector{content(0, 20)});
  EXPECT_EQ(disk.rename("a", "z"), FileError::none);
  EXPECT_THAT(disk.files_below(""), ElementsAre("a-b", "z/b/c"));
  EXPECT_EQ(disk.rename("z", "z/inside"), FileError::other);
}

TEST_F(DiskTest, NormalisesPaths) {
  EXPECT_EQ(normal_path("/a//./b/../c/"), "a/c");
  EXPECT_EQ(normal_path("../../a"), "a");
  EXPECT_EQ(normal_path(""), "");
}

}  // namespace
}  // namespace swarmlab::swarmsim
