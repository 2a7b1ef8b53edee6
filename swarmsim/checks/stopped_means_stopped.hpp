// The check `stopped_means_stopped`; its statement is the manual in stopped_means_stopped.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kStoppedMeansStopped;
std::unique_ptr<Check> make_stopped_means_stopped(const CheckContext& context);

}  // namespace swarmlab::swarmsim
