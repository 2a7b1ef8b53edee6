// The check `respects_reqq`; its statement is the manual in respects_reqq.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kRespectsReqq;
std::unique_ptr<Check> make_respects_reqq(const CheckContext& context);

}  // namespace swarmlab::swarmsim
