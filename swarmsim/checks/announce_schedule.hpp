// The check `announce_schedule`; its statement is the manual in announce_schedule.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kAnnounceSchedule;
std::unique_ptr<Check> make_announce_schedule(const CheckContext& context);

}  // namespace swarmlab::swarmsim
