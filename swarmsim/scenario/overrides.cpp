#include "swarmsim/scenario/overrides.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace swarmlab::swarmsim {
namespace {

// The child of `node` called `key`; maps (and empty nodes) get it where it is missing.
YamlNode* child(YamlNode& node, std::string_view key) {
  if (node.kind == YamlNode::Kind::list) {
    const auto index = parse_count(key, kMaxYamlNodes);
    return index && *index < node.items.size() ? &node.items[*index] : nullptr;
  }
  if (node.kind == YamlNode::Kind::scalar) return nullptr;
  node.kind = YamlNode::Kind::map;
  const auto found = std::ranges::find(node.keys, key);
  if (found != node.keys.end()) return &node.items[static_cast<std::size_t>(found - node.keys.begin())];
  node.keys.emplace_back(key);
  node.key_at.push_back(node.at);
  node.items.emplace_back().at = node.at;
  return &node.items.back();
}

void place(YamlNode& node, Position at) {
  node.at = at;
  node.text_column.reset();   // it stands in no file
  for (Position& key : node.key_at) key = at;
  for (YamlNode& item : node.items) place(item, at);
}

void apply(YamlNode& root, const Override& change, Diagnostics& diagnostics) {
  const auto refuse = [&](std::string_view why) {
    diagnostics.add({}, fmt::format("--set {}={}: {}", change.key, change.value, why));
  };
  Diagnostics of_value;
  auto value = parse_yaml(change.value, of_value);
  if (!value) return refuse("the value " + of_value.sorted().front().what);
  YamlNode* node = &root;
  std::string_view rest = change.key;
  for (std::size_t depth = 0;; ++depth) {
    const std::size_t dot = rest.find('.');
    const std::string_view key = rest.substr(0, dot);
    if (key.empty() || depth >= kMaxYamlDepth) return refuse("keys are joined by points: peers.leech.count=10");
    node = child(*node, key);
    if (node == nullptr) return refuse(fmt::format("the scenario has nothing called '{}' there", key));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  const Position at = node->at;
  *node = std::move(*value);
  place(*node, at);
}

}  // namespace

void apply_overrides(YamlNode& root, std::span<const Override> overrides, Diagnostics& diagnostics) {
  for (const Override& change : overrides) apply(root, change, diagnostics);
}

}  // namespace swarmlab::swarmsim
