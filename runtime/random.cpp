#include "runtime/random.hpp"

#include <bit>

namespace swarmlab::runtime {
namespace {

std::uint64_t splitmix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t state = a ^ std::rotl(b * 0xd1342543de82ef95, 32);
  return splitmix(state);
}

std::uint64_t mix(std::uint64_t salt, std::string_view text) {
  std::uint64_t hash = mix(salt, std::uint64_t{text.size()});
  for (const char c : text) hash = mix(hash, static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
  return hash;
}

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = splitmix(seed);
}

Random::Random(std::uint64_t seed, std::string_view owner) : Random(mix(seed, owner)) {}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  SWARM_ASSERT(bound > 0);
  // Numbers under 2^64 mod bound would favour the small results: draw again.
  const std::uint64_t unfair = (0 - bound) % bound;
  std::uint64_t drawn = next();
  while (drawn < unfair) drawn = next();
  return drawn % bound;
}

void Random::fill(MutableBytes out) {
  for (std::size_t i = 0; i < out.size();) {
    std::uint64_t word = next();
    for (std::size_t k = 0; k < sizeof(word) && i < out.size(); ++k, ++i, word >>= 8) {
      out[i] = static_cast<std::byte>(word & 0xff);
    }
  }
}

}  // namespace swarmlab::runtime
