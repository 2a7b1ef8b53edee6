// Any bytes as the stream of one connection: a list of messages, then the end, "not yet" or an
// error. Each message is encoded the same, and is judged the same when its bytes come one by one.
#include <algorithm>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/bitfield.hpp"
#include "protocol/peer_wire.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;

namespace {

void check_message(const Decoded& decoded, Bytes wire) {
  std::vector<std::byte> out;
  encode(decoded.message, out);
  SWARM_ASSERT(std::ranges::equal(out, wire), out.size(), wire.size());
  SWARM_ASSERT(!to_string(decoded.message).empty());
  // Until it was whole, the answer was "not yet".
  for (std::size_t cut = 0; cut < std::min<std::size_t>(wire.size(), 32); ++cut) {
    const auto early = decode_one(wire.first(cut));
    SWARM_ASSERT(early && !*early, cut);
  }
  if (const auto* field = std::get_if<BitfieldMessage>(&decoded.message)) {
    const auto count = static_cast<std::uint32_t>(field->payload.size() * 8);
    for (std::uint32_t spare = 0; spare < std::min(count, 8u); ++spare) {
      const auto set = Bitfield::from_wire(field->payload, count - spare);
      SWARM_ASSERT(!set || std::ranges::equal(set->wire(), field->payload));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes rest = fuzz::bytes(data, size);
  while (true) {
    const auto read = decode_one(rest);
    if (!read) {
      SWARM_ASSERT(!to_string(read.error()).empty() && rest.size() >= kPrefixBytes);
      // More bytes do not heal it, fewer than the id do not show more.
      const auto at_once = decode_one(rest.first(std::min(rest.size(), kPrefixBytes + 1)));
      SWARM_ASSERT(!at_once && at_once.error() == read.error());
      return 0;
    }
    if (!*read) return 0;
    const std::size_t consumed = (*read)->consumed;
    SWARM_ASSERT(consumed >= kPrefixBytes && consumed <= rest.size(), consumed);
    check_message(**read, rest.first(consumed));
    rest = rest.subspan(consumed);
    if (const auto* piece = std::get_if<PieceHeader>(&(*read)->message)) {
      const std::size_t block = piece->block.length.size();
      SWARM_ASSERT(block > 0 && piece->block.length <= kMaxBlockBytes, block);
      rest = rest.subspan(std::min(block, rest.size()));
    }
  }
}
