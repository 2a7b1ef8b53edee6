#include "swarmsim/checks/pex_reading.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "protocol/bencode.hpp"
#include "protocol/big_endian.hpp"
#include "protocol/compact_peers.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace bencode = protocol::bencode;

void note(PexReading& reading, std::string problem) {
  if (reading.problem.empty()) reading.problem = std::move(problem);
}

std::optional<Bytes> text_of(const bencode::Node& root, std::string_view key, PexReading& reading) {
  const auto node = root.find(key);
  if (!node) return std::nullopt;
  const auto text = node->string();
  if (!text) {
    note(reading, fmt::format("'{}' is no string", key));
    return std::nullopt;
  }
  return as_bytes(*text);
}

// The number of whole entries.
std::size_t read_endpoints(const bencode::Node& root, std::string_view key, std::size_t stride, std::vector<Endpoint>& to,
                           PexReading& reading) {
  const auto text = text_of(root, key, reading);
  if (!text) return 0;
  if (text->size() % stride != 0) note(reading, fmt::format("'{}' has {} bytes, no multiple of {}", key, text->size(), stride));
  for (std::size_t at = 0; at + stride <= text->size(); at += stride) {
    const auto address = protocol::address_from_octets(text->subspan(at, stride - 2));
    if (address) to.push_back({*address, protocol::read_u16(text->subspan(at + stride - 2, 2))});
  }
  return text->size() / stride;
}

void read_added(const bencode::Node& root, std::string_view key, std::size_t stride, PexReading& reading) {
  const std::size_t count = read_endpoints(root, key, stride, reading.added, reading);
  const std::string flags = fmt::format("{}.f", key);
  const auto text = text_of(root, flags, reading);
  if (text && text->size() != count) note(reading, fmt::format("'{}' has {} bytes for {} peers", flags, text->size(), count));
}

}  // namespace

PexReading read_pex(Bytes payload) {
  PexReading reading;
  const auto document = bencode::Document::decode(payload);
  if (!document || !document->root().is_dictionary()) {
    reading.problem = "it is no bencoded dictionary";
    return reading;
  }
  const bencode::Node root = document->root();
  read_added(root, "added", kCompactV4Bytes, reading);
  read_added(root, "added6", kCompactV6Bytes, reading);
  read_endpoints(root, "dropped", kCompactV4Bytes, reading.dropped, reading);
  read_endpoints(root, "dropped6", kCompactV6Bytes, reading.dropped, reading);
  return reading;
}

}  // namespace swarmlab::swarmsim
