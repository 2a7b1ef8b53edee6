// Any bytes: what decodes stays within the input, and is written and read back the same.
#include "protocol/assert.hpp"
#include "protocol/metadata_message.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = decode_metadata_message(fuzz::bytes(data, size));
  if (!message) {
    SWARM_ASSERT(message.error().at <= size);
    return 0;
  }
  if (const auto* request = std::get_if<MetadataRequest>(&*message)) {
    SWARM_ASSERT(std::get<MetadataRequest>(*decode_metadata_message(encode(*request))) == *request);
  } else if (const auto* reject = std::get_if<MetadataReject>(&*message)) {
    SWARM_ASSERT(std::get<MetadataReject>(*decode_metadata_message(encode(*reject))) == *reject);
  } else if (const auto* content = std::get_if<MetadataData>(&*message)) {
    SWARM_ASSERT(content->data.size() < size);
    const auto bytes = encode(*content);
    const auto again = decode_metadata_message(bytes);
    SWARM_ASSERT(again && std::get<MetadataData>(*again).data.size() == content->data.size());
    SWARM_ASSERT(std::get<MetadataData>(*again).total_size == content->total_size);
  }
  return 0;
}
