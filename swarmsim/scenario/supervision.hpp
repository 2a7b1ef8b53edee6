// Supervision: what a peer's process is to have come to when the run is over, and what is done when it ends before.
//
// About processes that end by themselves; what the timeline ends is no surprise.  One for one: who ends is started again by itself, the
// others go on.  Rationale for `at_most`: what fails at once each time shows nothing new the tenth time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/settings.hpp"

namespace swarmlab::swarmsim {

enum class FinalState : std::uint8_t {
  running,
  exited,   // by itself, with status 0
  failed,   // by itself, with another
  killed,   // by a signal
  any,
};
inline constexpr std::string_view kFinalStates[]{"running", "exited", "failed", "killed", "any"};

struct Supervision {
  FinalState ends = FinalState::running;
  std::optional<client::RestartPolicy> restart;   // none: it stays as it is
};

}  // namespace swarmlab::swarmsim
