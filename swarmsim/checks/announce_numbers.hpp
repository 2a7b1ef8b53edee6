// The check `announce_numbers`; its statement is the manual in announce_numbers.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kAnnounceNumbers;
std::unique_ptr<Check> make_announce_numbers(const CheckContext& context);

}  // namespace swarmlab::swarmsim
