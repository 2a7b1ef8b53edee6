// The check `reads_are_sent`; its statement is the manual in reads_are_sent.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kReadsAreSent;
std::unique_ptr<Check> make_reads_are_sent(const CheckContext& context);

}  // namespace swarmlab::swarmsim
