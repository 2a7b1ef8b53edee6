#include "torrentgen/text.hpp"

#include <fmt/format.h>

namespace swarmlab::torrentgen {

std::string human_size(ByteCount size) {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  std::int64_t tenths = size.value() * 10;
  // A file of an exabyte would overflow the product; no decimals are needed there.
  if (size.value() > (std::int64_t{1} << 59)) return fmt::format("{} PiB", size.value() >> 50);
  while (tenths >= 10'240 && unit + 1 < std::size(kUnits)) {
    tenths /= 1024;
    ++unit;
  }
  if (tenths % 10 == 0) return fmt::format("{} {}", tenths / 10, kUnits[unit]);
  return fmt::format("{}.{} {}", tenths / 10, tenths % 10, kUnits[unit]);
}

std::string ranges(const std::vector<std::size_t>& ascending, std::size_t most) {
  std::string text;
  std::size_t written = 0;
  for (std::size_t i = 0; i < ascending.size(); ++written) {
    if (written == most) return fmt::format("{} and {} more", text, ascending.size() - i);
    std::size_t end = i + 1;
    while (end < ascending.size() && ascending[end] == ascending[end - 1] + 1) ++end;
    if (!text.empty()) text += ", ";
    text += end == i + 1 ? fmt::format("{}", ascending[i]) : fmt::format("{}-{}", ascending[i], ascending[end - 1]);
    i = end;
  }
  return text;
}

}  // namespace swarmlab::torrentgen
