// Any bytes: what decodes stays within its limits, and is written and read back the same.
#include "protocol/assert.hpp"
#include "protocol/pex_message.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = decode_pex_message(fuzz::bytes(data, size));
  if (!message) {
    SWARM_ASSERT(message.error().at <= size);
    return 0;
  }
  SWARM_ASSERT(message->added.size() <= 2 * kMaxPexPeers && message->dropped.size() <= 2 * kMaxPexPeers);
  if (message->empty()) return 0;
  // An IPv4 address that was wrapped into IPv6 goes back as what it is: the second reading has settled.
  const auto once = decode_pex_message(encode(*message));
  SWARM_ASSERT(once && once->added.size() == message->added.size() && once->dropped.size() == message->dropped.size());
  const auto twice = decode_pex_message(encode(*once));
  SWARM_ASSERT(twice && *twice == *once);
  return 0;
}
