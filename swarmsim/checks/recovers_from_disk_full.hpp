// The check `recovers_from_disk_full`; its statement is the manual in recovers_from_disk_full.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRecoversFromDiskFull;
std::unique_ptr<Check> make_recovers_from_disk_full(const CheckContext& context);

}  // namespace swarmlab::swarmsim
