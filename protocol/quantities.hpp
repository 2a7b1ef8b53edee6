// Quantities as people write them, in scenarios and options: a number and its unit.
//
//   sizes   16 KiB, 1.5 MiB, 10 kB      B kB MB GB (1000) KiB MiB GiB TiB (1024)
//   rates   4 Mbit/s, 256 KiB/s         bit/s kbit/s Mbit/s Gbit/s (1000), and every size per second
//   times   20 ms, 40 min, 1.5 h        ns us ms s min h
//   shares  5%, 0.1%
//
// A bare number where a unit is due is an error.  Decimal fractions are exact: no floating point.
// Errors are worded to follow "key: ".
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "protocol/units.hpp"

namespace swarmlab {

// A part of a whole, in millionths.
struct Share {
  std::uint32_t millionths = 0;
  static constexpr std::uint32_t kWhole = 1'000'000;
  friend constexpr auto operator<=>(Share, Share) = default;
};

template <class T>
using Parsed = std::expected<T, std::string>;

Parsed<ByteCount> parse_size(std::string_view text);
Parsed<BytesPerSecond> parse_rate(std::string_view text);
Parsed<Duration> parse_duration(std::string_view text);
Parsed<Share> parse_share(std::string_view text);
// Plain digits, at most `most`.
Parsed<std::uint64_t> parse_count(std::string_view text, std::uint64_t most);

// "16 KiB", "1.5 MiB", "5000 B"; "12.345 s", "2 min 41 s", "350 ms"; "5 %"; "4 Mbit/s".  At most three digits after the point.
std::string to_text(ByteCount size);
std::string to_text(Duration time);
std::string to_text(Share share);
std::string to_text(BytesPerSecond rate);
// "1 peer", "3 peers".
std::string counted(std::uint64_t number, std::string_view one);
// A time in the run as stories show it: "03:22.104", "1:03:22.104".
std::string to_clock(Time time);

}  // namespace swarmlab
