// Profiles for people, for programs, for adapters and for the page of all clients.
#pragma once

#include <span>
#include <string>

#include "swarmsim/profile/client_profile.hpp"
#include "swarmsim/report/exit_status.hpp"

namespace swarmlab::swarmsim {

// A table: what, median, range, how often it was seen; then what an adapter declares beside what was seen.
std::string describe(const ClientProfile& profile);

// "declares:" in YAML, to be pasted into an adapter.  What is not sure stands there as a comment, with the reason.
std::string declarations(const ClientProfile& profile);

// {"profiles": [{"client", "told": [..], "topics": [{"title", "findings": [{"what", "unit", "seen", "min", "median", "p95", "max",
//   "remark"}]}], "declares": [{"name", "unit", "seen", "sure", "declared", "disagrees", "why"}], "problems": [..]}], "exit"}
// Times in seconds, sizes in bytes, shares of 1; null for what was not seen or is not declared.
std::string profiles_json(std::span<const ClientProfile> profiles, ExitStatus status);

// A page with a column per client.
std::string profiles_page(std::span<const ClientProfile> profiles);

}  // namespace swarmlab::swarmsim
