// The check `requests_survive_silence`; its statement is the manual in requests_survive_silence.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRequestsSurviveSilence;
std::unique_ptr<Check> make_requests_survive_silence(const CheckContext& context);

}  // namespace swarmlab::swarmsim
