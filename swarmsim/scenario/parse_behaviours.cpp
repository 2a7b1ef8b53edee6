#include "swarmsim/scenario/parse_behaviours.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/spelling.hpp"
#include "swarmsim/peers/catalogue.hpp"

namespace swarmlab::swarmsim {
namespace {

void set(BehaviourSpec& spec, std::string_view parameter, const YamlNode& value, Diagnostics& diagnostics) {
  if (value.kind != YamlNode::Kind::scalar) {
    diagnostics.add(value.at, fmt::format("{}.{}: {}; a single value belongs here", spec.manual().name, parameter,
                                          to_string(value.kind)));
    return;
  }
  const auto done = spec.set(parameter, value.text);
  if (!done) diagnostics.add(value.at, fmt::format("{}.{}: {}", spec.manual().name, parameter, done.error()));
}

void read_one(const std::string& name, Position at, const YamlNode* value, const std::string& what,
              std::vector<BehaviourSpec>& behaviours, Diagnostics& diagnostics) {
  const BehaviourManual* manual = find_behaviour_manual(name);
  if (manual == nullptr) {
    std::vector<std::string_view> names;
    for (const BehaviourManual* known : behaviour_manuals()) names.push_back(known->name);
    diagnostics.add(at, fmt::format("{}: '{}' is no behaviour of this version{}", what, name,
                                    suggestion(name, names, "'swarmsim explain' lists them")));
    return;
  }
  BehaviourSpec& spec = behaviours.emplace_back(*manual);
  if (value == nullptr || value->kind == YamlNode::Kind::empty) return;
  if (value->kind != YamlNode::Kind::map) {
    set(spec, manual->parameters.front().name, *value, diagnostics);
    return;
  }
  std::vector<std::string_view> names;
  for (const BehaviourParameter& parameter : manual->parameters) names.push_back(parameter.name);
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    if (std::ranges::find(names, std::string_view(value->keys[i])) == names.end())
      diagnostics.add(value->key_at[i], fmt::format("{}: '{}' is no parameter of {}{}", what, value->keys[i], name,
                                                    suggestion(value->keys[i], names)));
    else set(spec, value->keys[i], value->items[i], diagnostics);
  }
}

void read_item(const YamlNode& item, const std::string& what, std::vector<BehaviourSpec>& behaviours,
               Diagnostics& diagnostics) {
  if (item.kind == YamlNode::Kind::scalar) {
    read_one(item.text, item.at, nullptr, what, behaviours, diagnostics);
  } else if (item.kind == YamlNode::Kind::map && item.keys.size() == 1) {
    read_one(item.keys.front(), item.key_at.front(), &item.items.front(), what, behaviours, diagnostics);
  } else {
    diagnostics.add(item.at, fmt::format("{}: each entry is one behaviour: [ tar_pit, {{ corrupt_blocks: 5% }} ]", what));
  }
}

}  // namespace

std::vector<BehaviourSpec> read_behaviours(const YamlNode& node, const std::string& what, Diagnostics& diagnostics) {
  std::vector<BehaviourSpec> behaviours;
  if (node.kind == YamlNode::Kind::list) {
    for (const YamlNode& item : node.items) read_item(item, what, behaviours, diagnostics);
  } else {
    read_item(node, what, behaviours, diagnostics);
  }
  const bool has_script = std::ranges::any_of(
      behaviours, [](const BehaviourSpec& spec) { return spec.manual().kind == BehaviourKind::script; });
  if (has_script && behaviours.size() > 1)
    diagnostics.add(node.at, fmt::format("{}: a raw peer has no engine that others could stand before; it stands alone", what));
  return behaviours;
}

}  // namespace swarmlab::swarmsim
