// The check `have_means_servable`; its statement is the manual in have_means_servable.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kHaveMeansServable;
std::unique_ptr<Check> make_have_means_servable(const CheckContext& context);

}  // namespace swarmlab::swarmsim
