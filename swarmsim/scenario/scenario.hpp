// Scenario: one story, typed and complete: what a file says plus the defaults of what it leaves out.
//
// docs/scenarios.md is the reference of the format.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/settings.hpp"
#include "protocol/quantities.hpp"
#include "protocol/units.hpp"
#include "swarmsim/checks/arguments.hpp"
#include "swarmsim/checks/manual.hpp"
#include "swarmsim/network/link.hpp"
#include "swarmsim/peers/behaviour.hpp"
#include "swarmsim/scenario/cast.hpp"
#include "swarmsim/scenario/diagnostics.hpp"

namespace swarmlab::swarmsim {

inline constexpr int kFormatVersion = 1;

struct TorrentSpec {
  struct File {
    std::vector<std::string> path;      // below the torrent's name; empty in a single-file torrent
    ByteCount size;
  };
  std::vector<File> files;              // at least one
  bool is_multi_file = false;
  ByteCount total;
  ByteCount piece_length = 256_KiB;
};

enum class TrackerKind : std::uint8_t { http, udp, none };
struct TrackerSpec {
  TrackerKind kind = TrackerKind::http;
  Duration interval = 30s;
};

enum class ContentKind : std::uint8_t { symbolic, bytes };

struct PeerGroup {
  std::string name;
  Position at;
  std::uint32_t count = 1;
  Share have;                           // of the pieces, chosen at random below the whole
  Time join = kStart;
  LinkSpec link;
  client::Settings settings;
  std::vector<BehaviourSpec> behaviours;   // in this order, the first nearest to the engine
  bool is_subject = false;
};

enum class TimelineAction : std::uint8_t {
  stop,     // the client says goodbye and ends
  leave,    // the same, and its host is gone from the network for good
};
struct TimelineEntry {
  Time at;
  TimelineAction action = TimelineAction::stop;
  std::vector<HostId> peers;
};

struct CheckSpec {
  const CheckManual* manual = nullptr;
  Position at;
  CheckArguments arguments;
};

struct SeedRange { std::uint64_t first = 1; std::uint64_t last = 1; };

struct Scenario {
  std::string title;
  std::string about;
  Duration limit{};
  SeedRange seeds;
  TorrentSpec torrent;
  TrackerSpec tracker;
  ContentKind content = ContentKind::symbolic;
  Cast cast;
  std::vector<PeerGroup> groups;        // as cast.groups(): sorted by name
  std::vector<TimelineEntry> timeline;  // by time, then as written
  std::vector<CheckSpec> checks;

  const PeerGroup& group_of(HostId peer) const { return groups[cast.group_of(peer)]; }
};

}  // namespace swarmlab::swarmsim
