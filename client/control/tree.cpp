#include "client/control/tree.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "client/control/tree_json.hpp"
#include "client/json_lines.hpp"
#include "protocol/text.hpp"

namespace swarmlab::client::control {
namespace {

template <class... F>
struct Overloaded : F... { using F::operator()...; };

constexpr Duration kLatenessWindow = 10s;
// Bounds of what is remembered of trackers' answers, for each torrent.
constexpr std::size_t kTrackersRemembered = 32;
constexpr std::size_t kPeersRemembered = 1000;

TreeError error(TreeError::Kind kind, std::string what) { return {kind, std::move(what)}; }

std::unexpected<TreeError> not_found(std::string what) {
  return std::unexpected(error(TreeError::Kind::not_found, std::move(what)));
}

std::unexpected<TreeError> wrong_kind(const TreePath& path, std::string_view what) {
  return std::unexpected(error(TreeError::Kind::wrong_kind, fmt::format("{} {}", to_string(path), what)));
}

const PeerStatus* find_peer(const std::vector<PeerStatus>& peers, PeerKey key) {
  const auto at = std::ranges::find(peers, key, &PeerStatus::key);
  return at == peers.end() ? nullptr : &*at;
}

bool has_file(const std::shared_ptr<const protocol::Metainfo>& metainfo, std::uint32_t file) {
  return metainfo != nullptr && file < metainfo->files.size() && !metainfo->files[file].is_pad;
}

std::string no_such_peer(PeerKey key) { return fmt::format("peer {} is not connected", key.value()); }

}  // namespace

Tree::Tree(Session& session, const runtime::Clock& clock, TreeOwner& owner)
    : session_(session), clock_(clock), owner_(owner), began_(clock.now()), lateness_since_(began_) {}

// ---- places ----

Tree::Result<TreePath> Tree::find(std::string_view text) const {
  const auto path = parse_tree_path(text);
  if (!path) return not_found(path.error());
  const auto there = exists(*path);
  if (!there) return std::unexpected(there.error());
  return *path;
}

Tree::Result<void> Tree::exists(const TreePath& path) const {
  switch (path.node) {
    case Node::root:
    case Node::session_ctl:
    case Node::session_stats:
    case Node::torrents: return {};
    case Node::torrent:
    case Node::torrent_ctl:
    case Node::torrent_stats:
    case Node::events:
    case Node::pieces:
    case Node::peers:
    case Node::peers_list:
    case Node::files:
    case Node::files_list:
      if (!session_.contains(path.torrent)) return not_found(fmt::format("there is no torrent {}", path.torrent.value()));
      return {};
    case Node::peer:
    case Node::peer_state:
    case Node::peer_ctl:
      if (!session_.contains(path.torrent)) return not_found(fmt::format("there is no torrent {}", path.torrent.value()));
      if (find_peer(session_.peers(path.torrent), path.peer) == nullptr) return not_found(no_such_peer(path.peer));
      return {};
    case Node::file:
    case Node::file_state:
    case Node::file_ctl:
      if (!session_.contains(path.torrent)) return not_found(fmt::format("there is no torrent {}", path.torrent.value()));
      if (!has_file(session_.metainfo(path.torrent), path.file)) return not_found(fmt::format("the torrent has no file {}", path.file));
      return {};
  }
  return {};
}

Tree::Result<std::vector<Tree::Entry>> Tree::list(const TreePath& path) const {
  if (const auto there = exists(path); !there) return std::unexpected(there.error());
  using enum NodeKind;
  std::vector<Entry> entries;
  switch (path.node) {
    case Node::root: return std::vector<Entry>{{"ctl", control}, {"stats", text}, {"torrents", directory}};
    case Node::torrents:
      for (const TorrentId id : session_.torrents()) entries.push_back({std::to_string(id.value()), directory});
      return entries;
    case Node::torrent:
      return std::vector<Entry>{{"ctl", control},     {"events", stream}, {"files", directory},
                                {"peers", directory}, {"pieces", text},   {"stats", text}};
    case Node::peers:
      entries.push_back({"list", text});
      for (const PeerStatus& peer : session_.peers(path.torrent)) entries.push_back({std::to_string(peer.key.value()), directory});
      return entries;
    case Node::files:
      entries.push_back({"list", text});
      for (const FileProgress& file : session_.files(path.torrent)) entries.push_back({std::to_string(file.number), directory});
      return entries;
    case Node::peer:
    case Node::file: return std::vector<Entry>{{"ctl", control}, {"state", text}};
    case Node::session_ctl:
    case Node::session_stats:
    case Node::torrent_ctl:
    case Node::torrent_stats:
    case Node::events:
    case Node::pieces:
    case Node::peers_list:
    case Node::peer_state:
    case Node::peer_ctl:
    case Node::files_list:
    case Node::file_state:
    case Node::file_ctl: return wrong_kind(path, "is no directory");
  }
  return entries;
}

// ---- texts ----

Tree::Result<std::string> Tree::read(const TreePath& path) const {
  if (const auto there = exists(path); !there) return std::unexpected(there.error());
  switch (path.node) {
    case Node::session_stats: return session_stats();
    case Node::torrents: return torrents();
    case Node::torrent_stats: return torrent_stats(path.torrent);
    case Node::pieces: return pieces(path.torrent);
    case Node::peers_list: return peers_list(path.torrent);
    case Node::peer_state: return peer_state(path);
    case Node::files_list: return files_list(path.torrent);
    case Node::file_state: return file_state(path);
    case Node::session_ctl:
    case Node::torrent_ctl:
    case Node::file_ctl:
    case Node::peer_ctl: {
      Json json;
      json["commands"] = Json::array();
      for (const std::string_view help : commands_of(path.node)) json["commands"].push_back(help);
      return written(json);
    }
    case Node::events: return wrong_kind(path, "is a stream: it is followed, not read");
    case Node::root:
    case Node::torrent:
    case Node::peers:
    case Node::peer:
    case Node::files:
    case Node::file: break;
  }
  const auto entries = list(path);
  if (!entries) return std::unexpected(entries.error());
  Json json;
  json["entries"] = Json::array();
  for (const Entry& entry : *entries) json["entries"].push_back(entry.name + (entry.kind == NodeKind::directory ? "/" : ""));
  return written(json);
}

std::string Tree::session_stats() const {
  Json json;
  ByteCount downloaded, uploaded;
  std::int64_t download_rate = 0, upload_rate = 0;
  Json states = Json::object();
  std::uint32_t peers = 0;
  const std::vector<TorrentId> all = session_.torrents();
  for (const TorrentId id : all) {
    const TorrentStatus status = session_.status(id);
    downloaded += status.downloaded;
    uploaded += status.uploaded;
    download_rate += status.download_rate.value();
    upload_rate += status.upload_rate.value();
    peers += status.peers;
    const std::string state(to_string(status.state));
    states[state] = states.value(state, 0) + 1;
  }
  json["peer_id"] = to_string(session_.peer_id());
  json["uptime_s"] = in_seconds(clock_.now() - began_);
  json["torrents"] = all.size();
  json["states"] = states;
  json["peers"] = peers;
  json["downloaded"] = downloaded.value();
  json["uploaded"] = uploaded.value();
  json["download_rate"] = download_rate;
  json["upload_rate"] = upload_rate;
  json["limits"] = of_limits(session_.limits());
  // How late a timer ran, which is how long anything else would have waited.
  json["loop_latency_s"] = {{"last", in_seconds(last_lateness_)}, {"longest_of_10_s", in_seconds(longest_lateness())}};
  return written(json);
}

std::string Tree::torrents() const {
  Json json;
  json["torrents"] = Json::array();
  for (const TorrentId id : session_.torrents()) {
    json["torrents"].push_back(of_torrent(id, session_.describe(id), session_.status(id), session_.limits(id)));
  }
  return written(json);
}

std::string Tree::torrent_stats(TorrentId id) const {
  return written(of_torrent(id, session_.describe(id), session_.status(id), session_.limits(id)));
}

std::string Tree::pieces(TorrentId id) const {
  const PiecesStatus pieces = session_.pieces(id);
  Json json;
  json["count"] = pieces.states.size();
  json["have"] = std::ranges::count(pieces.states, PieceState::have);
  json["legend"] = "# have, = being verified or written, + begun, . missing";
  json["picture"] = picture_of(pieces);
  json["bitfield"] = bitfield_of(pieces);
  json["availability"] = pieces.availability;
  // Thousands of numbers are no text for people: one line each.
  return json.dump() + '\n';
}

std::string Tree::peers_list(TorrentId id) const {
  Json json;
  json["connected"] = Json::array();
  for (const PeerStatus& peer : session_.peers(id)) json["connected"].push_back(of_peer_in_short(peer));
  json["from_trackers"] = Json::array();
  if (const auto known = from_trackers_.find(id); known != from_trackers_.end()) {
    for (const auto& [url, answer] : known->second) {
      Json peers = Json::array();
      for (const protocol::TrackerPeer& peer : answer.peers) {
        peers.push_back({{"endpoint", to_string(peer.endpoint)}, {"peer_id", peer.id ? Json(to_string(*peer.id)) : Json(nullptr)}});
      }
      json["from_trackers"].push_back({{"url", protocol::repair_utf8(url)},
                                       {"answered_s_ago", in_seconds(clock_.now() - answer.at)},
                                       {"peers", std::move(peers)}});
    }
  }
  return written(json);
}

Tree::Result<std::string> Tree::peer_state(const TreePath& path) const {
  const std::vector<PeerStatus> peers = session_.peers(path.torrent);
  const PeerStatus* peer = find_peer(peers, path.peer);
  if (peer == nullptr) return not_found(no_such_peer(path.peer));
  return written(of_peer(*peer));
}

std::string Tree::files_list(TorrentId id) const {
  Json json;
  json["files"] = Json::array();
  for (const FileProgress& file : session_.files(id)) json["files"].push_back(of_file(file));
  return written(json);
}

Tree::Result<std::string> Tree::file_state(const TreePath& path) const {
  const std::vector<FileProgress> files = session_.files(path.torrent);
  const auto file = std::ranges::find(files, path.file, &FileProgress::number);
  if (file == files.end()) return not_found(fmt::format("the torrent has no file {}", path.file));
  return written(of_file(*file));
}

// ---- commands ----

Tree::Result<std::string> Tree::write(const TreePath& path, std::string_view text) {
  if (const auto there = exists(path); !there) return std::unexpected(there.error());
  if (kind_of(path.node) != NodeKind::control) return wrong_kind(path, "takes no commands: write to a ctl");
  const auto commands = parse_commands(path, text);
  if (!commands) return std::unexpected(error(TreeError::Kind::bad_command, commands.error()));
  for (const Command& command : *commands) {
    if (const auto done = obey(path, command); !done) return std::unexpected(done.error());
  }
  Json json;
  json["done"] = commands->size();
  return json.dump() + '\n';
}

Tree::Result<void> Tree::obey(const TreePath& path, const Command& command) {
  const TorrentId id = path.torrent;
  // An earlier line of the same write may have removed what this one is for.
  if (const auto there = exists(path); !there) return std::unexpected(there.error());
  const bool is_of_session = path.node == Node::session_ctl;
  const auto limit = [&](const auto& change) {
    Limits limits = is_of_session ? session_.limits() : session_.limits(id);
    change(limits);
    if (is_of_session) {
      session_.set_limits(limits);
    } else {
      session_.set_limits(id, limits);
    }
    return Result<void>();
  };
  return std::visit(
      Overloaded{
          [&](const Add& add) -> Result<void> {
            const auto added = owner_.add(add.source);
            if (!added) return std::unexpected(error(TreeError::Kind::refused, added.error()));
            return {};
          },
          [&](const Quit&) -> Result<void> { return owner_.quit(), Result<void>(); },
          [&](const Start&) -> Result<void> { return session_.start(id), Result<void>(); },
          [&](const Stop&) -> Result<void> { return session_.stop(id), Result<void>(); },
          [&](const Remove&) -> Result<void> { return session_.remove(id), Result<void>(); },
          [&](const Reannounce&) -> Result<void> { return session_.reannounce(id), Result<void>(); },
          [&](const Scrape&) -> Result<void> { return session_.scrape(id), Result<void>(); },
          [&](const LimitDown& set) -> Result<void> { return limit([&](Limits& limits) { limits.down = set.rate; }); },
          [&](const LimitUp& set) -> Result<void> { return limit([&](Limits& limits) { limits.up = set.rate; }); },
          [&](const Disconnect& disconnect) -> Result<void> {
            if (!session_.disconnect(id, disconnect.peer)) {
              return std::unexpected(error(TreeError::Kind::refused, no_such_peer(disconnect.peer)));
            }
            return {};
          },
          [&](const AddPeer& add) -> Result<void> { return session_.add_peer(id, add.peer), Result<void>(); },
          [&](const Prioritise& wanted) { return prioritise(path, wanted); },
      },
      command);
}

Tree::Result<void> Tree::prioritise(const TreePath& path, const Prioritise& wanted) {
  const auto metainfo = session_.metainfo(path.torrent);
  if (metainfo == nullptr) return std::unexpected(error(TreeError::Kind::refused, "its files are not known yet"));
  std::vector<std::uint32_t> files{path.file};
  if (path.node == Node::torrent_ctl) files = matching_files(*metainfo, wanted.glob);
  if (files.empty()) {
    return std::unexpected(error(TreeError::Kind::refused, fmt::format("'{}' matches none of the torrent's files",
                                                                      protocol::one_line(wanted.glob, 60))));
  }
  session_.prioritise(path.torrent, files, wanted.priority);
  return {};
}

// ---- the stream ----

Tree::Result<std::vector<std::string>> Tree::follow(const TreePath& path, TreeListener& listener) {
  if (const auto there = exists(path); !there) return std::unexpected(there.error());
  if (path.node != Node::events) return wrong_kind(path, "is no stream");
  const TorrentId id = path.torrent;
  const std::string name = protocol::repair_utf8(session_.describe(id).name);
  const PiecesStatus pieces = session_.pieces(id);
  Json begin;
  begin["event"] = "pieces";
  begin["time_s"] = in_seconds(clock_.now().time_since_epoch());
  begin["torrent"] = name;
  begin["pieces_have"] = std::ranges::count(pieces.states, PieceState::have);
  begin["pieces_total"] = pieces.states.size();
  begin["bitfield"] = bitfield_of(pieces);
  std::vector<std::string> lines{begin.dump(), json_line(name, clock_.now(), session_.status(id))};
  for (const PeerStatus& peer : session_.peers(id)) {
    if (peer.is_ready) lines.push_back(json_line(name, clock_.now(), PeerConnected{peer.endpoint, peer.id, peer.by}));
  }
  listeners_.push_back({id, &listener});
  return lines;
}

void Tree::unfollow(TreeListener& listener) {
  std::erase_if(listeners_, [&](const Listening& one) { return one.listener == &listener; });
}

void Tree::on_event(TorrentId torrent, const Event& event) {
  if (const auto* answer = std::get_if<TrackerAnswered>(&event); answer != nullptr && !answer->found.empty()) {
    auto& trackers = from_trackers_[torrent];
    if (trackers.size() < kTrackersRemembered || trackers.contains(std::string(answer->url))) {
      const auto kept = answer->found.first(std::min(answer->found.size(), kPeersRemembered));
      trackers[std::string(answer->url)] = {clock_.now(), {kept.begin(), kept.end()}};
    }
  }
  if (std::ranges::any_of(listeners_, [&](const Listening& one) { return one.torrent == torrent; })) {
    const std::string name = session_.describe(torrent).name;
    tell(torrent, json_line(name, clock_.now(), event));
    if (const auto* answer = std::get_if<TrackerAnswered>(&event); answer != nullptr && !answer->found.empty()) {
      Json line;
      line["event"] = "new_peers";
      line["time_s"] = in_seconds(clock_.now().time_since_epoch());
      line["torrent"] = protocol::repair_utf8(name);
      line["from"] = protocol::repair_utf8(answer->url);
      line["peers"] = Json::array();
      for (const protocol::TrackerPeer& peer : answer->found) line["peers"].push_back(to_string(peer.endpoint));
      tell(torrent, line.dump());
    }
  }
  if (std::holds_alternative<Removed>(event)) {
    from_trackers_.erase(torrent);
    const auto ended = std::exchange(listeners_, {});
    for (const Listening& one : ended) {
      if (one.torrent == torrent) {
        one.listener->on_end();
      } else {
        listeners_.push_back(one);
      }
    }
  }
}

void Tree::tell(TorrentId torrent, std::string_view line) {
  std::erase_if(listeners_, [&](const Listening& one) { return one.torrent == torrent && !one.listener->on_line(line); });
}

// ---- the loop ----

void Tree::on_lateness(Duration late) {
  const Time now = clock_.now();
  last_lateness_ = std::max(late, Duration{});
  if (now - lateness_since_ >= kLatenessWindow) {
    longest_before_ = std::exchange(longest_now_, Duration{});
    lateness_since_ = now;
  }
  longest_now_ = std::max(longest_now_, last_lateness_);
}

Duration Tree::longest_lateness() const { return std::max(longest_now_, longest_before_); }

}  // namespace swarmlab::client::control
