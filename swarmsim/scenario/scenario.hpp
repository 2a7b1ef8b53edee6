// Scenario: one story, typed and complete: what a file says plus the defaults of what it leaves out.
//
// docs/scenarios.md is the reference of the format.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/selection.hpp"
#include "client/settings.hpp"
#include "protocol/quantities.hpp"
#include "protocol/units.hpp"
#include "swarmsim/checks/arguments.hpp"
#include "swarmsim/checks/manual.hpp"
#include "swarmsim/network/core_delays.hpp"
#include "swarmsim/network/link_spec.hpp"
#include "swarmsim/peers/behaviour.hpp"
#include "swarmsim/scenario/arrival.hpp"
#include "swarmsim/scenario/cast.hpp"
#include "swarmsim/scenario/diagnostics.hpp"
#include "swarmsim/scenario/process_limits.hpp"
#include "swarmsim/scenario/run_tiers.hpp"
#include "swarmsim/scenario/supervision.hpp"
#include "swarmsim/virtual/storage_faults.hpp"
#include "tracker/fault.hpp"

namespace swarmlab::swarmsim {

inline constexpr int kFormatVersion = 1;

// Where absolute names of a torrent lead: in lab mode to an empty disk of the run's own.
inline constexpr const char* kOwnDisk = "/mnt";

struct TorrentSpec {
  struct File {
    std::vector<std::string> path;      // below the torrent's name; empty in a single-file torrent
    ByteCount size;
    std::vector<std::string> told_as{};   // the elements of its path as the torrent has them; empty: those of `path`
    std::vector<std::string> link_to{};   // not empty: the torrent says that it is a symbolic link, and where it leads (BEP 47)
    bool misleads() const { return !told_as.empty() || !link_to.empty(); }
  };
  std::vector<File> files;              // at least one
  bool is_multi_file = false;
  ByteCount total;
  ByteCount piece_length = 256_KiB;
  bool is_private = false;              // BEP 27

  // Its names may lead out of a client's folder (bug B77).  Whoever is no subject shares it under harmless ones.
  bool misleads() const { return std::ranges::any_of(files, &File::misleads); }
};

enum class TrackerKind : std::uint8_t { http, udp };
struct TrackerSpec {
  std::string name{kTrackerName};       // of its host
  Position at;
  TrackerKind kind = TrackerKind::http;
  std::uint32_t tier = 1;               // BEP 12: the lowest is asked first
  Duration interval = 30s;
  std::string region;                   // "" for none
  std::vector<tracker::FaultSpec> faults;
};

enum class ContentKind : std::uint8_t { symbolic, bytes };

// What peers begin with: the client's defaults, but no discovery that nobody asked for.  A scenario's swarm knows whom its
// tracker and its settings name.
inline client::Settings settings_of_scenarios() {
  client::Settings settings;
  settings.peer_exchange = false;
  return settings;
}

// What a client says of itself that is no setting of ours; a client that differs says so.
struct Declaration {
  ByteCount request_size = protocol::kBlockBytes;
  Duration reaction_time{};
  bool tit_for_tat = true;
};

struct PeerGroup {
  std::string name;
  Position at;
  std::uint32_t count = 1;
  Share have;                           // of the pieces, chosen at random below the whole
  PieceRanges lacks;                    // these are missing all the same
  std::optional<Duration> linger;       // how long it stays once it has completed; nullopt: to the end
  Arrival join;
  bool states_join = false;             // it stands in the file
  std::vector<client::SelectRule> select;   // which files it wants; none: all
  bool starts_from_magnet = false;      // it has the info-hash and the trackers, and gets the metadata from peers
  std::string region;                   // "" for none
  LinkSpec link;
  client::Settings settings = settings_of_scenarios();
  Declaration declares;
  std::optional<StorageFaults> storage;    // what is wrong with its disk from the start
  std::vector<BehaviourSpec> behaviours;   // in this order, the first nearest to the engine
  // What the file says, for peers that are processes of their own: settings by name, and both as YAML in one line.
  std::vector<std::pair<std::string, std::string>> stated_settings;
  std::string settings_text;
  std::string behaviours_text;
  bool is_subject = false;
  Supervision supervision;              // of the process that plays it in lab mode
  ProcessLimits limits;                 // of the same
};

enum class TimelineAction : std::uint8_t {
  join,        // now instead of when their group says
  stop,        // the client says goodbye and ends
  leave,       // the same, and its host is gone from the network for good
  kill,        // the process is gone: its kernel resets its connections, what was not synced is torn; also of trackers
  vanish,      // the host is gone from the network without a word: with `lasts` it comes back as it was, without
               // it its power is cut
  restart,     // who was stopped or killed or vanished starts again with what its disk holds; a tracker with nothing
  pause,       // the host stands still
  partition,   // packets between `cells` are lost
  link,        // the access lines change
  reset,       // connections between `peers` and `with` are reset
  selection,   // other files are wanted from now on
  storage,     // something is wrong with the disk
  lose,        // pieces are not on the disk any more
  pause_download,   // the client says goodbye, stays, and goes on after a while
};
std::string_view to_string(TimelineAction action);   // as it stands in a file

struct TimelineEntry {
  Position where;
  Time at;
  TimelineAction action = TimelineAction::stop;
  std::vector<HostId> peers;                  // whom it befalls; of a partition nobody
  Duration lasts{};                           // `for`; 0: for good
  Arrival arrival;                            // join
  std::vector<std::vector<HostId>> cells;     // partition; may name trackers
  bool one_way = false;                       // partition: only from the first cell to the second
  LinkChange change;                          // link
  std::vector<HostId> with;                   // reset
  std::vector<client::SelectRule> select;     // selection
  StorageFaults storage;                      // storage
  Share lost;                                 // lose: of the torrent's pieces, chosen at random
};

struct CheckSpec {
  const CheckManual* manual = nullptr;
  Position at;
  std::string who;                      // whom it is about, for reports
  CheckArguments arguments;
};

struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  std::uint64_t count() const { return last - first + 1; }
};

// `--set KEY=VALUE`: the value at that path of keys is replaced or added before the file is understood.
struct Override {
  std::string key;     // "peers.leech.count"; elements of lists by number: "timeline.0.at"
  std::string value;   // as it would stand in the file
};

// What a scenario was made from, so that a trace can carry it.
struct ScenarioSource {
  std::string text;
  std::vector<Override> overrides;
};

struct Scenario {
  std::string title;
  std::string about;
  Duration limit{};
  SeedRange seeds;
  RunTiers tiers;
  TorrentSpec torrent;
  std::vector<TrackerSpec> trackers{TrackerSpec{}};   // by tier, then by name; HostIds follow this order
  ContentKind content = ContentKind::symbolic;
  CoreDelays core_delays;
  std::uint32_t train_packets = 12;     // as WorldOptions has it
  Cast cast;
  std::vector<PeerGroup> groups;        // as cast.groups(): sorted by name
  std::vector<TimelineEntry> timeline;  // by time, then as written
  std::vector<CheckSpec> checks;        // of each run
  std::vector<std::shared_ptr<const Expectation>> over_seeds;   // of all runs together
  ScenarioSource source;

  const PeerGroup& group_of(HostId peer) const { return groups[cast.group_of(peer)]; }
};

}  // namespace swarmlab::swarmsim
