// Where an HTTP message of a tracker ends: the little of HTTP/1.1 that the observer must know.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

inline constexpr std::size_t kMaxHttpHeadBytes = 64 * 1024;

// The length of the message that begins here, head and body by Content-Length (none: no body); nullopt while its
// head is not whole.  An error is one sentence.
std::expected<std::optional<std::size_t>, std::string_view> http_message_length(Bytes bytes);

}  // namespace swarmlab::swarmsim
