// What `list --json` and `explain --json` print: scenarios, checks and behaviours for programs, such as the generators of
// docs/bugs.md and of the pages that list a folder's scenarios.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

struct ListedScenario {
  std::string file;
  std::shared_ptr<const Scenario> scenario;
};

// {"scenarios": [{"file", "title", "tiers": [..], "limit_s", "first_seed", "last_seed", "subjects": [GROUP, ..],
//                 "checks": [{"check", "who", "line"}], "behaviours": [NAME, ..]}]}
std::string scenarios_json(std::span<const ListedScenario> scenarios);

// {"checks": [{"name", "claim", "level", "maturity", "bugs": ["B44", ..]}], "behaviours": [{"name", "claim", "bugs"}]}
std::string catalogue_json();

}  // namespace swarmlab::swarmsim
