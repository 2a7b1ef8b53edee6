// Session: a BitTorrent client, as a value-in, events-out engine over runtime::Outside.
//
// Single-threaded; all calls from the loop's thread.  It listens, dials, announces and transfers by itself once
// started.  Destroying a session closes everything at once and silently (what a kill does to a
// process, but for the disk); stop() says goodbye: trackers hear "stopped", connections are closed, files synced.
//
// Torrents come and go while it runs.  A torrent that fails (a file that cannot be read or written; a bug of ours that shows
// as a broken invariant, fault_boundary.hpp) stops alone; by
// Settings::restart it is begun again (client/supervisor.hpp).  A stopped torrent that goes on is made anew from what it was
// added with, so nothing of its former life can haunt it; its totals are carried over.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/events.hpp"
#include "client/inspection.hpp"
#include "client/selection.hpp"
#include "client/settings.hpp"
#include "protocol/magnet.hpp"
#include "protocol/metainfo.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

enum class OnStart : std::uint8_t {
  check,        // hash what is on disk (default)
  trust_data,   // take the files for complete
};

// Rates of payload and protocol; nullopt: without limit.
struct Limits {
  std::optional<BytesPerSecond> up;
  std::optional<BytesPerSecond> down;
  friend bool operator==(const Limits&, const Limits&) = default;
};

// What is to be shared: a torrent, or a magnet link whose metadata is fetched from peers first (BEP 9).
struct AddTorrent {
  std::shared_ptr<const protocol::Metainfo> metainfo;
  std::optional<protocol::Magnet> magnet;           // where there is no metainfo
  std::string directory;                            // files go to directory/name[/...]
  OnStart on_start = OnStart::check;
  std::optional<std::string> state_directory;       // for resume data; nullopt: directory/.swarmlab
  Selection select{};                               // which files are wanted; empty: all
  bool check_only = false;                          // check, tell, and do nothing more
  std::optional<std::vector<std::vector<std::string>>> trackers;   // instead of the torrent's own
  std::vector<Endpoint> peers;                      // to dial at once
  Limits limits{};                                  // of its own, within the session's
};

enum class TorrentState : std::uint8_t { fetching_metadata, checking, downloading, seeding, stopping, stopped, failed };
std::string_view to_string(TorrentState state);

// What is left of a torrent whose size nobody has told us yet, to trackers too: something, which is all that is known.
inline constexpr ByteCount kUnknownLeft = 16_KiB;

// A torrent at one moment.
struct TorrentStatus {
  TorrentState state = TorrentState::checking;
  std::string error;                                // of a failed one
  std::uint32_t pieces_have = 0;
  std::uint32_t pieces_total = 0;                   // 0 while the metadata is unknown
  ByteCount left;                                   // of what is selected; kUnknownLeft while it is
  // Since adding, pauses and restarts included:
  ByteCount uploaded;                               // payload sent
  ByteCount downloaded;                             // payload received, wasted bytes included
  ByteCount wasted;                                 // duplicates and what failed its hash
  BytesPerSecond upload_rate;                       // payload, over Settings::rate_window
  BytesPerSecond download_rate;
  std::uint32_t peers = 0;                          // with a finished handshake
  std::uint32_t seeds = 0;                          // of them
  // Of the whole swarm, as a tracker said last; nullopt where none did.
  std::optional<std::uint32_t> swarm_seeds;
  std::optional<std::uint32_t> swarm_leechers;
  std::optional<std::uint32_t> swarm_downloads;     // how often it was completed: only a scrape tells
  std::uint32_t restarts = 0;                       // after failures, by Settings::restart
  bool will_restart = false;                        // it has failed, and that is not its end
};

class Session {
 public:
  // `events` may be null; what `outside` refers to and `events` outlive the session.
  Session(const runtime::Outside& outside, const Settings& settings, SessionEvents* events);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // Begins to accept connections; port 0 takes any and the answer says which.  May be called for
  // several addresses, one of each family, say; the port of the first is the one that others are told.
  std::expected<Endpoint, runtime::NetworkError> listen(const Endpoint& at);
  TorrentId add(AddTorrent torrent);
  void add_peer(TorrentId torrent, const Endpoint& peer);
  void stop();                                      // ends in one Stopped per torrent; see is_stopped()
  bool is_stopped() const;

  // ---- one torrent; all of them require contains(torrent), and none may be called from within an event ----
  // Pauses: says goodbye to trackers and peers, and ends in Stopped.
  void stop(TorrentId torrent);
  // Goes on after stop() or a failure; the files are checked first.  Does nothing for one that runs.
  void start(TorrentId torrent);
  // As stop(); then the torrent is forgotten (its files are not) and ends in Removed.
  void remove(TorrentId torrent);
  // Which files are wanted from now on (selection.hpp).  A torrent that was complete goes on with what is missing.
  void select(TorrentId torrent, Selection selection);
  // The same for single files, by their numbers in the torrent; false: one of them is none, or the metadata is unknown.
  bool prioritise(TorrentId torrent, const std::vector<std::uint32_t>& files, Priority priority);
  // Asks its trackers for peers now.
  void reannounce(TorrentId torrent);
  // Asks its trackers how large the swarm is, paused or not (scraper.hpp); ends in TrackerScraped or ScrapeFailed.
  void scrape(TorrentId torrent);
  // False: no such peer is connected.
  bool disconnect(TorrentId torrent, PeerKey peer);
  // Of the whole session, from now on; nullopt: without limit.
  void set_limits(const Limits& limits);
  Limits limits() const;
  // Of one torrent, within those of the session.
  void set_limits(TorrentId torrent, const Limits& limits);
  Limits limits(TorrentId torrent) const;

  // ---- what there is ----
  // Those that were added and not removed, in order.
  std::vector<TorrentId> torrents() const;
  bool contains(TorrentId torrent) const;
  // By its info hash: whether it is here already.
  std::optional<TorrentId> find(const InfoHashV1& info_hash) const;
  TorrentDescription describe(TorrentId torrent) const;
  TorrentStatus status(TorrentId torrent) const;
  // nullptr while a magnet link's metadata is unknown.
  std::shared_ptr<const protocol::Metainfo> metainfo(TorrentId torrent) const;
  std::vector<PeerStatus> peers(TorrentId torrent) const;
  PiecesStatus pieces(TorrentId torrent) const;
  // Without pads, in the torrent's order; none while the metadata is unknown.
  std::vector<FileProgress> files(TorrentId torrent) const;
  const PeerId& peer_id() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace swarmlab::client
