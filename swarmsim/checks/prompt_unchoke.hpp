// The check `prompt_unchoke`; its statement is the manual in prompt_unchoke.cpp.
#pragma once

#include <memory>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

extern const CheckManual kPromptUnchoke;
std::unique_ptr<Check> make_prompt_unchoke(const CheckContext& context);

}  // namespace swarmlab::swarmsim
