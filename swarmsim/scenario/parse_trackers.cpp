#include "swarmsim/scenario/parse_trackers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMostTrackers = 20;
constexpr std::uint64_t kMostTiers = 20;

// What a tracker says wherever it stands; nullopt for `kind: none`.
std::optional<TrackerSpec> read_tracker(MapReader& reader, Position at) {
  TrackerSpec spec;
  spec.at = at;
  constexpr std::array<std::string_view, 3> kinds{"http", "udp", "none"};
  const auto kind = reader.word("kind", kinds);
  if (kind && *kind < 2) spec.kind = static_cast<TrackerKind>(*kind);
  if (const auto interval = reader.duration("interval")) {
    if (*interval < 1s || *interval > 24h || interval->count() % 1'000'000'000 != 0)
      reader.diagnostics().add(reader.take("interval")->at, "interval: whole seconds from 1 s to 24 h, as trackers announce it");
    else spec.interval = *interval;
  }
  if (const auto region = reader.text("region")) spec.region = *region;
  if (const YamlNode* faults = reader.take("faults"))
    for_each_scalar(*faults, "faults", reader.diagnostics(), [&](const YamlNode& item) {
      auto fault = tracker::parse_fault(item.text);
      if (fault) spec.faults.push_back(std::move(*fault));
      else reader.diagnostics().add(item.at, fmt::format("faults: {}", fault.error()));
    });
  constexpr std::array<std::string_view, 1> later{"url"};
  reader.not_supported_yet(later);
  if (kind == 2) return std::nullopt;
  return spec;
}

std::vector<TrackerSpec> read_list(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<TrackerSpec> trackers;
  if (node.kind != YamlNode::Kind::map || node.items.empty() || node.items.size() > kMostTrackers) {
    diagnostics.add(node.at, fmt::format("trackers: a map of 1 to {} of them: {{ main: {{ tier: 1 }}, spare: {{ tier: 2, kind: udp }} }}",
                                         kMostTrackers));
    return trackers;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string& name = node.keys[i];
    if (!is_group_name(name) && name != kTrackerName) {
      diagnostics.add(node.key_at[i],
                      fmt::format("trackers: '{}' is no name; a letter, then letters, digits, '_' or '-', at most 32", name));
      continue;
    }
    MapReader reader(node.items[i], "trackers." + name, diagnostics);
    auto spec = read_tracker(reader, node.key_at[i]);
    const auto tier = reader.count("tier", kMostTiers);
    reader.finish();
    if (!spec) {
      diagnostics.add(node.key_at[i], fmt::format("trackers: '{}' is of kind none; leave it out", name));
      continue;
    }
    if (tier == 0) diagnostics.add(node.items[i].find("tier")->at, "tier: tiers are counted from 1");
    spec->name = name;
    spec->tier = static_cast<std::uint32_t>(tier.value_or(1));
    trackers.push_back(std::move(*spec));
  }
  std::ranges::sort(trackers, {}, [](const TrackerSpec& spec) { return std::tie(spec.tier, spec.name); });
  return trackers;
}

}  // namespace

std::vector<TrackerSpec> read_trackers(MapReader& scenario, Diagnostics& diagnostics) {
  std::vector<TrackerSpec> trackers{TrackerSpec{}};
  const YamlNode* one = scenario.take("tracker");
  if (one != nullptr) {
    MapReader reader(*one, "tracker", diagnostics);
    auto spec = read_tracker(reader, one->at);
    reader.finish();
    trackers.clear();
    if (spec) trackers.push_back(std::move(*spec));
  }
  if (const YamlNode* several = scenario.take("trackers")) {
    if (one != nullptr) diagnostics.add(several->at, "trackers: beside 'tracker'; give all of them here");
    trackers = read_list(*several, diagnostics);
  }
  return trackers;
}

}  // namespace swarmlab::swarmsim
