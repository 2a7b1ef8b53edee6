// Any bytes, in one piece and byte by byte: the same answer, and what decodes is encoded the same
// but for reserved bits that nobody here knows.
#include "protocol/assert.hpp"
#include "protocol/handshake.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = fuzz::bytes(data, size);
  const auto whole = decode_handshake(input);
  for (std::size_t cut = 0; cut < size && cut < kHandshakeBytes; ++cut) {
    const auto part = decode_handshake(input.first(cut));
    if (part) {
      SWARM_ASSERT(!part->has_value(), cut);
    } else {
      SWARM_ASSERT(!whole && part.error() == whole.error(), cut);
    }
  }
  if (!whole) {
    SWARM_ASSERT(whole.error().at < 20 && !to_string(whole.error()).empty());
  } else if (*whole) {
    const auto again = decode_handshake(encode(**whole));
    SWARM_ASSERT(again && *again && **again == **whole);
  }
  return 0;
}
