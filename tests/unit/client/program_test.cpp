// btclient around a session, in virtual time: what happens between two of its ticks.
#include "client/program.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "client/saved_torrent.hpp"
#include "tests/unit/client/town.hpp"

namespace swarmlab::client {
namespace {

// A seed, and btclient with a magnet link to what it has.
class ByLink {
 public:
  ByLink() : town({.size = 16_MiB, .has_info = true}), out_(std::tmpfile()) {
    town.add("seed", {.has = Town::kAll});
    town.start();
    town.run_for(3s);                            // the tracker knows the seed
    const IpAddress address = IpAddress::v4(10, 0, 2, 1);
    const auto host = town.world().add_host({"leech", {address}, {BytesPerSecond(1 << 20), BytesPerSecond(4 << 20), 10ms, 256_KiB}, {}});
    options_.listen = {{address, Town::kPort}};
    options_.state = testing::TempDir() + "program_test";
    options_.watch = "inbox";                    // runs on without a torrent
    std::filesystem::remove_all(*options_.state);
    protocol::Magnet link{.info_hash = town.metainfo().info_hash, .trackers = {town.metainfo().trackers.front().front()}};
    torrents_ = {{.metainfo = nullptr, .magnet = link, .warnings = {}}};
    program.emplace(town.world().outside(host), options_, torrents_, Program::Console{.out = out_, .err = out_}, [this] { ++ends; });
    EXPECT_TRUE(program->start().has_value());
  }
  ByLink(const ByLink&) = delete;
  ByLink& operator=(const ByLink&) = delete;
  ~ByLink() {
    program.reset();
    std::fclose(out_);
    std::filesystem::remove_all(*options_.state);
  }

  // Whether the torrent's `stats` have this in them; false where there are none.
  bool says(std::string_view text) {
    const auto path = program->tree().find("torrents/0/stats");
    return path && program->tree().read(*path)->find(text) != std::string::npos;
  }
  void tell(std::string_view command) {
    const auto path = program->tree().find("torrents/0/ctl");
    ASSERT_TRUE(path.has_value());
    EXPECT_TRUE(program->tree().write(*path, command).has_value());
  }
  bool is_saved() { return std::filesystem::exists(saved_torrent_path(*options_.state, town.metainfo().info_hash)); }

  Town town;
  std::optional<Program> program;
  int ends = 0;

 private:
  std::FILE* out_;
  Options options_;
  Program::Torrents torrents_;
};

TEST(Program, SavesWhatALinkStoodForAtItsNextTick) {
  ByLink link;
  ASSERT_TRUE(link.town.run_until([&] { return !link.says("fetching metadata"); }, 60s));
  EXPECT_FALSE(link.is_saved());
  link.town.run_for(300ms);
  EXPECT_TRUE(link.is_saved());
}

TEST(Program, ATorrentRemovedBeforeTheTickAfterItsMetadataCameIsGoneAndNobodyMissesIt) {
  int before_the_tick = 0;
  for (const Duration wait : {Duration(0ms), Duration(1ms), Duration(50ms), Duration(150ms)}) {
    ByLink link;
    ASSERT_TRUE(link.town.run_until([&] { return !link.says("fetching metadata"); }, 60s));
    if (wait > 0ms) link.town.run_for(wait);
    before_the_tick += link.is_saved() ? 0 : 1;
    link.tell("remove");
    link.town.run_for(20s);
    EXPECT_FALSE(link.program->tree().find("torrents/0/stats").has_value()) << "it is gone";
    EXPECT_EQ(link.ends, 0) << "and the client runs on";
  }
  EXPECT_GE(before_the_tick, 2);
}

}  // namespace
}  // namespace swarmlab::client
