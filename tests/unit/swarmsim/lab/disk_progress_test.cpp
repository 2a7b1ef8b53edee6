#include "swarmsim/lab/disk_progress.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "protocol/hash/sha1.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 16 * 1024;

// Two files of two and a half pieces each, so that the third piece lies in both.
class ADownload : public ::testing::Test {
 protected:
  ADownload() {
    folder_ = fs::temp_directory_path() / ("disk_progress_" + std::to_string(getpid()));
    fs::create_directories(folder_ / "both");
    for (std::size_t i = 0; i < 5 * kPiece; ++i) content_.push_back(static_cast<std::byte>(i * 31 / 7));
    torrent_.name = "both";
    torrent_.is_multi_file = true;
    torrent_.geometry = protocol::PieceGeometry(ByteCount(5 * kPiece), ByteCount(kPiece));
    torrent_.files = {{.path = {"both", "a"}, .length = ByteCount(kHalf), .offset = ByteCount(0)},
                      {.path = {"both", "b"}, .length = ByteCount(kHalf), .offset = ByteCount(kHalf)}};
    for (std::size_t i = 0; i < 5; ++i) torrent_.piece_hashes.push_back(protocol::sha1(Bytes(content_).subspan(i * kPiece, kPiece)));
  }
  ~ADownload() override { fs::remove_all(folder_); }

  void put(const std::string& name, std::size_t from, std::size_t begin, std::size_t end) {
    std::fstream file(folder_ / "both" / name, std::ios::binary | std::ios::in | std::ios::out);
    if (!file) file.open(folder_ / "both" / name, std::ios::binary | std::ios::out);
    file.seekp(static_cast<std::streamoff>(begin));
    file.write(reinterpret_cast<const char*>(content_.data()) + from + begin, static_cast<std::streamsize>(end - begin));
  }
  std::string seen(DiskProgress& progress) {
    progress.look(1_MiB);
    std::string text;
    for (std::uint32_t i = 0; i < 5; ++i) text += progress.pieces().test(PieceIndex(i)) ? '#' : '.';
    return text;
  }

  static constexpr std::int64_t kHalf = 5 * kPiece / 2;
  fs::path folder_;
  std::vector<std::byte> content_;
  protocol::Metainfo torrent_;
};

TEST_F(ADownload, IsAsFarAsTheTruePiecesInItsFiles) {
  DiskProgress progress(torrent_, folder_);
  EXPECT_EQ(seen(progress), ".....");   // nothing is there
  put("a", 0, kPiece, 2 * kPiece);      // the hole before it is no piece
  EXPECT_EQ(seen(progress), ".#...");
  put("a", 0, 2 * kPiece, kHalf);
  EXPECT_EQ(seen(progress), ".#...");   // half of the third lies in the other file
  put("b", kHalf, 0, kHalf);
  EXPECT_EQ(seen(progress), ".####");
  put("a", 0, 0, kPiece);
  EXPECT_EQ(seen(progress), "#####");
  EXPECT_TRUE(progress.is_complete());
}

TEST_F(ADownload, HasNoPieceWhoseBytesAreWrong) {
  DiskProgress progress(torrent_, folder_);
  put("a", 7, 0, 2 * kPiece);
  EXPECT_EQ(seen(progress), ".....");
  put("a", 0, 0, 2 * kPiece);
  EXPECT_EQ(seen(progress), "##...");
}

TEST_F(ADownload, IsReadInPartsWhereOneLookMayNotReadAll) {
  DiskProgress progress(torrent_, folder_);
  put("a", 0, 0, kHalf);
  put("b", kHalf, 0, kHalf);
  progress.look(ByteCount(0));
  EXPECT_EQ(progress.pieces().count(), 1U);
  progress.look(ByteCount(kPiece));
  EXPECT_EQ(progress.pieces().count(), 3U);
  progress.look(1_MiB);
  EXPECT_TRUE(progress.is_complete());
}

TEST_F(ADownload, IsNoneWhereSomethingElseHasTheFilesName) {
  fs::create_directories(folder_ / "both" / "a");
  ASSERT_EQ(mkfifo((folder_ / "both" / "b").c_str(), 0600), 0);
  DiskProgress progress(torrent_, folder_);
  EXPECT_EQ(seen(progress), ".....");
}

}  // namespace
}  // namespace swarmlab::swarmsim
