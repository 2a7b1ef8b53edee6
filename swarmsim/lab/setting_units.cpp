#include "swarmsim/lab/setting_units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {
namespace {

enum class Kind { time, size, rate };
struct Unit {
  std::string_view name;
  Kind kind;
  std::int64_t of;   // nanoseconds, bytes, or bits per second
};
constexpr std::array kUnits{
    Unit{"ms", Kind::time, 1'000'000},  Unit{"s", Kind::time, 1'000'000'000}, Unit{"min", Kind::time, 60'000'000'000},
    Unit{"B", Kind::size, 1},           Unit{"KiB", Kind::size, 1024},        Unit{"MiB", Kind::size, 1024 * 1024},
    Unit{"B/s", Kind::rate, 8},         Unit{"KiB/s", Kind::rate, 8 * 1024},  Unit{"kB/s", Kind::rate, 8000},
    Unit{"kbit/s", Kind::rate, 1000},
};
constexpr std::array<std::string_view, kUnits.size()> kNames = [] {
  std::array<std::string_view, kUnits.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kUnits[i].name;
  return names;
}();

std::expected<std::int64_t, std::string> amount(std::string_view text, Kind kind) {
  const auto number = [](const auto& parsed, auto count) -> std::expected<std::int64_t, std::string> {
    if (!parsed) return std::unexpected(parsed.error());
    return count(*parsed);
  };
  switch (kind) {
    case Kind::time: return number(parse_duration(text), [](Duration time) { return std::int64_t{time.count()}; });
    case Kind::size: return number(parse_size(text), [](ByteCount size) { return size.value(); });
    case Kind::rate: return number(parse_rate(text), [](BytesPerSecond rate) { return rate.value() * 8; });
  }
  return std::unexpected(std::string("no such unit"));
}

}  // namespace

std::span<const std::string_view> setting_units() { return kNames; }

std::expected<std::string, std::string> in_unit(std::string_view text, std::string_view unit) {
  if (unit.empty()) return std::string(text);
  const auto found = std::ranges::find(kUnits, unit, &Unit::name);
  if (found == kUnits.end()) return std::unexpected(fmt::format("'{}' is no unit here", unit));
  const auto given = amount(text, found->kind);
  if (!given) return std::unexpected(given.error());
  return fmt::format("{}", std::max<std::int64_t>(*given > 0 ? 1 : 0, *given / found->of));
}

}  // namespace swarmlab::swarmsim
