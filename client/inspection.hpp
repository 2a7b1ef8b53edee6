// What a session tells about itself when asked: values, true at the moment of asking.
//
// For whoever watches a client: the control tree, the terminal screen, tests.  Nothing here refers to the engine, so it may be
// kept, sent and compared after the peer or the torrent has gone.  Rates are of payload over Settings::rate_window.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/events.hpp"
#include "client/peer_key.hpp"
#include "client/piece_picker.hpp"
#include "client/selection.hpp"

namespace swarmlab::client {

// Who a torrent is.  Of a magnet link whose metadata is unknown: no sizes, and the link's name, or else its hash.
struct TorrentDescription {
  std::string name;
  InfoHashV1 info_hash;
  std::string directory;
  ByteCount size;
  ByteCount piece_length;
  std::uint32_t pieces = 0;
};

// One connected peer; "it" is the peer.
struct PeerStatus {
  PeerKey key;
  Endpoint endpoint;
  PeerId id;
  std::string client;                   // its name as it says (BEP 10, "v"); empty where it says none
  Initiator by = Initiator::us;
  bool is_ready = false;                // the handshakes are through; else nothing below is known
  Duration connected{};                 // for how long
  std::uint32_t pieces = 0;             // that it has
  bool is_seed = false;
  bool am_interested = false;
  bool peer_choking = true;
  bool is_snubbed = false;              // owes us blocks and sends none
  bool am_choking = true;
  bool peer_interested = false;
  BytesPerSecond download_rate;         // useful payload from it
  BytesPerSecond upload_rate;           // payload to it
  ByteCount downloaded;
  ByteCount uploaded;
  std::uint32_t interesting = 0;        // pieces it has that we lack
  std::uint32_t requests_open = 0;      // ours at it
  std::uint32_t requests_late = 0;      // of ours, given up, that it may still answer
  std::uint32_t requests_queued = 0;    // its at us
  ByteCount reading;                    // of its requests, on their way from disk
  Duration silent{};                    // since it sent anything
  Duration since_sent{};                // since we sent anything
  std::optional<Duration> round_trip;   // of the transport
};

// One file of a torrent; `number` is its place among all of them, pads included.
struct FileProgress {
  std::uint32_t number = 0;
  std::string path;                     // below the torrent's directory, its name first
  ByteCount length;
  ByteCount have;                       // of it, in verified pieces
  Priority priority = Priority::normal;
};

struct PiecesStatus {
  std::vector<PieceState> states;
  std::vector<std::uint32_t> availability;    // connected peers that have it; 0 for pieces that are ours
};

}  // namespace swarmlab::client
