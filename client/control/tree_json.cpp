#include "client/control/tree_json.hpp"

#include <algorithm>

#include "protocol/text.hpp"

namespace swarmlab::client::control {
namespace {

Json of_rate(std::optional<BytesPerSecond> rate) { return rate ? Json(rate->value()) : Json(nullptr); }

Json of_count(std::optional<std::uint32_t> count) { return count ? Json(*count) : Json(nullptr); }

Json of_seconds(std::optional<double> seconds) { return seconds ? Json(*seconds) : Json(nullptr); }

}  // namespace

double in_seconds(Duration duration) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) / 1000;
}

std::optional<double> seconds_left(const TorrentStatus& status) {
  if (status.state != TorrentState::downloading || status.download_rate.value() == 0) return std::nullopt;
  return in_seconds(std::chrono::ceil<std::chrono::seconds>(status.left / status.download_rate));
}

Json of_limits(const Limits& limits) { return {{"up", of_rate(limits.up)}, {"down", of_rate(limits.down)}}; }

Json of_torrent(TorrentId id, const TorrentDescription& torrent, const TorrentStatus& status, const Limits& limits) {
  Json json;
  json["id"] = id.value();
  json["name"] = protocol::repair_utf8(torrent.name);
  json["info_hash"] = to_string(torrent.info_hash);
  json["directory"] = protocol::repair_utf8(torrent.directory);
  json["state"] = to_string(status.state);
  json["error"] = status.error.empty() ? Json(nullptr) : Json(protocol::repair_utf8(status.error));
  json["size"] = torrent.size.value();
  json["piece_length"] = torrent.piece_length.value();
  json["pieces_total"] = status.pieces_total;
  json["pieces_have"] = status.pieces_have;
  json["left"] = status.left.value();
  json["downloaded"] = status.downloaded.value();
  json["uploaded"] = status.uploaded.value();
  json["wasted"] = status.wasted.value();
  json["download_rate"] = status.download_rate.value();
  json["upload_rate"] = status.upload_rate.value();
  json["eta_s"] = of_seconds(seconds_left(status));
  json["peers"] = status.peers;
  json["seeds"] = status.seeds;
  json["swarm"] = {{"seeds", of_count(status.swarm_seeds)}, {"leechers", of_count(status.swarm_leechers)}};   // as a tracker said last
  json["restarts"] = status.restarts;
  json["limits"] = of_limits(limits);
  return json;
}

Json of_peer_in_short(const PeerStatus& peer) {
  Json json;
  json["id"] = peer.key.value();
  json["endpoint"] = to_string(peer.endpoint);
  json["client"] = peer.client;
  json["pieces"] = peer.pieces;
  json["download_rate"] = peer.download_rate.value();
  json["upload_rate"] = peer.upload_rate.value();
  return json;
}

Json of_peer(const PeerStatus& peer) {
  Json json = of_peer_in_short(peer);
  json["peer_id"] = peer.is_ready ? Json(to_string(peer.id)) : Json(nullptr);
  json["by"] = peer.by == Initiator::us ? "us" : "them";
  json["state"] = peer.is_ready ? "connected" : "connecting";
  json["connected_s"] = in_seconds(peer.connected);
  json["is_seed"] = peer.is_seed;
  json["interesting"] = peer.interesting;
  json["local"] = {{"interested", peer.am_interested}, {"choking", peer.am_choking}};
  json["remote"] = {{"interested", peer.peer_interested}, {"choking", peer.peer_choking}, {"snubbing", peer.is_snubbed}};
  json["downloaded"] = peer.downloaded.value();
  json["uploaded"] = peer.uploaded.value();
  json["requests"] = {{"open", peer.requests_open}, {"late", peer.requests_late}, {"queued", peer.requests_queued},
                      {"reading", peer.reading.value()}};
  json["heard_s_ago"] = peer.is_ready ? Json(in_seconds(peer.silent)) : Json(nullptr);
  json["sent_s_ago"] = peer.is_ready ? Json(in_seconds(peer.since_sent)) : Json(nullptr);
  json["round_trip_s"] = peer.round_trip ? Json(in_seconds(*peer.round_trip)) : Json(nullptr);
  return json;
}

Json of_file(const FileProgress& file) {
  Json json;
  json["id"] = file.number;
  json["path"] = protocol::repair_utf8(file.path);
  json["length"] = file.length.value();
  json["have"] = file.have.value();
  json["priority"] = to_string(file.priority);
  return json;
}

std::string picture_of(const PiecesStatus& pieces) {
  std::string picture;
  picture.reserve(pieces.states.size());
  for (const PieceState state : pieces.states) {
    switch (state) {
      case PieceState::missing: picture += '.'; break;
      case PieceState::partial: picture += '+'; break;
      case PieceState::whole: picture += '='; break;
      case PieceState::have: picture += '#'; break;
    }
  }
  return picture;
}

std::string bitfield_of(const PiecesStatus& pieces) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (std::size_t begin = 0; begin < pieces.states.size(); begin += 8) {
    unsigned byte = 0;
    for (std::size_t i = begin; i < std::min(begin + 8, pieces.states.size()); ++i) {
      if (pieces.states[i] == PieceState::have) byte |= 0x80u >> (i - begin);
    }
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string written(const Json& json) { return json.dump(2) + '\n'; }

}  // namespace swarmlab::client::control
