#include "swarmsim/scenario/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "protocol/assert.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/checks/expect.hpp"
#include "swarmsim/peers/catalogue.hpp"
#include "swarmsim/scenario/key_log.hpp"
#include "swarmsim/scenario/parse.hpp"
#include "swarmsim/scenario/parse_checks.hpp"
#include "swarmsim/scenario/parse_timeline.hpp"
#include "swarmsim/scenario/settings_names.hpp"

namespace swarmlab::swarmsim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kNumber = R"(^\s*[0-9]+(\.[0-9]+)?\s*)";

Json reference(std::string_view definition) { return {{"$ref", fmt::format("#/definitions/{}", definition)}}; }

Json quantity(std::string_view units, std::string_view example) {
  return {{"type", "string"}, {"pattern", fmt::format("{}({})\\s*$", kNumber, units)}, {"examples", Json::array({example})}};
}

// What is taken as it is, by map and key.
struct Structure {
  std::string_view map;
  std::string_view key;
  std::string_view schema;
};
constexpr std::array kStructures{
    Structure{"scenario", "tier",
              R"({"anyOf": [{"enum": ["smoke", "nightly", "lab", "lab-smoke"]},
                            {"type": "array", "minItems": 1, "items": {"enum": ["smoke", "nightly", "lab", "lab-smoke"]}}]})"},
    Structure{"scenario", "torrent", R"({"$ref": "#/definitions/torrent"})"},
    Structure{"scenario", "tracker", R"({"$ref": "#/definitions/tracker"})"},
    Structure{"scenario", "trackers",
              R"({"type": "object", "minProperties": 1, "maxProperties": 20, "additionalProperties": false,
                  "patternProperties": {"^[A-Za-z][A-Za-z0-9_-]{0,31}$": {"$ref": "#/definitions/tracker_in_tier"}}})"},
    Structure{"scenario", "network", R"({"$ref": "#/definitions/network"})"},
    Structure{"scenario", "peers",
              R"({"type": "object", "minProperties": 1, "additionalProperties": false,
                  "patternProperties": {"^[A-Za-z][A-Za-z0-9_-]{0,31}$": {"$ref": "#/definitions/group"}}})"},
    Structure{"scenario", "timeline", R"({"type": "array", "items": {"$ref": "#/definitions/timeline_entry"}})"},
    Structure{"scenario", "checks", R"({"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/check"}})"},
    Structure{"torrent", "files", R"({"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/file"}})"},
    Structure{"file", "told_as", R"({"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string"}})"},
    Structure{"file", "link_to", R"({"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string"}})"},
    Structure{"tracker", "faults", R"({"$ref": "#/definitions/names"})"},
    Structure{"tracker_in_tier", "faults", R"({"$ref": "#/definitions/names"})"},
    Structure{"network", "link", R"({"$ref": "#/definitions/link"})"},
    Structure{"network", "regions", R"({"$ref": "#/definitions/names"})"},
    Structure{"network", "delays", R"({"type": "array", "items": {"$ref": "#/definitions/delay"}})"},
    Structure{"delay", "between", R"({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2})"},
    Structure{"delay", "from", R"({"type": "string"})"},
    Structure{"delay", "to", R"({"type": "string"})"},
    Structure{"group", "have", R"({"anyOf": [{"enum": ["all", "none"]}, {"$ref": "#/definitions/share"}]})"},
    Structure{"group", "lacks", R"({"type": ["string", "integer"]})"},
    Structure{"group", "select", R"({"$ref": "#/definitions/names"})"},
    Structure{"group", "join", R"({"anyOf": [{"$ref": "#/definitions/duration"}, {"$ref": "#/definitions/arrival"}]})"},
    Structure{"group", "link", R"({"$ref": "#/definitions/link"})"},
    Structure{"group", "storage", R"({"$ref": "#/definitions/storage"})"},
    Structure{"group", "settings", R"({"$ref": "#/definitions/settings"})"},
    Structure{"group", "declares", R"({"$ref": "#/definitions/declaration"})"},
    Structure{"group", "restart", R"({"$ref": "#/definitions/restart"})"},
    Structure{"group", "limits", R"({"$ref": "#/definitions/limits"})"},
    Structure{"group", "behaviour",
              R"({"anyOf": [{"$ref": "#/definitions/behaviour"}, {"type": "array", "items": {"$ref": "#/definitions/behaviour"}}]})"},
    Structure{"link", "loss", R"({"anyOf": [{"$ref": "#/definitions/share"}, {"$ref": "#/definitions/loss"}]})"},
    Structure{"link", "reorder", R"({"anyOf": [{"$ref": "#/definitions/share"}, {"$ref": "#/definitions/reorder"}]})"},
    Structure{"timeline_entry", "partition",
              R"({"type": "array", "minItems": 2, "maxItems": 255, "items": {"$ref": "#/definitions/names"}})"},
    Structure{"timeline_entry", "link", R"({"$ref": "#/definitions/link"})"},
    Structure{"timeline_entry", "storage", R"({"$ref": "#/definitions/storage"})"},
    Structure{"timeline_entry", "selection", R"({"$ref": "#/definitions/names"})"},
    Structure{"timeline_entry", "of", R"({"$ref": "#/definitions/names"})"},
    Structure{"timeline_entry", "with", R"({"$ref": "#/definitions/names"})"},
};

// What the parser calls its maps, and the schema its definitions.
struct Definition {
  std::string_view map;
  std::string_view name;
};
constexpr std::array kDefinitions{
    Definition{"torrent", "torrent"},     Definition{"files", "file"},          Definition{"tracker", "tracker"},
    Definition{"trackers.x", "tracker_in_tier"},
    Definition{"network", "network"},     Definition{"network.link", "link"},   Definition{"loss", "loss"},
    Definition{"reorder", "reorder"},     Definition{"delays", "delay"},        Definition{"peers.x", "group"},
    Definition{"join", "arrival"},        Definition{"peers.x.settings", "settings"},
    Definition{"peers.x.declares", "declaration"},
    Definition{"peers.x.restart", "restart"}, Definition{"peers.x.limits", "limits"},
    Definition{"peers.x.storage", "storage"},
};

// A scenario in which every key that leads to others, or is read only when it is there, is there.
std::string scenario_that_touches_everything() {
  std::string settings;
  for (const std::string_view name : setting_names()) settings += fmt::format("{}{}: x", settings.empty() ? "" : ", ", name);
  std::string timeline;
  for (const std::string_view action : timeline_actions())
    timeline += fmt::format("  - {{ {}: {}, at: x, spread: x, poisson: x, burst: x, every: x, of: x, with: x, for: x, one_way: x }}\n",
                            action, action == "link" || action == "storage" ? "{}" : action == "partition" ? "[x, x]" : "x");
  return fmt::format(R"(
format: x
torrent: {{ files: [ {{}} ] }}
tracker: {{ interval: x }}
trackers: {{ x: {{ interval: x }} }}
network: {{ link: {{ loss: {{}}, reorder: {{}} }}, delays: [ {{}} ] }}
peers: {{ x: {{ have: x, settings: {{ {} }}, declares: {{ request_size: x }}, storage: {{}}, restart: {{}}, limits: {{}},
             join: {{ spread: x, poisson: x, burst: x, every: x }} }} }}
timeline:
{})",
                     settings, timeline);
}

Json structure_of(std::string_view map, const std::string& key, std::set<std::size_t>& used) {
  for (std::size_t i = 0; i < kStructures.size(); ++i) {
    if (kStructures[i].map != map || kStructures[i].key != key) continue;
    used.insert(i);
    return Json::parse(kStructures[i].schema);
  }
  return nullptr;
}

// To others than our parser, a YAML `true` is no word.
template <class Words>
Json one_of_words(const Words& words) {
  Json values = Json::array();
  for (const std::string_view word : words) {
    values.push_back(word);
    if (word == "true" || word == "false") values.push_back(word == "true");
  }
  return {{"enum", std::move(values)}};
}

Json value_of(std::string_view map, const LoggedKey& key, std::set<std::size_t>& used) {
  if (Json structure = structure_of(map, key.name, used); !structure.is_null()) return structure;
  switch (key.kind) {
    case KeyKind::structure: break;
    case KeyKind::text: return {{"type", {"string", "number", "boolean"}}};
    case KeyKind::flag: return {{"type", "boolean"}};
    case KeyKind::count: return {{"type", "integer"}, {"minimum", 0}, {"maximum", key.most}};
    case KeyKind::size: return reference("size");
    case KeyKind::rate: return reference("rate");
    case KeyKind::duration: return reference("duration");
    case KeyKind::share: return reference("share");
    case KeyKind::word: return one_of_words(key.words);
  }
  SWARM_ASSERT(false && "a key that the schema has no description for", map, key.name);
  return nullptr;
}

// `every` is asked for only where `burst` stands.
void complete_bursts(Json& object) {
  if (!object["properties"].contains("burst") || !object["properties"].contains("every")) return;
  object["dependencies"] = {{"burst", Json::array({"every"})}, {"every", Json::array({"burst"})}};
}

Json object_of(std::string_view map, const std::vector<LoggedKey>& keys, std::set<std::size_t>& used) {
  Json required = Json::array();
  Json properties = Json::object();
  for (const LoggedKey& key : keys) {
    properties[key.name] = value_of(map, key, used);
    if (key.is_required && key.name != "every") required.push_back(key.name);
  }
  Json object = {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  if (!required.empty()) object["required"] = std::move(required);
  complete_bursts(object);
  return object;
}

// One of several shapes, by action: each has the keys that its reader asked for.
Json timeline_entry(const KeyLog& log, std::set<std::size_t>& used) {
  std::vector<const LoggedMap*> entries;
  for (const LoggedMap& map : log.maps)
    if (map.what == "timeline") entries.push_back(&map);
  const auto actions = timeline_actions();
  SWARM_ASSERT(entries.size() == actions.size(), entries.size(), actions.size());
  Json shapes = Json::array();
  for (std::size_t i = 0; i < actions.size(); ++i) {
    std::vector<LoggedKey> keys;
    for (LoggedKey key : entries[i]->keys) {
      if (key.name != actions[i] && std::ranges::find(actions, key.name) != actions.end()) continue;
      key.is_required = key.name == actions[i] || (key.is_required && key.name != "every");
      keys.push_back(key);
    }
    // Whom an action befalls, where it is not said otherwise.
    Json properties = Json::object();
    Json required = Json::array();
    for (const LoggedKey& key : keys) {
      const Json structure = structure_of("timeline_entry", key.name, used);
      if (key.name == actions[i] && structure.is_null() && key.kind == KeyKind::structure) properties[key.name] = reference("names");
      else properties[key.name] = value_of("timeline_entry", key, used);
      if (key.is_required) required.push_back(key.name);
    }
    shapes.push_back({{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)},
                      {"required", std::move(required)}});
    complete_bursts(shapes.back());
  }
  return {{"oneOf", std::move(shapes)}};
}

Json parameter_value(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::peers: return reference("names");
    case ParameterKind::duration: return reference("duration");
    case ParameterKind::count: return {{"type", "integer"}, {"minimum", 0}, {"maximum", 1'000'000}};
    case ParameterKind::share: return reference("share");
    case ParameterKind::expectation: break;
  }
  return nullptr;
}

// A map with one key, the name.
Json one_of(Json properties) {
  return {{"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}, {"additionalProperties", false},
          {"properties", std::move(properties)}};
}

Json check() {
  Json checks = Json::object();
  for (const CheckManual* manual : check_manuals()) {
    if (manual == &kExpect) {   // the comparison itself, instead of a map
      checks[std::string(manual->name)] = {{"type", "string"}, {"description", manual->claim}, {"examples",
          Json::array({"median(leech.download_time) < 60 s"})}};
      continue;
    }
    Json properties = Json::object();
    Json required = Json::array();
    for (const ParameterManual& parameter : manual->parameters) {
      Json value = {{"allOf", Json::array({parameter_value(parameter.kind)})}, {"description", parameter.about}};
      properties[std::string(parameter.name)] = std::move(value);
      if (parameter.need == Need::required) required.push_back(parameter.name);
    }
    properties[std::string(kVacuousKey)] = one_of_words(kVacuousWords);
    Json parameters = {{"type", required.empty() ? Json{"object", "null"} : Json("object")}, {"additionalProperties", false},
                       {"properties", std::move(properties)}, {"description", manual->claim}};
    if (!required.empty()) parameters["required"] = std::move(required);
    checks[std::string(manual->name)] = std::move(parameters);
  }
  return one_of(std::move(checks));
}

Json behaviour_value(const BehaviourParameter& parameter) {
  switch (parameter.kind) {
    case BehaviourValueKind::share: return reference("share");
    case BehaviourValueKind::duration: return reference("duration");
    case BehaviourValueKind::count: return {{"type", "integer"}, {"minimum", 0}};
    case BehaviourValueKind::rate: return reference("rate");
    case BehaviourValueKind::word: return one_of_words(parameter.words);
    case BehaviourValueKind::pieces: return {{"type", {"string", "integer"}}};
  }
  return nullptr;
}

Json behaviour() {
  Json names = Json::array();
  Json properties = Json::object();
  for (const BehaviourManual* manual : behaviour_manuals()) {
    names.push_back(manual->name);
    Json parameters = Json::object();
    for (const BehaviourParameter& parameter : manual->parameters)
      parameters[std::string(parameter.name)] = {{"allOf", Json::array({behaviour_value(parameter)})},
                                                 {"description", fmt::format("{} (default: {})", parameter.about, parameter.standard)}};
    Json forms = Json::array({{{"type", "null"}}, {{"type", "object"}, {"additionalProperties", false}, {"properties", parameters}}});
    if (!manual->parameters.empty()) forms.push_back(behaviour_value(manual->parameters.front()));
    properties[std::string(manual->name)] = {{"anyOf", std::move(forms)}, {"description", manual->claim}};
  }
  return {{"anyOf", {{{"enum", std::move(names)}}, one_of(std::move(properties))}}};
}

}  // namespace

std::string scenario_schema() {
  KeyLog log;
  Diagnostics diagnostics;
  diagnostics.log_keys(log);
  const bool is_valid = parse_scenario(scenario_that_touches_everything(), {}, diagnostics).has_value();
  SWARM_ASSERT(!is_valid);   // it is not meant to be: only what is asked of it counts

  std::set<std::size_t> used;
  const auto map_named = [&](std::string_view what) -> const LoggedMap& {
    const auto found = std::ranges::find(log.maps, what, &LoggedMap::what);
    SWARM_ASSERT(found != log.maps.end(), what);
    return *found;
  };
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "A scenario of Swarmlab"}};
  schema.update(object_of("scenario", map_named("scenario").keys, used));
  schema["properties"]["format"] = {{"const", kFormatVersion}};
  Json& definitions = schema["definitions"];
  definitions["size"] = quantity("B|kB|MB|GB|KiB|MiB|GiB|TiB", "16 MiB");
  definitions["rate"] = quantity("bit/s|kbit/s|Mbit/s|Gbit/s|B/s|kB/s|MB/s|GB/s|KiB/s|MiB/s|GiB/s", "4 Mbit/s");
  definitions["duration"] = quantity("ns|us|ms|s|min|h", "90 s");
  definitions["share"] = quantity("%", "5%");
  definitions["names"] = {{"anyOf", {{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}}},
                          {"examples", {"leech", "leech[0..2]"}}};
  for (const auto& [map, name] : kDefinitions) definitions[std::string(name)] = object_of(name, map_named(map).keys, used);
  definitions["timeline_entry"] = timeline_entry(log, used);
  definitions["check"] = check();
  definitions["behaviour"] = behaviour();
  SWARM_ASSERT(used.size() == kStructures.size(), used.size());   // no description of a key that is gone
  return schema.dump(1) + "\n";
}

}  // namespace swarmlab::swarmsim
