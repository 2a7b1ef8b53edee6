// The metrics that expectations may name: what each means, its unit, and where to look when it is off.
//
// One table for the parser, the measuring, `swarmsim explain` and docs/metrics.md.  Like checks they see only messages, disks and
// what was declared, so they mean the same for any client.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "swarmsim/expect/number.hpp"

namespace swarmlab::swarmsim {

enum class Metric : std::uint8_t {
  // of a peer
  announces, block_gap, block_gap_first, block_gap_last, choke_gap, completed_at, connections, download_rate, download_time, downloaded,
  downloaded_from, entropy_median, entropy_p20, failed_pieces, first_piece_at, first_unchoke_at, joined_at, link_down, link_up,
  open_requests, pieces, present, regular_slot_time_to, requests,
  slot_time_from, slot_time_to, stopped_at, tracker_bytes, uploaded, uploaded_by_first_completion, uploaded_to, useful, wasted,
  // of a run
  content, run_time, spread_at, spread_straightness,
};
inline constexpr std::size_t kMetrics = 37;

struct MetricManual {
  Metric metric;
  std::string_view name;
  Unit unit;
  bool is_of_peers;             // leech.completed_at; else it is of the run and stands alone: content
  bool takes_peers;             // leech.downloaded_from(seeder)
  std::string_view about;       // what it means, precisely
  std::string_view look_at;     // which part of a client makes it
};

// In the order of the enumeration: peers' first, each kind in the order of names.
std::span<const MetricManual> metric_manuals();
const MetricManual& manual_of(Metric metric);
// Null where there is none of that name.
const MetricManual* find_metric_manual(std::string_view name);

// How it stands in an expectation: "PEERS.downloaded_from(PEERS)".
std::string usage(const MetricManual& manual);
// What `swarmsim explain NAME` prints.
std::string explain(const MetricManual& manual);
// The whole of docs/metrics.md.
std::string metrics_page();

}  // namespace swarmlab::swarmsim
