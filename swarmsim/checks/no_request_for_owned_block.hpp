// The check `no_request_for_owned_block`; its statement is the manual in no_request_for_owned_block.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kNoRequestForOwnedBlock;
std::unique_ptr<Check> make_no_request_for_owned_block(const CheckContext& context);

}  // namespace swarmlab::swarmsim
