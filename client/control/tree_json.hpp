// The texts of the control tree: what a session tells as values, written as JSON.
//
// Rates are bytes per second, sizes bytes, times seconds; what is unknown is null.  Text that strangers wrote is made valid
// UTF-8.  Each is one object over several lines, made to be read by people (`cat`) and programs alike.
#pragma once

#include <nlohmann/json.hpp>

#include "client/session.hpp"

namespace swarmlab::client::control {

using Json = nlohmann::ordered_json;

double in_seconds(Duration duration);
Json of_limits(const Limits& limits);
Json of_torrent(TorrentId id, const TorrentDescription& torrent, const TorrentStatus& status, const Limits& limits);
// One line of a list of peers, and everything about one.
Json of_peer_in_short(const PeerStatus& peer);
Json of_peer(const PeerStatus& peer);
Json of_file(const FileProgress& file);
// '#' have, '=' whole but not yet verified and on disk, '+' begun, '.' missing.
std::string picture_of(const PiecesStatus& pieces);
// The bitfield of BEP 3, as hex digits.
std::string bitfield_of(const PiecesStatus& pieces);
// "2 min 5 s" is for people: seconds until it is complete, at the present rate.
std::optional<double> seconds_left(const TorrentStatus& status);
// As it stands in a file of the tree.
std::string written(const Json& json);

}  // namespace swarmlab::client::control
