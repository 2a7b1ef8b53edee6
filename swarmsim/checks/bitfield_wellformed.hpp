// The check `bitfield_wellformed`; its statement is the manual in bitfield_wellformed.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kBitfieldWellformed;
std::unique_ptr<Check> make_bitfield_wellformed(const CheckContext& context);

}  // namespace swarmlab::swarmsim
