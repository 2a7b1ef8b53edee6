// Whole clients and the room on their disks: reserved before the first block, written in runs, and said when it is missing.
#include <gtest/gtest.h>

#include "tests/unit/client/town.hpp"

namespace swarmlab::client {
namespace {

Settings reserving() {
  Settings settings;
  settings.allocate = Allocation::full;
  return settings;
}

Torrenting three_files() { return {.size = 3_MiB, .files = {1_MiB, 1_MiB, 1_MiB}}; }

TEST(Reserving, TakesTheWholeRoomBeforeTheFirstBlock) {
  Town town(three_files());
  auto& leech = town.add("leech", {.settings = reserving()});
  town.start();
  town.run_for(5s);
  EXPECT_EQ(leech.disk().used(), 3_MiB);
  town.start(town.add("seed", {.has = Town::kAll}));
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s));
  EXPECT_TRUE(town.has_true_content(leech));
  EXPECT_EQ(leech.disk().used(), 3_MiB);
}

TEST(Reserving, SparseFilesTakeWhatWasFetchedAlone) {
  Town town(three_files());
  auto& leech = town.add("leech");
  town.start();
  town.run_for(5s);
  EXPECT_EQ(leech.disk().used(), 0_B);
}

TEST(Reserving, WhatDoesNotFitIsSaidAtTheStartWithTheFileAndTheRoomThatIsMissing) {
  Town town(three_files());
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.settings = reserving(), .disk = {.capacity = 2_MiB + 512_KiB}});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().state == TorrentState::failed; }, 60s));
  EXPECT_EQ(leech.status().error, "content/2: " + std::string(to_string(runtime::FileError::no_space)) +
                                      ": 1 MiB are to be reserved for it and what follows, 512 KiB are free");
  EXPECT_EQ(leech.status().downloaded, 0_B);
  EXPECT_EQ(leech.count<StorageFailed>(), 1u);
  leech.disk().set_capacity(4_MiB);
  leech.session().start(TorrentId(0));
  EXPECT_TRUE(town.run_until([&] { return leech.is_complete(); }, 60s)) << "with room made it goes on";
  EXPECT_TRUE(town.has_true_content(leech));
}

TEST(Reserving, SkippedFilesTakeNoRoomUntilTheyAreWanted) {
  Town town(three_files());
  town.add("seed", {.has = Town::kAll});
  auto& leech = town.add("leech", {.settings = reserving(), .select = {parse_select_rule("1").value()}});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.count<Completed>() == 1; }, 60s));
  EXPECT_EQ(leech.disk().used(), 1_MiB);
  ASSERT_TRUE(leech.session().prioritise(TorrentId(0), {0}, Priority::normal));
  town.run_for(10ms);
  EXPECT_EQ(leech.disk().used(), 2_MiB) << "before anything of it has come";
  ASSERT_TRUE(town.run_until([&] { return leech.count<Completed>() == 2; }, 60s));
  EXPECT_EQ(leech.disk().used(), 2_MiB);
}

TEST(Reserving, AClientThatWasKilledInBetweenGoesOnAndHashesOnlyWhatIsNotClaimed) {
  Settings settings = reserving();
  settings.resume_data = true;
  settings.resume_interval = 1s;
  Town town(three_files());
  town.add("seed", {.has = Town::kAll, .link = {BytesPerSecond(256 << 10), BytesPerSecond(4 << 20), 10ms, 256_KiB}});
  auto& leech = town.add("leech", {.settings = settings});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().pieces_have >= 20; }, 60s));
  town.kill(leech);
  town.start(leech);
  ASSERT_TRUE(town.run_until([&] { return leech.count<Checked>() == 2; }, 60s));
  EXPECT_GT(leech.last_check().pieces_trusted, 0u);
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 2min));
  EXPECT_TRUE(town.has_true_content(leech));
}

TEST(Gathering, ALeecherServesWhatItJustGotWithoutReadingItBack) {
  Town town;
  town.add("seed", {.has = Town::kAll, .link = {BytesPerSecond(1 << 20), BytesPerSecond(4 << 20), 10ms, 256_KiB}});
  auto& first = town.add("first");
  auto& second = town.add("second");
  town.start();
  ASSERT_TRUE(town.run_until([&] { return first.is_complete() && second.is_complete(); }, 2min));
  EXPECT_GT(first.status().uploaded + second.status().uploaded, 1_MiB);
  EXPECT_EQ(first.disk().bytes_read(), 0_B);
  EXPECT_EQ(second.disk().bytes_read(), 0_B);
}

TEST(Gathering, WithoutRecentContentItIsReadFromTheDisk) {
  Settings settings;
  settings.recent_content = {};
  Town town;
  town.add("seed", {.has = Town::kAll, .link = {BytesPerSecond(1 << 20), BytesPerSecond(4 << 20), 10ms, 256_KiB}});
  auto& first = town.add("first", {.settings = settings});
  auto& second = town.add("second", {.settings = settings});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return first.is_complete() && second.is_complete(); }, 2min));
  EXPECT_GT(first.status().uploaded, 0_B);
  EXPECT_EQ(first.disk().bytes_read(), first.status().uploaded);
}

TEST(Gathering, WhatASlowPeerSendsIsWrittenAfterAWhile) {
  Settings settings;
  settings.write_delay = 500ms;
  Town town({.size = 1_MiB, .piece_length = 1_MiB});
  town.add("seed", {.has = Town::kAll, .link = {BytesPerSecond(32 << 10), BytesPerSecond(4 << 20), 10ms, 64_KiB}});
  auto& leech = town.add("leech", {.settings = settings});
  town.start();
  ASSERT_TRUE(town.run_until([&] { return leech.status().downloaded >= 64_KiB; }, 60s));
  town.run_for(600ms);
  EXPECT_GE(leech.disk().used(), 64_KiB);
  EXPECT_EQ(leech.status().pieces_have, 0u);
  ASSERT_TRUE(town.run_until([&] { return leech.is_complete(); }, 2min));
  EXPECT_TRUE(town.has_true_content(leech));
}

}  // namespace
}  // namespace swarmlab::client
