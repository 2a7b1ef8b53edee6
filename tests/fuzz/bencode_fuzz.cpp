// Any bytes: decodes or fails with a place inside of the input; what decodes has nodes that lie
// within their parents, and canonical input is what the writer makes of the tree.
#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/bencode.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol::bencode;

namespace {

// Depth is bounded by kMaxDepth.  Requires sorted keys: others cannot be written.
void rewrite(const Node& node, Writer& out) {
  switch (node.kind()) {
    case Kind::integer: out.integer(*node.integer()); return;
    case Kind::string: out.string(*node.string()); return;
    case Kind::list:
    case Kind::dictionary: break;
  }
  const bool is_dictionary = node.is_dictionary();
  is_dictionary ? out.begin_dictionary() : out.begin_list();
  std::size_t count = 0;
  std::size_t end = node.offset() + 1;
  for (auto item = node.first(); item; item = item->next(), ++count) {
    SWARM_ASSERT(item->offset() >= end, item->offset(), end);
    end = item->offset() + item->raw().size();
    SWARM_ASSERT(end < node.offset() + node.raw().size(), end);
    if (is_dictionary) {
      SWARM_ASSERT_DEEP(count > 50 || node.find(item->key())->offset() == item->offset());
      out.key(item->key());
    }
    rewrite(*item, out);
  }
  SWARM_ASSERT(count == node.size(), count, node.size());
  out.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = fuzz::bytes(data, size);
  const auto document = Document::decode(input, Trailing::allow);
  const auto strict = Document::decode(input);
  if (!document) {
    SWARM_ASSERT(document.error().at <= size && !document.error().what.empty() && !strict);
    return 0;
  }
  SWARM_ASSERT(strict.has_value() == (document->trailing_bytes() == 0));
  if (document->unsorted_key_at()) return 0;
  Writer out;
  rewrite(document->root(), out);
  const auto written = out.take();
  SWARM_ASSERT(std::ranges::equal(written, input.first(size - document->trailing_bytes())));
  return 0;
}
