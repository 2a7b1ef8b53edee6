#include "client/control/tree_path.hpp"

#include <vector>

#include <fmt/format.h>

#include "protocol/quantities.hpp"
#include "protocol/text.hpp"

namespace swarmlab::client::control {
namespace {

constexpr std::uint64_t kMostNumber = 0xffff'fffe;

// A number as the tree writes it: no sign, no zeros in front.
std::expected<std::uint32_t, std::string> number(std::string_view text, std::string_view of_what) {
  const auto value = parse_count(text, kMostNumber);
  if (!value || (text.size() > 1 && text.front() == '0')) {
    return std::unexpected(fmt::format("'{}' is no number of a {}", protocol::one_line(text, 40), of_what));
  }
  return static_cast<std::uint32_t>(*value);
}

std::string no_such(std::string_view name, std::string_view in, std::string_view there_are) {
  return fmt::format("there is no '{}' in {}; there are {}", protocol::one_line(name, 40), in, there_are);
}

}  // namespace

NodeKind kind_of(Node node) {
  switch (node) {
    case Node::root:
    case Node::torrents:
    case Node::torrent:
    case Node::peers:
    case Node::peer:
    case Node::files:
    case Node::file: return NodeKind::directory;
    case Node::session_ctl:
    case Node::torrent_ctl:
    case Node::peer_ctl:
    case Node::file_ctl: return NodeKind::control;
    case Node::events: return NodeKind::stream;
    case Node::session_stats:
    case Node::torrent_stats:
    case Node::pieces:
    case Node::peers_list:
    case Node::peer_state:
    case Node::files_list:
    case Node::file_state: return NodeKind::text;
  }
  return NodeKind::text;
}

std::expected<TreePath, std::string> parse_tree_path(std::string_view text) {
  if (text.size() > kMaxPathBytes) return std::unexpected("the path is longer than any in the tree");
  const std::string_view whole = text;
  if (text.starts_with('/')) text.remove_prefix(1);
  const bool ends_in_slash = text.ends_with('/');
  if (ends_in_slash) text.remove_suffix(1);

  std::vector<std::string_view> names;
  while (!text.empty()) {
    const std::size_t slash = text.find('/');
    names.push_back(text.substr(0, slash));
    if (names.back().empty()) return std::unexpected("a path has one slash between its names");
    text = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
    if (slash != std::string_view::npos && text.empty()) return std::unexpected("a path has one slash between its names");
  }
  if (names.empty() && whole.size() > 1) return std::unexpected("a path has one slash between its names");

  TreePath path;
  const auto done = [&](Node node) -> std::expected<TreePath, std::string> {
    path.node = node;
    if (ends_in_slash && !names.empty() && kind_of(node) != NodeKind::directory) {
      return std::unexpected(fmt::format("{} is a file: no slash at its end", to_string(path)));
    }
    return path;
  };
  const auto too_deep = [&](Node node) -> std::expected<TreePath, std::string> {
    path.node = node;
    return std::unexpected(fmt::format("{} is a file, and has nothing in it", to_string(path)));
  };

  const std::size_t depth = names.size();
  if (depth == 0) return done(Node::root);
  if (names[0] == "ctl") return depth == 1 ? done(Node::session_ctl) : too_deep(Node::session_ctl);
  if (names[0] == "stats") return depth == 1 ? done(Node::session_stats) : too_deep(Node::session_stats);
  if (names[0] != "torrents") return std::unexpected(no_such(names[0], "/", "ctl, stats, torrents/"));
  if (depth == 1) return done(Node::torrents);

  const auto torrent = number(names[1], "torrent");
  if (!torrent) return std::unexpected(torrent.error());
  path.torrent = TorrentId(*torrent);
  if (depth == 2) return done(Node::torrent);
  struct Row { std::string_view name; Node node; };
  static constexpr Row kFiles[] = {{"ctl", Node::torrent_ctl}, {"stats", Node::torrent_stats},
                                   {"events", Node::events}, {"pieces", Node::pieces}};
  for (const Row& row : kFiles) {
    if (names[2] == row.name) return depth == 3 ? done(row.node) : too_deep(row.node);
  }
  if (names[2] == "files") {
    if (depth == 3) return done(Node::files);
    if (names[3] == "list") return depth == 4 ? done(Node::files_list) : too_deep(Node::files_list);
    const auto file = number(names[3], "file");
    if (!file) return std::unexpected(file.error());
    path.file = *file;
    if (depth == 4) return done(Node::file);
    if (names[4] == "state") return depth == 5 ? done(Node::file_state) : too_deep(Node::file_state);
    if (names[4] == "ctl") return depth == 5 ? done(Node::file_ctl) : too_deep(Node::file_ctl);
    return std::unexpected(no_such(names[4], "a file", "state, ctl"));
  }
  if (names[2] != "peers") return std::unexpected(no_such(names[2], "a torrent", "ctl, stats, events, pieces, files/, peers/"));
  if (depth == 3) return done(Node::peers);
  if (names[3] == "list") return depth == 4 ? done(Node::peers_list) : too_deep(Node::peers_list);

  const auto peer = number(names[3], "peer");
  if (!peer) return std::unexpected(peer.error());
  path.peer = PeerKey(*peer);
  if (depth == 4) return done(Node::peer);
  if (names[4] == "state") return depth == 5 ? done(Node::peer_state) : too_deep(Node::peer_state);
  if (names[4] == "ctl") return depth == 5 ? done(Node::peer_ctl) : too_deep(Node::peer_ctl);
  return std::unexpected(no_such(names[4], "a peer", "state, ctl"));
}

std::string to_string(const TreePath& path) {
  const std::string torrent = fmt::format("/torrents/{}/", path.torrent.value());
  const std::string peer = fmt::format("{}peers/{}/", torrent, path.peer.value());
  const std::string file = fmt::format("{}files/{}/", torrent, path.file);
  switch (path.node) {
    case Node::root: return "/";
    case Node::session_ctl: return "/ctl";
    case Node::session_stats: return "/stats";
    case Node::torrents: return "/torrents/";
    case Node::torrent: return torrent;
    case Node::torrent_ctl: return torrent + "ctl";
    case Node::torrent_stats: return torrent + "stats";
    case Node::events: return torrent + "events";
    case Node::pieces: return torrent + "pieces";
    case Node::peers: return torrent + "peers/";
    case Node::peers_list: return torrent + "peers/list";
    case Node::peer: return peer;
    case Node::peer_state: return peer + "state";
    case Node::peer_ctl: return peer + "ctl";
    case Node::files: return torrent + "files/";
    case Node::files_list: return torrent + "files/list";
    case Node::file: return file;
    case Node::file_state: return file + "state";
    case Node::file_ctl: return file + "ctl";
  }
  return "/";
}

}  // namespace swarmlab::client::control
