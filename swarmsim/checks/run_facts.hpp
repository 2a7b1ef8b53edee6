// RunFacts: what a check may know besides events: the cast, what each declared, and what was on its disk.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/piece_geometry.hpp"
#include "swarmsim/checks/feature.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

// A time in which a peer's storage is not to be relied on, as the scenario states it.
struct StorageTrouble {
  Time begin{};
  Time end = kNever;
  bool refuses_writes = false;
  bool refuses_reads = false;
  bool lies = false;                      // what is read, or has become of it, is not what was written

  // Also for a moment after it: what failed at its end is still to be dealt with.
  bool was_at(Time at) const { return begin <= at && (end == kNever || at <= end + 30s); }
};

// A peer's declaration: of ours its settings, of another client what its adapter says.
struct PeerFacts {
  std::string name;
  protocol::Bitfield has_at_start;
  Time joins{};
  Endpoint listens{};                     // where others reach it; port 0: not known
  bool knows_metadata = true;             // from its start; a magnet link tells the info-hash alone
  std::uint32_t upload_slots = 4;         // unchoked and interested peers, the optimistic ones included
  std::uint32_t optimistic = 1;           // how many of them ignore rates
  // While it leeches, its regular slots go to those who give most, and no slot stays free beside somebody who waits.  Else it has a policy
  // of its own, and upload_slots is the most that it ever gives.
  bool tit_for_tat = true;
  Duration rechoke_interval = 10s;
  Duration optimistic_interval = 30s;     // how long an optimistic slot stays with one peer
  Duration newcomer_age = 60s;            // how long a new connection may be preferred in the draw
  Duration rate_window = 20s;             // over which the rates are taken that regular slots follow
  Duration seed_turn_time = 30s;          // of a slot, when there is nothing to get in return
  std::uint32_t max_peers = 150;
  BytesPerSecond link_up{};               // of its line at the start; 0: no limit
  BytesPerSecond link_down{};
  std::uint32_t end_game_requesters = 3;  // 1: no end-game
  Duration request_timeout = 60s;         // a block not answered by then is asked elsewhere
  ByteCount request_size = ByteCount(16 * 1024);   // of all its Requests but the last of a piece
  Duration reaction_time{};               // between what reached it and what it decides knowing that
  bool in_order = false;                  // it fetches pieces as for a player, and not the rarest first
  Features speaks{Feature::fast, Feature::ext, Feature::magnet, Feature::pex};
  bool announces_to_all_tiers = false;    // one tracker of each at once; else the next tier when all of one failed (BEP 12)
  Duration ban_time = 1h;                 // how long the address of who proved to send false data is left alone
  Duration keepalive_interval = 120s;     // the longest that it says nothing on a connection that it keeps (BEP 3)
  std::vector<StorageTrouble> storage;    // by begin; empty where it can be relied on
  std::vector<std::string> undeclared;    // names of what nobody knows of this client: what stands here for it means nothing

  bool refused_storage(Time at) const {
    return std::ranges::any_of(storage, [&](const StorageTrouble& t) { return (t.refuses_writes || t.refuses_reads) && t.was_at(at); });
  }
  // Something may have been lost or read wrongly between the two times.
  bool lost_data(Time from, Time to) const {
    return std::ranges::any_of(storage, [&](const StorageTrouble& t) {
      return (t.refuses_reads || t.lies) && t.begin <= to && (t.end == kNever || from <= t.end + 30s);
    });
  }
};

// What a tracker of the run declares.
struct TrackerFacts {
  std::string name = "tracker";
  std::uint32_t tier = 1;
  Duration interval = 30min;              // that it tells clients
  Duration silence = 1h;                  // after which it has forgotten a peer that says nothing
};

struct RunFacts {
  protocol::PieceGeometry geometry;
  std::vector<PeerFacts> peers;           // by HostId
  std::vector<TrackerFacts> trackers;     // the hosts after the last peer
  ByteCount metadata_size{};              // of the raw info dictionary
  bool is_private = false;                // BEP 27
  bool hears_peers = true;                // what they say to each other; else trackers and disks are all that is seen of a run
  std::uint32_t misleading_names = 0;     // files that the torrent names so that they lead out of the folder, or may (bug B77)

  // BEP 9: the metadata travels in pieces of 16 KiB, the last of which has the rest.
  static constexpr std::int64_t kMetadataPiece = 16 * 1024;
  std::uint32_t metadata_pieces() const {
    return static_cast<std::uint32_t>((metadata_size.value() + kMetadataPiece - 1) / kMetadataPiece);
  }
  // 0 beyond the last.
  std::uint32_t metadata_piece_length(std::uint32_t piece) const {
    const std::int64_t rest = metadata_size.value() - piece * kMetadataPiece;
    return static_cast<std::uint32_t>(std::clamp(rest, std::int64_t{0}, kMetadataPiece));
  }
  std::size_t tracker_number(HostId tracker) const { return tracker.value() - peers.size(); }
  HostId tracker_host(std::size_t number) const { return HostId(static_cast<std::uint32_t>(peers.size() + number)); }
  const std::string& name(HostId host) const {
    return host.value() < peers.size() ? peers[host.value()].name : trackers[tracker_number(host)].name;
  }
};

// The disks of the run.
class Disks {
 public:
  // Every byte of the torrent is there and true.  For Check::is_ready(), which asks all the time: of real folders the answer may be as
  // old as kBetweenLooks (swarmsim/lab/lab_content.hpp).
  virtual bool is_whole(HostId peer) = 0;
  // Real folders are looked at once in this time, if anybody asks.
  static constexpr Duration kBetweenLooks = 1s;
  // Since when is_whole() has said yes, at most kBetweenLooks late; nullopt while it does not, and where nobody took the time.
  virtual std::optional<Time> whole_since(HostId) { return std::nullopt; }
  // What is wrong with it now, in words: "file a.bin is missing"; "" where nothing is.
  virtual std::string problem(HostId peer) = 0;
  // What its client has read from its files, not counting what it only hashed; nullopt where nobody counted.
  virtual std::optional<ByteCount> bytes_read(HostId peer) = 0;
  // How often its storage refused or falsified a read or write; nullopt where nobody counted.
  virtual std::optional<std::uint64_t> storage_bites(HostId peer) = 0;
  // What has come to be, or has changed, outside of the folder that its client was given; nullopt where nobody looked.
  virtual std::optional<std::vector<std::string>> strays(HostId peer) = 0;

 protected:
  ~Disks() = default;
};

}  // namespace swarmlab::swarmsim
