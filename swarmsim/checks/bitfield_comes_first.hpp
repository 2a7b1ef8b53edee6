// The check `bitfield_comes_first`; its statement is the manual in bitfield_comes_first.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kBitfieldComesFirst;
std::unique_ptr<Check> make_bitfield_comes_first(const CheckContext& context);

}  // namespace swarmlab::swarmsim
