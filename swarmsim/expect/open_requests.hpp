// OpenRequests: how many requests each peer has open at each other.
#pragma once

#include <cstdint>
#include <optional>

#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

class OpenRequests {
 public:
  static EventSet interest();
  // Other events than those are ignored.  Of a block that arrives and was asked for: how many requests its receiver had open at its
  // sender just before, that one included; for every other event nullopt.
  std::optional<std::uint32_t> on_event(const WireEvent& event);

 private:
  PerSide<std::uint32_t> open_;   // by the side that asks
};

}  // namespace swarmlab::swarmsim
