// Any text: what parses is written and read back the same.
#include "protocol/assert.hpp"
#include "protocol/magnet.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto magnet = parse_magnet(fuzz::text(data, size));
  if (!magnet) {
    SWARM_ASSERT(!magnet.error().what.empty());
    return 0;
  }
  const auto again = parse_magnet(to_string(*magnet));
  SWARM_ASSERT(again && *again == *magnet);
  return 0;
}
