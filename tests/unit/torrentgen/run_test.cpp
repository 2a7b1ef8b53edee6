// Whole command lines, run in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "protocol/metainfo.hpp"
#include "tests/unit/torrentgen/temporary_tree.hpp"
#include "torrentgen/env.hpp"

namespace swarmlab::torrentgen {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Torrentgen : ::testing::Test {
  test::TemporaryTree tree;
  std::string out, err;

  int run_with(const std::vector<std::string>& arguments, bool is_terminal = false) {
    std::ostringstream out_stream, err_stream;
    Env env{arguments, out_stream, err_stream, is_terminal};
    const int status = run(env);
    out = out_stream.str();
    err = err_stream.str();
    return status;
  }
  void make_album() {
    tree.file("album/one", test::noise(100'000, 1));
    tree.file("album/two/b", test::noise(60'000, 2));
  }
};

TEST_F(Torrentgen, CreatesShowsVerifiesAndLinksATorrent) {
  make_album();
  ASSERT_EQ(run_with({"create", tree.at("album"), "-o", tree.at("t"), "--announce", "http://a/announce"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("2 files, 156.2 KiB, 10 pieces of 16 KiB, info-hash "));
  EXPECT_EQ(err, "");
  ASSERT_EQ(run_with({"show", tree.at("t")}), 0);
  EXPECT_THAT(out, HasSubstr("tracker 1    http://a/announce\n"));
  EXPECT_THAT(out, HasSubstr("           60000  album/two/b\n"));
  ASSERT_EQ(run_with({"verify", tree.at("t"), tree.at("album")}), 0);
  EXPECT_THAT(out, HasSubstr("all 2 files and 10 pieces are good"));
  ASSERT_EQ(run_with({"magnet", tree.at("t")}), 0);
  EXPECT_THAT(out, StartsWith("magnet:?xt=urn:btih:"));
}

TEST_F(Torrentgen, ShowsTheKeysOfTheContractAsJson) {
  make_album();
  ASSERT_EQ(run_with({"create", tree.at("album"), "-o", tree.at("t"), "--announce", "http://a/x", "--announce",
                      "udp://b:1,udp://c:2", "--web-seed", "http://w/", "--private", "--json"}), 0);
  const std::string created = out;
  ASSERT_EQ(run_with({"show", "--json", tree.at("t")}), 0);
  EXPECT_EQ(out, created);
  const json shown = json::parse(out);
  EXPECT_EQ(shown["name"], "album");
  EXPECT_EQ(shown["info_hash_v1"].get<std::string>().size(), 40u);
  EXPECT_TRUE(shown["info_hash_v2"].is_null());
  EXPECT_EQ(shown["total_size"], 160'000);
  EXPECT_EQ(shown["piece_length"], 16384);
  EXPECT_EQ(shown["piece_count"], 10);
  EXPECT_EQ(shown["private"], true);
  EXPECT_EQ(shown["files"], json::parse(R"([{"path": ["album", "one"], "length": 100000},
                                            {"path": ["album", "two", "b"], "length": 60000}])"));
  EXPECT_EQ(shown["trackers"], json::parse(R"([["http://a/x"], ["udp://b:1", "udp://c:2"]])"));
  EXPECT_EQ(shown["web_seeds"], json::parse(R"(["http://w/"])"));
}

TEST_F(Torrentgen, WritesTheSameFileForTheSameContentWithAnyNumberOfThreads) {
  make_album();
  run_with({"create", tree.at("album"), "-o", tree.at("one"), "--threads", "1"});
  run_with({"create", tree.at("album"), "-o", tree.at("four"), "--threads", "4"});
  EXPECT_EQ(tree.read("one"), tree.read("four"));
  EXPECT_EQ(tree.read("one").find("creation date"), std::string::npos);
  // A constant of this test: the torrent must be the same on every machine and in every build.
  const std::string written = tree.read("one");
  EXPECT_THAT(written, StartsWith("d10:created by8:swarmlab4:infod5:filesld6:lengthi100000e4:pathl3:oneeed"));
}

TEST_F(Torrentgen, DoesNotOverwriteUnlessForced) {
  make_album();
  tree.file("t", "precious");
  EXPECT_EQ(run_with({"create", tree.at("album"), "-o", tree.at("t")}), 2);
  EXPECT_THAT(err, HasSubstr("exists already; --force overwrites it"));
  EXPECT_EQ(tree.read("t"), "precious");
  EXPECT_EQ(run_with({"create", tree.at("album"), "-o", tree.at("t"), "--force"}), 0);
}

TEST_F(Torrentgen, DoesNotOverwriteItsOwnContent) {
  make_album();
  EXPECT_EQ(run_with({"create", tree.at("album"), "-o", tree.at("album/one"), "--force"}), 2);
  EXPECT_THAT(err, HasSubstr("would be overwritten"));
  EXPECT_EQ(tree.read("album/one").size(), 100'000u);
}

TEST_F(Torrentgen, SaysAtOnceThatTheOutputCannotBeWritten) {
  make_album();
  EXPECT_EQ(run_with({"create", tree.at("album"), "-o", tree.at("nowhere/t")}), 3);
  EXPECT_THAT(err, HasSubstr("nowhere/t: cannot be written: No such file"));
}

TEST_F(Torrentgen, RefusesMorePiecesThanATorrentMayHave) {
  tree.file("big", "");
  std::filesystem::resize_file(tree.at("big"), 9u << 20);
  EXPECT_EQ(run_with({"create", tree.at("big"), "-o", tree.at("t"), "--piece-length", "1"}), 2);
  EXPECT_THAT(err, HasSubstr("9437184; a torrent has 8388608 at most"));
}

TEST_F(Torrentgen, WarnsOfUncustomaryPieceLengths) {
  make_album();
  EXPECT_EQ(run_with({"create", tree.at("album"), "-o", tree.at("t"), "--piece-length", "20000"}), 0);
  EXPECT_THAT(err, HasSubstr("warning: a piece length of 20000 bytes"));
  EXPECT_EQ(run_with({"verify", tree.at("t"), tree.at("album")}), 0);
}

TEST_F(Torrentgen, ExitsWithOneWhereVerifyFindsADifference) {
  make_album();
  run_with({"create", tree.at("album"), "-o", tree.at("t")});
  tree.file("album/one", test::noise(100'000, 9));
  EXPECT_EQ(run_with({"verify", tree.at("t"), tree.at("album")}), 1);
  EXPECT_THAT(out, HasSubstr("album/one: corrupt in pieces 0-6"));
  EXPECT_EQ(run_with({"verify", "--json", tree.at("t"), tree.at("album")}), 1);
  const json result = json::parse(out);
  EXPECT_EQ(result["good"], false);
  EXPECT_EQ(result["bad_pieces"], json::parse("[0,1,2,3,4,5,6]"));
  EXPECT_EQ(result["problems"][0]["problem"], "corrupt");
}

TEST_F(Torrentgen, PutsErrorsIntoTheJsonWhereThatIsWanted) {
  tree.file("bad", "d4:infoi1ee");
  EXPECT_EQ(run_with({"show", "--json", tree.at("bad")}), 2);
  EXPECT_EQ(err, "");
  EXPECT_THAT(json::parse(out)["error"].get<std::string>(), HasSubstr("bad: byte 7: info"));
  EXPECT_EQ(run_with({"show", tree.at("bad")}), 2);
  EXPECT_EQ(out, "");
  EXPECT_THAT(err, HasSubstr("byte 7: info"));
  EXPECT_EQ(run_with({"create", "--json", "--bogus"}), 2);
  EXPECT_EQ(err, "");
  EXPECT_TRUE(json::parse(out).contains("error"));
}

TEST_F(Torrentgen, ShowsProgressOnATerminalOnly) {
  make_album();
  run_with({"create", tree.at("album"), "-o", tree.at("t")}, true);
  EXPECT_THAT(err, HasSubstr("\rhashing 100 %"));
  run_with({"verify", tree.at("t"), tree.at("album")}, false);
  EXPECT_EQ(err, "");
}

TEST_F(Torrentgen, PointsToTheHelpWhereItIsUsedWrongly) {
  EXPECT_EQ(run_with({}), 2);
  EXPECT_THAT(err, HasSubstr("torrentgen --help"));
  EXPECT_EQ(run_with({"--help"}), 0);
  EXPECT_THAT(out, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace swarmlab::torrentgen
