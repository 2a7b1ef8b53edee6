// Any bytes as a request and as a reply of both families: what is understood is written and
// understood the same; what can be answered is answered in at most three times the bytes (bug B81).
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/udp_tracker.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;
using namespace swarmlab::protocol::udp;

namespace {

void as_request(Bytes packet) {
  const auto request = decode_request(packet);
  if (!request) {
    SWARM_ASSERT(!request.error().what.empty());
    SWARM_ASSERT(!request.error().answerable ||
                 8 + request.error().what.size() <= 3 * packet.size());
    return;
  }
  const auto written = std::visit([](const auto& one) { return encode(one); }, *request);
  SWARM_ASSERT(written.size() <= packet.size());
  const auto again = decode_request(written);
  SWARM_ASSERT(again && again->index() == request->index());
  if (const auto* announce = std::get_if<AnnouncePacket>(&*request)) {
    const auto& back = std::get<AnnouncePacket>(*again);
    SWARM_ASSERT(back.request == announce->request && back.connection == announce->connection &&
                 back.transaction == announce->transaction);
  } else {
    SWARM_ASSERT(std::ranges::equal(written, packet.first(written.size())));
  }
}

void as_reply(Bytes packet, Family family) {
  const auto reply = decode_reply(packet, family);
  if (!reply) {
    SWARM_ASSERT(!reply.error().what.empty() && !reply.error().answerable);
    return;
  }
  const auto again = decode_reply(encode(*reply, family), family);
  SWARM_ASSERT(again && again->index() == reply->index());
  if (const auto* scraped = std::get_if<ScrapedReply>(&*reply)) {
    SWARM_ASSERT(std::get<ScrapedReply>(*again).entries == scraped->entries);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes packet = fuzz::bytes(data, size);
  as_request(packet);
  as_reply(packet, Family::v4);
  as_reply(packet, Family::v6);
  return 0;
}
