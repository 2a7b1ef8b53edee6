// LabRequest: what somebody asks of a lab that stands (`swarmsim up`), one line of JSON each.
//
//   {"show": "all"}                                         who is there, and how far
//   {"link": {"down": "1 Mbit/s"}, "of": "leecher-1"}       the keys of `link` in scenarios; what is not stated stays
//   {"restore": "leecher"}                                  their links as they were at the start
//   {"partition": [["leecher-1"], ["seeder-1", "tracker"]]} with "one_way": true as in scenarios
//   {"heal": "all"}                                         all partitions
//   {"reset": "leecher-1", "with": "seeder"}                every connection between them
//   {"pause": WHO} {"resume": WHO} {"stop": WHO} {"kill": WHO} {"start": WHO}
//   {"enter": "leecher-1"}                                  where its network is
//   {"join": "guest"}                                       a host that nobody has, while this connection lasts
//
// WHO is a name, a role (leecher), "all", or a list of these.  Whoever can open the socket may ask, so a line is taken as hostile: it
// is read by the scenario reader, which bounds size, depth and number of nodes, and says what is wrong and what would be right.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/network/link_spec.hpp"

namespace swarmlab::swarmsim {

enum class LabAction : std::uint8_t { show, link, restore, partition, heal, reset, pause, resume, stop, kill, start, enter, join };

struct LabRequest {
  LabAction action = LabAction::show;
  std::vector<std::string> who;                  // of most; as given
  std::vector<std::string> with;                 // reset
  LinkChange link;
  std::vector<std::vector<std::string>> cells;   // partition
  bool one_way = false;
};

// The error is one sentence.
std::expected<LabRequest, std::string> parse_lab_request(std::string_view line);

// A link as on a command line: "{up: 1 Mbit/s, delay: 20 ms}".
std::expected<LinkChange, std::string> parse_link_text(std::string_view text);

}  // namespace swarmlab::swarmsim
