// Settings: every number by which a client behaves, with its default and its source.
//
// A value; changing one copy changes nobody else.  Names are the neutral ones that scenarios use
// (docs/scenario reference), so that an adapter can map them to other clients.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/leech_choker.hpp"
#include "client/piece_affinity.hpp"
#include "client/seed_choker.hpp"
#include "protocol/units.hpp"

namespace swarmlab::client {

// What becomes of a torrent that failed (client/supervisor.hpp).
enum class RestartStrategy : std::uint8_t { never, one_for_one };
struct RestartPolicy {
  RestartStrategy strategy = RestartStrategy::never;
  std::uint32_t max_restarts = 3;               // within the time below
  Duration within = 10min;
  Duration pause = 5s;                          // before a torrent is begun again
};

// Whether the bytes of a file that is wanted are reserved on the disk before the first block is taken (`full`), or come to be as
// they are written.
enum class Allocation : std::uint8_t { sparse, full };

struct Settings {
  // ---- choking (BEP 3, "peer messages"; PAPERS: Cohen 2003) ----
  std::uint32_t upload_slots = 4;               // unchoked and interested peers, the optimistic ones included
  std::uint32_t optimistic = 1;                 // how many of them ignore rates
  bool auto_upload_slots = false;               // instead: as many as the upload limit feeds (upload_slots.hpp)
  std::optional<std::uint32_t> session_upload_slots;   // of all torrents together (slot_budget.hpp); nullopt: each has its own
  Duration rechoke_interval = 10s;
  Duration optimistic_interval = 30s;
  std::uint32_t newcomer_weight = 3;            // how much likelier a new connection is drawn
  Duration newcomer_age = 60s;                  // how long a connection counts as new
  Duration interest_grace = 500ms;              // a partner that is not interested keeps its slot for that long (choker.hpp, rule B)
  Duration rate_window = 20s;                   // rolling rates of useful payload
  Duration snub_after = 60s;                    // an unchoking peer that owes blocks and sends none
  // Seeding: a slot is a turn of this many bytes or this long, whichever ends later (bug B05).
  ByteCount seed_turn_bytes = 4_MiB;
  Duration seed_turn_time = 30s;
  SeedPolicy seed_choker = SeedPolicy::time_quota;   // whom a seed serves (seed_choker.hpp)
  LeechPolicy choker = LeechPolicy::tit_for_tat;   // whom a leecher serves; the others need an upload limit (leech_choker.hpp)
  // Show pieces one by one until the swarm has a whole copy (BEP 16).  Of effect on torrents that are complete from the start.
  bool super_seeding = false;
  std::uint32_t super_seed_open = 1;            // pieces shown to a peer and not yet seen at others (BEP 16: one)
  Duration super_seed_patience = 60s;           // until a piece that got nowhere is shown elsewhere, and its peer another (B57)

  // ---- requests ----
  Duration request_timeout = 60s;               // a request not answered by then is given up
  Duration late_after = 5s;                     // at least: then others are asked for what a silent peer owes (request_timeout.hpp)
  std::uint32_t late_factor = 2;                // how much slower than its rate it may be until then; 0: nobody is late before the time-out
  std::uint32_t request_depth_min = 4;          // open requests per peer
  std::uint32_t request_depth_max = 250;        // and never more than the peer's reqq
  ByteCount request_window;                     // asked for and not here yet, of all peers of a torrent; 0: no bound (request_depth.hpp)
  PieceAffinity piece_affinity = PieceAffinity::affine;   // who fetches a piece (piece_affinity.hpp)
  std::uint32_t partial_pieces = 0;             // begun ones per connection, beyond which those are finished first; 0: no bound
  std::uint32_t requesters = 1;                 // peers asked for one block before the end-game
  std::uint32_t random_first_pieces = 1;        // picked at random before rarest first begins
  bool sequential = false;                      // pieces in order instead of rarest first (piece_picker.hpp)
  bool end_game = true;
  std::uint32_t end_game_requesters = 3;        // peers asked for one block at the end, at most

  // ---- connections ----
  std::uint32_t max_peers = 150;
  bool peer_priority = true;                    // a full torrent gives its lowest peer up for a higher one (BEP 40; peer_priority.hpp)
  std::uint32_t max_half_open = 30;
  bool loopback_only = false;                   // trackers and peers elsewhere are left alone
  Duration connect_timeout = 15s;
  Duration handshake_timeout = 10s;
  Duration keepalive_interval = 110s;           // sent when nothing else was: below BEP 3's two minutes
  Duration idle_timeout = 240s;                 // a peer silent for this long is gone
  Duration redial_base = 10s;                   // doubles with every failure, to 10 min
  bool fast_extension = true;                   // BEP 6
  bool extension_protocol = true;               // BEP 10
  std::uint32_t request_queue = 250;            // the peer's open requests that we keep ("reqq")
  bool metadata_exchange = true;                // BEP 9
  bool peer_exchange = true;                    // BEP 11; never in private torrents
  Duration pex_interval = 65s;                  // between messages; BEP 11: not more than one a minute, however delayed one was
  Duration metadata_timeout = 10s;              // a piece of metadata not sent by then is asked elsewhere

  // ---- verification ----
  Duration ban_time = 1h;
  bool parole = true;                           // who had a part in a bad piece fetches whole pieces until cleared (smart_ban.hpp)
  std::uint32_t suspect_pieces = 4;             // bad pieces a peer may have had a part in before it is dropped unproven

  // ---- limits ----
  std::optional<BytesPerSecond> up_limit;       // of the session
  std::optional<BytesPerSecond> down_limit;
  bool limit_overhead = true;                   // limits hold on the wire: they count packets' headers and ACKs too (wire_overhead.hpp)

  // ---- trackers ----
  std::uint32_t numwant = 50;
  bool announce_to_all_tiers = false;           // one tracker of each tier at once; BEP 12: the next tier when all of one failed
  Duration tracker_timeout = 20s;               // HTTP; UDP retries as BEP 15 says
  Duration stop_timeout = 5s;                   // how long "stopped" may delay the end of the session

  // ---- disk ----
  ByteCount write_backlog = 16_MiB;             // bytes on their way to disk before reading from peers pauses
  // Blocks of a piece are gathered until so many bytes lie in a row (libtorrent 1.2: write_cache_line_size, 16 blocks), the piece is
  // whole, or the first of them has waited so long (a tenth of resume_interval: what a crash costs is governed by that).
  ByteCount write_gather = 256_KiB;
  Duration write_delay = 1s;
  ByteCount recent_content = 4_MiB;             // of what was written last, kept for uploads and inquests (recent_content.hpp)
  Allocation allocate = Allocation::sparse;     // sparse needs no time and no more room than was fetched; full finds out first
  std::uint32_t open_files = 64;
  bool resume_data = false;                     // keep a record of what is verified and synced (resume_record.hpp)
  Duration resume_interval = 10s;               // between two records: what a power loss costs at most in hashing

  // ---- faults ----
  RestartPolicy restart;                        // of a torrent whose files failed it

  std::string client_name = "Swarmlab/0.1";     // "v" of the extension handshake
  std::string peer_id_prefix = "-SL0100-";      // BEP 20
};

}  // namespace swarmlab::client
