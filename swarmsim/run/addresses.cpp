#include "swarmsim/run/addresses.hpp"

#include "protocol/assert.hpp"
#include "runtime/random.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint32_t kPerRow = 254;   // y: 1 to 254
constexpr std::uint32_t kPlaces = 256 * kPerRow;

}  // namespace

std::vector<IpAddress> addresses_for(std::span<const std::string> names) {
  SWARM_ASSERT(names.size() <= 60'000, names.size());
  std::vector<bool> taken(kPlaces, false);
  std::vector<IpAddress> addresses;
  for (const std::string& name : names) {
    auto place = static_cast<std::uint32_t>(runtime::mix(77, name) % kPlaces);
    while (taken[place]) place = (place + 1) % kPlaces;
    taken[place] = true;
    addresses.push_back(IpAddress::v4(10, 77, static_cast<std::uint8_t>(place / kPerRow),
                                      static_cast<std::uint8_t>(place % kPerRow + 1)));
  }
  return addresses;
}

}  // namespace swarmlab::swarmsim
