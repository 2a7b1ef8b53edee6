#include "swarmsim/scenario/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include "protocol/metainfo.hpp"
#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/overrides.hpp"
#include "swarmsim/scenario/parse_checks.hpp"
#include "swarmsim/scenario/parse_link.hpp"
#include "swarmsim/scenario/parse_peers.hpp"
#include "swarmsim/scenario/parse_run_tiers.hpp"
#include "swarmsim/scenario/parse_timeline.hpp"
#include "swarmsim/scenario/parse_topology.hpp"
#include "swarmsim/scenario/parse_trackers.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 3> kLaterKeys{"matrix", "storage", "client"};
constexpr std::uint64_t kMaxTrain = 12;   // a block of 16 KiB with its header
constexpr std::uint64_t kMaxFiles = 10'000;
constexpr std::size_t kMostElements = 8;        // of a path that misleads
constexpr std::size_t kLongestElement = 300;    // bytes; file systems take 255
constexpr std::size_t kMostStepsUp = 3;         // from DIR/content/ to the folder of all peers of a lab run
constexpr std::uint32_t kMaxPieces = 1u << 20;
constexpr ByteCount kMaxSymbolic{std::int64_t{1} << 40};
// Real content: each peer holds a copy.
constexpr ByteCount kMaxBytesOfAll = 4_GiB;

// What peers have whose scenario says nothing: a home connection of 2020.
PeerGroup default_peer() {
  PeerGroup peer;
  peer.link.up = BytesPerSecond(10'000'000 / 8);
  peer.link.down = BytesPerSecond(50'000'000 / 8);
  peer.link.delay = 10ms;
  return peer;
}

// The elements of a path that a torrent is to have, whatever is in them.
std::vector<std::string> read_elements(MapReader& reader, std::string_view key) {
  const YamlNode* node = reader.take(key);
  if (node == nullptr) return {};
  std::vector<std::string> elements;
  const bool is_list = node->kind == YamlNode::Kind::list && !node->items.empty() && node->items.size() <= kMostElements;
  if (is_list)
    for (const YamlNode& item : node->items)
      if (item.kind == YamlNode::Kind::scalar && item.text.size() <= kLongestElement) elements.push_back(item.text);
  if (!is_list || elements.size() != node->items.size())
    reader.diagnostics().add(node->at, fmt::format("{}: a list of 1 to {} elements of a path, of {} bytes at most: [.., .., escape]", key,
                                                   kMostElements, kLongestElement));
  return elements;
}

// How often these elements, taken at their word, go up.
std::size_t steps_up(const std::vector<std::string>& elements) {
  std::size_t steps = 0;
  for (const std::string& element : elements)
    for (const auto part : std::views::split(element, '/')) steps += std::string_view(part) == "..";
  return steps;
}

// Names may lead out of a client's folder, but no further than lab mode looks: what is there is the run's own, and goes with it.
void check_where_a_name_leads(const YamlNode& node, const TorrentSpec::File& file, Diagnostics& diagnostics) {
  if (!file.link_to.empty() && file.size != ByteCount()) diagnostics.add(node.at, "a link has no bytes: size: 0 B");
  for (const std::string& element : file.link_to)
    if (element.empty() || element.starts_with('/'))
      diagnostics.add(node.at, fmt::format("link_to: '{}'; a link may lead up, but to no absolute path", element));
  for (const std::string& element : file.told_as) {
    if (!element.starts_with('/')) continue;
    if (!element.starts_with(fmt::format("{}/", kOwnDisk)))
      diagnostics.add(node.at, fmt::format("told_as: '{}' is not below {}, where absolute paths lead to a disk of the run's own", element,
                                           kOwnDisk));
    if (steps_up(file.told_as) > 0) diagnostics.add(node.at, fmt::format("told_as: '{}': an absolute path does not go up", element));
  }
}

void check_how_far_names_lead(const YamlNode& node, const TorrentSpec& torrent, Diagnostics& diagnostics) {
  std::size_t by_links = 0;   // a link may lead through another
  std::size_t by_a_name = 0;
  for (const TorrentSpec::File& file : torrent.files) {
    by_links += steps_up(file.link_to);
    by_a_name = std::max(by_a_name, steps_up(file.told_as));
  }
  if (by_a_name + by_links > kMostStepsUp)
    diagnostics.add(node.at, fmt::format("files: the torrent leads {} steps up, by names and links together; {} at most",
                                         by_a_name + by_links, kMostStepsUp));
}

void read_files(const YamlNode& node, TorrentSpec& torrent, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::list || node.items.empty() || node.items.size() > kMaxFiles) {
    diagnostics.add(node.at, fmt::format("files: a list of 1 to {} files: - {{ path: a/b.bin, size: 3 MiB }}", kMaxFiles));
    return;
  }
  torrent.is_multi_file = true;
  std::vector<std::string> seen;
  for (const YamlNode& item : node.items) {
    MapReader reader(item, "files", diagnostics);
    TorrentSpec::File file;
    reader.require("path", "path: a/b.bin");
    reader.require("size", "size: 3 MiB");
    const auto path = reader.text("path");
    if (const auto size = reader.size("size")) file.size = *size;
    file.told_as = read_elements(reader, "told_as");
    file.link_to = read_elements(reader, "link_to");
    reader.finish();
    check_where_a_name_leads(item, file, diagnostics);
    if (!path) continue;
    std::string_view rest = *path;
    bool is_safe = !rest.empty() && rest.size() < 1024;
    while (is_safe) {
      const std::size_t slash = rest.find('/');
      const std::string_view element = rest.substr(0, slash);
      is_safe = !element.empty() && element != "." && element != ".." && element.size() <= 255;
      file.path.emplace_back(element);
      if (slash == std::string_view::npos) break;
      rest.remove_prefix(slash + 1);
    }
    if (!is_safe) diagnostics.add(item.at, fmt::format("files: '{}' is no relative path without '.' and '..'", *path));
    seen.push_back(*path + "/");
    // Before the sum, so that it cannot wrap.
    if (file.size > kMaxSymbolic) diagnostics.add(item.at, "files: more than 1 TiB");
    else torrent.total += file.size;
    torrent.files.push_back(std::move(file));
  }
  check_how_far_names_lead(node, torrent, diagnostics);
  std::ranges::sort(seen);
  for (std::size_t i = 1; i < seen.size(); ++i)
    if (seen[i].starts_with(seen[i - 1]))
      diagnostics.add(node.at, fmt::format("files: '{}' stands there twice or is a file and a directory",
                                           seen[i - 1].substr(0, seen[i - 1].size() - 1)));
}

void read_torrent(const YamlNode& node, TorrentSpec& torrent, Diagnostics& diagnostics) {
  MapReader reader(node, "torrent", diagnostics);
  const YamlNode* files = reader.take("files");
  const auto size = reader.size("size");
  if (files != nullptr) {
    if (reader.has("size")) diagnostics.add(node.at, "torrent: either 'size' or 'files', whose sizes add up");
    read_files(*files, torrent, diagnostics);
  } else if (reader.is_map() && !reader.has("size")) {
    diagnostics.add(node.at, "torrent: 'size' is missing; for example size: 16 MiB");
  } else if (size) {
    torrent.total = *size;
    torrent.files.push_back({{}, *size});
  }
  if (const auto length = reader.size("piece_length")) torrent.piece_length = *length;
  if (const auto is_private = reader.flag("private")) torrent.is_private = *is_private;
  reader.finish();

  if (torrent.piece_length < 1_KiB || torrent.piece_length > protocol::kMaxPieceLength) {
    const YamlNode* at = node.find("piece_length");
    diagnostics.add(at != nullptr ? at->at : node.at,
                    fmt::format("piece_length: {}; 1 KiB to {}", to_text(torrent.piece_length),
                                to_text(protocol::kMaxPieceLength)));
    return;
  }
  if (!diagnostics.empty()) return;
  if (torrent.total.value() < 1 || torrent.total > kMaxSymbolic)
    diagnostics.add(node.at, "torrent: 1 B to 1 TiB of content");
  else if ((torrent.total.value() - 1) / torrent.piece_length.value() + 1 > kMaxPieces)
    diagnostics.add(node.at, fmt::format("torrent: more than {} pieces; choose a larger piece_length", kMaxPieces));
}

void read_seeds(MapReader& reader, SeedRange& seeds) {
  if (const auto seed = reader.count("seed", ~std::uint64_t{0} / 2)) seeds = {*seed, *seed};
  const auto range = reader.text("seeds");
  if (!range) return;
  const std::size_t dots = range->find("..");
  const auto first = parse_count(std::string_view(*range).substr(0, dots), 1'000'000'000);
  const auto last = dots == std::string::npos ? first : parse_count(std::string_view(*range).substr(dots + 2), 1'000'000'000);
  if (!first || !last || *first > *last || *last - *first >= 100'000 || reader.has("seed"))
    reader.diagnostics().add(reader.take("seeds")->at, "seeds: a range like 1..20, of at most 100000, and not beside 'seed'");
  else seeds = {*first, *last};
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// What holds between parts of the file.
void check_whole(const Scenario& scenario, const YamlNode& root, Diagnostics& diagnostics) {
  for (const PeerGroup& group : scenario.groups)
    if (group.join.at - kStart >= scenario.limit)
      diagnostics.add(group.at, fmt::format("peers.{}: joins at {}, when the run is over (limit: {})", group.name,
                                            to_text(group.join.at - kStart), to_text(scenario.limit)));
  check_peers(scenario, diagnostics);
  check_timeline(scenario, diagnostics);
  const std::int64_t copies = static_cast<std::int64_t>(scenario.cast.peer_count()) + 1;
  if (scenario.content == ContentKind::bytes && scenario.torrent.total.value() > kMaxBytesOfAll.value() / copies)
    diagnostics.add(root.find("content")->at,
                    fmt::format("content: bytes for {} peers of {} each is more than {}; use content: symbolic",
                                copies - 1, to_text(scenario.torrent.total), to_text(kMaxBytesOfAll)));
}

}  // namespace

std::optional<Scenario> parse_scenario(std::string_view text, std::span<const Override> overrides,
                                       Diagnostics& diagnostics) {
  auto root = parse_yaml(text, diagnostics);
  if (!root) return std::nullopt;
  apply_overrides(*root, overrides, diagnostics);
  MapReader reader(*root, "scenario", diagnostics);
  Scenario scenario;

  reader.require("format", "format: 1");
  if (const auto format = reader.count("format", 1'000'000); format && *format != kFormatVersion)
    diagnostics.add(root->find("format")->at, fmt::format("format: {}; this version reads format {}", *format, kFormatVersion));
  reader.require("scenario", "scenario: A peer that sends corrupt blocks is dropped");
  if (const auto title = reader.text("scenario")) {
    scenario.title = trimmed(*title);
    if (scenario.title.empty() || scenario.title.size() > 200 || scenario.title.find('\n') != std::string::npos)
      diagnostics.add(root->find("scenario")->at, "scenario: a title of one line and at most 200 characters");
  }
  if (const auto about = reader.text("about")) scenario.about = trimmed(*about);
  reader.require("limit", "limit: 10 min");
  if (const auto limit = reader.duration("limit")) {
    scenario.limit = *limit;
    if (*limit < 1ms || *limit > 10'000h) diagnostics.add(root->find("limit")->at, "limit: from 1 ms to 10000 h of virtual time");
  }
  read_seeds(reader, scenario.seeds);
  if (const YamlNode* tier = reader.take("tier")) scenario.tiers = read_run_tiers(*tier, diagnostics);
  if (const YamlNode* torrent = reader.require("torrent", "torrent: { size: 16 MiB }"))
    read_torrent(*torrent, scenario.torrent, diagnostics);
  scenario.trackers = read_trackers(reader, diagnostics);
  constexpr std::array<std::string_view, 2> contents{"symbolic", "bytes"};
  if (const auto content = reader.word("content", contents)) scenario.content = static_cast<ContentKind>(*content);

  PeerGroup pattern = default_peer();
  if (const auto most = reader.count("max_peers", 10'000)) {
    if (*most == 0) diagnostics.add(root->find("max_peers")->at, "max_peers: one at least");
    pattern.settings.max_peers = static_cast<std::uint32_t>(*most);
  }
  std::vector<std::string> regions;
  const YamlNode* delays = nullptr;
  if (const YamlNode* network = reader.take("network")) {
    MapReader of_network(*network, "network", diagnostics);
    if (const YamlNode* link = of_network.take("link"))
      read_link(*link, "network.link", diagnostics).apply_to(pattern.link);
    if (const auto train = of_network.count("train", kMaxTrain)) {
      scenario.train_packets = static_cast<std::uint32_t>(*train);
      if (*train == 0) diagnostics.add(network->find("train")->at, "train: one packet at least");
    }
    if (const YamlNode* list = of_network.take("regions")) regions = read_regions(*list, diagnostics);
    delays = of_network.take("delays");
    of_network.finish();
  }
  if (const YamlNode* peers = reader.require("peers", "peers: { seeder: { have: all }, leech: { count: 3 } }")) {
    scenario.groups = read_peers(*peers, pattern, diagnostics);
    std::vector<GroupSize> sizes;
    for (const PeerGroup& group : scenario.groups) sizes.push_back({group.name, group.count});
    std::vector<std::string> trackers;
    for (const TrackerSpec& tracker : scenario.trackers) {
      trackers.push_back(tracker.name);
      if (std::ranges::find(scenario.groups, tracker.name, &PeerGroup::name) != scenario.groups.end())
        diagnostics.add(tracker.at, fmt::format("trackers: '{}' is a group of peers too; give one of them another name", tracker.name));
    }
    scenario.cast = Cast(std::move(sizes), std::move(trackers));
  }
  scenario.core_delays = read_delays(delays, regions, scenario, diagnostics);
  if (const YamlNode* timeline = reader.take("timeline"))
    scenario.timeline = read_timeline(*timeline, scenario.cast, diagnostics);
  if (const YamlNode* checks = reader.require("checks", "checks: [ completes: { who: leech, within: 8 min } ]"))
    read_checks(*checks, scenario, diagnostics);
  reader.not_supported_yet(kLaterKeys);
  reader.finish();

  if (!diagnostics.empty()) return std::nullopt;
  check_whole(scenario, *root, diagnostics);
  // A tier is what the file as it stands promises; whoever tries something with --set is free to.
  if (overrides.empty()) check_run_tiers(scenario, *root, diagnostics);
  scenario.source = {std::string(text), {overrides.begin(), overrides.end()}};
  if (!diagnostics.empty()) return std::nullopt;
  return scenario;
}

}  // namespace swarmlab::swarmsim
