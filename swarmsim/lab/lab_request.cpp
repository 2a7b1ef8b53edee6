#include "swarmsim/lab/lab_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "swarmsim/scenario/map_reader.hpp"
#include "swarmsim/scenario/parse_link.hpp"
#include "swarmsim/scenario/yaml_tree.hpp"

namespace swarmlab::swarmsim {
namespace {

// In the order of the enumeration; the name is the key of a request.
constexpr std::array<std::string_view, 13> kActions{"show", "link", "restore", "partition", "heal", "reset", "pause",
                                                    "resume", "stop", "kill", "start", "enter", "join"};

std::vector<std::string> read_names(const YamlNode& node, std::string_view what, Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for_each_scalar(node, std::string(what), diagnostics, [&](const YamlNode& name) { names.push_back(name.text); });
  return names;
}

void read_cells(const YamlNode& node, LabRequest& request, Diagnostics& diagnostics) {
  const bool is_good = node.kind == YamlNode::Kind::list && node.items.size() >= 2 && node.items.size() <= 255 &&
      (!request.one_way || node.items.size() == 2);
  if (!is_good) {
    diagnostics.add(node.at, request.one_way ? "partition: one_way is between two sides, from the first to the second"
                                             : "partition: two sides or more, of those who cannot reach each other");
    return;
  }
  for (const YamlNode& cell : node.items) request.cells.push_back(read_names(cell, "partition", diagnostics));
}

std::string first_of(const Diagnostics& diagnostics) { return diagnostics.sorted().front().what; }

}  // namespace

std::expected<LabRequest, std::string> parse_lab_request(std::string_view line) {
  const std::string choice = fmt::format("a request has one of {}", fmt::join(kActions, ", "));
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return std::unexpected(choice);
  Diagnostics diagnostics;
  const auto tree = parse_yaml(line, diagnostics);
  if (!tree) return std::unexpected(first_of(diagnostics));
  MapReader reader(*tree, "request", diagnostics);
  LabRequest request;
  std::size_t actions = 0;
  for (std::size_t i = 0; i < kActions.size(); ++i) {
    if (reader.take(kActions[i]) == nullptr) continue;
    request.action = static_cast<LabAction>(i);
    ++actions;
  }
  if (actions == 1) {
    const std::string_view key = kActions[static_cast<std::size_t>(request.action)];
    const YamlNode& value = *reader.take(key);
    switch (request.action) {
      case LabAction::link:
        request.link = read_link(value, "link", diagnostics);
        if (const YamlNode* of = reader.require("of", "of: leecher-1")) request.who = read_names(*of, "of", diagnostics);
        break;
      case LabAction::partition:
        request.one_way = reader.flag("one_way").value_or(false);
        read_cells(value, request, diagnostics);
        break;
      case LabAction::reset:
        request.who = read_names(value, key, diagnostics);
        if (const YamlNode* with = reader.require("with", "with: seeder-1")) request.with = read_names(*with, "with", diagnostics);
        break;
      case LabAction::show:
      case LabAction::heal:
      case LabAction::join:
      case LabAction::restore:
      case LabAction::pause:
      case LabAction::resume:
      case LabAction::stop:
      case LabAction::kill:
      case LabAction::start:
      case LabAction::enter: request.who = read_names(value, key, diagnostics); break;
    }
  }
  reader.finish();
  if (!diagnostics.empty()) return std::unexpected(first_of(diagnostics));
  if (actions != 1) return std::unexpected(choice);
  return request;
}

std::expected<LinkChange, std::string> parse_link_text(std::string_view text) {
  Diagnostics diagnostics;
  const auto tree = parse_yaml(text, diagnostics);
  if (!tree) return std::unexpected(first_of(diagnostics));
  const LinkChange link = read_link(*tree, "link", diagnostics);
  if (!diagnostics.empty()) return std::unexpected(first_of(diagnostics));
  return link;
}

}  // namespace swarmlab::swarmsim
