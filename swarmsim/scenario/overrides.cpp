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

// The value put at `keys` below `node`: "leech.count".  `*` stands for every key that is there.  Says what is wrong, if anything.
std::string put(YamlNode& node, std::string_view keys, const YamlNode& value, std::size_t depth) {
  if (keys.empty() && depth > 0) {
    const Position at = node.at;
    node = value;
    place(node, at);
    return {};
  }
  const std::size_t dot = keys.find('.');
  const std::string_view key = keys.substr(0, dot);
  const std::string_view rest = dot == std::string_view::npos ? std::string_view{} : keys.substr(dot + 1);
  if (key.empty() || depth >= kMaxYamlDepth || (dot != std::string_view::npos && rest.empty()))
    return "keys are joined by points: peers.leech.count=10";
  if (key == "*") {
    if (node.items.empty()) return "'*' stands for every key there is, and there is none";
    for (YamlNode& item : node.items)
      if (std::string wrong = put(item, rest, value, depth + 1); !wrong.empty()) return wrong;
    return {};
  }
  YamlNode* const next = child(node, key);
  if (next == nullptr) return fmt::format("the scenario has nothing called '{}' there", key);
  return put(*next, rest, value, depth + 1);
}

void apply(YamlNode& root, const Override& change, Diagnostics& diagnostics) {
  const auto refuse = [&](std::string_view why) {
    diagnostics.add({}, fmt::format("--set {}={}: {}", change.key, change.value, why));
  };
  Diagnostics of_value;
  const auto value = parse_yaml(change.value, of_value);
  if (!value) return refuse("the value " + of_value.sorted().front().what);
  if (const std::string wrong = put(root, change.key, *value, 0); !wrong.empty()) refuse(wrong);
}

}  // namespace

void apply_overrides(YamlNode& root, std::span<const Override> overrides, Diagnostics& diagnostics) {
  for (const Override& change : overrides) apply(root, change, diagnostics);
}

}  // namespace swarmlab::swarmsim
