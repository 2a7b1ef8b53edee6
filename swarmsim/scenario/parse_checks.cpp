#include "swarmsim/scenario/parse_checks.hpp"

#include <fmt/format.h>

#include "protocol/assert.hpp"
#include "protocol/spelling.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/checks/expect.hpp"
#include "swarmsim/expect/parse_expectation.hpp"
#include "swarmsim/scenario/parse_timeline.hpp"

namespace swarmlab::swarmsim {
namespace {

std::string_view example_of(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::peers: return "leech";
    case ParameterKind::duration: return "2 min";
    case ParameterKind::count: return "4";
    case ParameterKind::share: return "5%";
    case ParameterKind::expectation: return "median(leech.download_time) < 60 s";
  }
  return "";
}

void read_argument(MapReader& reader, const ParameterManual& parameter, const Cast& cast, CheckArguments& arguments) {
  const YamlNode* value = parameter.need == Need::required
                              ? reader.require(parameter.name, fmt::format("{}: {}", parameter.name, example_of(parameter.kind)))
                              : reader.take(parameter.name);
  if (value == nullptr) return;
  switch (parameter.kind) {
    case ParameterKind::peers: {
      std::vector<HostId> peers = read_selectors(*value, std::string(parameter.name), cast, reader.diagnostics());
      if (value->kind == YamlNode::Kind::list && value->items.empty())
        reader.diagnostics().add(value->at, fmt::format("{}: an empty list; name somebody", parameter.name));
      arguments.set(parameter.name, std::move(peers));
      return;
    }
    case ParameterKind::duration:
      if (const auto time = reader.duration(parameter.name)) arguments.set(parameter.name, *time);
      return;
    case ParameterKind::share:
      if (const auto share = reader.share(parameter.name)) arguments.set(parameter.name, *share);
      return;
    case ParameterKind::expectation: SWARM_ASSERT(false && "an expectation is no parameter in a map"); return;
    case ParameterKind::count:
      if (const auto count = reader.count(parameter.name, 1'000'000)) arguments.set(parameter.name, *count);
      return;
  }
}

void read_expectation(const YamlNode& node, CheckSpec check, Scenario& scenario, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::scalar) {
    diagnostics.add(node.kind == YamlNode::Kind::empty ? check.at : node.at,
                    fmt::format("expect: {}; a comparison belongs here: - expect: median(leech.download_time) < 60 s",
                        to_string(node.kind)));
    return;
  }
  auto parsed = parse_expectation(node.text, scenario.cast);
  if (!parsed) {
    Position at = node.at;
    if (node.text_column) at.column += *node.text_column + static_cast<int>(parsed.error().offset);
    diagnostics.add(at, fmt::format("expect: {}", parsed.error().what));
    return;
  }
  parsed->seeds_stated = scenario.seeds.count();
  parsed->line = check.at.line;
  const auto expectation = std::make_shared<const Expectation>(std::move(*parsed));
  if (expectation->is_over_seeds) {
    if (expectation->seeds_stated < 2)
      diagnostics.add(node.at, "expect: over_seeds() in a scenario of one seed; state as many as the claim needs: seeds: 1..20");
    scenario.over_seeds.push_back(expectation);
    return;
  }
  check.who = expectation->who;
  check.arguments.set("that", expectation);
  scenario.checks.push_back(std::move(check));
}

std::string names_of_trackers(const Scenario& scenario) {
  std::string names;
  for (const TrackerSpec& tracker : scenario.trackers) names += (names.empty() ? "" : ", ") + tracker.name;
  return names;
}

}  // namespace

void read_checks(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::list || node.items.empty()) {
    diagnostics.add(node.at, "checks: a list of at least one check: - completes: { who: leech, within: 8 min }");
    return;
  }
  std::vector<std::string_view> names;
  for (const CheckManual* manual : check_manuals()) names.push_back(manual->name);
  for (const YamlNode& item : node.items) {
    if (item.kind != YamlNode::Kind::map || item.keys.size() != 1) {
      diagnostics.add(item.at, "checks: each entry is one check: - completes: { who: leech, within: 8 min }");
      continue;
    }
    CheckSpec check;
    check.at = item.key_at.front();
    check.manual = find_check_manual(item.keys.front());
    if (check.manual == nullptr) {
      diagnostics.add(check.at, fmt::format("checks: '{}' is no check of this version{}", item.keys.front(),
                                            suggestion(item.keys.front(), names, "'swarmsim explain' lists them")));
      continue;
    }
    if (check.manual == &kExpect) {
      read_expectation(item.items.front(), std::move(check), scenario, diagnostics);
      continue;
    }
    MapReader reader(item.items.front(), std::string(check.manual->name), diagnostics);
    for (const ParameterManual& parameter : check.manual->parameters)
      read_argument(reader, parameter, scenario.cast, check.arguments);
    check.arguments.may_be_vacuous = reader.word(kVacuousKey, kVacuousWords).has_value();
    reader.finish();
    const std::vector<HostId> who = check.arguments.peers("who");
    check.who = who.empty() ? names_of_trackers(scenario) : scenario.cast.describe(who);   // a check of nobody else is one of trackers
    scenario.checks.push_back(std::move(check));
  }
  if (scenario.checks.empty() && diagnostics.empty())
    diagnostics.add(node.at, "checks: only expectations over seeds; each run needs something of its own to be judged by");
}

}  // namespace swarmlab::swarmsim
