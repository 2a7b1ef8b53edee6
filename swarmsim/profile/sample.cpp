#include "swarmsim/profile/sample.hpp"

#include <fmt/format.h>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {

std::string quantity_text(Quantity quantity, std::int64_t value) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  switch (quantity) {
    case Quantity::count: return fmt::format("{}", value);
    case Quantity::time: return to_text(Duration(value < kMillisecond ? value : value / kMillisecond * kMillisecond));
    case Quantity::size: return to_text(ByteCount(value));
    case Quantity::rate: return to_text(BytesPerSecond(value));
    case Quantity::share: return to_text(Share{static_cast<std::uint32_t>(value)});
    case Quantity::truth: return value != 0 ? "true" : "false";
  }
  return {};
}

}  // namespace swarmlab::swarmsim
