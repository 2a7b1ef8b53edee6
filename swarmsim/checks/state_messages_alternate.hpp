// The check `state_messages_alternate`; its statement is the manual in state_messages_alternate.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kStateMessagesAlternate;
std::unique_ptr<Check> make_state_messages_alternate(const CheckContext& context);

}  // namespace swarmlab::swarmsim
