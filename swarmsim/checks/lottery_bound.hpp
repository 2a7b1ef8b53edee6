// How often chance alone does something: bounds for checks that judge a lottery.
//
// A check may accuse a fair client less than once in a million runs (kMillionth).  Both bounds add up the chances of all
// the places at which a run may begin (Boole's inequality), so they hold whatever depends on what.  Integers
// only, rounded against the accuser.
#pragma once

#include <cstdint>

namespace swarmlab::swarmsim {

// The least m for which, in `draws` draws of one among at most `tickets` equal tickets (at least 2), the chance that one
// of `players` is missed m times in a row, anywhere, is below one in a million.
std::uint64_t misses_beyond_chance(std::uint64_t draws, std::uint64_t players, std::uint64_t tickets);
// The least r for which the chance that somebody is drawn r times more in a row, anywhere, is below one in a million.
std::uint64_t repeats_beyond_chance(std::uint64_t draws, std::uint64_t tickets);

}  // namespace swarmlab::swarmsim
