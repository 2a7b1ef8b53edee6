#include "protocol/quantities.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "protocol/spelling.hpp"

namespace swarmlab {
namespace {

using detail::Int128;

// `factor` base units are one of this unit; where divisor > 1, factor / divisor.
struct Unit {
  std::string_view name;
  std::int64_t factor;
  std::int64_t divisor = 1;
};

constexpr std::array kSizes{Unit{"B", 1},          Unit{"kB", 1000},
                            Unit{"MB", 1'000'000}, Unit{"GB", 1'000'000'000},
                            Unit{"KiB", 1 << 10},  Unit{"MiB", 1 << 20},
                            Unit{"GiB", 1 << 30},  Unit{"TiB", std::int64_t{1} << 40}};
constexpr std::array kRates{Unit{"bit/s", 1, 8},
                            Unit{"kbit/s", 1000, 8},
                            Unit{"Mbit/s", 1'000'000, 8},
                            Unit{"Gbit/s", 1'000'000'000, 8},
                            Unit{"B/s", 1},
                            Unit{"kB/s", 1000},
                            Unit{"MB/s", 1'000'000},
                            Unit{"GB/s", 1'000'000'000},
                            Unit{"KiB/s", 1 << 10},
                            Unit{"MiB/s", 1 << 20},
                            Unit{"GiB/s", 1 << 30}};
constexpr std::array kTimes{Unit{"ns", 1},
                            Unit{"us", 1000},
                            Unit{"ms", 1'000'000},
                            Unit{"s", 1'000'000'000},
                            Unit{"min", 60'000'000'000},
                            Unit{"h", 3'600'000'000'000}};
constexpr std::array kShares{Unit{"%", 10'000}};

struct Decimal {
  std::int64_t mantissa = 0;  // value = mantissa / scale
  std::int64_t scale = 1;
  std::string_view rest;  // what follows, blanks skipped
};

// Twelve digits are more than any quantity here needs and keep every product within 128 bits.
std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal out;
  std::size_t i = 0;
  std::size_t digits = 0;
  bool point = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      if (++digits > 12) return std::nullopt;
      out.mantissa = out.mantissa * 10 + (c - '0');
      if (point) out.scale *= 10;
    } else if (c == '.' && !point && digits > 0) {
      point = true;
    } else {
      break;
    }
  }
  if (digits == 0 || text[i - 1] == '.') return std::nullopt;
  while (i < text.size() && text[i] == ' ') ++i;
  out.rest = text.substr(i);
  return out;
}

Parsed<std::int64_t> parse_quantity(std::string_view text, std::span<const Unit> units,
                                    std::string_view noun, std::string_view example) {
  const auto number = read_decimal(text);
  if (!number)
    return std::unexpected(fmt::format("'{}' is no {}; write it like {}", text, noun, example));
  if (number->rest.empty())
    return std::unexpected(
        fmt::format("'{}' is a bare number; a {} has a unit: {}", text, noun, example));
  for (const Unit& unit : units) {
    if (unit.name != number->rest) continue;
    const Int128 value =
        Int128{number->mantissa} * unit.factor / (Int128{number->scale} * unit.divisor);
    if (value > std::numeric_limits<std::int64_t>::max() / 4)
      return std::unexpected(
          fmt::format("'{}' is beyond every {} that could be meant", text, noun));
    return static_cast<std::int64_t>(value);
  }
  std::vector<std::string_view> names;
  for (const Unit& unit : units) names.push_back(unit.name);
  return std::unexpected(fmt::format("'{}': '{}' is no unit of a {}{}", text, number->rest, noun,
                                     suggestion(number->rest, names)));
}

template <class T>
Parsed<T> as(Parsed<std::int64_t> value) {
  if (!value) return std::unexpected(std::move(value.error()));
  return T(*value);
}

// value / unit with at most three digits after the point, trailing zeros cut.
std::string decimal(std::int64_t value, std::int64_t unit) {
  const std::int64_t thousandths =
      static_cast<std::int64_t>((Int128{value} * 1000 + unit / 2) / unit);
  std::string text = fmt::format("{}.{:03}", thousandths / 1000, thousandths % 1000);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

Parsed<ByteCount> parse_size(std::string_view text) {
  return as<ByteCount>(parse_quantity(text, kSizes, "size", "16 KiB, 64 MiB"));
}
Parsed<BytesPerSecond> parse_rate(std::string_view text) {
  return as<BytesPerSecond>(parse_quantity(text, kRates, "rate", "4 Mbit/s, 256 KiB/s"));
}
Parsed<Duration> parse_duration(std::string_view text) {
  return as<Duration>(parse_quantity(text, kTimes, "time", "20 ms, 30 s, 40 min"));
}
Parsed<Share> parse_share(std::string_view text) {
  const auto value = parse_quantity(text, kShares, "share", "5%, 0.1%");
  if (!value) return std::unexpected(value.error());
  if (*value > Share::kWhole) return std::unexpected(fmt::format("'{}' is more than 100%", text));
  return Share{static_cast<std::uint32_t>(*value)};
}

Parsed<std::uint64_t> parse_count(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const bool is_plain =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_plain) return std::unexpected(fmt::format("'{}' is no whole number", text));
  for (const char c : text) {
    if (value > most / 10)
      return std::unexpected(fmt::format("{} is too many; at most {}", text, most));
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > most) return std::unexpected(fmt::format("{} is too many; at most {}", text, most));
  return value;
}

std::string to_text(ByteCount size) {
  const std::int64_t n = size.value();
  if (n >= 1 << 30) return decimal(n, 1 << 30) + " GiB";
  if (n >= 1 << 20) return decimal(n, 1 << 20) + " MiB";
  if (n >= 1 << 10) return decimal(n, 1 << 10) + " KiB";
  return fmt::format("{} B", n);
}

std::string to_text(Duration time) {
  const std::int64_t n = time.count();
  if (n < 0) return "-" + to_text(-time);
  if (n < 1'000) return fmt::format("{} ns", n);
  if (n < 1'000'000) return decimal(n, 1'000) + " us";
  if (n < 1'000'000'000) return decimal(n, 1'000'000) + " ms";
  if (n < 60'000'000'000) return decimal(n, 1'000'000'000) + " s";
  const std::int64_t seconds = n / 1'000'000'000;
  const std::int64_t hours = seconds / 3600;
  const std::int64_t minutes = seconds / 60 % 60;
  std::string text;
  if (hours > 0) text += fmt::format("{} h ", hours);
  if (minutes > 0) text += fmt::format("{} min ", minutes);
  if (seconds % 60 > 0) text += fmt::format("{} s ", seconds % 60);
  text.pop_back();
  return text;
}

std::string to_text(Share share) { return decimal(share.millionths, 10'000) + " %"; }

std::string to_text(BytesPerSecond rate) {
  const std::int64_t bits = rate.value() * 8;
  if (bits >= 1'000'000) return decimal(bits, 1'000'000) + " Mbit/s";
  if (bits >= 1'000) return decimal(bits, 1'000) + " kbit/s";
  return fmt::format("{} bit/s", bits);
}

std::string to_clock(Time time) {
  const std::int64_t milliseconds = time.time_since_epoch().count() / 1'000'000;
  const std::int64_t hours = milliseconds / 3'600'000;
  const std::string rest = fmt::format("{:02}:{:02}.{:03}", milliseconds / 60'000 % 60,
                                       milliseconds / 1000 % 60, milliseconds % 1000);
  return hours > 0 ? fmt::format("{}:{}", hours, rest) : rest;
}

std::string counted(std::uint64_t number, std::string_view one) {
  return fmt::format("{} {}{}", number, one, number == 1 ? "" : "s");
}

}  // namespace swarmlab
