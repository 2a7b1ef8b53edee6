#include "client/watch_folder.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "swarmsim/virtual/world.hpp"

namespace swarmlab::client {
namespace {

struct Watched final : WatchFolderOwner {
  Watched() : world(swarmsim::WorldOptions{}), host(world.add_host({"h", {IpAddress::v4(10, 0, 0, 1)}, {}, {}})) {
    const runtime::Outside outside = world.outside(host);
    folder = std::make_unique<WatchFolder>(outside.files, outside.clock, outside.timers, "inbox", *this);
  }
  std::expected<void, std::string> on_torrent_file(const std::string& path) override {
    tried.push_back(path);
    if (is_broken) return std::unexpected(path + ": is no torrent");
    return {};
  }
  void on_watch_trouble(const std::string& what) override { troubles.push_back(what); }
  void put(const std::string& name, std::string_view content) {
    const runtime::Slice slice = runtime::Slice::copy_of(as_bytes(content));
    world.files(host).put_file("inbox/" + name, std::span(&slice, 1));
  }
  void run_for(Duration time) { world.run_until(world.now() + time); }

  swarmsim::World world;
  swarmsim::HostId host;
  std::vector<std::string> tried;
  std::vector<std::string> troubles;
  bool is_broken = false;
  std::unique_ptr<WatchFolder> folder;
};

TEST(WatchFolder, AddsEveryTorrentOnceAndNothingElse) {
  Watched watched;
  watched.put("a.torrent", "d4:infoe");
  watched.put("notes.txt", "");
  watched.run_for(10s);
  watched.put("b.torrent", "d4:infoe");
  watched.run_for(10s);
  EXPECT_EQ(watched.tried, (std::vector<std::string>{"inbox/a.torrent", "inbox/b.torrent"}));
}

TEST(WatchFolder, WhatIsStillBeingWrittenIsLeftAlone) {
  Watched watched;
  watched.run_for(500ms);
  for (const std::string_view begun : {"d", "d4", "d4:", "d4:i"}) {
    watched.put("a.torrent", begun);
    watched.run_for(1s);
  }
  EXPECT_TRUE(watched.tried.empty());
  watched.run_for(3s);
  EXPECT_EQ(watched.tried.size(), 1u);
}

TEST(WatchFolder, AHalfWrittenFileIsSaidOnceAndTriedAgainWhenItHasChanged) {
  Watched watched;
  watched.is_broken = true;
  watched.put("a.torrent", "d4:in");
  watched.run_for(20s);
  EXPECT_EQ(watched.tried.size(), 1u);
  EXPECT_EQ(watched.troubles, std::vector<std::string>{"inbox/a.torrent: is no torrent"});
  watched.is_broken = false;
  watched.put("a.torrent", "d4:infoe");
  watched.run_for(20s);
  EXPECT_EQ(watched.tried.size(), 2u);
}

TEST(WatchFolder, AFileThatWasTakenAwayAndPutBackIsNew) {
  Watched watched;
  watched.put("a.torrent", "d4:infoe");
  watched.run_for(5s);
  watched.world.files(watched.host).remove_now("inbox/a.torrent");
  watched.run_for(5s);
  EXPECT_EQ(watched.tried.size(), 1u);
  watched.put("a.torrent", "d4:infoe");
  watched.run_for(5s);
  EXPECT_EQ(watched.tried.size(), 2u);
}

TEST(WatchFolder, AFolderThatIsNotThereIsSaidOnceAndLookedForAgain) {
  Watched watched;
  watched.run_for(10s);
  EXPECT_EQ(watched.troubles.size(), 1u);
  watched.put("a.torrent", "d4:infoe");
  watched.run_for(5s);
  EXPECT_EQ(watched.tried.size(), 1u);
}

}  // namespace
}  // namespace swarmlab::client
