// A small scenario to run in tests: one seed, three leechers, a liar.
#pragma once

#include <string>

#include "protocol/assert.hpp"
#include "swarmsim/scenario/parse.hpp"

namespace swarmlab::swarmsim {

inline Scenario a_story(std::vector<Override> overrides = {}) {
  constexpr std::string_view kText = R"(format: 1
scenario: A small swarm
limit: 5 min
torrent: { size: 2 MiB, piece_length: 64 KiB }
peers:
  seeder: { have: all }
  liar:   { have: all, behaviour: [ { corrupt_blocks: 20% } ] }
  leech:  { count: 3 }
checks:
  - completes: { who: leech }
  - contents_match: { who: leech }
  - no_request_while_choked: { who: leech }
)";
  Diagnostics diagnostics;
  auto scenario = parse_scenario(kText, overrides, diagnostics);
  SWARM_ASSERT(scenario.has_value(), diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return std::move(*scenario);
}

}  // namespace swarmlab::swarmsim
