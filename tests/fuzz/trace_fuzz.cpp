// Any bytes as a trace: an error that names a line, or events that come back from their own encoding.
//
// Four bytes of zero at the front stand for a header that is right, so that what follows is read as events as well.
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "protocol/assert.hpp"
#include "swarmsim/wire/trace_reader.hpp"
#include "swarmsim/wire/trace_writer.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::swarmsim;

namespace {

std::string right_header() {
  TraceHeader header;
  header.geometry = protocol::PieceGeometry(1_MiB, 64_KiB);
  for (const char* name : {"a", "b"}) {
    TracePeer& peer = header.peers.emplace_back();
    peer.name = name;
    peer.has = protocol::Bitfield(header.geometry.piece_count());
  }
  header.trackers = {{"tracker", "10.77.0.9"}};
  std::ostringstream out;
  TraceWriter(out, header).finish({});
  return out.str().substr(0, out.str().find('\n') + 1);
}

void check_round_trip(const WireEvent& event, const std::vector<std::string>& names) {
  TraceEventCodec codec(names);
  std::string line;
  codec.encode(event, line);
  const auto back = codec.decode(nlohmann::json::parse(line, nullptr, false));
  SWARM_ASSERT(back.has_value(), line);
  std::string again;
  codec.encode(*back, again);
  SWARM_ASSERT(line == again, line, again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view raw = fuzz::text(data, size);
  const std::string_view mark("\0\0\0\0", 4);
  std::istringstream in(raw.starts_with(mark) ? right_header() + std::string(raw.substr(mark.size())) : std::string(raw));
  auto reader = TraceReader::open(in, "t");
  if (!reader) {
    SWARM_ASSERT(reader.error().starts_with("t:1: "), reader.error());
    return 0;
  }
  const std::vector<std::string> names = reader->header().names();
  for (;;) {
    const auto line = reader->next();
    if (!line) {
      SWARM_ASSERT(line.error().starts_with("t:"), line.error());
      return 0;
    }
    if (std::holds_alternative<TraceEnd>(*line)) return 0;
    check_round_trip(std::get<WireEvent>(*line), names);
  }
}
