// Every way in which a file operation fails has its name, the same in each world.
#include "tests/conformance/file_answers.hpp"

namespace swarmlab::conformance {
namespace {

using runtime::FileError;
using runtime::OpenMode;

TEST_P(FileErrorConformance, NotFound) {
  Disk disk(world(), Side::a);
  EXPECT_EQ(disk.try_open("nothing", OpenMode::read).error, FileError::not_found);
  EXPECT_EQ(disk.try_open("nothing", OpenMode::read_write).error, FileError::not_found);
  EXPECT_EQ(disk.try_open("nowhere/file", OpenMode::create).error, FileError::not_found);
  EXPECT_EQ(disk.stat("nothing").error, FileError::not_found);
  EXPECT_EQ(disk.list("nothing").error, FileError::not_found);
  EXPECT_EQ(disk.remove("nothing").error, FileError::not_found);
  EXPECT_EQ(disk.rename("nothing", "something").error, FileError::not_found);
  EXPECT_EQ(disk.sync_directory("nothing").error, FileError::not_found);
  EXPECT_EQ(disk.free_space("nothing").error, FileError::not_found);
}

TEST_P(FileErrorConformance, Exists) {
  Disk disk(world(), Side::a);
  disk.make("file", "x");
  EXPECT_EQ(disk.try_open("file", OpenMode::create_new).error, FileError::exists);
  EXPECT_EQ(disk.make_directories("file").error, FileError::exists);
}

TEST_P(FileErrorConformance, IsADirectory) {
  Disk disk(world(), Side::a);
  disk.make_directories("directory");
  disk.make("file", "x");
  EXPECT_EQ(disk.try_open("directory", OpenMode::read).error, FileError::is_directory);
  EXPECT_EQ(disk.try_open("directory", OpenMode::create).error, FileError::is_directory);
  EXPECT_EQ(disk.rename("file", "directory").error, FileError::is_directory);
}

TEST_P(FileErrorConformance, NotADirectory) {
  Disk disk(world(), Side::a);
  disk.make("file", "x");
  disk.make_directories("directory");
  EXPECT_EQ(disk.try_open("file/inside", OpenMode::read).error, FileError::not_a_directory);
  EXPECT_EQ(disk.try_open("file/inside", OpenMode::create).error, FileError::not_a_directory);
  EXPECT_EQ(disk.make_directories("file/inside").error, FileError::not_a_directory);
  EXPECT_EQ(disk.make_directories("file/inside/more").error, FileError::not_a_directory);
  EXPECT_EQ(disk.list("file").error, FileError::not_a_directory);
  EXPECT_EQ(disk.stat("file/inside").error, FileError::not_a_directory);
  EXPECT_EQ(disk.sync_directory("file").error, FileError::not_a_directory);
  EXPECT_EQ(disk.rename("directory", "file").error, FileError::not_a_directory);
}

TEST_P(FileErrorConformance, DirectoryNotEmpty) {
  Disk disk(world(), Side::a);
  disk.make_directories("directory/inside");
  disk.make_directories("other/inside");
  EXPECT_EQ(disk.remove("directory").error, FileError::directory_not_empty);
  EXPECT_EQ(disk.rename("other", "directory").error, FileError::directory_not_empty);
}

TEST_P(FileErrorConformance, NameTooLong) {
  Disk disk(world(), Side::a);
  const std::string name(256, 'x');
  EXPECT_EQ(disk.try_open(name, OpenMode::create).error, FileError::name_too_long);
  EXPECT_EQ(disk.make_directories(name).error, FileError::name_too_long);
  EXPECT_EQ(disk.try_open(std::string(255, 'x'), OpenMode::create).error, FileError::none);
}

TEST_P(FileErrorConformance, PermissionToWriteThroughAFileOpenedForReading) {
  Disk disk(world(), Side::a);
  disk.make("file", "x");
  const runtime::FileId file = disk.open("file", OpenMode::read);
  EXPECT_EQ(disk.write(file, 0, "y").error, FileError::permission);
  EXPECT_EQ(disk.truncate(file, 0).error, FileError::permission);
  EXPECT_EQ(disk.allocate(file, 10).error, FileError::permission);
  EXPECT_EQ(disk.text(file), "x");
}

TEST_P(FileErrorConformance, NoSpaceForWhatIsToBeReserved) {
  Disk disk(world(), Side::a);
  const runtime::FileId file = disk.open("file");
  disk.write(file, 0, "content");
  const std::int64_t free = disk.free_space("file").bytes.value();
  EXPECT_EQ(disk.allocate(file, free + (std::int64_t{1} << 33)).error, FileError::no_space);
  EXPECT_EQ(disk.stat("file").status.size, 7_B) << "it is as it was";
  EXPECT_EQ(disk.text(file), "content");
  EXPECT_GT(disk.free_space("file").bytes.value(), free / 2) << "and the disk is not full";
}

}  // namespace
}  // namespace swarmlab::conformance
