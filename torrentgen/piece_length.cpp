#include "torrentgen/piece_length.hpp"

#include <fmt/format.h>

#include <charconv>

#include "protocol/metainfo.hpp"

namespace swarmlab::torrentgen {
namespace {

struct Unit { std::string_view name; std::int64_t bytes; };
constexpr Unit kUnits[] = {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}};

}  // namespace

std::expected<ByteCount, std::string> parse_piece_length(std::string_view text) {
  const std::string wrong = fmt::format(
      "'{}' is no piece length: auto, or from 1 B to 512 MiB as in 256KiB or 262144", text);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::unexpected(wrong);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& known : kUnits) {
    if (unit != known.name) continue;
    if (number < 1 || number > protocol::kMaxPieceLength.value() / known.bytes) return std::unexpected(wrong);
    return ByteCount(number * known.bytes);
  }
  return std::unexpected(wrong);
}

}  // namespace swarmlab::torrentgen
