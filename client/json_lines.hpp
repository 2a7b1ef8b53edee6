// What btclient --json prints: one JSON object a line, for programs that watch a client.
//
//   {"event": "piece_verified", "time_s": 1.250, "torrent": "name", "piece": 7, "pieces_have": 8}
//
// `event` is checked, peer_connected, peer_dropped, piece_verified, piece_failed, peer_banned, completed,
// tracker_answered, tracker_failed, storage_failed, restarting, given_up, stopped, removed, once `listening` (and `control`) at the
// beginning, and `status` every second.
// Fields are those of client/events.hpp and TorrentStatus; rates are bytes per second.
#pragma once

#include <string>
#include <string_view>

#include "client/session.hpp"

namespace swarmlab::client {

std::string json_line(std::string_view torrent, Time at, const Event& event);
std::string json_line(std::string_view torrent, Time at, const TorrentStatus& status);
std::string json_line(const Endpoint& listening, const PeerId& peer_id);
// Where the control tree is served, and where its token lies.
std::string json_line_of_control(const Endpoint& at, std::string_view token_file);

}  // namespace swarmlab::client
