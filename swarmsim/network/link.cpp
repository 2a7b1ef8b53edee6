#include "swarmsim/network/link.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

// The packet in service stands outside the queue.
constexpr std::int64_t kInService = 1500;

}  // namespace

Link::Link(std::optional<BytesPerSecond> rate, ByteCount queue) : queue_(queue) { set_rate(rate); }

void Link::set_rate(std::optional<BytesPerSecond> rate) {
  rate_ = rate ? rate->value() : 0;
  SWARM_ASSERT(rate_ >= 0, rate_);
}

std::optional<BytesPerSecond> Link::rate() const {
  if (rate_ == 0) return std::nullopt;
  return BytesPerSecond(rate_);
}

Duration Link::service_time(std::int64_t wire_bytes) const {
  // Bursts are small and rates sane, so 64 bits do; a 128-bit division costs as much as the rest of a packet.
  constexpr std::int64_t kFits = std::int64_t{1} << 33;
  if (rate_ == 0) return Duration{0};
  if (wire_bytes < kFits) return Duration(wire_bytes * detail::kNanosecondsPerSecond / rate_);
  return ByteCount(wire_bytes) / BytesPerSecond(rate_);
}

std::int64_t Link::bytes_in(Duration time) const {
  constexpr std::int64_t kFits = std::int64_t{1} << 31;   // as above
  if (time.count() < kFits && rate_ < kFits) return rate_ * time.count() / detail::kNanosecondsPerSecond;
  return (BytesPerSecond(rate_) * time).value();
}

ByteCount Link::backlog(Time now) const {
  if (rate_ == 0 || busy_until_ <= now) return {};
  return ByteCount(bytes_in(busy_until_ - now));
}

Link::Passage Link::put(Time arrives, Duration spread, const PacketBurst& burst) {
  Passage passage;
  passage.accepted = burst.packets;
  if (rate_ == 0) {
    passage.first_out = arrives;
    passage.last_out = arrives + spread;
    statistics_.packets += static_cast<std::uint64_t>(burst.packets);
    statistics_.bytes += static_cast<std::uint64_t>(burst.wire_bytes());
    return passage;
  }

  std::int64_t wire_bytes = burst.wire_bytes();
  if (busy_until_ > arrives) {
    // What leaves the queue while the burst is still arriving makes room for its end.
    const std::int64_t room = queue_.value() + kInService - backlog(arrives).value() + bytes_in(spread);
    if (wire_bytes > room) {
      const std::int64_t full = burst.packets > 1 ? burst.full_wire_bytes : burst.last_wire_bytes;
      passage.accepted = static_cast<std::int32_t>(
          std::clamp<std::int64_t>(room / full, 0, burst.packets - 1));
      wire_bytes = full * passage.accepted;
      statistics_.dropped_packets += static_cast<std::uint64_t>(burst.packets - passage.accepted);
    }
  }
  if (passage.accepted == 0) return passage;
  statistics_.packets += static_cast<std::uint64_t>(passage.accepted);
  statistics_.bytes += static_cast<std::uint64_t>(wire_bytes);

  const Time begins = std::max(arrives, busy_until_);
  busy_until_ = begins + service_time(wire_bytes);
  passage.first_out =
      begins + service_time(passage.accepted > 1 ? burst.full_wire_bytes : wire_bytes);
  passage.last_out = busy_until_;
  return passage;
}

}  // namespace swarmlab::swarmsim
