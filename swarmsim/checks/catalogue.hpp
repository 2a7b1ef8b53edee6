// The checks there are: by name, with manual and factory.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "swarmsim/checks/check.hpp"
#include "swarmsim/checks/manual.hpp"

namespace swarmlab::swarmsim {

// In the order of names.
std::span<const CheckManual* const> check_manuals();
// Null where there is none of that name.
const CheckManual* find_check_manual(std::string_view name);
std::unique_ptr<Check> make_check(const CheckManual& manual, const CheckContext& context);

// What `swarmsim explain NAME` prints, and the catalogue of checks is made of.
std::string explain(const CheckManual& manual);
// The whole of docs/checks.md.
std::string checks_page();

}  // namespace swarmlab::swarmsim
