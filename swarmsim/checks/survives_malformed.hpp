// The check `survives_malformed`; its statement is the manual in survives_malformed.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kSurvivesMalformed;
std::unique_ptr<Check> make_survives_malformed(const CheckContext& context);

}  // namespace swarmlab::swarmsim
