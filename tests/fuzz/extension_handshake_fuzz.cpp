// Any bytes: what decodes stays within its limits, and is written and read back the same.
#include "protocol/assert.hpp"
#include "protocol/extension_handshake.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto handshake = decode_extension_handshake(fuzz::bytes(data, size));
  if (!handshake) {
    SWARM_ASSERT(handshake.error().at <= size);
    return 0;
  }
  SWARM_ASSERT(handshake->message_ids.size() <= kMaxExtensions);
  SWARM_ASSERT(!handshake->client || handshake->client->size() <= kMaxClientNameBytes);
  const auto again = decode_extension_handshake(encode(*handshake));
  SWARM_ASSERT(again && *again == *handshake);
  return 0;
}
