#include "client/json_lines.hpp"

#include <nlohmann/json.hpp>

#include "protocol/text.hpp"

namespace swarmlab::client {
namespace {

using Json = nlohmann::ordered_json;

template <class... F>
struct Overloaded : F... { using F::operator()...; };

double seconds(Duration duration) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) / 1000;
}

std::string text(std::string_view raw) { return protocol::repair_utf8(raw); }

Json begin(std::string_view event, std::string_view torrent, Time at) {
  Json line;
  line["event"] = event;
  line["time_s"] = seconds(at.time_since_epoch());
  line["torrent"] = text(torrent);
  return line;
}

}  // namespace

std::string json_line(std::string_view torrent, Time at, const Event& event) {
  const auto fill = Overloaded{
      [&](const MetadataReceived& e) {
        Json line = begin("metadata_received", torrent, at);
        line["name"] = text(e.name);
        line["size"] = e.size.value();
        line["pieces"] = e.pieces;
        return line;
      },
      [&](const Checked& e) {
        Json line = begin("checked", torrent, at);
        line["pieces_found"] = e.pieces_found;
        line["pieces_total"] = e.pieces_total;
        line["pieces_trusted"] = e.pieces_trusted;
        return line;
      },
      [&](const PeerConnected& e) {
        Json line = begin("peer_connected", torrent, at);
        line["peer"] = to_string(e.peer);
        line["id"] = to_string(e.id);
        line["by"] = e.by == Initiator::us ? "us" : "them";
        return line;
      },
      [&](const PeerDropped& e) {
        Json line = begin("peer_dropped", torrent, at);
        line["peer"] = to_string(e.peer);
        line["reason"] = text(e.reason);
        return line;
      },
      [&](const PieceVerified& e) {
        Json line = begin("piece_verified", torrent, at);
        line["piece"] = e.piece.value();
        line["pieces_have"] = e.pieces_have;
        return line;
      },
      [&](const PieceFailed& e) {
        Json line = begin("piece_failed", torrent, at);
        line["piece"] = e.piece.value();
        line["sources"] = e.sources;
        return line;
      },
      [&](const PeerBanned& e) {
        Json line = begin("peer_banned", torrent, at);
        line["peer"] = to_string(e.peer.address);
        line["piece"] = e.piece.value();
        return line;
      },
      [&](const Completed& e) {
        Json line = begin("completed", torrent, at);
        line["uploaded"] = e.uploaded.value();
        line["downloaded"] = e.downloaded.value();
        return line;
      },
      [&](const TrackerAnswered& e) {
        Json line = begin("tracker_answered", torrent, at);
        line["url"] = text(e.url);
        line["announced"] = protocol::to_string(e.event);
        line["peers"] = e.peers;
        line["interval_s"] = seconds(e.interval);
        return line;
      },
      [&](const TrackerFailed& e) {
        Json line = begin("tracker_failed", torrent, at);
        line["url"] = text(e.url);
        line["announced"] = protocol::to_string(e.event);
        line["reason"] = text(e.reason);
        return line;
      },
      [&](const TrackerScraped& e) {
        Json line = begin("tracker_scraped", torrent, at);
        line["url"] = text(e.url);
        line["seeds"] = e.seeds;
        line["leechers"] = e.leechers;
        line["downloads"] = e.downloads;
        return line;
      },
      [&](const ScrapeFailed& e) {
        Json line = begin("scrape_failed", torrent, at);
        line["url"] = text(e.url);
        line["reason"] = text(e.reason);
        return line;
      },
      [&](const PeersHeard& e) {
        Json line = begin("new_peers", torrent, at);
        line["from"] = to_string(e.from);
        line["peers"] = Json::array();
        for (const Endpoint& peer : e.peers) line["peers"].push_back(to_string(peer));
        return line;
      },
      [&](const StorageFailed& e) {
        Json line = begin("storage_failed", torrent, at);
        line["path"] = text(e.path);
        line["reason"] = text(e.reason);
        if (!e.advice.empty()) line["advice"] = text(e.advice);
        return line;
      },
      [&](const InternalFault& e) {
        Json line = begin("internal_fault", torrent, at);
        line["place"] = text(e.place);
        line["what"] = text(e.what);
        return line;
      },
      [&](const Restarting& e) {
        Json line = begin("restarting", torrent, at);
        line["after_s"] = seconds(e.after);
        line["restarts"] = e.restarts;
        return line;
      },
      [&](const GivenUp& e) {
        Json line = begin("given_up", torrent, at);
        line["restarts"] = e.restarts;
        return line;
      },
      [&](const Stopped&) { return begin("stopped", torrent, at); },
      [&](const Removed&) { return begin("removed", torrent, at); },
      [&](const Selected& e) {
        Json line = begin("selected", torrent, at);
        line["files"] = e.files;
        line["files_total"] = e.files_total;
        line["left"] = e.left.value();
        return line;
      },
      [&](const ResumeIgnored& e) {
        Json line = begin("resume_ignored", torrent, at);
        line["path"] = text(e.path);
        line["reason"] = text(e.reason);
        return line;
      },
      [&](const ResumeNotSaved& e) {
        Json line = begin("resume_not_saved", torrent, at);
        line["path"] = text(e.path);
        line["reason"] = text(e.reason);
        return line;
      },
  };
  return std::visit(fill, event).dump();
}

std::string json_line(std::string_view torrent, Time at, const TorrentStatus& status) {
  Json line = begin("status", torrent, at);
  line["state"] = to_string(status.state);
  if (!status.error.empty()) line["error"] = text(status.error);
  line["pieces_have"] = status.pieces_have;
  line["pieces_total"] = status.pieces_total;
  line["left"] = status.left.value();
  line["uploaded"] = status.uploaded.value();
  line["downloaded"] = status.downloaded.value();
  line["wasted"] = status.wasted.value();
  line["upload_rate"] = status.upload_rate.value();
  line["download_rate"] = status.download_rate.value();
  line["peers"] = status.peers;
  line["seeds"] = status.seeds;
  if (status.swarm_seeds) line["swarm_seeds"] = *status.swarm_seeds;
  if (status.swarm_leechers) line["swarm_leechers"] = *status.swarm_leechers;
  if (status.swarm_downloads) line["swarm_downloads"] = *status.swarm_downloads;
  return line.dump();
}

std::string json_line(const Endpoint& listening, const PeerId& peer_id) {
  Json line;
  line["event"] = "listening";
  line["address"] = to_string(listening);
  line["peer_id"] = to_string(peer_id);
  return line.dump();
}

std::string json_line_of_control(const Endpoint& at, std::string_view token_file) {
  Json line;
  line["event"] = "control";
  line["address"] = to_string(at);
  line["token_file"] = text(token_file);
  return line.dump();
}

}  // namespace swarmlab::client
