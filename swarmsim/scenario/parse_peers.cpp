#include "swarmsim/scenario/parse_peers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/piece_geometry.hpp"
#include "swarmsim/scenario/parse_behaviours.hpp"
#include "swarmsim/scenario/parse_link.hpp"
#include "swarmsim/scenario/parse_storage.hpp"
#include "swarmsim/scenario/parse_timeline.hpp"
#include "swarmsim/scenario/settings_names.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr ByteCount kMostRequested(128 * 1024);   // what clients served at most when BEP 3 was young

constexpr std::uint64_t kMostRestarts = 1000;
constexpr std::uint64_t kFewestOpenFiles = 16;
constexpr std::uint64_t kMostOpenFiles = 1 << 20;
constexpr std::array<std::string_view, 1> kLaterGroupKeys{"client"};

void read_have(MapReader& reader, PeerGroup& group) {
  const YamlNode* value = reader.take("have");
  if (value == nullptr) return;
  if (value->kind == YamlNode::Kind::scalar && value->text == "all") group.have = Share{Share::kWhole};
  else if (value->kind == YamlNode::Kind::scalar && value->text == "none") group.have = Share{};
  else if (const auto share = reader.share("have")) group.have = *share;
}

void read_declaration(const YamlNode& node, const std::string& what, Declaration& declares, Diagnostics& diagnostics) {
  MapReader reader(node, what, diagnostics);
  if (const auto size = reader.size("request_size")) {
    if (size->value() == 0 || *size > kMostRequested)
      diagnostics.add(node.find("request_size")->at, fmt::format("request_size: a request is for 1 byte at least and {} at most",
                                                                 to_text(kMostRequested)));
    else declares.request_size = *size;
  }
  if (const auto time = reader.duration("reaction_time")) declares.reaction_time = *time;
  if (const auto is = reader.flag("tit_for_tat")) declares.tit_for_tat = *is;
  reader.finish();
}

void read_lacks(MapReader& reader, PeerGroup& group) {
  const YamlNode* value = reader.take("lacks");
  if (value == nullptr) return;
  if (value->kind != YamlNode::Kind::scalar || value->text == "all")
    return reader.diagnostics().add(value->at, R"(lacks: pieces by number: "0, 3..7"; who lacks all of them has 'have: none')");
  const auto pieces = parse_pieces(value->text);
  if (pieces) group.lacks = *pieces;
  else reader.diagnostics().add(value->at, fmt::format("lacks: {}", pieces.error()));
}

client::RestartPolicy read_restart(const YamlNode& node, const std::string& what, Diagnostics& diagnostics) {
  client::RestartPolicy policy{.strategy = client::RestartStrategy::one_for_one, .max_restarts = 3, .within = 1min, .pause = 1s};
  MapReader reader(node, what, diagnostics);
  if (const auto most = reader.count("at_most", kMostRestarts)) {
    if (*most == 0) diagnostics.add(node.find("at_most")->at, "at_most: not once; leave 'restart' out");
    policy.max_restarts = static_cast<std::uint32_t>(*most);
  }
  if (const auto within = reader.duration("within")) {
    if (*within <= Duration{0}) diagnostics.add(node.find("within")->at, "within: no time at all");
    policy.within = *within;
  }
  if (const auto pause = reader.duration("pause")) policy.pause = *pause;
  reader.finish();
  return policy;
}

ProcessLimits read_limits(const YamlNode& node, const std::string& what, Diagnostics& diagnostics) {
  ProcessLimits limits;
  MapReader reader(node, what, diagnostics);
  if (const auto files = reader.count("open_files", kMostOpenFiles)) {
    if (*files < kFewestOpenFiles)
      diagnostics.add(node.find("open_files")->at, fmt::format("open_files: fewer than {} start no program", kFewestOpenFiles));
    limits.open_files = static_cast<std::uint32_t>(*files);
  }
  limits.file_size = reader.size("file_size");
  limits.disk = reader.size("disk");
  if (limits.disk && limits.disk->value() <= 0) diagnostics.add(node.find("disk")->at, "disk: no room at all");
  reader.finish();
  return limits;
}

PeerGroup read_group(const YamlNode& node, const std::string& name, Position at, const PeerGroup& pattern,
                     Diagnostics& diagnostics) {
  PeerGroup group = pattern;
  group.name = name;
  group.at = at;
  const std::string what = "peers." + name;
  MapReader reader(node, what, diagnostics);
  read_have(reader, group);
  read_lacks(reader, group);
  if (const auto linger = reader.duration("linger")) group.linger = *linger;
  if (const auto count = reader.count("count", kMaxPeers)) {
    if (*count == 0) diagnostics.add(node.find("count")->at, "count: a group has one member at least");
    group.count = std::max(1u, static_cast<std::uint32_t>(*count));
  }
  if (const YamlNode* join = reader.take("join")) {
    group.states_join = true;
    group.join = read_arrival(*join, diagnostics);
  }
  constexpr std::array<std::string_view, 2> starts{"torrent", "magnet"};
  if (const auto start = reader.word("start", starts)) group.starts_from_magnet = *start == 1;
  if (group.starts_from_magnet && group.have.millionths > 0)
    diagnostics.add(node.find("start")->at, "start: magnet; who has pieces of the torrent at the start has its metadata too");
  if (const YamlNode* select = reader.take("select")) group.select = read_selection(*select, "select", diagnostics);
  if (const auto region = reader.text("region")) group.region = *region;
  if (const auto subject = reader.flag("subject")) group.is_subject = *subject;
  if (const auto ends = reader.word("ends", kFinalStates)) group.supervision.ends = static_cast<FinalState>(*ends);
  if (const YamlNode* restart = reader.take("restart")) group.supervision.restart = read_restart(*restart, what + ".restart", diagnostics);
  if (const YamlNode* limits = reader.take("limits")) group.limits = read_limits(*limits, what + ".limits", diagnostics);
  if (const YamlNode* link = reader.take("link")) read_link(*link, what + ".link", diagnostics).apply_to(group.link);
  if (const YamlNode* settings = reader.take("settings")) {
    read_settings(*settings, what + ".settings", group.settings, diagnostics);
    group.settings_text = to_flow(*settings);
    if (settings->kind == YamlNode::Kind::map)
      for (std::size_t i = 0; i < settings->items.size(); ++i)
        group.stated_settings.emplace_back(settings->keys[i], settings->items[i].text);
  }
  if (group.settings.choker != client::LeechPolicy::tit_for_tat && !group.settings.up_limit)
    diagnostics.add(at, fmt::format("{}.settings: this choker shares out the upload, and needs to know how much there is: up_limit", what));
  if (const YamlNode* declares = reader.take("declares"))
    read_declaration(*declares, what + ".declares", group.declares, diagnostics);
  if (const YamlNode* behaviour = reader.take("behaviour")) {
    group.behaviours = read_behaviours(*behaviour, what + ".behaviour", diagnostics);
    group.behaviours_text = to_flow(*behaviour);
  }
  if (const YamlNode* storage = reader.take("storage")) group.storage = read_storage(*storage, what + ".storage", diagnostics);
  reader.not_supported_yet(kLaterGroupKeys);
  reader.finish();
  return group;
}

}  // namespace

std::vector<PeerGroup> read_peers(const YamlNode& node, const PeerGroup& pattern, Diagnostics& diagnostics) {
  std::vector<PeerGroup> groups;
  if (node.kind != YamlNode::Kind::map || node.items.empty()) {
    diagnostics.add(node.at, fmt::format("peers: {}; a map of groups belongs here: {{ seeder: {{ have: all }}, leech: {{ count: 3 }} }}",
                                         node.items.empty() ? "nothing" : to_string(node.kind)));
    return groups;
  }
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string& name = node.keys[i];
    if (!is_group_name(name)) {
      diagnostics.add(node.key_at[i],
                      fmt::format("peers: '{}' is no name of a group; a letter, then letters, digits, '_' or '-', at "
                                  "most 32, and not '{}'", name, kTrackerName));
      continue;
    }
    groups.push_back(read_group(node.items[i], name, node.key_at[i], pattern, diagnostics));
    total += groups.back().count;
    if (total > kMaxPeers) {
      diagnostics.add(node.key_at[i], fmt::format("peers: {} in all; at most {}", total, kMaxPeers));
      // As many as there can be, so that who names the group is not wrong as well.
      const std::uint64_t others = total - groups.back().count;
      if (others < kMaxPeers) groups.back().count = static_cast<std::uint32_t>(kMaxPeers - others);
      else groups.pop_back();
      break;
    }
  }
  std::ranges::sort(groups, {}, &PeerGroup::name);
  return groups;
}

// A piece that the torrent does not have is a slip: the group would lack less than its author thinks.
void check_peers(const Scenario& scenario, Diagnostics& diagnostics) {
  const std::uint32_t pieces = protocol::PieceGeometry(scenario.torrent.total, scenario.torrent.piece_length).piece_count();
  for (const PeerGroup& group : scenario.groups) {
    for (const PieceRanges::Range& range : group.lacks.ranges)
      if (range.last >= pieces)
        diagnostics.add(group.at, fmt::format("peers.{}: lacks piece {}, but the torrent has the pieces 0 to {}", group.name, range.last,
                                              pieces - 1));
    if (group.linger && group.have.millionths == Share::kWhole && group.lacks.ranges.empty())
      diagnostics.add(group.at, fmt::format("peers.{}: 'linger' counts from its completion, but it has everything; use the timeline's "
                                            "'stop'", group.name));
  }
}

}  // namespace swarmlab::swarmsim
