// swarmsim profile --client NAME|FILE: the measured behaviour of clients (docs/lab.md, "Profiles").
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "swarmsim/program.hpp"
#include "swarmsim/report/exit_status.hpp"

namespace swarmlab::swarmsim {

struct ProfileCommand {
  std::vector<std::string> clients;                             // names or files of adapters; empty: our engine in virtual time
  std::vector<std::pair<std::string, std::string>> settings;    // of the client, as in scenarios
  std::vector<std::string> only;                                // experiments; all where empty
  std::optional<std::string> write;                             // where the declarations go
  bool json = false;
  bool markdown = false;
};

std::expected<ProfileCommand, std::string> parse_profile(std::span<const std::string> words);

// In the sandbox where there are clients.  Violated: what was seen is surely not what an adapter declares.
ExitStatus measure_profiles(const ProfileCommand& command, Env& env);

}  // namespace swarmlab::swarmsim
