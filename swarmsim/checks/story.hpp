// The wording of stories: one line per event, by name and virtual time.
#pragma once

#include <string>
#include <string_view>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

// "00:41.220  piece 17 is whole at leech[2]"
std::string story_line(Time at, std::string_view what);
// "leech[2] -> liar  REQUEST piece 21, begin 0, length 16 KiB"
std::string conversation(const RunFacts& facts, HostId from, HostId to, const WireMessage& message);
std::string conversation(const RunFacts& facts, HostId from, HostId to, std::string_view what);

}  // namespace swarmlab::swarmsim
