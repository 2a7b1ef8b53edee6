// The check `have_index_valid`; its statement is the manual in have_index_valid.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kHaveIndexValid;
std::unique_ptr<Check> make_have_index_valid(const CheckContext& context);

}  // namespace swarmlab::swarmsim
