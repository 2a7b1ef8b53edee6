// The check `contents_match`; its statement is the manual in contents_match.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kContentsMatch;
std::unique_ptr<Check> make_contents_match(const CheckContext& context);

}  // namespace swarmlab::swarmsim
