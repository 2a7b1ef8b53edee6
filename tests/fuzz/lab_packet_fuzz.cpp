// Any bytes as a packet with its offload header, as a host's stack may hand it to the lab's router: what is understood can be taken
// apart into packets that are understood, too, with all of the payload in its order, and the connection table takes them all.
#include <algorithm>
#include <cstring>
#include <vector>

#include "protocol/assert.hpp"
#include "swarmsim/lab/connection_table.hpp"
#include "swarmsim/lab/packet_split.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::swarmsim;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  VirtioHeader header;
  if (size < sizeof header || size > sizeof header + kLargestPacket) return 0;
  std::memcpy(&header, data, sizeof header);
  const Bytes packet = fuzz::bytes(data, size).subspan(sizeof header);
  const Offload offload = from_virtio(header, 0);
  const auto sight = look_at(packet);
  if (!sight) return 0;

  ConnectionTable table;
  table.entered(*sight, kStart);
  std::vector<std::byte> scratch;
  std::vector<std::byte> payload;
  std::size_t parts = 0;
  split(packet, offload, scratch, [&](Bytes part, const Offload& its) {
    const auto seen = look_at(part);
    SWARM_ASSERT(seen && seen->from == sight->from && seen->to == sight->to && seen->protocol == sight->protocol);
    table.delivered(*seen, kStart);
    ++parts;
    if (!seen->tcp) return;
    SWARM_ASSERT(its.segment_bytes == 0 && its.needs_checksum == offload.needs_checksum);
    SWARM_ASSERT(seen->tcp->sequence == sight->tcp->sequence + static_cast<std::uint32_t>(payload.size()));
    const Bytes its_payload = part.last(seen->tcp->payload_bytes);
    payload.insert(payload.end(), its_payload.begin(), its_payload.end());
  });
  SWARM_ASSERT(parts > 0 && table.size() <= 1);
  if (sight->tcp) {
    const Bytes whole = packet.last(sight->tcp->payload_bytes);
    SWARM_ASSERT(std::ranges::equal(payload, whole));
  } else if (sight->is(IpProtocol::udp) && !sight->is_fragment) {
    std::vector<std::byte> rewritten(packet.begin(), packet.end());
    rewrite_port(rewritten, *sight, offload, PortOf::sender, 6881);
    const auto seen = look_at(rewritten);
    SWARM_ASSERT(seen && seen->from.port == 6881 && seen->to == sight->to);
  }
  return 0;
}
