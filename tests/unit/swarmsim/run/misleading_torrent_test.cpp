#include "swarmsim/run/misleading_torrent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;

protocol::NewTorrent torrent(std::vector<std::string> path, std::vector<std::string> link_to = {}) {
  protocol::NewTorrent torrent;
  torrent.name = "content";
  torrent.piece_length = 16_KiB;
  torrent.files = {{.path = {"a"}, .length = 20_KiB}, {.path = std::move(path), .length = 0_KiB, .link_to = std::move(link_to)}};
  torrent.piece_hashes.resize(2);
  return torrent;
}

protocol::Metainfo harmless() { return protocol::decode_metainfo(protocol::encode_metainfo(torrent({"b"})))->metainfo; }

TEST(MisleadingTorrent, KeepsItsInfoHashAndTakesOtherNames) {
  const std::vector<std::byte> file = protocol::encode_metainfo(torrent({"..", "b"}));
  ASSERT_FALSE(protocol::decode_metainfo(file).has_value()) << "no program of ours opens it";
  const auto renamed = with_harmless_names(file, harmless());
  ASSERT_TRUE(renamed.has_value()) << renamed.error();
  EXPECT_THAT(renamed->files[1].path, ElementsAre("content", "b"));
  EXPECT_NE(renamed->info_hash, harmless().info_hash);
  EXPECT_EQ(protocol::encode_metainfo(*renamed), file);
}

TEST(MisleadingTorrent, MayHaveLinksWhichNoProgramOfOursFollows) {
  const auto decoded = protocol::decode_metainfo(protocol::encode_metainfo(torrent({"b"}, {"..", ".."})));
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().what, "says that the file is a symbolic link, which is not supported");
}

TEST(MisleadingTorrent, IsNotTakenForAnotherTorrent) {
  protocol::NewTorrent longer = torrent({"..", "b"});
  longer.files[0].length = 40_KiB;
  longer.piece_hashes.resize(3);
  EXPECT_EQ(with_harmless_names(protocol::encode_metainfo(longer), harmless()).error(),
            "has other pieces than the torrent with the harmless names");
  EXPECT_FALSE(with_harmless_names(as_bytes(std::string_view("le")), harmless()).has_value());
  EXPECT_FALSE(with_harmless_names(as_bytes(std::string_view("no")), harmless()).has_value());
}

}  // namespace
}  // namespace swarmlab::swarmsim
