#include "client/console/screen.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace swarmlab::client {
namespace {

using enum PieceState;

ScreenModel busy() {
  ScreenModel model;
  TorrentStatus status;
  status.state = TorrentState::downloading;
  status.pieces_have = 30;
  status.pieces_total = 100;
  status.left = 70_MiB;
  status.download_rate = BytesPerSecond(1 << 20);
  status.peers = 3;
  model.torrents.push_back({"w \xe2\x82\xac \x1b[31m", status});
  model.torrents.push_back({"other", status});
  for (int i = 0; i < 100; ++i) model.pieces.states.push_back(i < 30 ? have : i < 33 ? partial : missing);
  for (std::uint32_t i = 0; i < 40; ++i) {
    PeerStatus peer;
    peer.key = PeerKey(i);
    peer.endpoint = {IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i)), 6881};
    peer.is_ready = i % 5 != 0;
    peer.client = "A client with a name that has no end \xe2\x82\xac";
    peer.download_rate = BytesPerSecond(i * 1000);
    model.peers.push_back(peer);
  }
  for (int i = 0; i < 50; ++i) model.log.push_back("line " + std::to_string(i));
  return model;
}

// The lines as they are seen: without colours.
std::vector<std::string> seen(const std::string& drawing) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < drawing.size(); ++i) {
    if (drawing[i] == '\x1b') {
      while (i < drawing.size() && !std::isalpha(static_cast<unsigned char>(drawing[i]))) ++i;
    } else if (drawing[i] == '\n') {
      lines.emplace_back();
    } else if (drawing[i] != '\r') {
      lines.back() += drawing[i];
    }
  }
  return lines;
}

std::size_t cells(const std::string& line) {
  return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }));
}

TEST(Screen, FillsEverySizeExactlyAndNeverOverflowsIt) {
  for (const std::size_t columns : {1u, 7u, 8u, 20u, 79u, 80u, 100u, 250u}) {
    for (const std::size_t rows : {1u, 2u, 5u, 10u, 24u, 60u}) {
      for (const ScreenModel& model : {ScreenModel{}, busy()}) {
        const std::vector<std::string> lines = seen(draw(model, {columns, rows}));
        EXPECT_EQ(lines.size(), rows) << columns << "x" << rows;
        for (const std::string& line : lines) EXPECT_LE(cells(line), columns) << columns << "x" << rows << ": " << line;
      }
    }
  }
}

TEST(Screen, ShowsPeersOfTheHighestRatesAndTheNewestOfTheLog) {
  std::string all;
  for (const std::string& line : seen(draw(busy(), {100, 30}))) all += line + '\n';
  EXPECT_NE(all.find("10.0.0.39:6881"), std::string::npos) << all;
  EXPECT_EQ(all.find("10.0.0.1:6881"), std::string::npos);
  EXPECT_NE(all.find(" more"), std::string::npos);
  EXPECT_NE(all.find("line 49"), std::string::npos);
  EXPECT_NE(all.find("30.0 %"), std::string::npos);
  EXPECT_NE(all.find("ETA 1 min 10 s"), std::string::npos);
  EXPECT_NE(all.find("PIECES 30 of 100, 3 begun"), std::string::npos);
  EXPECT_NE(all.find("%1B[31m"), std::string::npos) << "a name cannot paint the screen";
}

TEST(Screen, DensityNeverRoundsToNothingOrToEverything) {
  std::vector<PieceState> pieces(1000, have);
  pieces[500] = missing;
  const auto nearly = density(pieces, 10);
  EXPECT_EQ(std::ranges::count(nearly, "█"), 9);
  EXPECT_EQ(nearly[5], "▓");
  std::vector<PieceState> hardly(1000, missing);
  hardly[0] = have;
  EXPECT_EQ(density(hardly, 10)[0], "░");
  EXPECT_EQ(density(hardly, 10)[1], " ");
  EXPECT_EQ(density({have, missing}, 4), (std::vector<std::string_view>{"█", "█", " ", " "}));
}

TEST(Screen, FitCountsCharactersAndNotBytes) {
  EXPECT_EQ(fit("a\xe2\x82\xac" "b", 2), "a\xe2\x82\xac");
  EXPECT_EQ(fit("\xe2\x82\xac", 3), "\xe2\x82\xac  ");
  EXPECT_EQ(fit("abc", 0), "");
}

}  // namespace
}  // namespace swarmlab::client
