// The check `super_seed_progress`; its statement is the manual in super_seed_progress.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSuperSeedProgress;
std::unique_ptr<Check> make_super_seed_progress(const CheckContext& context);

}  // namespace swarmlab::swarmsim
