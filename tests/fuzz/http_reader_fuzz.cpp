// Any bytes as HTTP requests, one after another, and as a reply: how they are cut into reads changes no message, and
// none is larger than the limits.  The first byte says how many bytes come at a time.
//
// What is malformed may be noticed sooner one way than the other: Beast, once it has had to wait, looks at a header when
// it is whole or as long as it may be; and of a header that is too long already it may still wait for one read more.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"
#include "runtime/http/message_reader.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::runtime::http;

namespace {

constexpr MessageLimits kLimits{.header = 1_KiB, .body = 256_B};
constexpr std::size_t kMostMessages = 100;

template <class Reader>
void feed_in_parts(Reader& reader, Bytes bytes, std::size_t step) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(step, bytes.size())))
    reader.feed(bytes.first(std::min(step, bytes.size())));
}

struct Outcome {
  std::string messages;   // as a text
  ReadState state;
};

Outcome requests(Bytes bytes, std::size_t step) {
  RequestReader reader(kLimits);
  feed_in_parts(reader, bytes, step);
  std::string all;
  for (std::size_t i = 0; i < kMostMessages && reader.state() == ReadState::complete; ++i) {
    const Request& request = reader.request();
    SWARM_ASSERT(ByteCount::from_size(request.body.size()) <= kLimits.body, request.body.size());
    SWARM_ASSERT(request.method.size() + request.target.size() <= bytes.size());
    SWARM_ASSERT(request.path().size() + request.query().size() <= request.target.size());
    all += std::string(request.method) + ' ' + std::string(request.target) + (reader.keep_alive() ? " k" : " c") +
           (reader.is_http_1_0() ? "0" : "1");
    for (const auto& [name, value] : request.fields) all += '\n' + std::string(name) + ':' + std::string(value);
    all += '\n' + std::string(as_text(request.body)) + '\n';
    reader.next();
  }
  SWARM_ASSERT(reader.state() != ReadState::failed || reader.has_begun());
  return {all, reader.state()};
}

std::string reply(Bytes bytes, std::size_t step) {
  ReplyReader reader(kLimits);
  feed_in_parts(reader, bytes, step);
  reader.feed_end();
  SWARM_ASSERT(reader.state() != ReadState::needs_more);
  if (reader.state() == ReadState::failed) return "failed";
  const std::vector<std::byte> body = reader.body();
  SWARM_ASSERT(ByteCount::from_size(body.size()) <= kLimits.body, body.size());
  SWARM_ASSERT(reader.status() >= 200 && reader.status() < 1000, reader.status());
  return std::to_string(reader.status()) + reader.location() + '\n' + std::string(as_text(body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes all = fuzz::bytes(data, size);
  if (all.empty()) return 0;
  const std::size_t step = 1 + std::to_integer<std::size_t>(all.front()) % 64;
  const Bytes bytes = all.subspan(1);
  const Outcome whole = requests(bytes, std::max<std::size_t>(1, bytes.size()));
  const Outcome cut = requests(bytes, step);
  SWARM_ASSERT(whole.messages == cut.messages, whole.messages, cut.messages);
  SWARM_ASSERT((whole.state == ReadState::complete) == (cut.state == ReadState::complete));
  const std::string whole_reply = reply(bytes, std::max<std::size_t>(1, bytes.size()));
  const std::string cut_reply = reply(bytes, step);
  SWARM_ASSERT(whole_reply == cut_reply, whole_reply, cut_reply);
  return 0;
}
