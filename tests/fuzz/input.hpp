// What libFuzzer hands in, as the decoders take it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "protocol/ids.hpp"

namespace swarmlab::fuzz {

inline Bytes bytes(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}
inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return as_text(bytes(data, size));
}

}  // namespace swarmlab::fuzz
