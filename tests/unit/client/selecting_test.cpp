// Whole clients that want only a part: what they fetch, what they say, and what a change of mind does.
#include <gtest/gtest.h>

#include "tests/unit/client/town.hpp"

namespace swarmlab::client {
namespace {

// Three files of 1 MiB, 16 pieces each; the borders are borders of pieces.
Torrenting three_files() { return {.size = 3_MiB, .files = {1_MiB, 1_MiB, 1_MiB}}; }

std::vector<SelectRule> rules(std::initializer_list<std::string_view> texts) {
  std::vector<SelectRule> rules;
  for (const std::string_view text : texts) rules.push_back(parse_select_rule(text).value());
  return rules;
}

bool has_file(Town& town, Town::Resident& resident, std::size_t file) {
  const protocol::FileEntry& entry = town.metainfo().files[file];
  const runtime::Slice all = town.content(entry.offset, entry.length);
  return resident.disk().content_matches("content/" + std::to_string(file), std::span(&all, 1));
}

TEST(Selecting, FetchesTheSelectedFilesAndNothingElse) {
  Town town(three_files());
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.select = rules({"1"})});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.count<Completed>() == 1; }, 60s));
  EXPECT_EQ(leech.status().state, TorrentState::seeding);
  EXPECT_EQ(leech.status().left, 0_B);
  EXPECT_EQ(leech.status().pieces_have, 16u);
  EXPECT_EQ(leech.status().downloaded, 1_MiB);
  EXPECT_TRUE(has_file(town, leech, 1));
  EXPECT_FALSE(leech.disk().read_all("content/0").has_value());
  EXPECT_FALSE(leech.disk().read_all("content/2").has_value());
  town.run_for(5s);
  EXPECT_EQ(leech.status().peers, 0u) << "a seed is of no use any more";
}

TEST(Selecting, APieceOnTheBorderIsWrittenIntoBothFiles) {
  Town town({.size = 1_MiB, .files = {100_KiB, 1_MiB - 100_KiB}});   // piece 1 is of both
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.select = rules({"0"})});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.count<Completed>() == 1; }, 60s));
  EXPECT_TRUE(has_file(town, leech, 0));
  EXPECT_TRUE(town.has_true_piece(leech, PieceIndex(1)));
  EXPECT_EQ(leech.status().pieces_have, 2u);
}

TEST(Selecting, APartialSeedServesWhatItHas) {
  Town town(three_files());
  auto& seed = town.add("seed", {.has = Town::kAll});
  auto& part = town.add("part", {.select = rules({"1"})});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return part.count<Completed>() == 1; }, 60s));
  town.end(seed);
  auto& late = town.add("late", {.select = rules({"1"})});
  town.start(late);
  EXPECT_TRUE(town.run_until([&] { return late.count<Completed>() == 1; }, 2min));
}

TEST(Selecting, TheTrackerCountsNoPartialSeed) {
  Town town(three_files());
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.select = rules({"1"})});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.count<Completed>() == 1; }, 60s));
  town.run_for(10s);
  for (const std::string& line : leech.log()) EXPECT_EQ(line.find("announced completed"), std::string::npos) << line;
}

TEST(Selecting, MoreUrgentFilesComeFirst) {
  Town town(three_files());
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.select = rules({"2=high", "0=low"})});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 16; }, 60s));
  EXPECT_TRUE(has_file(town, leech, 2));
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 34; }, 60s));
  EXPECT_TRUE(has_file(town, leech, 1));
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_TRUE(town.has_true_content(leech));
}

TEST(Selecting, InOrderMeansInOrder) {
  Town town(three_files());
  town.add("seed", {.has = Town::kAll});
  Settings settings;
  settings.sequential = true;
  auto& leech = town.add("leech", {.settings = settings});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 20; }, 60s));
  for (PieceIndex piece; piece.value() < 18; ++piece) EXPECT_TRUE(town.has_true_piece(leech, piece)) << piece.value();
}

TEST(Selecting, ASelectionThatGrowsMakesACompleteTorrentGoOn) {
  Town town(three_files());
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.select = rules({"1"})});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.count<Completed>() == 1; }, 60s));
  town.run_for(1s);
  leech.session().select(TorrentId(0), {});
  EXPECT_EQ(leech.status().state, TorrentState::downloading);
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 2min));
  EXPECT_EQ(leech.count<Completed>(), 2u);
  EXPECT_TRUE(town.has_true_content(leech));
}

TEST(Selecting, ASelectionThatShrinksEndsInterestAtOnce) {   // bug B12
  Town town(three_files());
  auto& seed = town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.link = {BytesPerSecond(1 << 20), BytesPerSecond(256 << 10), 10ms, 256_KiB}});
  auto& other = town.add("other", {.select = rules({"0"})});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return other.count<Completed>() == 1 && leech.status().pieces_have >= 2; }, 60s));
  leech.session().select(TorrentId(0), {rules({"*=skip"}), {}});
  EXPECT_EQ(leech.status().state, TorrentState::seeding) << "nothing is wanted, so nothing is missing";
  const ByteCount before = leech.status().downloaded;
  town.run_for(10s);
  EXPECT_LE(leech.status().downloaded - before, 512_KiB) << "what was under way";
  EXPECT_EQ(seed.status().state, TorrentState::seeding);
}

TEST(Selecting, ASingleFileMayBeWantedAboveAllRules) {
  Town town(three_files());
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.select = rules({"1"})});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.count<Completed>() == 1; }, 60s));
  EXPECT_FALSE(leech.session().prioritise(TorrentId(0), {3}, Priority::high)) << "there are three files";
  ASSERT_TRUE(leech.session().prioritise(TorrentId(0), {2}, Priority::low));
  const auto files = leech.session().files(TorrentId(0));
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].priority, Priority::skip);
  EXPECT_EQ(files[0].have, 0_B);
  EXPECT_EQ(files[1].path, "content/1");
  EXPECT_EQ(files[1].have, 1_MiB);
  EXPECT_EQ(files[2].priority, Priority::low);
  ASSERT_TRUE(town.run_until([&] { return leech.count<Completed>() == 2; }, 60s));
  EXPECT_TRUE(has_file(town, leech, 2));
  EXPECT_EQ(leech.session().files(TorrentId(0))[2].have, 1_MiB);
  EXPECT_FALSE(leech.disk().read_all("content/0").has_value());
}

TEST(Selecting, AMagnetLinkWhoseTorrentHasNothingThatIsWantedFailsBeforeItMakesAFile) {
  Town town({.size = 1_MiB, .has_info = true});
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.select = rules({"*.mkv"}), .by_magnet = true});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().state == TorrentState::failed; }, 60s));
  EXPECT_EQ(leech.status().error, "--select '*.mkv' leaves nothing to fetch; the torrent has 'content'");
  EXPECT_TRUE(leech.disk().list_files("").empty());
}

}  // namespace
}  // namespace swarmlab::client
