// Declarations: what an adapter says its client does, by the neutral names that scenarios and checks use.
//
// Each name is a member of PeerFacts.  What nobody declares is unknown, and a check that judges by it does not apply.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "swarmsim/checks/run_facts.hpp"

namespace swarmlab::swarmsim {

std::span<const std::string_view> declared_names();
// The setting of scenarios that changes what is declared by that name; mostly of the same name.
std::string_view setting_behind(std::string_view declared);

// Sets what is declared by that name.  The error is worded to follow "name: ".
std::expected<void, std::string> declare(std::string_view name, std::string_view text, PeerFacts& facts);

// The same as numbers: counts, nanoseconds, bytes, 1 for true.  Which of them a member cannot hold is an error.
std::int64_t declared_number(std::string_view name, const PeerFacts& facts);
std::expected<void, std::string> declare_number(std::string_view name, std::int64_t number, PeerFacts& facts);

}  // namespace swarmlab::swarmsim
