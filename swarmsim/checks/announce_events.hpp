// The check `announce_events`; its statement is the manual in announce_events.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kAnnounceEvents;
std::unique_ptr<Check> make_announce_events(const CheckContext& context);

}  // namespace swarmlab::swarmsim
