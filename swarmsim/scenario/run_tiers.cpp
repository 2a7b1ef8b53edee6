#include "swarmsim/scenario/run_tiers.hpp"

#include <algorithm>
#include <array>

namespace swarmlab::swarmsim {
namespace {

constexpr std::array<std::string_view, 5> kNames{"smoke", "pr", "nightly", "lab", "lab-smoke"};   // in the order of RunTier

}  // namespace

std::string_view to_string(RunTier tier) { return kNames[static_cast<std::size_t>(tier)]; }

std::span<const std::string_view> run_tier_names() { return kNames; }

std::optional<RunTier> find_run_tier(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<RunTier>(found - kNames.begin());
}

bool RunTiers::belongs_to(RunTier tier) const {
  switch (tier) {
    case RunTier::smoke: return smoke;
    case RunTier::pr: return !nightly_alone;
    case RunTier::nightly: return true;
    case RunTier::lab: return lab;
    case RunTier::lab_smoke: return lab_smoke;
  }
  return false;
}

std::string tiers_text(const RunTiers& tiers) {
  std::string text;
  for (const RunTier tier : {RunTier::smoke, RunTier::pr, RunTier::nightly, RunTier::lab, RunTier::lab_smoke})
    if (tiers.belongs_to(tier)) text += (text.empty() ? "" : ", ") + std::string(to_string(tier));
  return text;
}

}  // namespace swarmlab::swarmsim
