// Captures of real packets -> the verdicts of a scenario's checks.
//
// The packets give the events (capture/tcp_streams.hpp); the scenario gives the cast, what each declares, and what happens
// to it.  In captures of our own, whose times count from the start of the run, peers join, stop and are killed when the
// scenario says; in any other a peer is there from its first packet on.
//
// What a capture cannot tell makes checks undecided, with the reason: what is on disks; of a peer with streams that could
// not be read (encryption, TLS, uTP, holes, a beginning that was missed) all that is about it; and where the torrent is
// neither the scenario's own (its seed, as bytes) nor given, what is about true and false blocks.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/metainfo.hpp"
#include "swarmsim/capture/merged_capture.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/run/run_result.hpp"
#include "swarmsim/run/tracker_log.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// What the peers of a capture share, where it is not the scenario's own torrent.
struct CapturedTorrent {
  std::shared_ptr<const protocol::Metainfo> metainfo;
  std::vector<std::byte> content;    // all files joined, of the length that the metainfo says
};

struct CaptureJudgeOptions {
  std::uint64_t seed = 1;            // of the scenario's torrent, and of what its peers have at the start
  std::map<IpAddress, std::string> names = {};   // of hosts; more than, and instead of, those in the captures
  std::optional<CapturedTorrent> torrent = std::nullopt;
  std::function<void(RunFacts&)> declare = {};   // puts in what is known of peers beyond what the scenario declares
  // What the scenario's first tracker wrote down; what captures hold of it is then left out.
  std::optional<std::vector<LoggedAnnounce>> tracker_log = std::nullopt;
  std::vector<std::string> checks = {};          // only these, all where empty
  // tcp_wmem's maximum at the captured hosts; nullopt: 128 KiB, but without a bound in captures of virtual time, since the virtual
  // TCP keeps whatever is under way.
  std::optional<ByteCount> send_buffer = std::nullopt;
};

// File, wall time and `again` are the caller's.  An error is one sentence: names that are missing, a torrent that does not fit.
std::expected<RunResult, std::string> judge_captures(Scenario scenario, std::span<const NamedCapture> captures,
                                                     const CaptureJudgeOptions& options);

}  // namespace swarmlab::swarmsim
