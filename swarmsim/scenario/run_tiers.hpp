// RunTier: how often a scenario is run, and on what, by whoever runs many of them.
//
//   tier: lab              or  tier: [smoke, lab-smoke]
//
//   smoke       a few seconds for all of them together: before every push
//   pr          every scenario that is not for the night alone: before a change is taken in
//   nightly     all of them, over twenty seeds at least; `tier: nightly` keeps what is too long for a change to the night
//   lab         what may be asked of any client, and can be played with real processes in real time
//   lab-smoke   the few of these that are played first
//
// A file states smoke, nightly, lab and lab-smoke; pr follows.  What a scenario of the lab has to be is checked when it is
// parsed (parse_run_tiers.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace swarmlab::swarmsim {

enum class RunTier : std::uint8_t { smoke, pr, nightly, lab, lab_smoke };
std::string_view to_string(RunTier tier);   // as on the command line
std::span<const std::string_view> run_tier_names();
std::optional<RunTier> find_run_tier(std::string_view name);

// What a file states.
struct RunTiers {
  bool smoke = false;
  bool nightly_alone = false;
  bool lab = false;         // a scenario of lab-smoke is one of lab, too
  bool lab_smoke = false;

  bool belongs_to(RunTier tier) const;
  friend bool operator==(const RunTiers&, const RunTiers&) = default;
};
// "lab, lab-smoke, pr": all that it belongs to.
std::string tiers_text(const RunTiers& tiers);

// How many seeds a scenario runs over at night, where it does not ask for more itself.
inline constexpr std::uint64_t kSeedsOfANight = 20;

}  // namespace swarmlab::swarmsim
