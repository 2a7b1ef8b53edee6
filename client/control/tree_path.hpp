// TreePath: the places of the control tree, and how they are written.
//
//   ctl  stats  torrents/                               the whole session
//   torrents/N/{ctl,stats,events,pieces,files/,peers/}  torrent N (numbers are given in the order of adding, and never again)
//   torrents/N/files/{list,F/}                          file F (its place in the torrent, from 0, pads included)
//   torrents/N/files/F/{state,ctl}
//   torrents/N/peers/{list,K/}                          peer K (the same)
//   torrents/N/peers/K/{state,ctl}
//
// The tree has the shape of the one that the project began from: directories of numbers, files that are read for the state of
// a thing and `ctl` files that are written to change it.  HTTP, `btclient ctl` and the mount all use these paths.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "client/events.hpp"
#include "client/peer_key.hpp"

namespace swarmlab::client::control {

inline constexpr std::size_t kMaxPathBytes = 256;

enum class Node : std::uint8_t {
  root, session_ctl, session_stats, torrents,
  torrent, torrent_ctl, torrent_stats, events, pieces, peers,
  peers_list, peer, peer_state, peer_ctl,
  files, files_list, file, file_state, file_ctl,
};

// Directories are listed, texts read, controls written (and read for what they understand), the stream is followed.
enum class NodeKind : std::uint8_t { directory, text, control, stream };
NodeKind kind_of(Node node);

struct TreePath {
  Node node = Node::root;
  TorrentId torrent;         // of nodes within a torrent
  PeerKey peer;              // of nodes within a peer
  std::uint32_t file = 0;    // of nodes within a file
  friend bool operator==(const TreePath&, const TreePath&) = default;
};

// "torrents/0/stats"; a slash at the beginning is the same place, one at the end is for directories only.  The error is a
// sentence that names what is wrong; whether torrent and peer exist is not known here.
std::expected<TreePath, std::string> parse_tree_path(std::string_view text);
// Canonical: with a leading slash, directories with one at the end.
std::string to_string(const TreePath& path);

}  // namespace swarmlab::client::control
