#include "swarmsim/run/declared_facts.hpp"

#include <fmt/format.h>

#include "client/upload_slots.hpp"
#include "swarmsim/run/addresses.hpp"
#include "swarmsim/run/arrival_times.hpp"
#include "swarmsim/run/starting_content.hpp"
#include "swarmsim/run/swarm_torrent.hpp"

namespace swarmlab::swarmsim {
namespace {

Features spoken_by(const client::Settings& settings) {
  Features speaks;
  if (settings.fast_extension) speaks.add(Feature::fast);
  if (!settings.extension_protocol) return speaks;
  speaks.add(Feature::ext);
  if (settings.metadata_exchange) speaks.add(Feature::magnet);
  if (settings.peer_exchange) speaks.add(Feature::pex);
  return speaks;
}

// `lasts` 0: for good.
StorageTrouble trouble(Time begin, Duration lasts, const StorageFaults& faults) {
  return {.begin = begin, .end = lasts > Duration{0} ? begin + lasts : kNever, .refuses_writes = faults.refuses_writes(),
          .refuses_reads = faults.refuses_reads(), .lies = faults.lies()};
}

}  // namespace

tracker::AnnounceSettings announce_settings(const TrackerSpec& spec) {
  tracker::AnnounceSettings settings;
  settings.interval = std::chrono::duration_cast<std::chrono::seconds>(spec.interval);
  settings.min_interval = std::min(settings.min_interval, settings.interval);
  return settings;
}

bool is_script(const PeerGroup& group) {
  return !group.behaviours.empty() && group.behaviours.front().manual().kind == BehaviourKind::script;
}

RunFacts declared_facts(const Scenario& scenario, std::uint64_t seed) {
  RunFacts facts;
  facts.geometry = protocol::PieceGeometry(scenario.torrent.total, scenario.torrent.piece_length);
  facts.metadata_size = metadata_size(scenario);
  facts.is_private = scenario.torrent.is_private;
  facts.misleading_names = static_cast<std::uint32_t>(std::ranges::count_if(scenario.torrent.files, &TorrentSpec::File::misleads));
  for (const TrackerSpec& spec : scenario.trackers) {
    const tracker::AnnounceSettings settings = announce_settings(spec);
    facts.trackers.push_back({.name = spec.name, .tier = spec.tier, .interval = settings.interval,
                              .silence = tracker::allowed_silence(settings)});
  }
  const std::vector<IpAddress> addresses = addresses_for(host_names(scenario.cast));
  const std::vector<Time> joins = arrival_times(scenario, seed);
  for (std::uint32_t i = 0; i < scenario.cast.peer_count(); ++i) {
    const PeerGroup& group = scenario.group_of(HostId(i));
    PeerFacts& peer = facts.peers.emplace_back();
    peer.name = scenario.cast.name(HostId(i));
    peer.has_at_start = choose_pieces(group.have, facts.geometry.piece_count(),
                                      runtime::Random(seed, fmt::format("pieces of {}", peer.name)));
    for (std::uint32_t piece = 0; piece < peer.has_at_start.size(); ++piece)
      if (group.lacks.has(PieceIndex(piece))) peer.has_at_start.reset(PieceIndex(piece));
    peer.joins = joins[i];
    peer.listens = {addresses[i], kPeerPort};
    peer.knows_metadata = !group.starts_from_magnet;
    peer.upload_slots = client::upload_slots_of(group.settings, group.settings.up_limit);
    peer.optimistic = group.settings.optimistic;
    peer.tit_for_tat = group.declares.tit_for_tat && group.settings.choker == client::LeechPolicy::tit_for_tat;
    peer.rechoke_interval = group.settings.rechoke_interval;
    peer.optimistic_interval = group.settings.optimistic_interval;
    peer.newcomer_age = group.settings.newcomer_age;
    peer.rate_window = group.settings.rate_window;
    peer.seed_turn_time = group.settings.seed_turn_time;
    peer.link_up = group.link.up.value_or(BytesPerSecond{});
    peer.link_down = group.link.down.value_or(BytesPerSecond{});
    peer.max_peers = group.settings.max_peers;
    peer.end_game_requesters = group.settings.end_game ? group.settings.end_game_requesters : 1;
    peer.request_timeout = group.settings.request_timeout;
    peer.request_size = group.declares.request_size;
    peer.reaction_time = group.declares.reaction_time;
    peer.in_order = group.settings.sequential;
    peer.speaks = spoken_by(group.settings);
    peer.announces_to_all_tiers = group.settings.announce_to_all_tiers;
    peer.ban_time = group.settings.ban_time;
    peer.keepalive_interval = group.settings.keepalive_interval;
    if (group.storage) peer.storage.push_back(trouble(kStart, Duration{0}, *group.storage));
  }
  for (const TimelineEntry& entry : scenario.timeline) {
    for (const HostId peer : entry.peers) {
      std::vector<StorageTrouble>& storage = facts.peers[peer.value()].storage;
      if (entry.action == TimelineAction::storage) storage.push_back(trouble(entry.at, entry.lasts, entry.storage));
      if (entry.action == TimelineAction::lose) storage.push_back({.begin = entry.at, .end = entry.at, .lies = true});
    }
  }
  return facts;
}

std::vector<std::string> host_names(const Cast& cast) {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < cast.host_count(); ++i) names.push_back(cast.name(HostId(i)));
  return names;
}

}  // namespace swarmlab::swarmsim
