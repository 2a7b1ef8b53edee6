#include "runtime/posix_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace swarmlab::runtime {
namespace {

class PosixFileTest : public testing::Test {
 protected:
  PosixFileTest() {
    std::string name = (std::filesystem::temp_directory_path() / "swarmlab.XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~PosixFileTest() override { std::filesystem::remove_all(directory_); }
  std::string path(const char* name) const { return (directory_ / name).string(); }

  std::filesystem::path directory_;
};

TEST(FileErrors, HaveNamesForWhatTheSystemReports) {
  const struct { int system; FileError error; } rows[] = {
      {0, FileError::none}, {ENOENT, FileError::not_found}, {EEXIST, FileError::exists},
      {EACCES, FileError::permission}, {EPERM, FileError::permission}, {ENOSPC, FileError::no_space},
      {EDQUOT, FileError::no_space}, {EFBIG, FileError::too_large}, {EISDIR, FileError::is_directory},
      {ENOTDIR, FileError::not_a_directory}, {ENOTEMPTY, FileError::directory_not_empty},
      {EMFILE, FileError::too_many_open}, {ENFILE, FileError::too_many_open},
      {ENAMETOOLONG, FileError::name_too_long}, {EROFS, FileError::read_only},
      {EIO, FileError::input_output}, {EPROTO, FileError::other}};
  for (const auto& row : rows) EXPECT_EQ(file_error_of(row.system), row.error) << row.system;
}

TEST_F(PosixFileTest, WritesInPartsOfAnyNumberAndReadsBack) {
  const auto file = PosixFile::open(path("file"), OpenMode::create_new);
  ASSERT_TRUE(file);
  const std::string text = "0123456789";
  std::vector<Bytes> parts;
  for (int i = 0; i < 500; ++i) parts.push_back(as_bytes(text).subspan(static_cast<std::size_t>(i % 10), 1));
  EXPECT_EQ((*file)->write(3_B, parts), FileError::none);
  std::vector<std::byte> back(1000);
  const auto got = (*file)->read(3_B, back);
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, 500U);
  EXPECT_EQ(as_text(Bytes(back).first(12)), "012345678901");
}

TEST_F(PosixFileTest, ReadsWithoutWaitingWhatWasJustWritten) {
  const auto file = PosixFile::open(path("file"), OpenMode::create_new);
  ASSERT_TRUE(file);
  const Bytes part = as_bytes("resident");
  ASSERT_EQ((*file)->write(0_B, std::span(&part, 1)), FileError::none);
  std::vector<std::byte> back(100);
  // A file system need not be able to tell; if it can, these bytes are in memory.
  const auto got = (*file)->read_resident(0_B, back);
  if (got) {
    EXPECT_EQ(as_text(Bytes(back).first(*got)), "resident");
  }
  EXPECT_FALSE((*file)->read_resident(1000_B, back)) << "nothing is there";
}

TEST_F(PosixFileTest, NamesAFullDevice) {
  const auto file = PosixFile::open("/dev/full", OpenMode::read_write);
  ASSERT_TRUE(file);
  const Bytes part = as_bytes("x");
  EXPECT_EQ((*file)->write(0_B, std::span(&part, 1)), FileError::no_space);
}

TEST_F(PosixFileTest, NamesAnOffsetBeyondWhatFilesCanHave) {
  const auto file = PosixFile::open(path("file"), OpenMode::create_new);
  ASSERT_TRUE(file);
  const Bytes part = as_bytes("x");
  EXPECT_EQ((*file)->write(ByteCount(std::numeric_limits<std::int64_t>::max() - 1), std::span(&part, 1)),
            FileError::too_large);
}

TEST_F(PosixFileTest, DoesNotWaitForTheOtherEndOfAPipe) {
  ASSERT_EQ(::system(("mkfifo " + path("pipe")).c_str()), 0);
  (void)PosixFile::open(path("pipe"), OpenMode::read);
  SUCCEED() << "came back";
}

}  // namespace
}  // namespace swarmlab::runtime
