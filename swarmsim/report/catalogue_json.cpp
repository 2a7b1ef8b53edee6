#include "swarmsim/report/catalogue_json.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/checks/expect.hpp"
#include "swarmsim/peers/catalogue.hpp"

namespace swarmlab::swarmsim {
namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

// "B19, B22 and many others" -> B19, B22.
Json bugs_in(std::string_view text) {
  Json bugs = Json::array();
  const auto is_digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  for (std::size_t at = text.find('B'); at != std::string_view::npos; at = text.find('B', at + 1))
    if (is_digit(at + 1) && is_digit(at + 2)) bugs.push_back(text.substr(at, 3));
  return bugs;
}

Json tiers_json(const RunTiers& tiers) {
  Json names = Json::array();
  for (const RunTier tier : {RunTier::smoke, RunTier::pr, RunTier::nightly, RunTier::lab, RunTier::lab_smoke})
    if (tiers.belongs_to(tier)) names.push_back(to_string(tier));
  return names;
}

Json scenario_json(const ListedScenario& listed) {
  const Scenario& scenario = *listed.scenario;
  Json subjects = Json::array();
  std::set<std::string_view> behaviours;
  for (const PeerGroup& group : scenario.groups) {
    if (group.is_subject) subjects.push_back(group.name);
    for (const BehaviourSpec& behaviour : group.behaviours) behaviours.insert(behaviour.manual().name);
  }
  Json checks = Json::array();
  for (const CheckSpec& check : scenario.checks)
    checks.push_back({{"check", check.manual->name}, {"who", check.who}, {"line", check.at.line}});
  for (const auto& expectation : scenario.over_seeds)
    checks.push_back({{"check", kExpect.name}, {"who", expectation->who}, {"line", expectation->line}});
  return {{"file", listed.file},
          {"title", scenario.title},
          {"tiers", tiers_json(scenario.tiers)},
          {"limit_s", std::chrono::duration<double>(scenario.limit).count()},
          {"first_seed", scenario.seeds.first},
          {"last_seed", scenario.seeds.last},
          {"subjects", std::move(subjects)},
          {"checks", std::move(checks)},
          {"behaviours", behaviours}};
}

}  // namespace

std::string scenarios_json(std::span<const ListedScenario> scenarios) {
  Json list = Json::array();
  for (const ListedScenario& listed : scenarios) list.push_back(scenario_json(listed));
  return text({{"scenarios", std::move(list)}});
}

std::string catalogue_json() {
  Json checks = Json::array();
  for (const CheckManual* manual : check_manuals())
    checks.push_back({{"name", manual->name},
                      {"claim", manual->claim},
                      {"level", to_string(manual->level)},
                      {"maturity", to_string(manual->maturity)},
                      {"bugs", bugs_in(manual->bugs)}});
  Json behaviours = Json::array();
  for (const BehaviourManual* manual : behaviour_manuals())
    behaviours.push_back({{"name", manual->name}, {"claim", manual->claim}, {"bugs", bugs_in(manual->bugs)}});
  return text({{"checks", std::move(checks)}, {"behaviours", std::move(behaviours)}});
}

}  // namespace swarmlab::swarmsim
