// Any text: what parses has nothing in it that could end a request line, and is written and read
// back the same.  Percent-encoding is undone by decoding.
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/url.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  SWARM_ASSERT(percent_decode(percent_encode(fuzz::bytes(data, size))) == text);
  if (const auto decoded = percent_decode(text)) SWARM_ASSERT(decoded->size() <= size);
  const auto url = parse_url(text);
  if (!url) {
    SWARM_ASSERT(url.error().at <= size && !url.error().what.empty());
    return 0;
  }
  SWARM_ASSERT(url->port != 0 && !url->host.empty() && url->target.starts_with('/'));
  for (const std::string* part : {&url->scheme, &url->host, &url->target}) {
    SWARM_ASSERT(std::ranges::all_of(*part, [](char c) { return c > 0x20 && c < 0x7f; }));
  }
  const std::string written = to_string(*url);
  if (written.size() > kMaxUrlBytes) return 0;  // escaping made it longer
  const auto again = parse_url(written);
  SWARM_ASSERT(again && *again == *url);
  return 0;
}
