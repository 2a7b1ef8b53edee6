// The check `no_request_while_choked`; its statement is the manual in no_request_while_choked.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kNoRequestWhileChoked;
std::unique_ptr<Check> make_no_request_while_choked(const CheckContext& context);

}  // namespace swarmlab::swarmsim
