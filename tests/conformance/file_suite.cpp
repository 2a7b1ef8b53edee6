// Files: what is read is what was written, and what survives is what was synced.
#include "tests/conformance/file_answers.hpp"
#include "tests/conformance/stream_ends.hpp"

namespace swarmlab::conformance {
namespace {

using runtime::FileError;
using runtime::FileId;
using runtime::FileStatus;
using runtime::OpenMode;
using runtime::Slice;

TEST_P(FileConformance, ReadsBackWhatWasWritten) {
  Disk disk(world(), Side::a);
  const FileId file = disk.open("content");
  const auto data = pattern(700'000);
  const Answer wrote = disk.write(file, 1000, {Slice::copy_of(data)});
  EXPECT_EQ(wrote.error, FileError::none);
  EXPECT_EQ(wrote.bytes, ByteCount::from_size(data.size()));
  EXPECT_EQ(wrote.file, file);
  const Answer read = disk.read(file, 1000, 700'000);
  EXPECT_EQ(read.bytes, 700'000_B);
  EXPECT_EQ(read.data, data);
  EXPECT_EQ(disk.read(file, 0, 1000).data, std::vector<std::byte>(1000)) << "a hole reads as zeros";
}

TEST_P(FileConformance, GathersSlicesOfAllSizesInARow) {
  Disk disk(world(), Side::a);
  const FileId file = disk.open("content");
  std::vector<Slice> slices;
  std::vector<std::byte> expected;
  for (std::uint32_t i = 0; i < 300; ++i) {
    const auto part = pattern(i % 7 == 0 ? 0 : i * 13 % 900, i);
    slices.push_back(Slice::copy_of(part));
    expected.insert(expected.end(), part.begin(), part.end());
  }
  EXPECT_EQ(disk.write(file, 5, slices).bytes, ByteCount::from_size(expected.size()));
  EXPECT_EQ(disk.read(file, 5, 1 << 20).data, expected);
}

TEST_P(FileConformance, ReadsShortAtTheEndAndNothingBehindIt) {
  Disk disk(world(), Side::a);
  const FileId file = disk.open("content");
  disk.write(file, 0, "0123456789");
  const Answer across = disk.read(file, 6, 100);
  EXPECT_EQ(across.error, FileError::none);
  EXPECT_EQ(across.bytes, 4_B);
  EXPECT_EQ(as_text(across.data), "6789");
  const Answer behind = disk.read(file, 1000, 10);
  EXPECT_EQ(behind.error, FileError::none);
  EXPECT_EQ(behind.bytes, 0_B);
}

TEST_P(FileConformance, IsOpenUnderSeveralIdsAtOnce) {
  Disk disk(world(), Side::a);
  const FileId one = disk.open("content");
  const FileId two = disk.open("content", OpenMode::read);
  EXPECT_NE(one, two);
  disk.write(one, 0, "seen by both");
  EXPECT_EQ(disk.text(two), "seen by both");
}

TEST_P(FileConformance, CutsAndExtendsWithZeros) {
  Disk disk(world(), Side::a);
  const FileId file = disk.open("content");
  disk.write(file, 0, "0123456789");
  EXPECT_EQ(disk.truncate(file, 4).error, FileError::none);
  EXPECT_EQ(disk.text(file), "0123");
  EXPECT_EQ(disk.truncate(file, 8).error, FileError::none);
  EXPECT_EQ(disk.text(file), std::string("0123\0\0\0\0", 8));
  EXPECT_EQ(disk.stat("content").status.size, 8_B);
  EXPECT_EQ(disk.truncate(file, std::int64_t{1} << 40).error, FileError::none) << "sparse";
  EXPECT_EQ(disk.stat("content").status.size, ByteCount(std::int64_t{1} << 40));
}

TEST_P(FileConformance, ClosesAfterWhatWasStartedBefore) {
  Disk disk(world(), Side::a);
  const FileId file = disk.open("content");
  const Slice data = Slice::copy_of(pattern(2'000'000));
  const Answer wrote = disk.ask([&](auto& files, auto tag) {
    files.write(file, 0_B, std::span(&data, 1), disk, tag);
    files.close(file);
  });
  EXPECT_EQ(wrote.error, FileError::none);
  EXPECT_EQ(disk.stat("content").status.size, 2'000'000_B);
}

TEST_P(FileConformance, RenameReplacesWhatIsThere) {
  Disk disk(world(), Side::a);
  disk.make("new", "new content");
  disk.make("old", "old");
  const FileId held = disk.open("old", OpenMode::read);
  EXPECT_EQ(disk.rename("new", "old").error, FileError::none);
  EXPECT_EQ(disk.text(disk.open("old", OpenMode::read)), "new content");
  EXPECT_EQ(disk.text(held), "old") << "an open file stays what it is";
  EXPECT_EQ(disk.stat("new").error, FileError::not_found);
}

TEST_P(FileConformance, RemovesFilesAndEmptyDirectories) {
  Disk disk(world(), Side::a);
  EXPECT_EQ(disk.make_directories("a/b/c").error, FileError::none);
  EXPECT_EQ(disk.make_directories("a/b/c").error, FileError::none) << "they are there: fine";
  disk.make("a/b/c/file", "x");
  EXPECT_EQ(disk.remove("a/b/c/file").error, FileError::none);
  EXPECT_EQ(disk.remove("a/b/c").error, FileError::none);
  EXPECT_EQ(disk.stat("a/b/c").error, FileError::not_found);
  EXPECT_EQ(disk.stat("a/b").status.kind, FileStatus::Kind::directory);
}

TEST_P(FileConformance, ListsADirectorySortedByName) {
  Disk disk(world(), Side::a);
  disk.make_directories("top/directory");
  for (const char* name : {"top/b", "top/a10", "top/a9", "top/Z"}) disk.make(name, "x");
  const Answer answer = disk.list("top");
  EXPECT_EQ(answer.error, FileError::none);
  std::vector<std::string> names;
  for (const auto& entry : answer.entries) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Z", "a10", "a9", "b", "directory"}));
  EXPECT_EQ(answer.entries[0].kind, FileStatus::Kind::file);
  EXPECT_EQ(answer.entries[4].kind, FileStatus::Kind::directory);
  EXPECT_TRUE(disk.list("top/directory").entries.empty());
}

TEST_P(FileConformance, TellsSizesKindsAndFreeSpace) {
  Disk disk(world(), Side::a);
  disk.make_directories("directory");
  disk.make("directory/file", "12345");
  const Answer file = disk.stat("directory/file");
  EXPECT_EQ(file.status.size, 5_B);
  EXPECT_EQ(file.status.kind, FileStatus::Kind::file);
  EXPECT_GE(file.status.modified_ns, 0);
  EXPECT_EQ(disk.stat("directory").status.kind, FileStatus::Kind::directory);
  const Answer free = disk.free_space("directory");
  EXPECT_EQ(free.error, FileError::none);
  EXPECT_GT(free.bytes, 0_B);
}

TEST_P(FileConformance, KeepsTheFilesOfHostsApart) {
  Disk one(world(), Side::a);
  Disk other(world(), Side::b);
  one.make("content", "on a");
  EXPECT_EQ(other.stat("content").error, FileError::not_found);
}

TEST_P(FileConformance, AnswersNothingToAForgottenHandlerButDoesTheWork) {
  const runtime::Outside outside = a();
  Disk watcher(world(), Side::a);
  const FileId file = watcher.open("content");
  Disk forgotten(world(), Side::a);
  const Slice data = Slice::copy_of(as_bytes("written"));
  outside.files.write(file, 0_B, std::span(&data, 1), forgotten, 1);
  outside.files.open("other", OpenMode::create, forgotten, 2);
  outside.files.forget(forgotten);
  EXPECT_TRUE(run_until([&] { return watcher.stat("other").error == FileError::none; }));
  world().settle();
  EXPECT_TRUE(forgotten.answers.empty());
  EXPECT_EQ(watcher.text(file), "written");
}

TEST_P(FileConformance, AnswersAllOfManyOperationsUnderWayAtOnce) {
  const runtime::Outside outside = a();
  Disk disk(world(), Side::a);
  const FileId file = disk.open("content");
  disk.write(file, 0, {Slice::copy_of(pattern(1'000'000))});
  const runtime::Tag first = disk.next_tag;
  for (int i = 0; i < 1000; ++i) {
    outside.files.read(file, ByteCount(i * 1000), 1000_B, disk, disk.next_tag++);
  }
  ASSERT_TRUE(run_until([&] { return disk.answers.contains(first) && disk.answers.size() >= 1002; }));
  const auto expected = pattern(1'000'000);
  for (runtime::Tag i = 0; i < 1000; ++i) {
    const auto& data = disk.answers[first + i].data;
    ASSERT_TRUE(std::equal(data.begin(), data.end(), expected.begin() + static_cast<std::ptrdiff_t>(i * 1000)));
  }
}

TEST_P(FileConformance, SyncingIsAnswered) {
  Disk disk(world(), Side::a);
  disk.make_directories("directory");
  const FileId file = disk.open("directory/content");
  disk.write(file, 0, "x");
  EXPECT_EQ(disk.sync(file).error, FileError::none);
  EXPECT_EQ(disk.sync_directory("directory").error, FileError::none);
}

TEST_P(FileConformance, KeepsWhatWasSyncedWhenThePowerFails) {
  if (!world().abilities().lose_power) GTEST_SKIP() << "this world cannot lose power";
  {
    Disk disk(world(), Side::a);
    const FileId file = disk.open("content");
    disk.write(file, 0, "synced");
    disk.sync(file);
    disk.sync_directory("");
  }
  world().lose_power(Side::a);
  Disk disk(world(), Side::a);
  EXPECT_EQ(disk.text(disk.open("content", OpenMode::read)), "synced");
}

TEST_P(FileConformance, MayLoseNamesAndDataThatWereNotSyncedWhenThePowerFails) {
  if (!world().abilities().lose_power) GTEST_SKIP() << "this world cannot lose power";
  {
    Disk disk(world(), Side::a);
    const FileId file = disk.open("content");
    disk.write(file, 0, "first");
    disk.sync(file);
    disk.sync_directory("");
    disk.write(file, 0, "later");
    disk.make("unsynced name", "x");
    EXPECT_EQ(disk.text(file), "later") << "readable at once";
  }
  world().lose_power(Side::a);
  Disk disk(world(), Side::a);
  EXPECT_EQ(disk.stat("unsynced name").error, FileError::not_found);
  const std::string text = disk.text(disk.open("content", OpenMode::read));
  // Any part of an unsynced write may have reached the disk.
  ASSERT_EQ(text.size(), 5U);
  for (std::size_t i = 0; i < text.size(); ++i) EXPECT_TRUE(text[i] == "first"[i] || text[i] == "later"[i]);
}

TEST_P(FileConformance, UndoesAnUnsyncedRenameWhenThePowerFails) {
  if (!world().abilities().lose_power) GTEST_SKIP() << "this world cannot lose power";
  {
    Disk disk(world(), Side::a);
    const FileId file = disk.open("old name");
    disk.write(file, 0, "content");
    disk.sync(file);
    disk.sync_directory("");
    disk.rename("old name", "new name");
  }
  world().lose_power(Side::a);
  Disk disk(world(), Side::a);
  EXPECT_EQ(disk.stat("new name").error, FileError::not_found);
  EXPECT_EQ(disk.text(disk.open("old name", OpenMode::read)), "content");
}

TEST_P(FileConformance, ReservesRoomAndKeepsWhatIsThere) {
  Disk disk(world(), Side::a);
  const FileId file = disk.open("content");
  disk.write(file, 100'000, "in the middle");
  EXPECT_LT(disk.stat("content").status.allocated, 1'000'000_B);
  EXPECT_EQ(disk.allocate(file, 1'000'000).error, FileError::none);
  const FileStatus status = disk.stat("content").status;
  EXPECT_EQ(status.size, 1'000'000_B);
  EXPECT_GE(status.allocated, 1'000'000_B);
  EXPECT_EQ(as_text(disk.read(file, 100'000, 13).data), "in the middle");
  EXPECT_EQ(disk.read(file, 900'000, 1000).data, std::vector<std::byte>(1000)) << "the rest reads as zeros";
  EXPECT_EQ(disk.allocate(file, 10).error, FileError::none);
  EXPECT_EQ(disk.stat("content").status.size, 1'000'000_B) << "nothing is cut";
  EXPECT_EQ(disk.allocate(disk.open("empty"), 0).error, FileError::none);
}

}  // namespace
}  // namespace swarmlab::conformance
