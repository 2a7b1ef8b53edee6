#include "client/selection.hpp"

#include <gtest/gtest.h>

namespace swarmlab::client {
namespace {

// Pieces of 1000 bytes: film 3500, a pad of 500, notes 250, extras/one 1250, extras/two 2500.
protocol::Metainfo album() {
  protocol::Metainfo metainfo;
  metainfo.geometry = protocol::PieceGeometry(8000_B, 1000_B);
  ByteCount offset;
  const auto add = [&](std::vector<std::string> path, ByteCount length, bool is_pad = false) {
    path.insert(path.begin(), "album");
    metainfo.files.push_back({std::move(path), length, offset, is_pad});
    offset += length;
  };
  add({"film.mkv"}, 3500_B);
  add({".pad", "500"}, 500_B, true);
  add({"notes.txt"}, 250_B);
  add({"extras", "one.mkv"}, 1250_B);
  add({"extras", "two.mkv"}, 2500_B);
  return metainfo;
}

// One letter per piece: s, l, n, h.
std::string pieces(const std::vector<std::string>& texts) {
  std::vector<SelectRule> rules;
  for (const std::string& text : texts) rules.push_back(parse_select_rule(text).value());
  const protocol::Metainfo metainfo = album();
  const PiecePriorities priorities = piece_priorities(metainfo, file_priorities(metainfo, rules));
  std::string picture(metainfo.geometry.piece_count(), 's');
  for (const auto& level : priorities.levels) {
    for (std::uint32_t i = 0; i < picture.size(); ++i) {
      if (level.test(PieceIndex(i))) picture[i] = static_cast<char>('1' + (&level - priorities.levels.data()));
    }
  }
  for (std::uint32_t i = 0; i < picture.size(); ++i) EXPECT_EQ(priorities.wanted.test(PieceIndex(i)), picture[i] != 's');
  return picture;
}

TEST(Selection, WithoutRulesEverythingIsWantedAlike) { EXPECT_EQ(pieces({}), "11111111"); }

TEST(Selection, APlainGlobSkipsWhateverNoRuleNames) { EXPECT_EQ(pieces({"film*"}), "1111ssss"); }

TEST(Selection, APieceThatAWantedFileTouchesIsWanted) { EXPECT_EQ(pieces({"notes.txt"}), "ssss1sss"); }

TEST(Selection, ARuleWithPriorityLeavesTheOthersAsTheyAre) {
  EXPECT_EQ(pieces({"extras/**=skip"}), "11111sss") << "piece 4 is of the notes, too";
  EXPECT_EQ(pieces({"extras/two.mkv=low"}), "11111122") << "piece 5 is half of one.mkv";
}

TEST(Selection, TheLastRuleThatMatchesCounts) {
  EXPECT_EQ(pieces({"*.mkv", "one.mkv=high", "two.mkv=skip"}), "222211ss");
  EXPECT_EQ(pieces({"*.mkv=skip", "*=normal"}), "11111111");
}

TEST(Selection, NothingMayBeLeft) { EXPECT_EQ(pieces({"*.avi"}), "ssssssss"); }

TEST(Selection, AGlobWithoutSlashIsComparedWithTheNameAlone) {
  EXPECT_EQ(pieces({"one.mkv"}), "ssss11ss");
  EXPECT_EQ(pieces({"extras/one.mkv"}), "ssss11ss");
  EXPECT_EQ(pieces({"*/one.mkv"}), "ssss11ss");
  EXPECT_EQ(pieces({"nothing/one.mkv"}), "ssssssss");
}

TEST(Selection, StarsStopAtSlashesAndDoubleStarsDoNot) {
  const struct { const char* glob; const char* text; bool matches; } rows[] = {
      {"", "", true},          {"*", "", true},             {"*", "abc", true},        {"*", "a/b", false},
      {"**", "a/b", true},     {"a*c", "abbc", true},       {"a*c", "abb", false},     {"a?c", "abc", true},
      {"a?c", "a/c", false},   {"*b*", "aabaa", true},      {"a/*", "a/b/c", false},   {"a/**", "a/b/c", true},
      {"**/c", "a/b/c", true}, {"**/*.c", "a/b/x.c", true}, {"**/*.c", "x.c", false}, {"*.c", "x.cc.c", true},
      {"**b*d", "a/bc/bd", true}, {"[a]", "[a]", true},
  };
  for (const auto& row : rows) EXPECT_EQ(matches_glob(row.glob, row.text), row.matches) << row.glob << " and " << row.text;
}

TEST(Selection, WhatIsNoPriorityIsSaid) {
  EXPECT_EQ(parse_select_rule("*.mkv=urgent").error(), "'urgent' is none of skip, low, normal, high");
  EXPECT_FALSE(parse_select_rule("").has_value());
  EXPECT_FALSE(parse_select_rule("=high").has_value());
}

TEST(Selection, WhatLeavesNothingIsSaidWithWhatThereIs) {
  const auto why = [](const std::vector<std::string>& texts) {
    std::vector<SelectRule> rules;
    for (const std::string& text : texts) rules.push_back(parse_select_rule(text).value());
    return why_nothing_is_wanted(album(), rules);
  };
  EXPECT_EQ(why({}), "");
  EXPECT_EQ(why({"film*"}), "");
  EXPECT_EQ(why({"*=skip", "film*=low"}), "");
  const std::string all = " leaves nothing to fetch; the torrent has 'film.mkv', 'notes.txt', 'extras/one.mkv' and 1 more";
  EXPECT_EQ(why({"*.avi"}), "--select '*.avi'" + all);
  EXPECT_EQ(why({"*.avi", "**=skip"}), "--select '*.avi', '**=skip'" + all);
}

TEST(Selection, WhatIsSaidOfSingleFilesStandsAboveTheRules) {
  const Selection selection{{parse_select_rule("*.mkv").value()}, {{2, Priority::high}, {3, Priority::skip}, {99, Priority::low}}};
  EXPECT_EQ(file_priorities(album(), selection),
            (std::vector<Priority>{Priority::normal, Priority::skip, Priority::high, Priority::skip, Priority::normal}));
  EXPECT_EQ(matching_files(album(), "extras/*"), (std::vector<std::uint32_t>{3, 4}));
  EXPECT_TRUE(matching_files(album(), "*.avi").empty());
}

}  // namespace
}  // namespace swarmlab::client
