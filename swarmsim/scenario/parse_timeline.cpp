#include "swarmsim/scenario/parse_timeline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "swarmsim/scenario/parse_link.hpp"
#include "swarmsim/scenario/parse_storage.hpp"

namespace swarmlab::swarmsim {
namespace {

// In the order of the enumeration; the name is the key of an entry.
constexpr std::array<std::string_view, 14> kActions{"join", "stop",  "leave",     "kill",    "vanish", "restart", "pause",
                                                    "partition", "link", "reset", "selection", "storage", "lose",
                                                    "pause_download"};
constexpr std::string_view kWays =
    "join, stop, leave, kill, vanish, restart, pause, partition, link, reset, selection, storage, lose or pause_download";
constexpr Duration kLongestGap = 24h;

bool lasts_for_a_while(TimelineAction action) {
  return action == TimelineAction::pause || action == TimelineAction::partition ||
         action == TimelineAction::link || action == TimelineAction::vanish || action == TimelineAction::storage ||
         action == TimelineAction::pause_download;
}

// spread, poisson, or burst with every; at most one of them.
void read_pattern(MapReader& reader, Arrival& arrival) {
  const auto time = [&](std::string_view key, Arrival::Kind kind) {
    const YamlNode* node = reader.take(key);
    if (node == nullptr) return 0;
    arrival.kind = kind;
    if (const auto given = reader.duration(key)) {
      arrival.time = *given;
      if (*given <= Duration{0} || *given > kLongestGap)
        reader.diagnostics().add(node->at, fmt::format("{}: more than nothing and at most a day", key));
    }
    return 1;
  };
  int ways = time("spread", Arrival::Kind::spread) + time("poisson", Arrival::Kind::poisson);
  if (const YamlNode* burst = reader.take("burst")) {
    ++ways;
    if (const auto many = reader.count("burst", kMaxPeers)) {
      arrival.burst = static_cast<std::uint32_t>(std::max<std::uint64_t>(1, *many));
      if (*many == 0) reader.diagnostics().add(burst->at, "burst: of one peer at least");
    }
    reader.require("every", "every: 30 s");
  }
  if (reader.has("every")) {
    if (!reader.has("burst"))
      reader.diagnostics().add(reader.at(), fmt::format("{}: 'every' goes with 'burst', how many come together", reader.what()));
    time("every", Arrival::Kind::bursts);
  }
  if (ways > 1)
    reader.diagnostics().add(reader.at(), fmt::format("{}: only one of 'spread', 'poisson' and 'burst'", reader.what()));
}

// Peers and trackers: what befalls a host or a process may befall a tracker's too.
std::vector<HostId> read_hosts(const YamlNode& node, std::string_view what, const Cast& cast, Diagnostics& diagnostics) {
  std::vector<HostId> hosts;
  for_each_scalar(node, std::string(what), diagnostics, [&](const YamlNode& selector) {
    if (const auto tracker = cast.find_tracker(selector.text)) return hosts.push_back(*tracker);
    if (selector.text == kTrackerName && cast.tracker_count() == 0)
      return diagnostics.add(selector.at, fmt::format("{}: names the tracker, but this swarm has none", what));
    const auto selected = cast.select(selector.text);
    if (selected) hosts.insert(hosts.end(), selected->begin(), selected->end());
    else diagnostics.add(selector.at, fmt::format("{}: {}", what, selected.error()));
  });
  std::ranges::sort(hosts);
  hosts.erase(std::ranges::unique(hosts).begin(), hosts.end());
  return hosts;
}

void read_partition(const YamlNode& node, MapReader& reader, const Cast& cast, TimelineEntry& entry,
                    Diagnostics& diagnostics) {
  if (const auto one_way = reader.flag("one_way")) entry.one_way = *one_way;
  if (node.kind != YamlNode::Kind::list || node.items.size() < 2 || node.items.size() > 255 ||
      (entry.one_way && node.items.size() != 2)) {
    diagnostics.add(node.at, entry.one_way
                                 ? "partition: with one_way two lists: what the first sends does not reach the second"
                                 : "partition: a list of two lists or more, of those who cannot reach each other: "
                                   "[[seeder], [leech, tracker]]");
    return;
  }
  std::vector<HostId> seen;
  for (const YamlNode& item : node.items) {
    std::vector<HostId> cell = read_hosts(item, "partition", cast, diagnostics);
    for (const HostId host : cell) {
      if (std::ranges::find(seen, host) != seen.end())
        diagnostics.add(item.at, fmt::format("partition: {} is on two sides", cast.name(host)));
      seen.push_back(host);
    }
    entry.cells.push_back(std::move(cell));
  }
}

TimelineEntry read_entry(const YamlNode& item, TimelineAction action, MapReader& reader, const Cast& cast,
                         Diagnostics& diagnostics) {
  TimelineEntry entry;
  entry.where = item.at;
  entry.action = action;
  const std::string_view key = to_string(action);
  const YamlNode& value = *reader.take(key);
  switch (action) {
    case TimelineAction::join:
      entry.peers = read_selectors(value, std::string(key), cast, diagnostics);
      read_pattern(reader, entry.arrival);
      break;
    case TimelineAction::partition: read_partition(value, reader, cast, entry, diagnostics); break;
    case TimelineAction::link:
      entry.change = read_link(value, "timeline.link", diagnostics);
      if (const YamlNode* of = reader.require("of", "of: leech"))
        entry.peers = read_selectors(*of, "of", cast, diagnostics);
      break;
    case TimelineAction::selection:
      entry.select = read_selection(value, std::string(key), diagnostics);
      if (const YamlNode* of = reader.require("of", "of: leech"))
        entry.peers = read_selectors(*of, "of", cast, diagnostics);
      break;
    case TimelineAction::storage:
      entry.storage = read_storage(value, "timeline.storage", diagnostics);
      if (const YamlNode* of = reader.require("of", "of: leech"))
        entry.peers = read_selectors(*of, "of", cast, diagnostics);
      break;
    case TimelineAction::lose:
      if (const auto lost = reader.share("lose")) {
        entry.lost = *lost;
        if (lost->millionths == 0) diagnostics.add(value.at, "lose: no piece at all");
      }
      if (const YamlNode* of = reader.require("of", "of: leech"))
        entry.peers = read_selectors(*of, "of", cast, diagnostics);
      break;
    case TimelineAction::reset:
      entry.peers = read_selectors(value, std::string(key), cast, diagnostics);
      if (const YamlNode* with = reader.require("with", "with: seeder"))
        entry.with = read_selectors(*with, "with", cast, diagnostics);
      break;
    case TimelineAction::kill:
    case TimelineAction::restart: entry.peers = read_hosts(value, key, cast, diagnostics); break;
    case TimelineAction::stop:
    case TimelineAction::leave:
    case TimelineAction::vanish:
    case TimelineAction::pause:
    case TimelineAction::pause_download: entry.peers = read_selectors(value, std::string(key), cast, diagnostics); break;
  }
  const bool must_end = action == TimelineAction::pause || action == TimelineAction::partition || action == TimelineAction::pause_download;
  if (must_end) reader.require("for", "for: 30 s");
  if (lasts_for_a_while(action)) {
    if (const auto lasts = reader.duration("for")) {
      entry.lasts = *lasts;
      if (*lasts <= Duration{0}) diagnostics.add(item.find("for")->at, "for: no time at all");
    }
  }
  return entry;
}

// A glob that names no file is a slip: nobody would notice that nothing is wanted.
void check_rules(const std::vector<client::SelectRule>& rules, const TorrentSpec& torrent, const Position& at, std::string_view what,
                 Diagnostics& diagnostics) {
  const auto names = [&](const client::SelectRule& rule) {
    return std::ranges::any_of(torrent.files, [&](const TorrentSpec::File& file) {
      return client::glob_names_file(rule.glob, fmt::format("{}", fmt::join(file.path, "/")));
    });
  };
  for (const client::SelectRule& rule : rules) {
    if (!torrent.is_multi_file) diagnostics.add(at, fmt::format("{}: the torrent is one file; give it 'files'", what));
    else if (!names(rule)) diagnostics.add(at, fmt::format("{}: '{}' names none of the torrent's files", what, rule.glob));
  }
}

void check_selections(const Scenario& scenario, Diagnostics& diagnostics) {
  for (const PeerGroup& group : scenario.groups) check_rules(group.select, scenario.torrent, group.at, "select", diagnostics);
  for (const TimelineEntry& entry : scenario.timeline)
    check_rules(entry.select, scenario.torrent, entry.where, "selection", diagnostics);
}

}  // namespace

std::span<const std::string_view> timeline_actions() { return kActions; }

std::string_view to_string(TimelineAction action) { return kActions[static_cast<std::size_t>(action)]; }

Arrival read_arrival(const YamlNode& node, Diagnostics& diagnostics) {
  Arrival arrival;
  if (node.kind == YamlNode::Kind::scalar) {
    const auto at = parse_duration(node.text);
    if (at) arrival.at = kStart + *at;
    else diagnostics.add(node.at, fmt::format("join: {}", at.error()));
    return arrival;
  }
  MapReader reader(node, "join", diagnostics);
  if (const auto at = reader.duration("at")) arrival.at = kStart + *at;
  read_pattern(reader, arrival);
  reader.finish();
  return arrival;
}

std::vector<HostId> read_selectors(const YamlNode& node, const std::string& what, const Cast& cast,
                                   Diagnostics& diagnostics) {
  std::vector<HostId> peers;
  for_each_scalar(node, what, diagnostics, [&](const YamlNode& selector) {
    const auto selected = cast.select(selector.text);
    if (selected) peers.insert(peers.end(), selected->begin(), selected->end());
    else diagnostics.add(selector.at, fmt::format("{}: {}", what, selected.error()));
  });
  std::ranges::sort(peers);
  peers.erase(std::ranges::unique(peers).begin(), peers.end());
  return peers;
}

std::vector<client::SelectRule> read_selection(const YamlNode& node, const std::string& what, Diagnostics& diagnostics) {
  std::vector<client::SelectRule> rules;
  for_each_scalar(node, what, diagnostics, [&](const YamlNode& text) {
    auto rule = client::parse_select_rule(text.text);
    if (rule) rules.push_back(std::move(*rule));
    else diagnostics.add(text.at, fmt::format("{}: {}", what, rule.error()));
  });
  return rules;
}

std::vector<TimelineEntry> read_timeline(const YamlNode& node, const Cast& cast, Diagnostics& diagnostics) {
  std::vector<TimelineEntry> timeline;
  if (node.kind != YamlNode::Kind::list) {
    diagnostics.add(node.at, fmt::format("timeline: {}; a list belongs here: - {{ at: 90 s, stop: \"leech[0]\" }}",
                                         to_string(node.kind)));
    return timeline;
  }
  for (const YamlNode& item : node.items) {
    MapReader reader(item, "timeline", diagnostics);
    std::vector<TimelineAction> actions;
    for (std::size_t i = 0; i < kActions.size(); ++i)
      if (reader.take(kActions[i]) != nullptr) actions.push_back(static_cast<TimelineAction>(i));
    reader.require("at", "at: 90 s");
    const auto at = reader.duration("at");
    TimelineEntry entry;
    if (actions.size() == 1) {
      entry = read_entry(item, actions.front(), reader, cast, diagnostics);
    } else if (!actions.empty() || item.keys.size() < 2) {
      diagnostics.add(item.at, fmt::format("timeline: an entry has 'at' and one of {}", kWays));
    }
    reader.finish();
    if (at) entry.at = kStart + *at;
    entry.arrival.at = entry.at;
    const auto place = std::ranges::upper_bound(timeline, entry.at, {}, &TimelineEntry::at);
    timeline.insert(place, std::move(entry));
  }
  return timeline;
}

void check_timeline(const Scenario& scenario, Diagnostics& diagnostics) {
  // What is known of each peer before the run; a random arrival counts from its earliest.
  struct Life {
    Time joins{};
    bool joined_by_timeline = false;
    std::string_view gone{};      // by which action; "" while it lives
    Time gone_at{};
    bool is_gone_for_good = false;
    Time away_until = kStart;     // paused or off the network for a while
  };
  std::vector<Life> lives(scenario.cast.host_count());   // trackers are there from the start
  for (std::uint32_t i = 0; i < scenario.cast.peer_count(); ++i) lives[i].joins = scenario.group_of(HostId(i)).join.at;
  const auto wrong = [&](const TimelineEntry& entry, std::string what) {
    diagnostics.add(entry.where, "timeline: " + std::move(what));
  };
  const auto text = [](Time at) { return to_text(at - kStart); };

  for (const TimelineEntry& entry : scenario.timeline) {
    if (entry.action != TimelineAction::join) continue;
    for (const HostId peer : entry.peers) {
      Life& life = lives[peer.value()];
      if (life.joined_by_timeline)
        wrong(entry, fmt::format("{} is to join at {} and at {}; it joins once, 'restart' brings it back",
                                 scenario.cast.name(peer), text(life.joins), text(entry.at)));
      else if (scenario.group_of(peer).states_join)
        wrong(entry, fmt::format("{} is to join at {}, but its group says 'join' already; leave one of them out",
                                 scenario.cast.name(peer), text(entry.at)));
      life.joins = entry.at;
      life.joined_by_timeline = true;
    }
  }
  check_selections(scenario, diagnostics);
  for (const TimelineEntry& entry : scenario.timeline) {
    const std::string_view action = to_string(entry.action);
    // Written so that no sum can wrap.
    if (entry.at - kStart >= scenario.limit || entry.lasts > scenario.limit - (entry.at - kStart))
      wrong(entry, entry.lasts > Duration{0}
                       ? fmt::format("'{}' at {} for {} is not over at the run's limit of {}", action, text(entry.at),
                                     to_text(entry.lasts), to_text(scenario.limit))
                       : fmt::format("{} is after the run's limit of {}", text(entry.at), to_text(scenario.limit)));
    const bool befalls_processes = entry.action != TimelineAction::join && entry.action != TimelineAction::link &&
                                   entry.action != TimelineAction::reset && entry.action != TimelineAction::storage &&
                                   entry.action != TimelineAction::lose;
    if (!befalls_processes) continue;
    for (const HostId peer : entry.peers) {
      Life& life = lives[peer.value()];
      const std::string name = scenario.cast.name(peer);
      if (life.joins > entry.at) {
        wrong(entry, entry.action == TimelineAction::stop || entry.action == TimelineAction::leave
                         ? fmt::format("{} is to go at {}, before it has come", name, text(entry.at))
                         : fmt::format("'{}' meets {} at {}, before it has come", action, name, text(entry.at)));
        continue;
      }
      if (entry.at < life.away_until) {
        wrong(entry, fmt::format("'{}' meets {} at {}, while it is away until {}", action, name, text(entry.at),
                                 text(life.away_until)));
        continue;
      }
      if (entry.action == TimelineAction::restart) {
        if (life.gone.empty())
          wrong(entry, fmt::format("{} is to restart at {}, but nothing has ended it", name, text(entry.at)));
        else if (life.is_gone_for_good)
          wrong(entry, fmt::format("{} is to restart at {}, but its host has left for good at {}; use 'stop'", name,
                                   text(entry.at), text(life.gone_at)));
        life.gone = {};
        continue;
      }
      if (!life.gone.empty()) {
        wrong(entry, fmt::format("'{}' meets {} at {}, but it has been gone since {} ('{}')", action, name, text(entry.at),
                                 text(life.gone_at), life.gone));
        continue;
      }
      if (entry.action == TimelineAction::selection) continue;   // it lives on
      if (entry.lasts > Duration{0}) {
        life.away_until = entry.at + std::min(entry.lasts, scenario.limit);
        continue;
      }
      life.gone = action;
      life.gone_at = entry.at;
      life.is_gone_for_good = entry.action == TimelineAction::leave;
    }
  }
}

}  // namespace swarmlab::swarmsim
