#include "swarmsim/scenario/parse_topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "protocol/spelling.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMostRegions = 100;
constexpr std::size_t kMostZones = 1000;   // regions, and peers named by themselves

// Numbers zones: 0 for who is in no region, then the regions, then every host that some entry names by itself.
class Zones {
 public:
  Zones(const std::vector<std::string>& regions, const Scenario& scenario, Diagnostics& diagnostics)
      : regions_(regions), cast_(scenario.cast), diagnostics_(diagnostics), count_(regions.size() + 1) {
    for (std::uint32_t i = 0; i < scenario.cast.peer_count(); ++i) {
      const PeerGroup& group = scenario.group_of(HostId(i));
      zone_.push_back(region(group.region, group.at));
    }
    for (const TrackerSpec& tracker : scenario.trackers) zone_.push_back(region(tracker.region, tracker.at));
    region_of_ = zone_;
  }

  // The hosts that a side of an entry names; of a region all that are in it.
  std::vector<HostId> hosts(const YamlNode& side) {
    const auto found = std::ranges::find(regions_, side.text);
    std::vector<HostId> named;
    if (found != regions_.end()) {
      const auto number = static_cast<std::uint32_t>(found - regions_.begin() + 1);
      for (std::uint32_t i = 0; i < zone_.size(); ++i)
        if (region_of_[i] == number) named.push_back(HostId(i));
      return named;
    }
    if (const auto tracker = cast_.find_tracker(side.text)) return {*tracker};
    const auto selected = cast_.select(side.text);
    if (selected) return *selected;
    std::vector<std::string_view> known(regions_.begin(), regions_.end());
    for (const GroupSize& group : cast_.groups()) known.push_back(group.name);
    diagnostics_.add(side.at, side.text.find('[') == std::string::npos
                                  ? fmt::format("delays: '{}' is neither a region nor a peer{}", side.text, suggestion(side.text, known))
                                  : fmt::format("delays: {}", selected.error()));
    return {};
  }

  // Who is named by itself gets a zone of its own.
  void separate(const YamlNode& side) {
    if (std::ranges::find(regions_, side.text) != regions_.end()) return;
    for (const HostId host : hosts(side)) {
      std::uint32_t& zone = zone_[host.value()];
      if (zone == region_of_[host.value()]) zone = static_cast<std::uint32_t>(count_++);
    }
  }

  std::uint32_t zone(HostId host) const { return zone_[host.value()]; }
  std::size_t count() const { return count_; }
  const std::vector<std::uint32_t>& by_host() const { return zone_; }

 private:
  std::uint32_t region(const std::string& name, Position at) {
    if (name.empty()) return 0;
    const auto found = std::ranges::find(regions_, name);
    if (found != regions_.end()) return static_cast<std::uint32_t>(found - regions_.begin() + 1);
    std::vector<std::string_view> known(regions_.begin(), regions_.end());
    diagnostics_.add(at, fmt::format("region: network.regions has no '{}'{}", name, suggestion(name, known)));
    return 0;
  }

  const std::vector<std::string>& regions_;
  const Cast& cast_;
  Diagnostics& diagnostics_;
  std::vector<std::uint32_t> zone_;        // by host
  std::vector<std::uint32_t> region_of_;
  std::size_t count_;
};

struct Entry {
  const YamlNode* from = nullptr;
  const YamlNode* to = nullptr;
  bool both_ways = false;
  Duration delay{};
};

std::optional<Entry> read_entry(const YamlNode& item, Diagnostics& diagnostics) {
  MapReader reader(item, "delays", diagnostics);
  Entry entry;
  const YamlNode* between = reader.take("between");
  entry.from = reader.take("from");
  entry.to = reader.take("to");
  reader.require("delay", "delay: 40 ms");
  const auto delay = reader.duration("delay");
  reader.finish();
  if (between != nullptr && between->kind == YamlNode::Kind::list && between->items.size() == 2 && entry.from == nullptr &&
      entry.to == nullptr) {
    entry.from = &between->items[0];
    entry.to = &between->items[1];
    entry.both_ways = true;
  }
  const auto is_name = [](const YamlNode* side) { return side != nullptr && side->kind == YamlNode::Kind::scalar; };
  if (!is_name(entry.from) || !is_name(entry.to)) {
    diagnostics.add(item.at, "delays: either 'between: [eu, us]', or 'from: eu' and 'to: us' for one way");
    return std::nullopt;
  }
  if (!delay) return std::nullopt;
  if (*delay > 1h) {
    diagnostics.add(item.at, "delays: more than an hour");
    return std::nullopt;
  }
  entry.delay = *delay;
  return entry;
}

}  // namespace

std::vector<std::string> read_regions(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<std::string> regions;
  for_each_scalar(node, "regions", diagnostics, [&](const YamlNode& name) {
    if (!is_group_name(name.text))
      diagnostics.add(name.at, fmt::format("regions: '{}' is no name; a letter, then letters, digits, '_' or '-'", name.text));
    else if (std::ranges::find(regions, name.text) != regions.end())
      diagnostics.add(name.at, fmt::format("regions: '{}' stands there twice", name.text));
    else regions.push_back(name.text);
  });
  if (regions.size() > kMostRegions) {
    diagnostics.add(node.at, fmt::format("regions: at most {}", kMostRegions));
    regions.resize(kMostRegions);
  }
  return regions;
}

CoreDelays read_delays(const YamlNode* node, const std::vector<std::string>& regions, const Scenario& scenario,
                       Diagnostics& diagnostics) {
  Zones zones(regions, scenario, diagnostics);
  for (const PeerGroup& group : scenario.groups)
    if (std::ranges::find(regions, group.name) != regions.end())
      diagnostics.add(group.at, fmt::format("peers: '{}' is a region too; give one of them another name", group.name));
  if (node == nullptr) return {};
  if (node->kind != YamlNode::Kind::list) {
    diagnostics.add(node->at, fmt::format("delays: {}; a list belongs here: - {{ between: [eu, us], delay: 40 ms }}",
                                          to_string(node->kind)));
    return {};
  }
  std::vector<Entry> entries;
  for (const YamlNode& item : node->items) {
    const auto entry = read_entry(item, diagnostics);
    if (!entry) continue;
    zones.separate(*entry->from);
    zones.separate(*entry->to);
    entries.push_back(*entry);
    if (zones.count() > kMostZones) {
      diagnostics.add(item.at, fmt::format("delays: {} regions and single peers; at most {}, so put peers into regions",
                                           zones.count(), kMostZones));
      return {};
    }
  }
  CoreDelays delays(zones.by_host(), static_cast<std::uint32_t>(zones.count()));
  for (const Entry& entry : entries) {
    for (const HostId a : zones.hosts(*entry.from)) {
      for (const HostId b : zones.hosts(*entry.to)) {
        if (a == b) continue;
        delays.set(zones.zone(a), zones.zone(b), entry.delay);
        if (entry.both_ways) delays.set(zones.zone(b), zones.zone(a), entry.delay);
      }
    }
  }
  return delays;
}

}  // namespace swarmlab::swarmsim
