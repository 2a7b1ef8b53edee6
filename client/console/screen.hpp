// Screen: what btclient shows on a terminal, drawn from values.
//
//   btclient · listens at 127.0.0.1:6881 · control 127.0.0.1:6880                       up 2 min 5 s · loop 0 ms
//   > debian.iso      downloading  53.2 % ↓ 1.2 MiB/s  ↑ 300.0 KiB/s  ETA 2 min 5 s  8 peers
//     other           seeding     100.0 %  ...
//   PIECES 1063 of 2000
//   ████▓▓▒░░  ...      density of what is here; yellow where pieces are begun
//   PEERS               have  down  up  got  given  asked  wants  flags  client
//   ...
//   LOG
//   ...
//   q quit · Tab next torrent
//
// A pure function of the model and the terminal's size: always exactly `rows` lines of at most `columns` cells, whatever
// they are.  Text of strangers cannot leave its place: control characters were made visible before (protocol/text.hpp).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/session.hpp"

namespace swarmlab::client {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

struct ScreenModel {
  struct Torrent {
    std::string name;
    TorrentStatus status;
  };
  std::vector<Torrent> torrents;
  std::size_t chosen = 0;               // the one whose pieces and peers are shown
  PiecesStatus pieces;
  std::vector<PeerStatus> peers;
  std::vector<std::string> log;         // newest last
  std::string listening;
  std::string control;                  // empty: not served
  Duration uptime{};
  Duration loop_latency{};
  bool is_stopping = false;
};

// Lines with colours (ANSI), separated by "\r\n".
std::string draw(const ScreenModel& model, const ScreenSize& size);

// The pieces as `cells` marks, without colours: ' ' nothing, then ░ ▒ ▓ by quarters, █ everything.  Of fewer pieces than cells
// each has several.
std::vector<std::string_view> density(const std::vector<PieceState>& pieces, std::size_t cells);
// The first `width` characters of UTF-8 text, filled up with blanks.
std::string fit(std::string_view text, std::size_t width);

// What a screen is shown on: a terminal, or a test's memory.
class ScreenDevice {
 public:
  virtual ScreenSize size() = 0;
  virtual void show(std::string_view drawing) = 0;
  // Keys pressed since the last call.
  virtual std::string keys() = 0;
  // Gives the place back; what was printed before is there again.
  virtual void leave() = 0;

 protected:
  ~ScreenDevice() = default;
};

}  // namespace swarmlab::client
