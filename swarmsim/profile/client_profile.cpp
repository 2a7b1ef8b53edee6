#include "swarmsim/profile/client_profile.hpp"

#include <algorithm>
#include <cstdlib>

namespace swarmlab::swarmsim {
namespace {

// Clocks of clients tick when they come round to it, and messages wait.
constexpr std::int64_t kSlackPart = 6;                  // a sixth of what is declared
constexpr std::int64_t kSlack = Duration(700ms).count();
constexpr std::int64_t kSlackOfBound = Duration(20ms).count();

}  // namespace

bool Claim::disagrees() const {
  if (!is_sure || !seen || !declared) return false;
  if (is_bound) return *seen > *declared + kSlackOfBound;
  if (quantity != Quantity::time) return *seen != *declared;
  return std::abs(*seen - *declared) > *declared / kSlackPart + kSlack;
}

bool ClientProfile::disagrees() const { return std::ranges::any_of(claims, &Claim::disagrees); }

}  // namespace swarmlab::swarmsim
