// One event as one line of a trace, and back.
//
//   {"t":1250000000,"e":"sent","c":3,"by":"dialler","from":"leech[0]","to":"seeder",
//    "decided":[1249000000,1249000000],"m":"REQUEST","piece":21,"begin":0,"length":16384}
//
// Hosts are written by name.  Where a field is missing it has the value of a WireEvent{} that nobody touched.  Every
// field of every event comes back as it was; adding a field to WireEvent or WireMessage breaks the build here.
#pragma once

#include <expected>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

// Connections are numbered below this, so that what is kept by connection stays bounded.
inline constexpr std::uint32_t kMostConnections = 1u << 24;

// "sent".
std::string_view to_string(WireEventKind kind);

class TraceEventCodec {
 public:
  // `names` by HostId, distinct.
  explicit TraceEventCodec(std::span<const std::string> names);

  // Appends the line, with its newline.  Requires hosts that have names.
  void encode(const WireEvent& event, std::string& out) const;
  // An error says what is wrong with which field.  Payload and problem are views of this object, until the next call.
  std::expected<WireEvent, std::string> decode(const nlohmann::json& line);

 private:
  std::vector<std::string> quoted_names_;   // by HostId, as they stand in JSON
  std::map<std::string, HostId, std::less<>> by_name_;
  std::vector<std::byte> payload_;
  std::string problem_;
};

}  // namespace swarmlab::swarmsim
