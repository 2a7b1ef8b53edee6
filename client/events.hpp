// What a session tells its owner, as it happens: for logs, JSON lines, progress and tests.
//
// Events are values, delivered from the loop when the session is consistent; their views live
// for the call.  to_string gives the one wording that people read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/announce.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/units.hpp"

namespace swarmlab::client {

// A torrent of a session, numbered in the order of adding.
using TorrentId = Index<struct TorrentTag>;

enum class Initiator : std::uint8_t { us, them };

// What a magnet link stood for has come and is right.
struct MetadataReceived { std::string_view name; ByteCount size; std::uint32_t pieces = 0; };
struct Checked {                                                                      // initial check is over
  std::uint32_t pieces_found = 0;
  std::uint32_t pieces_total = 0;
  std::uint32_t pieces_trusted = 0;                                                   // found by resume data, not hashed
};
struct Selected { std::uint32_t files = 0; std::uint32_t files_total = 0; ByteCount left; };   // by rules of the user
struct ResumeIgnored { std::string_view path; std::string_view reason; };             // everything is hashed
struct ResumeNotSaved { std::string_view path; std::string_view reason; };            // the next start will hash
struct PeerConnected { Endpoint peer; PeerId id; Initiator by = Initiator::us; };
struct PeerDropped { Endpoint peer; std::string_view reason; };
struct PieceVerified { PieceIndex piece; std::uint32_t pieces_have = 0; };
struct PieceFailed { PieceIndex piece; std::uint32_t sources = 0; };                  // hash mismatch
struct PeerBanned { Endpoint peer; PieceIndex piece; };
struct Completed { ByteCount uploaded; ByteCount downloaded; };                       // became a seed
struct TrackerAnswered { std::string_view url; protocol::AnnounceEvent event; std::uint32_t peers = 0; Duration interval{};
                         std::span<const protocol::TrackerPeer> found{}; };   // `found`: the peers, as the tracker said
struct TrackerScraped { std::string_view url; std::uint32_t seeds = 0; std::uint32_t leechers = 0; std::uint32_t downloads = 0; };
struct ScrapeFailed { std::string_view url; std::string_view reason; };               // no tracker told; `url`: the last
struct PeersHeard { Endpoint from; std::span<const Endpoint> peers{}; };              // by peer exchange
struct TrackerFailed { std::string_view url; protocol::AnnounceEvent event; std::string_view reason; };
struct StorageFailed { std::string_view path; std::string_view reason; std::string_view advice{}; };   // the torrent has stopped
struct InternalFault { std::string_view place; std::string_view what; };               // a bug of ours (fault_boundary.hpp)
struct Restarting { Duration after{}; std::uint32_t restarts = 0; };                   // it failed, and is begun again (supervisor.hpp)
struct GivenUp { std::uint32_t restarts = 0; };                                        // it failed, after so many restarts
struct Stopped {};                                                                    // everything is closed
struct Removed {};                                                                    // the last word of this torrent

using Event = std::variant<MetadataReceived, Checked, PeerConnected, PeerDropped, PieceVerified, PieceFailed,
                           PeerBanned, Completed, TrackerAnswered, TrackerFailed, StorageFailed, Restarting, GivenUp,
                           Stopped, Removed, ResumeIgnored, ResumeNotSaved, Selected, InternalFault,
                           TrackerScraped, ScrapeFailed, PeersHeard>;
std::string to_string(const Event& event);

class SessionEvents {
 public:
  virtual void on_event(TorrentId torrent, const Event& event) = 0;

 protected:
  ~SessionEvents() = default;
};

}  // namespace swarmlab::client
