#include "swarmsim/checks/lottery_bound.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

// Chances in units of 10^-12; sums of them may be far above 1.
constexpr std::uint64_t kOne = 1'000'000'000'000;
constexpr std::uint64_t kMillionth = kOne / 1'000'000;
constexpr std::uint64_t kMostBeginnings = 10'000'000;   // times kOne still fits
constexpr std::uint64_t kMostTickets = 100'000;         // rounding could hide the decline beyond

}  // namespace

std::uint64_t misses_beyond_chance(std::uint64_t draws, std::uint64_t players, std::uint64_t tickets) {
  SWARM_ASSERT(tickets >= 2 && tickets <= kMostTickets, tickets);
  SWARM_ASSERT(players <= kMostBeginnings && draws <= kMostBeginnings, players, draws);
  std::uint64_t chance = kOne * std::clamp<std::uint64_t>(draws * players, 1, kMostBeginnings);
  std::uint64_t misses = 0;
  for (; chance >= kMillionth; ++misses) chance -= chance / tickets;   // times (1 - 1 / tickets), rounded up
  return misses;
}

std::uint64_t repeats_beyond_chance(std::uint64_t draws, std::uint64_t tickets) {
  SWARM_ASSERT(tickets >= 2 && tickets <= kMostTickets, tickets);
  std::uint64_t chance = kOne * std::clamp<std::uint64_t>(draws, 1, kMostBeginnings);
  std::uint64_t repeats = 0;
  for (; chance >= kMillionth; ++repeats) chance = (chance + tickets - 1) / tickets;
  return repeats;
}

}  // namespace swarmlab::swarmsim
