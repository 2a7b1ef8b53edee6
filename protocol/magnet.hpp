// Magnet links (BEP 9, "magnet URI format"; BEP 53 select-only).
//
// xt=urn:btih: takes 40 hex digits or 32 base-32 digits.  Unknown parameters are ignored, unusable
// trackers (of schemes other than http, https and udp), web seeds, peer addresses and names (no
// UTF-8, control characters) are dropped; no usable info-hash is the one error.  A '+' in a name is
// a space, elsewhere it is itself.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"

namespace swarmlab::protocol {

struct Magnet {
  InfoHashV1 info_hash;
  std::optional<std::string> name{};                 // dn
  std::vector<std::string> trackers{};               // tr, in order
  std::vector<std::string> web_seeds{};              // ws
  std::vector<Endpoint> peers{};                     // x.pe with literal addresses
  friend bool operator==(const Magnet&, const Magnet&) = default;
};

// `what` continues "the link ...": "has no info-hash (xt=urn:btih:...)".
struct MagnetError { std::string what; };

std::expected<Magnet, MagnetError> parse_magnet(std::string_view link);
std::string to_string(const Magnet& magnet);

}  // namespace swarmlab::protocol
