// Any text as a scenario: either errors that can be shown, each with a place in the text, or a scenario whose parts
// fit together, and which comes out of a second reading as it was.
//
// What follows a NUL is a list of overrides, KEY=VALUE each, with a NUL between them.  With nothing before the NUL
// the overrides change a scenario that is right, so that few bytes reach any part of it.
#include <algorithm>
#include <string>
#include <vector>

#include "protocol/assert.hpp"
#include "swarmsim/scenario/parse.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::swarmsim;

namespace {

constexpr std::string_view kRight = R"(format: 1
scenario: A scenario that is right
limit: 10 min
torrent: { size: 1 MiB, piece_length: 64 KiB }
tracker: { kind: http, interval: 30 s }
network:
  link: { up: 4 Mbit/s, delay: 20 ms, queue: 64 KiB, loss: 1% }
  regions: [eu, us]
  delays: [ { between: [eu, us], delay: 40 ms } ]
peers:
  seeder: { have: all, region: eu }
  liar:   { have: 50%, behaviour: [ corrupt_blocks: 5%, tar_pit ] }
  leech:  { count: 3, subject: true, join: { spread: 10 s }, settings: { upload_slots: 4 } }
timeline:
  - { at: 90 s, stop: "leech[0]" }
  - { at: 2 min, partition: [[seeder], [liar, tracker]], for: 30 s }
checks:
  - completes: { who: "leech[1..2]", within: 8 min }
)";

void check_errors(const Diagnostics& diagnostics, std::string_view text) {
  SWARM_ASSERT(!diagnostics.empty());
  const auto lines = std::max(std::ranges::count(text, '\n'), std::ranges::count(kRight, '\n')) + 2;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    SWARM_ASSERT(diagnostic.at.line >= 0 && diagnostic.at.line <= lines, diagnostic.at.line, lines);
    SWARM_ASSERT((diagnostic.at.line == 0) == (diagnostic.at.column == 0), diagnostic.at.line, diagnostic.at.column);
    SWARM_ASSERT(!diagnostic.what.empty() && diagnostic.what.size() < 9000, diagnostic.what.size());
    for (const char c : diagnostic.what) {
      const auto byte = static_cast<unsigned char>(c);
      SWARM_ASSERT(byte >= 0x20 && byte != 0x7f, byte);
    }
  }
}

void check_parts(const Scenario& scenario) {
  const auto is_host = [&](HostId host) { return host.value() < scenario.cast.host_count(); };
  SWARM_ASSERT(scenario.limit > Duration{0} && !scenario.checks.empty() && !scenario.title.empty());
  SWARM_ASSERT(scenario.cast.peer_count() > 0 && scenario.cast.peer_count() <= kMaxPeers, scenario.cast.peer_count());
  SWARM_ASSERT(scenario.seeds.first <= scenario.seeds.last);
  SWARM_ASSERT(scenario.groups.size() == scenario.cast.groups().size());
  SWARM_ASSERT(std::ranges::is_sorted(scenario.groups, {}, &PeerGroup::name));
  SWARM_ASSERT(std::ranges::is_sorted(scenario.timeline, {}, &TimelineEntry::at));
  ByteCount total;
  for (const TorrentSpec::File& file : scenario.torrent.files) total += file.size;
  SWARM_ASSERT(total == scenario.torrent.total && total.value() > 0, total, scenario.torrent.total);
  for (const PeerGroup& group : scenario.groups) {
    SWARM_ASSERT(group.count > 0 && group.have.millionths <= Share::kWhole, group.name);
    SWARM_ASSERT(group.join.at - kStart < scenario.limit, group.name);
  }
  for (const TimelineEntry& entry : scenario.timeline) {
    SWARM_ASSERT(entry.at >= kStart && entry.at - kStart < scenario.limit);
    SWARM_ASSERT(std::ranges::all_of(entry.peers, [&](HostId peer) { return scenario.cast.is_peer(peer); }));
    for (const auto& cell : entry.cells) SWARM_ASSERT(std::ranges::all_of(cell, is_host));
  }
  for (const CheckSpec& check : scenario.checks) SWARM_ASSERT(check.manual != nullptr && !check.who.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text(data, size);
  const std::string_view text = rest.starts_with('\0') ? kRight : rest.substr(0, rest.find('\0'));
  std::vector<Override> overrides;
  while (overrides.size() < 8) {
    const std::size_t nul = rest.find('\0');
    if (nul == std::string_view::npos) break;
    rest.remove_prefix(nul + 1);
    const std::string_view change = rest.substr(0, rest.find('\0'));
    const std::size_t equals = std::min(change.find('='), change.size());
    overrides.push_back({std::string(change.substr(0, equals)), std::string(change.substr(std::min(equals + 1, change.size())))});
  }
  Diagnostics diagnostics;
  const auto scenario = parse_scenario(text, overrides, diagnostics);
  SWARM_ASSERT(scenario.has_value() == diagnostics.empty());
  if (!scenario) {
    check_errors(diagnostics, text);
    return 0;
  }
  check_parts(*scenario);
  Diagnostics again;
  const auto second = parse_scenario(scenario->source.text, scenario->source.overrides, again);
  SWARM_ASSERT(second && second->title == scenario->title && second->limit == scenario->limit &&
               second->checks.size() == scenario->checks.size() && second->timeline.size() == scenario->timeline.size());
  return 0;
}
