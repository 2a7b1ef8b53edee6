#include "torrentgen/torrent_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/torrentgen/temporary_tree.hpp"

namespace swarmlab::torrentgen {
namespace {

using ::testing::HasSubstr;

struct TorrentFile : ::testing::Test {
  test::TemporaryTree tree;
  Failure refusal(const std::string& path) { return read_torrent(path).error(); }
};

TEST_F(TorrentFile, IsRefusedWhereItIsMissingADirectoryOrNoTorrent) {
  EXPECT_THAT(refusal(tree.at("nix")).what, HasSubstr("nix: does not exist"));
  EXPECT_THAT(refusal(tree.at("")).what, HasSubstr("is no file"));
  EXPECT_THAT(refusal(tree.file("a", "hello")).what, HasSubstr("a: byte 0"));
  EXPECT_EQ(refusal(tree.at("a")).status, kUsage);
}

TEST_F(TorrentFile, IsNotReadWhereItIsTooLarge) {
  tree.file("big", "");
  std::filesystem::resize_file(tree.at("big"), 65u << 20);   // sparse
  EXPECT_THAT(refusal(tree.at("big")).what, HasSubstr("no torrent file has more than 64 MiB"));
}

TEST_F(TorrentFile, IsWrittenWholeOrNotAtAll) {
  ASSERT_TRUE(write_torrent(tree.at("a.torrent"), as_bytes("first")).has_value());
  ASSERT_TRUE(write_torrent(tree.at("a.torrent"), as_bytes("second")).has_value());
  EXPECT_EQ(tree.read("a.torrent"), "second");
  std::filesystem::create_directories(tree.at("directory/inside"));
  const auto written = write_torrent(tree.at("directory"), as_bytes("third"));
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().status, kEnvironment);
  const auto entries = std::filesystem::directory_iterator(tree.at(""));
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 2) << "a temporary file was left behind";
}

}  // namespace
}  // namespace swarmlab::torrentgen
