#include "swarmsim/lab/lab_cast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "protocol/assert.hpp"
#include "protocol/quantities.hpp"
#include "swarmsim/lab/faulty_folder.hpp"
#include "swarmsim/lab/relay_network.hpp"
#include "swarmsim/run/declaration.hpp"
#include "swarmsim/run/declared_facts.hpp"

namespace swarmlab::swarmsim {
namespace {

const std::string* value_of(const auto& pairs, std::string_view name) {
  const auto found = std::ranges::find(pairs, name, [](const auto& pair) { return std::string_view(pair.first); });
  return found == pairs.end() ? nullptr : &found->second;
}

// The text is good: whoever parsed the adapter (parse_adapter.cpp) or the scenario has seen to that.
void declare_known(std::string_view name, const std::string& text, PeerFacts& facts) {
  const auto good = declare(name, text, facts);
  SWARM_ASSERT(good.has_value(), good.has_value() ? "" : good.error());
}

std::int64_t number_of(std::string_view name, const std::string& text) {
  PeerFacts facts;
  declare_known(name, text, facts);
  return declared_number(name, facts);
}

// Whether the client does unasked what a scenario states.
bool is_declared(const Adapter& client, std::string_view setting, const std::string& stated) {
  for (const std::string_view name : declared_names())
    if (setting_behind(name) == setting)
      if (const std::string* const text = value_of(client.declares, name)) return number_of(name, *text) == number_of(name, stated);
  return false;
}

MappedSettings settings_for(const Adapter& client, const PeerGroup& group) {
  MappedSettings mapped = map_settings(client, group.stated_settings);
  std::erase_if(mapped.unmapped, [&](const std::string& name) {
    const std::string* const stated = value_of(group.stated_settings, name);
    return stated != nullptr && is_declared(client, name, *stated);
  });
  return mapped;
}

// Relays draw a curtain before it (relay_stream.hpp).
Features without_peer_exchange(Features all) {
  Features others;
  for (const Feature feature : kAllFeatures)
    if (feature != Feature::pex && all.has(feature)) others.add(feature);
  return others;
}

}  // namespace

std::string LabPrograms::path_of_clients() const {
  return fmt::format("{}:{}:/usr/local/sbin:/usr/sbin:/sbin", std::filesystem::path(swarmsim).parent_path().string(), path);
}

LabCast::LabCast(const Scenario& scenario, const Adapter* client, const Adapter* tracker, LabPrograms programs, LabAddresses addresses)
    : scenario_(scenario), client_(client), tracker_(tracker), programs_(std::move(programs)), addresses_(std::move(addresses)) {
  for (std::uint32_t i = 0; i < scenario.cast.host_count(); ++i) {
    const HostId host(i);
    if (!scenario.cast.is_peer(host)) {
      const TrackerSpec& spec = scenario.trackers[i - scenario.cast.peer_count()];
      adapters_.push_back(tracker == nullptr ? our_tracker(spec) : *tracker);
      settings_.emplace_back();
      if (tracker != nullptr && !is_told_interval(*tracker)) settings_.back().unmapped.emplace_back("interval");
      continue;
    }
    const bool is_clients = is_played_by_client(host);
    adapters_.push_back(is_clients ? *client : our_peer(host));
    settings_.push_back(is_clients ? settings_for(*client, scenario.group_of(host)) : MappedSettings{});
  }
}

Adapter LabCast::our_peer(HostId peer) const {
  const PeerGroup& group = scenario_.group_of(peer);
  Adapter adapter;
  adapter.client = "swarmsim peer";
  adapter.leech = {programs_.swarmsim, "peer", group.behaviours.empty() ? "honest" : group.behaviours_text,
                   "--torrent", "{torrent}", "--dir", "{dir}", "--listen", "{listen_ip}:{port}",
                   "--seed", fmt::format("{}", peer.value() + 1),
                   "--settings", group.settings_text.empty() ? "{}" : group.settings_text};   // empty: the defaults of scenarios
  if (scenario_.torrent.misleads()) adapter.leech.insert(adapter.leech.end(), {"--files-as", "{harmless_torrent}"});
  if (group.starts_from_magnet) adapter.leech.insert(adapter.leech.end(), {"--magnet", "{source}"});
  // A script asks no tracker, and where there is none everybody has to be told.
  if (is_script(group) || scenario_.trackers.empty())
    for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i)
      if (HostId(i) != peer && (is_script(group) || i < peer.value()))
        adapter.leech.insert(adapter.leech.end(), {"--peer", to_string(addresses_.as_seen(peer, HostId(i)))});
  adapter.seed = adapter.leech;
  return adapter;
}

Adapter LabCast::our_tracker(const TrackerSpec& spec) const {
  Adapter adapter;
  adapter.client = "bttracker";
  const tracker::AnnounceSettings settings = announce_settings(spec);
  adapter.leech = {programs_.bttracker, spec.kind == TrackerKind::http ? "--http" : "--udp", "{listen_ip}:{port}",
                   "--interval", fmt::format("{}", settings.interval.count()), "--min-interval",
                   fmt::format("{}", settings.min_interval.count()), "--verbose"};
  for (const tracker::FaultSpec& fault : spec.faults) adapter.leech.insert(adapter.leech.end(), {"--fault", to_string(fault)});
  adapter.seed = adapter.leech;
  if (spec.kind == TrackerKind::udp) adapter.ready = {Probe::Kind::log, "listening", 10s};
  return adapter;
}

std::string LabCast::why_not() const {
  for (const TimelineEntry& entry : scenario_.timeline)
    if (entry.action == TimelineAction::selection)
      return fmt::format("'{}' in a timeline needs a simulated client", to_string(entry.action));
  if (tracker_ != nullptr)
    for (const TrackerSpec& spec : scenario_.trackers)
      if (!spec.faults.empty()) return fmt::format("{} has faults, which {} does not have", spec.name, tracker_->client);
  for (const PeerGroup& group : scenario_.groups) {
    if (!group.select.empty()) return fmt::format("{} selects files, which only a simulated client is told", group.name);
    if (client_ == nullptr || !group.is_subject) continue;
    if (!group.behaviours.empty()) return fmt::format("{} has a behaviour of its own, which {} does not have", group.name, client_->client);
    if (group.starts_from_magnet && !client_->speaks.has(Feature::magnet))
      return fmt::format("{} starts from a magnet link, which {} does not speak", group.name, client_->client);
    if (client_->refuses_udp_trackers &&
        std::ranges::any_of(scenario_.trackers, [](const TrackerSpec& tracker) { return tracker.kind == TrackerKind::udp; }))
      return fmt::format("{} asks no tracker that speaks UDP", client_->client);
    if (scenario_.trackers.empty()) return fmt::format("there is no tracker that could tell {} of the others", client_->client);
  }
  if (addresses_.are_on_loopback() && scenario_.torrent.misleads())
    return "the torrent's names lead out of the folder, which takes namespaces";
  for (std::uint32_t i = 0; i < scenario_.cast.peer_count(); ++i) {
    if (addresses_.are_on_loopback() && scenario_.group_of(HostId(i)).limits.disk)
      return fmt::format("{} has a small disk, which takes namespaces", scenario_.cast.name(HostId(i)));
    if (!has_faulty_storage(HostId(i))) continue;
    if (addresses_.are_on_loopback()) return fmt::format("{} has storage faults, which take namespaces", scenario_.cast.name(HostId(i)));
    if (const std::string why = FaultyFolder::why_unavailable(); !why.empty()) return why;
    break;
  }
  return addresses_.are_on_loopback() ? why_not_relayed() : std::string();
}

std::string LabCast::why_not_relayed() const {
  const auto does = [](const TimelineEntry& entry, auto... actions) { return ((entry.action == actions) || ...); };
  if (addresses_.do_peers_meet()) {
    for (const TimelineEntry& entry : scenario_.timeline)
      if (does(entry, TimelineAction::link, TimelineAction::partition, TimelineAction::reset, TimelineAction::vanish))
        return fmt::format("'{}' in a timeline needs a network between peers", to_string(entry.action));
    return {};
  }
  constexpr std::string_view kWhatHelps = "which takes network namespaces";
  for (const PeerGroup& group : scenario_.groups) {
    const std::string why = RelayNetwork::why_not(group.link);
    if (!why.empty()) return fmt::format("{} {}, {}", group.name, why, kWhatHelps);
    if (client_ != nullptr && group.is_subject && client_->refuses_loopback)
      return fmt::format("{} takes nobody at a loopback address for a peer, and relays have no others", client_->client);
  }
  for (const TimelineEntry& entry : scenario_.timeline) {
    const std::string why = does(entry, TimelineAction::link) ? RelayNetwork::why_not(entry.change) : "";
    if (!why.empty()) return fmt::format("a link {} from {} on, {}", why, to_text(entry.at - kStart), kWhatHelps);
  }
  return {};
}

bool LabCast::has_faulty_storage(HostId peer) const {
  return scenario_.group_of(peer).storage || std::ranges::any_of(scenario_.timeline, [&](const TimelineEntry& entry) {
    return entry.action == TimelineAction::storage && std::ranges::find(entry.peers, peer) != entry.peers.end();
  });
}

RunFacts LabCast::facts(std::uint64_t seed, bool hears_peers) const {
  RunFacts facts = declared_facts(scenario_, seed);
  facts.hears_peers = hears_peers;
  declare_clients(facts);
  for (std::uint32_t i = 0; i < facts.peers.size(); ++i) {
    facts.peers[i].listens = addresses_.own(HostId(i));
    if (addresses_.are_on_loopback()) facts.peers[i].speaks = without_peer_exchange(facts.peers[i].speaks);
  }
  for (TrackerFacts& tracker : facts.trackers) {
    if (tracker_ == nullptr) break;
    if (!is_told_interval(*tracker_)) tracker.interval = tracker_->interval;
    tracker.silence = tracker_->silence;
  }
  return facts;
}

void LabCast::declare_clients(RunFacts& facts) const {
  for (std::uint32_t i = 0; i < facts.peers.size(); ++i)
    if (is_played_by_client(HostId(i))) declare_client(HostId(i), facts.peers[i]);
}

void LabCast::declare_client(HostId peer, PeerFacts& facts) const {
  const auto& stated = scenario_.group_of(peer).stated_settings;
  facts.speaks = client_->speaks;
  for (const std::string_view name : declared_names()) {
    const std::string_view setting = setting_behind(name);
    const auto map = std::ranges::find(client_->settings, setting, &SettingMap::name);
    const std::string* text = value_of(stated, setting);
    const std::vector<std::string>& unmapped = settings_[peer.value()].unmapped;
    const bool is_unmapped = std::ranges::find(unmapped, setting) != unmapped.end();
    if (text == nullptr && map != client_->settings.end() && !is_unmapped && !map->by_default.empty()) text = &map->by_default;
    if (text == nullptr) text = value_of(client_->declares, name);
    else if (is_unmapped) text = nullptr;
    if (text == nullptr) {
      facts.undeclared.emplace_back(name);
      continue;
    }
    declare_known(name, *text, facts);
  }
}

}  // namespace swarmlab::swarmsim
