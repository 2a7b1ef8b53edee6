#include "protocol/metainfo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/hash/sha1.hpp"
#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using test::from_text;
using test::hex;
using test::text_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// What create_torrent() of libtorrent 2.0.8 made of a file of 100,000 bytes.
const char* const kSingle =
    "64383a616e6e6f756e636534353a687474703a2f2f3132372e302e302e313a363936392f616e6e6f756e63653f7061"
    "73736b65793d73336372657431333a616e6e6f756e63652d6c6973746c6c34353a687474703a2f2f3132372e302e30"
    "2e313a363936392f616e6e6f756e63653f706173736b65793d733363726574656c32393a7564703a2f2f3132372e30"
    "2e302e313a363937302f616e6e6f756e63656565373a636f6d6d656e74393a61206361707475726531303a63726561"
    "74656420627931363a6c6962746f7272656e7420322e302e3831333a6372656174696f6e2064617465693137303030"
    "303030303065343a696e666f64363a6c656e6774686931303030303065343a6e616d65393a737761726d2e62696e31"
    "323a7069656365206c656e67746869333237363865363a70696563657338303a40c8b60c8e8698deee6d6068cd6f21"
    "6463d9f876ded925fbc2cece656fc026f4406d8f996e42b6a640c8b60c8e8698deee6d6068cd6f216463d9f8765c3b"
    "50e869fd090e6dbca9359fd7a247edfd5dce6565";

// The same of a tree: empty (0), sub/"b c.bin" (40,000), a.txt (6).
const char* const kTree =
    "64373a636f6d6d656e74393a61206361707475726531303a6372656174656420627931363a6c6962746f7272656e74"
    "20322e302e3831333a6372656174696f6e2064617465693137303030303030303065343a696e666f64353a66696c65"
    "736c64363a6c656e677468693065343a706174686c353a656d707479656564363a6c656e6774686934303030306534"
    "3a706174686c333a737562373a6220632e62696e656564363a6c656e677468693665343a706174686c353a612e7478"
    "74656565343a6e616d65343a7472656531323a7069656365206c656e67746869333237363865363a70696563657334"
    "303a84767bd58aee2fe4d40e8d2acdc3268641d5e1769fb3cb659fe079e354eda6db9f483e37d5280c5c6565";

TEST(Metainfo, OfLibtorrentIsRead) {
  const auto bytes = hex(kSingle);
  const auto read = decode_metainfo(bytes);
  ASSERT_TRUE(read) << to_string(read.error());
  const Metainfo& torrent = read->metainfo;
  EXPECT_TRUE(read->warnings.empty());
  EXPECT_EQ(torrent.name, "swarm.bin");
  EXPECT_EQ(to_string(torrent.info_hash), "c87862f900cb73a2ea7c8e6891146e3b39beb7e0");
  EXPECT_EQ(torrent.geometry.total(), 100'000_B);
  EXPECT_EQ(torrent.geometry.piece_length(), 32_KiB);
  ASSERT_EQ(torrent.piece_hashes.size(), 4u);
  EXPECT_EQ(to_string(torrent.piece_hashes[3]), "5c3b50e869fd090e6dbca9359fd7a247edfd5dce");
  EXPECT_THAT(torrent.files,
              ElementsAre(FileEntry{.path = {"swarm.bin"}, .length = 100'000_B, .offset = 0_B}));
  EXPECT_FALSE(torrent.is_multi_file);
  EXPECT_FALSE(torrent.is_private);
  EXPECT_EQ(torrent.trackers, (std::vector<std::vector<std::string>>{
                                  {"http://127.0.0.1:6969/announce?passkey=s3cret"},
                                  {"udp://127.0.0.1:6970/announce"}}));
  EXPECT_EQ(torrent.comment, "a capture");
  EXPECT_EQ(torrent.created_by, "libtorrent 2.0.8");
  EXPECT_EQ(torrent.creation_date, 1'700'000'000);
  EXPECT_EQ(InfoHashV1{sha1(torrent.info).bytes}, torrent.info_hash);
}

TEST(Metainfo, OfATreeIsRead) {
  const auto read = decode_metainfo(hex(kTree));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(to_string(read->metainfo.info_hash), "a20eb1a9ea21da20c851d189b20892b54c7f1618");
  EXPECT_TRUE(read->metainfo.is_multi_file);
  EXPECT_THAT(
      read->metainfo.files,
      ElementsAre(FileEntry{.path = {"tree", "empty"}, .length = 0_B, .offset = 0_B},
                  FileEntry{.path = {"tree", "sub", "b c.bin"}, .length = 40'000_B, .offset = 0_B},
                  FileEntry{.path = {"tree", "a.txt"}, .length = 6_B, .offset = 40'000_B}));
  EXPECT_TRUE(read->metainfo.trackers.empty());
}

TEST(Metainfo, CutAnywhereIsRefused) {
  for (const auto* text : {kSingle, kTree}) {
    const auto bytes = hex(text);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto read = decode_metainfo(Bytes(bytes).first(size));
      ASSERT_FALSE(read) << size;
      EXPECT_LE(read.error().at, size);
    }
  }
}

TEST(Metainfo, OfAnInfoDictionaryAloneIsTheSame) {
  const auto whole = decode_metainfo(hex(kTree));
  const auto alone = decode_info(whole->metainfo.info);
  ASSERT_TRUE(alone) << to_string(alone.error());
  EXPECT_EQ(alone->metainfo.info_hash, whole->metainfo.info_hash);
  EXPECT_EQ(alone->metainfo.files, whole->metainfo.files);
  auto longer = whole->metainfo.info;
  longer.push_back(std::byte{'\n'});
  EXPECT_FALSE(decode_info(longer));
}

const std::string kHash(20, 'h');

std::string torrent_of(std::string_view info) { return "d4:infod" + std::string(info) + "ee"; }
// An info dictionary of one piece with this in place of its length and files.
std::string torrent_with(std::string_view content) {
  return torrent_of(std::string(content) + "4:name1:n12:piece lengthi16384e6:pieces20:" + kHash);
}

TEST(Metainfo, HashesTheRawBytesOfInfoEvenWhereTheyAreNotCanonical) {
  const std::string info =
      "d4:name1:n6:lengthi5e6:pieces20:" + kHash + "12:piece lengthi16384e3:fooi1ee";
  const auto read = decode_metainfo(from_text("d4:info" + info + "8:announce10:http://a/xe\r\n"));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->metainfo.info_hash, InfoHashV1{sha1(from_text(info)).bytes});
  EXPECT_EQ(text_of(read->metainfo.info), info);
  EXPECT_THAT(read->warnings,
              ElementsAre("keys are not sorted (first at byte 17)", "2 bytes follow the torrent"));
}

TEST(Metainfo, ObeysPrivateOnlyInsideOfInfo) {  // B71
  const std::string pieces = "6:pieces20:" + kHash;
  const auto is_private = [](const std::string& text) {
    const auto read = decode_metainfo(from_text(text));
    EXPECT_TRUE(read) << text;
    return read && read->metainfo.is_private;
  };
  const std::string info = "6:lengthi5e4:name1:n12:piece lengthi16384e" + pieces;
  EXPECT_TRUE(is_private(torrent_of(info + "7:privatei1e")));
  EXPECT_FALSE(is_private(torrent_of(info + "7:privatei0e")));
  EXPECT_FALSE(is_private(torrent_of(info)));
  EXPECT_FALSE(is_private("d4:infod" + info + "e7:privatei1ee"));
}

TEST(Metainfo, IsRefusedWithKeyPathOffsetAndReason) {
  struct Row {
    std::string text, where;
    std::string_view at;
    std::string what;
  };
  const auto pieces = [](std::size_t n) {
    return "6:pieces" + std::to_string(n) + ":" + std::string(n, 'h');
  };
  const std::string name = "4:name1:n";
  // `at` is the text that begins at the offset named.
  for (const auto& [text, where, at, what] : std::initializer_list<Row>{
           {"", "", "", "is no bencode: the input is empty"},
           {"le", "", "le", "is no dictionary"},
           {"d4:infoi-0ee", "", "i-0", "is no bencode: an integer is -0"},
           {"de", "info", "de", "is missing"},
           {"d4:infolee", "info", "le", "is no dictionary"},
           {torrent_of("6:lengthi1e12:piece lengthi1e" + pieces(20)), "info.name",
            "d6:", "is missing"},
           {torrent_of("6:lengthi1e4:namei7e12:piece lengthi1e" + pieces(20)), "info.name", "i7e",
            "is no string"},
           {torrent_of("6:lengthi1e" + name + pieces(20)), "info.piece length",
            "d6:", "is missing"},
           {torrent_of("6:lengthi1e" + name + "12:piece length1:x" + pieces(20)),
            "info.piece length", "1:x", "is no integer"},
           {torrent_of("6:lengthi1e" + name + "12:piece lengthi0e" + pieces(20)),
            "info.piece length", "i0e", "is 0; it must be from 1 to 536870912"},
           {torrent_of("6:lengthi1e" + name + "12:piece lengthi-1e" + pieces(20)),
            "info.piece length", "i-1e", "is -1;"},
           {torrent_of("6:lengthi1e" + name + "12:piece lengthi536870913e" + pieces(20)),
            "info.piece length", "i5", "is 536870913;"},
           {torrent_of("6:lengthi9223372036854775807e" + name + "12:piece lengthi16384e" +
                       pieces(20)),
            "info.piece length", "i16384e",
            "is 16384, which cuts 9223372036854775807 bytes into more than 8388608 pieces"},
           {torrent_of("6:lengthi1e" + name + "12:piece lengthi1e"), "info.pieces",
            "d6:", "is missing"},
           {torrent_of("6:lengthi1e" + name + "12:piece lengthi1e6:piecesi1e"), "info.pieces",
            "i1eee", "is no string"},
           {torrent_of("6:lengthi1e" + name + "12:piece lengthi1e" + pieces(19)), "info.pieces",
            "19:", "has 19 bytes; 1 pieces need 20"},
           {torrent_of("6:lengthi1e" + name + "12:piece lengthi1e" + pieces(40)), "info.pieces",
            "40:", "has 40 bytes"},
           {torrent_of("6:lengthi16385e" + name + "12:piece lengthi16384e" + pieces(20)),
            "info.pieces", "20:", "has 20 bytes; 2 pieces need 40"},
           {torrent_with(""), "info", "d4:name", "has neither 'length' nor 'files'"},
           {torrent_with("5:filesld6:lengthi1e4:pathl1:aeee6:lengthi1e"), "info.files", "ld6",
            "stands beside info.length"},
           {torrent_with("6:lengthi0e"), "info", "d6:", "holds no bytes"},
           {torrent_with("6:lengthi-1e"), "info.length", "i-1e", "is negative (-1)"},
           {torrent_with("6:length1:1"), "info.length", "1:1", "is no integer"},
           {torrent_with("5:filesde"), "info.files", "de4", "is no list"},
           {torrent_with("5:filesle"), "info.files", "le4", "is empty"},
           {torrent_with("5:filesli1ee"), "info.files[0]", "i1e", "is no dictionary"},
           {torrent_with("5:filesld4:pathl1:aeee"), "info.files[0].length", "d4:path",
            "is missing"},
           {torrent_with("5:filesld6:lengthi1eee"), "info.files[0].path", "d6:", "is missing"},
           {torrent_with("5:filesld6:lengthi-5e4:pathl1:aeee"), "info.files[0].length", "i-5e",
            "is negative (-5)"},
           {torrent_with(
                "5:filesld6:lengthi9223372036854775807e4:pathl1:aeed6:lengthi1e4:pathl1:beee"),
            "info.files[1].length", "d6:lengthi1e", "makes the total exceed 63 bits"},
           {torrent_with("5:filesld6:lengthi0e4:pathl1:aeee"), "info", "d5:", "holds no bytes"},
           {"d4:infod9:file treede12:meta versioni2e4:name1:n12:piece lengthi16384eee", "info",
            "d9:", "is that of a v2 torrent (BEP 52) without the v1 part"},
       }) {
    const auto read = decode_metainfo(from_text(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().where, where) << text;
    EXPECT_THAT(read.error().what, StartsWith(what)) << text;
    EXPECT_THAT(text.substr(read.error().at), StartsWith(std::string(at)))
        << text << " at " << read.error().at;
  }
  EXPECT_EQ(to_string(decode_metainfo(from_text(torrent_with("6:lengthi-1e"))).error()),
            "byte 16: info.length is negative (-1)");
  EXPECT_EQ(to_string(decode_metainfo({}).error()),
            "byte 0: the file is no bencode: the input is empty");
}

TEST(Metainfo, OfMoreThan64MiBIsRefusedUnread) {
  const std::vector<std::byte> big(kMaxTorrentFileBytes.size() + 1, std::byte{'l'});
  EXPECT_EQ(decode_metainfo(big).error().what, "has 67108865 bytes, 67108864 at most");
  EXPECT_EQ(decode_info(big).error().what, "has 67108865 bytes, 67108864 at most");
}

TEST(Metainfo, IgnoresWhatIsOptionalAndWrongWithAWarning) {
  const auto read = decode_metainfo(
      from_text("d8:announcei1e7:commentle13:creation date3:now" +
                torrent_with("6:lengthi5e").substr(1, torrent_with("6:lengthi5e").size() - 2) +
                "8:url-listi5ee"));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_TRUE(read->metainfo.trackers.empty());
  EXPECT_FALSE(read->metainfo.comment);
  EXPECT_THAT(read->warnings,
              ElementsAre("announce (byte 11) is no string and was ignored", HasSubstr("url-list"),
                          HasSubstr("comment"), HasSubstr("creation date")));
}

TEST(Metainfo, ReadsTrackersAsBep12AsksAndAsTheyAreFound) {
  const auto trackers = [](std::string_view keys) {
    const std::string info = torrent_with("6:lengthi5e");
    const auto read = decode_metainfo(from_text('d' + std::string(keys) + info.substr(1)));
    EXPECT_TRUE(read) << keys;
    return read ? read->metainfo.trackers : std::vector<std::vector<std::string>>{};
  };
  using Tiers = std::vector<std::vector<std::string>>;
  EXPECT_EQ(trackers("8:announce1:a13:announce-listll1:b1:cel1:dee"), (Tiers{{"b", "c"}, {"d"}}));
  EXPECT_EQ(trackers("8:announce1:a13:announce-listle"), (Tiers{{"a"}}));
  EXPECT_EQ(trackers("8:announce1:a13:announce-listllee"), (Tiers{{"a"}}));
  EXPECT_EQ(trackers("8:announce1:a13:announce-listll0:eli5eee"), (Tiers{{"a"}}));
  EXPECT_EQ(trackers("8:announce1:a13:announce-listl1:b1:ce"), (Tiers{{"b"}, {"c"}}));
  EXPECT_EQ(trackers("8:announce0:"), Tiers{});
  EXPECT_EQ(trackers(""), Tiers{});
}

TEST(Metainfo, IsWrittenCanonicallyAndReadBack) {
  NewTorrent torrent{.name = "tree",
                     .files = {{{"a"}, 16'385_B}, {{"sub", "b"}, 0_B}, {{"sub", "c"}, 5_B}},
                     .piece_length = 16_KiB,
                     .piece_hashes = {test::filled<Sha1Digest>(1), test::filled<Sha1Digest>(2)},
                     .is_private = true,
                     .source = "lab",
                     .trackers = {{"http://a/announce", "http://b/announce"}, {}, {"udp://c:1/"}},
                     .web_seeds = {"http://d/"},
                     .comment = "why not",
                     .created_by = "torrentgen",
                     .creation_date = -5};
  const auto bytes = encode_metainfo(torrent);
  EXPECT_EQ(bytes, encode_metainfo(torrent));
  const auto read = decode_metainfo(bytes);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_TRUE(read->warnings.empty());
  const Metainfo& back = read->metainfo;
  EXPECT_EQ(back.name, "tree");
  EXPECT_THAT(
      back.files,
      ElementsAre(FileEntry{.path = {"tree", "a"}, .length = 16'385_B, .offset = 0_B},
                  FileEntry{.path = {"tree", "sub", "b"}, .length = 0_B, .offset = 16'385_B},
                  FileEntry{.path = {"tree", "sub", "c"}, .length = 5_B, .offset = 16'385_B}));
  EXPECT_EQ(back.piece_hashes, torrent.piece_hashes);
  EXPECT_TRUE(back.is_private);
  EXPECT_EQ(back.source, torrent.source);
  EXPECT_EQ(back.trackers, (std::vector<std::vector<std::string>>{
                               {"http://a/announce", "http://b/announce"}, {"udp://c:1/"}}));
  EXPECT_EQ(back.web_seeds, torrent.web_seeds);
  EXPECT_EQ(back.comment, torrent.comment);
  EXPECT_EQ(back.created_by, torrent.created_by);
  EXPECT_EQ(back.creation_date, -5);
}

TEST(Metainfo, OfOneFileIsWrittenAsLibtorrentWritesIt) {
  const auto read = decode_metainfo(hex(kSingle));
  const auto bytes = encode_metainfo({.name = "swarm.bin",
                                      .files = {{{}, 100'000_B}},
                                      .piece_length = 32_KiB,
                                      .piece_hashes = read->metainfo.piece_hashes,
                                      .trackers = read->metainfo.trackers,
                                      .comment = "a capture",
                                      .created_by = "libtorrent 2.0.8",
                                      .creation_date = 1'700'000'000});
  EXPECT_EQ(to_hex(bytes), kSingle);
}

TEST(MetainfoDeathTest, AbortsWhenHashesDoNotFitTheLengths) {
  EXPECT_DEATH(
      encode_metainfo({.name = "x", .files = {{{}, 1_B}}, .piece_length = 1_B, .piece_hashes = {}}),
      "broken invariant");
}

}  // namespace
}  // namespace swarmlab::protocol
