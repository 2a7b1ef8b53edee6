// What a trace file says besides its events: the first line and the last.
//
// docs/trace_format.md is the reference.  A trace is JSON Lines: a header, one line per event in the order in which
// checks saw them, an end.  Times are whole nanoseconds of the run.  Together the three hold all that a check may know,
// so that judging a trace gives the verdicts of the run that wrote it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/bitfield.hpp"
#include "protocol/ids.hpp"
#include "protocol/piece_geometry.hpp"
#include "protocol/units.hpp"
#include "swarmsim/capture/streams_report.hpp"

namespace swarmlab::swarmsim {

inline constexpr std::string_view kTraceFormat = "swarmlab trace";
// Raised when an older reader would misunderstand a newer trace.  Version 1 called every extended message EXTENDED.
// Versions 1 and 2 had one tracker, and named one where there was none.
inline constexpr int kTraceVersion = 3;
inline constexpr int kOldestTraceVersion = 1;

// What is known of a client that is not ours, as checks are told (run/declaration.hpp has the names); other programs need no such thing.
struct TraceDeclarations {
  std::vector<std::string> speaks;                              // of BEPs 6, 9, 10, 11
  std::vector<std::pair<std::string, std::uint64_t>> declares;  // counts, nanoseconds, bytes, 1 for true
};

struct TracePeer {
  std::string name;
  std::string address;
  Time joins{};
  protocol::Bitfield has;       // when it joins
  std::optional<TraceDeclarations> client = std::nullopt;   // of lab mode, where the client under test plays it
};

struct TraceTracker {
  std::string name;
  std::string address;
};

struct TraceHeader {
  std::string title;
  std::string file;             // where the scenario stood
  std::string text;             // the scenario as written: settings and checks come from here
  std::vector<std::pair<std::string, std::string>> set;   // what --set changed
  std::uint64_t seed = 0;
  std::string mode = "sim";
  std::string network = {};     // of lab mode: namespaces, relays or none
  std::string client = {};      // who plays the subjects, in lab mode; "" for ours
  protocol::PieceGeometry geometry;
  InfoHashV1 info_hash;
  std::vector<TracePeer> peers;         // by HostId
  std::vector<TraceTracker> trackers;   // the hosts after the last peer

  // By HostId.
  std::vector<std::string> names() const;
};

// What a check said when the run ended.
struct TraceVerdict {
  std::string check;
  std::string who;
  std::string verdict;
  std::string measured;
  std::string limit;
  std::string summary;
  std::vector<std::string> story;
};

struct TraceEnd {
  Time at{};
  bool was_cut_short = false;
  std::uint64_t fingerprint = 0;
  std::uint64_t messages = 0;
  std::uint64_t blocks = 0;
  std::uint64_t open_connections = 0;
  std::string invalid;                  // why the run says nothing; "" when it does
  std::string rough = {};               // of lab mode: how the machine did not keep up
  std::vector<std::string> faults;      // a simulated client's own broken invariants
  std::vector<std::string> notes;
  std::vector<std::string> disks;       // by HostId: what is wrong with it, "" where nothing is
  std::vector<std::uint64_t> bytes_read;   // by HostId: what its client read from its files; empty where nobody counted
  std::vector<std::uint64_t> storage_bites;   // by HostId: how often its storage refused or falsified; the same
  std::vector<std::vector<std::string>> strays;   // by HostId: what it left outside of its folder; the same
  std::vector<UnreadStreams> unread;    // of lab mode, by HostId: what of their streams nobody could read; empty where all was
  std::vector<TraceVerdict> verdicts;
};

}  // namespace swarmlab::swarmsim
