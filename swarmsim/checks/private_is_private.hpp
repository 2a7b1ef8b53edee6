// The check `private_is_private`; its statement is the manual in private_is_private.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kPrivateIsPrivate;
std::unique_ptr<Check> make_private_is_private(const CheckContext& context);

}  // namespace swarmlab::swarmsim
