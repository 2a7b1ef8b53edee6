// Big-endian integers at the front of a byte string, as every BitTorrent format has them.
// Callers check the length first; reading past the end is a bug of ours, not of the input.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

template <std::unsigned_integral T>
constexpr T read_be(Bytes in, std::size_t at = 0) {
  SWARM_ASSERT(at + sizeof(T) <= in.size(), at, in.size());
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>((std::uint64_t{value} << 8) | std::to_integer<std::uint64_t>(in[at + i]));
  }
  return value;
}
constexpr std::uint16_t read_u16(Bytes in, std::size_t at = 0) { return read_be<std::uint16_t>(in, at); }
constexpr std::uint32_t read_u32(Bytes in, std::size_t at = 0) { return read_be<std::uint32_t>(in, at); }
constexpr std::uint64_t read_u64(Bytes in, std::size_t at = 0) { return read_be<std::uint64_t>(in, at); }

template <std::unsigned_integral T>
constexpr void write_be(MutableBytes out, std::size_t at, T value) {
  SWARM_ASSERT(at + sizeof(T) <= out.size(), at, out.size());
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out[at + i] = static_cast<std::byte>((std::uint64_t{value} >> (8 * (sizeof(T) - 1 - i))) & 0xff);
  }
}

template <std::unsigned_integral T>
void append_be(std::vector<std::byte>& out, T value) {
  out.resize(out.size() + sizeof(T));
  write_be(MutableBytes(out), out.size() - sizeof(T), value);
}

}  // namespace swarmlab::protocol
