#include "protocol/torrent_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using namespace std::string_literals;
using test::from_text;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string bencoded(std::string_view text) {
  return std::to_string(text.size()).append(":").append(text);
}

// An entry of `files` with one byte; the path is given by its elements.
std::string file(std::initializer_list<std::string_view> path, std::string_view attributes = "") {
  std::string out = "d";
  if (!attributes.empty()) out += "4:attr" + bencoded(attributes);
  out += "6:lengthi1e4:pathl";
  for (const auto element : path) out += bencoded(element);
  return out.append("ee");
}

struct Read {
  std::string text;
  std::expected<DecodedMetainfo, MetainfoError> result;
};
Read read_named(std::string_view name, std::string_view files, std::string_view more = "") {
  std::string text = "d4:infod";
  text += files.empty() ? "6:lengthi1e" : std::string("5:filesl").append(files) + "e";
  text += "4:name" + bencoded(name) + std::string(more) +
          "12:piece lengthi16384e6:pieces20:" + std::string(20, 'h') + "ee";
  return {text, decode_metainfo(from_text(text))};
}
Read read(std::string_view files) { return read_named("n", files); }

TEST(TorrentPaths, KeepEveryHarmlessName) {
  for (const std::string& name : {"a b"s,
                                 "a.b.c"s,
                                 ".hidden"s,
                                 "..."s,
                                 "..a"s,
                                 "a.."s,
                                 " "s,
                                 "~"s,
                                 "-rf"s,
                                 "CON"s,
                                 "aux.txt"s,
                                 "C:"s,
                                 "a:b"s,
                                 "*?<>|\""s,
                                 "$HOME"s,
                                 "%2e%2e"s,
                                 "日本語のファイル名"s,
                                 "é\u0301"s,
                                 "\U0001F600"s,
                                 std::string(255, 'x')}) {
    const auto [text, single] = read_named(name, "");
    ASSERT_TRUE(single) << name << ": " << to_string(single.error());
    EXPECT_THAT(single->metainfo.files[0].path, ElementsAre(name));
    EXPECT_THAT(single->warnings, IsEmpty());
    const auto [text2, multi] = read_named(name, file({name, name}));
    ASSERT_TRUE(multi) << name << ": " << to_string(multi.error());
    EXPECT_THAT(multi->metainfo.files[0].path, ElementsAre(name, name, name));
  }
}

TEST(TorrentPaths, RefuseWhatLeavesTheDirectoryOrCannotBeAName) {  // B77
  struct Row {
    std::string element, what;
  };
  for (const auto& [element, what] : std::initializer_list<Row>{
           {"", "is empty"},
           {".", "is '.', which leaves or repeats the directory"},
           {"..", "is '..', which leaves or repeats the directory"},
           {"/", "has a '/' inside: '/'"},
           {"/etc/passwd", "has a '/' inside: '/etc/passwd'"},
           {"a/../../b", "has a '/' inside: 'a/../../b'"},
           {"a/", "has a '/' inside: 'a/'"},
           {"a\0b"s, "has a control character: 'a%00b'"},
           {"a\rb", "has a control character: 'a%0Db'"},
           {"a\x1b[2J", "has a control character: 'a%1B[2J'"},
           {"\x7f", "has a control character: '%7F'"},
           {std::string(256, 'x'), "has 256 bytes, 255 at most"},
           {std::string(300, 'x'), "has 300 bytes, 255 at most"},
       }) {
    EXPECT_EQ(path_element_fault(element), what);
    const auto refused = [&](const Read& attempt, std::string_view where) {
      ASSERT_FALSE(attempt.result) << element;
      EXPECT_EQ(attempt.result.error().where, where);
      EXPECT_EQ(attempt.result.error().what, what);
      const std::string found = attempt.text.substr(attempt.result.error().at);
      EXPECT_TRUE(found.starts_with(bencoded(element))) << found;
    };
    refused(read_named(element, ""), "info.name");
    refused(read_named(element, file({"a"})), "info.name");
    refused(read(file({"ok"}) + file({element})), "info.files[1].path[0]");
    refused(read(file({"ok"}) + file({"sub", element, "x"})), "info.files[1].path[1]");
  }
}

TEST(TorrentPaths, KeepABackslashWithAWarning) {
  const auto [text, result] = read(file({"..\\..\\x"}));
  ASSERT_TRUE(result);
  EXPECT_THAT(result->metainfo.files[0].path, ElementsAre("n", "..\\..\\x"));
  EXPECT_THAT(
      result->warnings,
      ElementsAre(
          "info.files[0].path[0] has a backslash, which other systems take for a separator"));
}

TEST(TorrentPaths, RefuseAPathThatIsNone) {
  EXPECT_EQ(read("d6:lengthi1e4:pathlee").result.error().what, "is empty");
  EXPECT_EQ(read("d6:lengthi1e4:path1:ae").result.error().what, "is no list");
  const auto error = read("d6:lengthi1e4:pathl1:ai5eee").result.error();
  EXPECT_EQ(error.where, "info.files[0].path[1]");
  EXPECT_EQ(error.what, "is no string");
}

TEST(TorrentPaths, RefuseTwoEntriesForOneFile) {
  const auto [text, result] = read(file({"a", "b"}) + file({"c"}) + file({"a", "b"}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().where, "info.files[2].path");
  EXPECT_EQ(result.error().what, "is 'n/a/b', as files[0] is");
  EXPECT_EQ(result.error().at, text.rfind("d6:length"));
  EXPECT_TRUE(read(file({"a"}) + file({"A"})).result);
}

TEST(TorrentPaths, RefuseAFileWhereAnotherNeedsADirectory) {
  for (const std::string& files : {file({"a"}) + file({"x"}) + file({"a", "b", "c"}),
                                  file({"a", "b", "c"}) + file({"x"}) + file({"a"})}) {
    const auto [text, result] = read(files);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().where, "info.files[2].path");
    EXPECT_EQ(result.error().what,
              "cannot stand beside files[0]: 'n/a' would be both file and directory");
  }
  EXPECT_TRUE(read(file({"a", "b"}) + file({"a", "c"}) + file({"ab"}) + file({"a b"})).result);
}

TEST(TorrentPaths, TurnBytesThatAreNoUtf8IntoPercentSigns) {
  const auto [text, result] = read(file({"\xb5\xda 1"}) + file({"\xb5\xdb 1"}));
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_THAT(result->metainfo.files[0].path, ElementsAre("n", "%B5%DA 1"));
  EXPECT_THAT(result->metainfo.files[1].path, ElementsAre("n", "%B5%DB 1"));
  EXPECT_THAT(result->warnings, ElementsAre("info.files[0].path[0] is not in UTF-8",
                                            "info.files[1].path[0] is not in UTF-8"));
}

TEST(TorrentPaths, TakeTheUtf8TwinOfANameThatIsNot) {
  const auto twin =
      "d6:lengthi1e4:pathl2:\xb5\xda"
      "1:be10:path.utf-8l3:第1:xee"s;
  const auto [text, result] = read_named("\xb5\xda", twin, "10:name.utf-86:第一");
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->metainfo.name, "第一");
  EXPECT_THAT(result->metainfo.files[0].path,
              ElementsAre("第一", "第", "b"));  // 'b' is valid as it stands
  // The twin is judged like any other name.
  const auto evil = read_named("\xb5\xda", "", "10:name.utf-82:..").result;
  ASSERT_FALSE(evil);
  EXPECT_EQ(evil.error().where, "info.name");
}

TEST(TorrentFiles, KnowPadsAndExecutables) {  // BEP 47
  const auto [text, result] =
      read(file({"run"}, "hx") + file({".pad", "1"}, "p") + file({"b"}) + file({".pad", "1"}, "p") +
           "d4:attr1:p6:lengthi7ee" + file({"_____padding_file_0_if you see this"}));
  ASSERT_TRUE(result) << to_string(result.error());
  const auto& files = result->metainfo.files;
  ASSERT_THAT(files, SizeIs(6));
  EXPECT_TRUE(files[0].is_executable);
  EXPECT_FALSE(files[0].is_pad);
  EXPECT_TRUE(files[1].is_pad);
  EXPECT_FALSE(files[2].is_pad);
  EXPECT_TRUE(files[3].is_pad);  // the same path twice: it is never written
  EXPECT_THAT(files[4].path, ElementsAre("n", ".pad", "7"));
  EXPECT_EQ(files[5].offset, 11_B);
  EXPECT_TRUE(files[5].is_pad);
}

TEST(TorrentFiles, RefuseSymbolicLinks) {  // B77
  const auto [text, result] =
      read(file({"a"}) + "d4:attr1:l6:lengthi0e4:pathl1:be12:symlink pathl2:..3:etcee");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().where, "info.files[1].attr");
  EXPECT_THAT(result.error().what, HasSubstr("symbolic link"));
}

TEST(TorrentFiles, HaveABoundedNumberOfWarnings) {
  std::string files;
  for (int i = 0; i < 1000; ++i) files += file({std::to_string(i) + "\\"});
  const auto [text, result] = read(files);
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_THAT(result->warnings, SizeIs(kMaxWarnings + 1));
  EXPECT_EQ(result->warnings.back(), "... and more of the kind");
}

}  // namespace
}  // namespace swarmlab::protocol
