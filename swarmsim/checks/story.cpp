#include "swarmsim/checks/story.hpp"

#include <fmt/format.h>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {

std::string story_line(Time at, std::string_view what) { return fmt::format("{}  {}", to_clock(at), what); }

std::string conversation(const RunFacts& facts, HostId from, HostId to, std::string_view what) {
  return fmt::format("{} -> {}  {}", facts.name(from), facts.name(to), what);
}

std::string conversation(const RunFacts& facts, HostId from, HostId to, const WireMessage& message) {
  return conversation(facts, from, to, to_string(message));
}

}  // namespace swarmlab::swarmsim
