// What is in the real folders of a lab run, and since when.
#include "swarmsim/lab/lab_content.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "protocol/assert.hpp"
#include "swarmsim/scenario/parse.hpp"
#include "tests/unit/torrentgen/temporary_tree.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace fs = std::filesystem;

constexpr HostId kYou{0};

Scenario story() {
  Diagnostics diagnostics;
  auto parsed = parse_scenario(R"(format: 1
scenario: A folder fills
limit: 60 s
torrent: { size: 256 KiB, piece_length: 64 KiB }
peers:
  you: { subject: true }
checks:
  - completes: { who: you }
)", {}, diagnostics);
  SWARM_ASSERT(parsed.has_value(), diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return std::move(*parsed);
}

// One peer's folder, in a run whose clock the test sets.
class FolderDisksTest : public testing::Test {
 protected:
  void put(const protocol::Bitfield& pieces) { ASSERT_TRUE(put_content(torrent, pieces, folder)); }
  void put_all() {
    protocol::Bitfield all(4);
    all.set_all();
    put(all);
  }
  fs::path only_file() const { return *fs::directory_iterator(folder); }

  torrentgen::test::TemporaryTree tree;
  const fs::path folder = tree.at("you");
  const Scenario scenario = story();
  const SwarmTorrent torrent = make_torrent_of_bytes(scenario, 1);
  Time now = kStart;
  FolderDisks disks{torrent, {folder}, {.now = [this] { return now; }, .bites = {}, .strays = {}}};
};

TEST_F(FolderDisksTest, TellToASecondSinceWhenAFolderIsWhole) {
  protocol::Bitfield some(4);
  some.set(PieceIndex(2));
  put(some);
  now = kStart + 30s;
  EXPECT_FALSE(disks.is_whole(kYou));
  EXPECT_EQ(disks.whole_since(kYou), std::nullopt);
  fs::last_write_time(only_file(), fs::file_time_type::clock::now() - 1h);   // else the test is quicker than the clock of files
  now = kStart + 32s;
  EXPECT_FALSE(disks.is_whole(kYou));
  put_all();
  now = kStart + 33s;
  EXPECT_TRUE(disks.is_whole(kYou));
  now = kStart + 50s;
  EXPECT_EQ(disks.whole_since(kYou), kStart + 33s);
}

TEST_F(FolderDisksTest, FindWhatChangesWithoutATraceWithinAQuarterOfTheTime) {
  put_all();
  EXPECT_TRUE(disks.is_whole(kYou));
  now = kStart + 40s;
  EXPECT_TRUE(disks.is_whole(kYou));   // looked through: again after 10 s
  const auto written = fs::last_write_time(only_file());
  std::fstream(only_file(), std::ios::binary | std::ios::in | std::ios::out) << "spoilt";
  fs::last_write_time(only_file(), written);
  now = kStart + 45s;
  EXPECT_TRUE(disks.is_whole(kYou)) << "nothing seems to have changed";
  now = kStart + 51s;
  EXPECT_FALSE(disks.is_whole(kYou));
}

}  // namespace
}  // namespace swarmlab::swarmsim
