// Any text as an adapter: either errors that can be shown, or a client that can be given its part in a scenario, with words to start
// it and something to be judged by.
#include <string_view>
#include <utility>

#include "protocol/assert.hpp"
#include "swarmsim/lab/client_version.hpp"
#include "swarmsim/lab/lab_cast.hpp"
#include "swarmsim/lab/parse_adapter.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/scenario/parse.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::swarmsim;

namespace {

// It states settings of every kind: counts, times, rates, truth values and words.
constexpr std::string_view kStory = R"(format: 1
scenario: A client is looked at
limit: 60 s
torrent: { size: 1 MiB, piece_length: 64 KiB }
tracker: { kind: http, interval: 30 s }
peers:
  seeder: { have: all }
  told:   { subject: true, settings: { upload_slots: 2, rechoke_interval: 5 s, up_limit: 1 Mbit/s, sequential: true, end_game: false } }
  left:   { subject: true }
checks:
  - completes: { who: told }
)";

const Scenario& story() {
  static const Scenario scenario = [] {
    Diagnostics diagnostics;
    auto parsed = parse_scenario(kStory, {}, diagnostics);
    SWARM_ASSERT(parsed.has_value(), diagnostics.empty() ? "" : diagnostics.sorted().front().what);
    return std::move(*parsed);
  }();
  return scenario;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  Diagnostics diagnostics;
  const auto adapter = parse_adapter(text, diagnostics);
  SWARM_ASSERT(adapter.has_value() == diagnostics.empty());
  if (!adapter) {
    SWARM_ASSERT(!describe("a.yaml", diagnostics).empty());
    return 0;
  }
  version_number(text);
  const Scenario& scenario = story();
  const LabCast cast(scenario, adapter->is_tracker ? nullptr : &*adapter, adapter->is_tracker ? &*adapter : nullptr,
                     {"/bin/swarmsim", "/bin/bttracker", "/usr/bin:/bin"},
                     LabAddresses::of_namespaces(host_names(scenario.cast), scenario.cast.peer_count()));
  cast.why_not();
  cast.facts(1);
  for (std::uint32_t i = 0; i < scenario.cast.host_count(); ++i) {
    const Adapter& of_host = cast.adapter_of(HostId(i));
    const MappedSettings& settings = cast.settings_of(HostId(i));
    expand(of_host.leech, placeholder_names(of_host), settings.values, settings.words);
  }
  return 0;
}
