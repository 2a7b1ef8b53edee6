#include "client/control/tree_path.hpp"

#include <gtest/gtest.h>

#include "client/control/command.hpp"

namespace swarmlab::client::control {
namespace {

TEST(TreePath, EveryPlaceIsWrittenAndReadBack) {
  const std::string_view places[] = {
      "/", "/ctl", "/stats", "/torrents/", "/torrents/0/", "/torrents/12/ctl", "/torrents/0/stats", "/torrents/0/events",
      "/torrents/0/pieces", "/torrents/0/peers/", "/torrents/0/peers/list", "/torrents/0/peers/7/",
      "/torrents/0/peers/7/state", "/torrents/3/peers/7/ctl", "/torrents/0/files/", "/torrents/0/files/list",
      "/torrents/0/files/12/", "/torrents/0/files/0/state", "/torrents/1/files/3/ctl"};
  for (const std::string_view place : places) {
    const auto path = parse_tree_path(place);
    ASSERT_TRUE(path) << place << ": " << path.error();
    EXPECT_EQ(to_string(*path), place);
    EXPECT_EQ(kind_of(path->node) == NodeKind::directory, place.ends_with('/')) << place;
    if (place == "/") continue;
    EXPECT_EQ(parse_tree_path(place.substr(1)), path) << "the first slash may be left out";
    if (place.ends_with('/')) {
      EXPECT_EQ(parse_tree_path(place.substr(0, place.size() - 1)), path) << "and a directory's last";
    }
  }
  EXPECT_EQ(parse_tree_path("")->node, Node::root);
}

TEST(TreePath, WhatIsNoPlaceIsRefusedWithAReason) {
  const std::string_view wrong[] = {
      "//", "/torrents//0", "torrents/0//", "/nothing", "/stats/", "/stats/x", "/torrents/-1", "/torrents/01", "/torrents/x/",
      "/torrents/99999999999", "/torrents/0/events/", "/torrents/0/peers/list/", "/torrents/0/peers/a/state",
      "/torrents/0/files/01/", "/torrents/0/files/list/x", "/torrents/0/files/3/data",
      "/torrents/0/peers/0/state/x", "/torrents/0/peers/0/nothing", "/../etc/passwd", "/torrents/%30", "/torrents/0/ctl/ctl"};
  for (const std::string_view text : wrong) {
    const auto path = parse_tree_path(text);
    ASSERT_FALSE(path) << text;
    EXPECT_FALSE(path.error().empty());
  }
  EXPECT_FALSE(parse_tree_path(std::string(1000, '/')));
}

TreePath at(std::string_view path) { return *parse_tree_path(path); }

TEST(Commands, EachIsUnderstoodWhereItBelongs) {
  const TreePath session = at("ctl"), torrent = at("torrents/0/ctl"), peer = at("torrents/0/peers/5/ctl");
  const auto one = [](const TreePath& where, std::string_view text) { return parse_commands(where, text)->front(); };
  EXPECT_EQ(one(session, "add a file with blanks.torrent"), Command(Add{"a file with blanks.torrent"}));
  EXPECT_EQ(one(session, "quit\n"), Command(Quit{}));
  EXPECT_EQ(one(session, "down 1 MiB/s"), Command(LimitDown{BytesPerSecond(1 << 20)}));
  EXPECT_EQ(one(torrent, "  up 8 kbit/s  "), Command(LimitUp{BytesPerSecond(1000)}));
  EXPECT_EQ(one(torrent, "up unlimited"), Command(LimitUp{std::nullopt}));
  EXPECT_EQ(one(torrent, "start"), Command(Start{}));
  EXPECT_EQ(one(torrent, "stop\r\n"), Command(Stop{}));
  EXPECT_EQ(one(torrent, "remove"), Command(Remove{}));
  EXPECT_EQ(one(torrent, "reannounce"), Command(Reannounce{}));
  EXPECT_EQ(one(torrent, "scrape"), Command(Scrape{}));
  EXPECT_EQ(one(torrent, "disconnect 3"), Command(Disconnect{PeerKey(3)}));
  EXPECT_EQ(one(torrent, "peer [::1]:6881"), Command(AddPeer{*Endpoint::parse("[::1]:6881")}));
  EXPECT_EQ(one(peer, "disconnect"), Command(Disconnect{PeerKey(5)}));
  EXPECT_EQ(one(torrent, "priority skip extras/with blank*"), Command(Prioritise{Priority::skip, "extras/with blank*"}));
  EXPECT_EQ(one(at("torrents/0/files/2/ctl"), "priority high"), Command(Prioritise{Priority::high, ""}));
}

TEST(Commands, LinesAreCommandsAndBlankOnesCountForNothing) {
  const auto commands = parse_commands(at("torrents/0/ctl"), "\n stop \n\n\tstart\n");
  ASSERT_TRUE(commands);
  EXPECT_EQ(*commands, (std::vector<Command>{Stop{}, Start{}}));
}

TEST(Commands, OneWrongLineRefusesAllOfThem) {
  EXPECT_FALSE(parse_commands(at("torrents/0/ctl"), "stop\nstrat\n"));
}

TEST(Commands, WhatIsWrongIsSaidWithWhatWouldBeRight) {
  const auto why = [](std::string_view where, std::string_view text) {
    const auto commands = parse_commands(at(where), text);
    return commands ? std::string("understood") : commands.error();
  };
  EXPECT_EQ(why("ctl", "stop"), "'stop' is no command here; there are add, down, up, quit");
  EXPECT_EQ(why("torrents/0/ctl", "down"), "write 'down RATE|unlimited: what this torrent may download'");
  EXPECT_NE(why("torrents/0/ctl", "down fast").find("down: "), std::string::npos);
  EXPECT_NE(why("torrents/0/ctl", "down 0 B/s").find("unlimited"), std::string::npos);
  EXPECT_EQ(why("torrents/0/ctl", "priority urgent *"), "priority: 'urgent' is none of skip, low, normal, high");
  EXPECT_EQ(why("torrents/0/ctl", "priority skip"), "priority: of which files? write 'priority skip *.txt'");
  EXPECT_NE(why("torrents/0/files/0/ctl", "priority skip *"), "understood") << "a glob that nothing would read";
  EXPECT_NE(why("torrents/0/ctl", "stop now"), "understood") << "an argument that nothing would read";
  EXPECT_NE(why("torrents/0/ctl", "peer 10.0.0.1:0"), "understood");
  EXPECT_NE(why("torrents/0/peers/5/ctl", "disconnect 6"), "understood");
  EXPECT_NE(why("ctl", " \n"), "understood");
}

TEST(Commands, AreBounded) {
  std::string many;
  for (std::size_t i = 0; i <= kMaxCommandLines; ++i) many += "stop\n";
  EXPECT_FALSE(parse_commands(at("torrents/0/ctl"), many));
  EXPECT_FALSE(parse_commands(at("ctl"), "add " + std::string(kMaxCommandBytes, 'x')));
}

}  // namespace
}  // namespace swarmlab::client::control
