#include "torrentgen/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "protocol/bencode.hpp"
#include "protocol/hash/sha1.hpp"
#include "tests/unit/torrentgen/temporary_tree.hpp"
#include "torrentgen/create.hpp"
#include "torrentgen/torrent_file.hpp"

namespace swarmlab::torrentgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = FileProblem::Kind;

// album: a (4 KiB), b (1 KiB), c (8 KiB), empty; pieces of 2 KiB: a 0-1, b 2, c 2-6.
struct Verify : ::testing::Test {
  test::TemporaryTree tree;
  std::ostringstream out, err;
  Env env{{}, out, err};
  protocol::Metainfo torrent;

  void SetUp() override {
    tree.file("album/a", test::noise(4096, 1));
    tree.file("album/b", test::noise(1024, 2));
    tree.file("album/c", test::noise(8192, 3));
    tree.file("album/empty", "");
    torrent = make("album");
  }
  protocol::Metainfo make(std::string_view path) {
    CreateOptions options;
    options.path = tree.at(path);
    options.output = tree.at("t.torrent");
    options.piece_length = 2_KiB;
    options.overwrites = true;
    options.json = true;   // no warning about the piece length
    return create(options, env).value().metainfo;
  }
  void spoil(std::string_view path, std::streamoff at) {
    std::fstream file(tree.at(path), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(at);
    file.put(byte);
  }
  Verification check(std::string_view path = "album") { return verify(torrent, tree.at(path), 2, env); }
  std::vector<std::string> problems(const Verification& verification) {
    std::vector<std::string> texts;
    for (const FileProblem& problem : verification.problems) {
      texts.push_back(torrent.files[problem.file].path.back() + " " + std::string(to_string(problem.kind)));
    }
    return texts;
  }
};

TEST_F(Verify, FindsWhatItMadeGoodWithTheDirectoryOrWhatItLiesIn) {
  EXPECT_TRUE(check().is_good());
  EXPECT_TRUE(check("album/").is_good());
  EXPECT_EQ(check("").root, tree.at("") + "album");
  EXPECT_TRUE(check("").is_good());
}

TEST_F(Verify, FindsASingleFileBesideOrInsideADirectory) {
  torrent = make("album/c");
  EXPECT_TRUE(check("album/c").is_good());
  EXPECT_TRUE(check("album").is_good());
  spoil("album/c", 8191);
  EXPECT_THAT(check("album").bad_pieces, ElementsAre(3));
}

TEST_F(Verify, NamesThePieceAndTheFileOfAFlippedBit) {
  spoil("album/c", 4000);   // offset 9120 of all: piece 4
  const auto result = check();
  EXPECT_THAT(result.bad_pieces, ElementsAre(4));
  EXPECT_THAT(problems(result), ElementsAre("c corrupt"));
  EXPECT_THAT(to_text(torrent, result), HasSubstr("album/c: corrupt in piece 4\n1 of 7 pieces bad: 4\n"));
}

TEST_F(Verify, SuspectsAllWholeFilesOfABadPiece) {
  spoil("album/b", 0);
  EXPECT_THAT(problems(check()), ElementsAre("b corrupt", "c corrupt"));
}

TEST_F(Verify, DoesNotBlameAFileForThePieceItSharesWithAMissingOne) {
  std::filesystem::remove(tree.at("album/b"));
  const auto result = check();
  EXPECT_THAT(result.bad_pieces, ElementsAre(2));
  EXPECT_THAT(problems(result), ElementsAre("b missing"));
}

TEST_F(Verify, CountsTheGoodPiecesOfAShortFile) {
  std::filesystem::resize_file(tree.at("album/c"), 5000);
  const auto result = check();
  EXPECT_THAT(result.bad_pieces, ElementsAre(4, 5, 6));
  EXPECT_THAT(problems(result), ElementsAre("c too short"));
  EXPECT_THAT(to_text(torrent, result), HasSubstr("album/c: too short, 5000 bytes instead of 8192"));
}

TEST_F(Verify, ReportsALongFileThoughItsPiecesAreGood) {
  tree.file("album/c", test::noise(8192, 3) + "more");
  const auto result = check();
  EXPECT_THAT(result.bad_pieces, IsEmpty());
  EXPECT_THAT(problems(result), ElementsAre("c too long"));
  EXPECT_FALSE(result.is_good());
}

TEST_F(Verify, MissesEmptyFilesToo) {
  std::filesystem::remove(tree.at("album/empty"));
  EXPECT_THAT(problems(check()), ElementsAre("empty missing"));
}

TEST_F(Verify, SaysWhenSomethingElseStandsInAFilesPlace) {
  std::filesystem::remove(tree.at("album/a"));
  std::filesystem::create_directories(tree.at("album/a"));
  const auto result = check();
  EXPECT_THAT(problems(result), ElementsAre("a no file"));
  EXPECT_THAT(result.bad_pieces, ElementsAre(0, 1));
}

TEST_F(Verify, FindsEverythingMissingWhereNothingIs) {
  std::filesystem::remove_all(tree.at("album"));
  const auto result = check();
  EXPECT_EQ(result.bad_pieces.size(), 7u);
  EXPECT_EQ(result.problems.size(), 4u);
}

// BEP 47: pads are zeros that nobody stores.
TEST_F(Verify, ReadsPadFilesAsZeros) {
  const std::string content = test::noise(1000);
  tree.file("padded/x", content);
  const auto digest = protocol::sha1(as_bytes(content + std::string(24, '\0')));
  protocol::bencode::Writer writer;
  writer.begin_dictionary().key("info").begin_dictionary();
  writer.key("files").begin_list();
  writer.begin_dictionary().key("length").integer(1000).key("path").begin_list().string("x").end().end();
  writer.begin_dictionary().key("attr").string("p").key("length").integer(24);
  writer.key("path").begin_list().string(".pad").string("24").end().end().end();
  writer.key("name").string("padded").key("piece length").integer(1024).key("pieces").string(digest.view()).end().end();
  torrent = protocol::decode_metainfo(writer.take()).value().metainfo;
  EXPECT_TRUE(check("padded").is_good());
}

}  // namespace
}  // namespace swarmlab::torrentgen
