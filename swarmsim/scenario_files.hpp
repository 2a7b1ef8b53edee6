// Scenarios, and other YAML, on the real disk: which files there are, and what they say.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "swarmsim/scenario/parse.hpp"

namespace swarmlab::swarmsim {

// Files stand for themselves, directories for every *.yaml below them, sorted.  An error is one sentence.
std::expected<std::vector<std::string>, std::string> find_scenarios(std::span<const std::string> paths);

// What a file says, up to one byte more than the parser allows, so that it sees that there is too much.
std::expected<std::string, std::string> read_yaml_file(const std::string& file);

// An error is everything that is wrong with the file, one line each.
std::expected<std::shared_ptr<const Scenario>, std::string> load_scenario(const std::string& file,
                                                                          std::span<const Override> overrides);

}  // namespace swarmlab::swarmsim
