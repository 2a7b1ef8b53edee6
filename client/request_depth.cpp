#include "client/request_depth.hpp"

#include <algorithm>

#include "protocol/piece_geometry.hpp"

namespace swarmlab::client {
namespace {

constexpr Duration kMargin = 1s;
constexpr Duration kRoundAtLeast = 1s;

}  // namespace

RequestDepth::RequestDepth(const Limits& limits)
    : min_(std::max(limits.min, 1U)), max_(std::max(limits.max, min_)), ramp_(min_) {}

void RequestDepth::delivered(Time now, Duration response, ByteCount payload) {
  if (round_trip_ == Duration{0} || response < round_trip_) round_trip_ = std::max(response, Duration{1});
  if (!slow_start_) return;
  if (round_began_ == kNever) round_began_ = now;
  ramp_ = std::min(ramp_ + 1, max_);
  round_bytes_ += payload;
  if (now - round_began_ < std::max(round_trip_, kRoundAtLeast)) return;
  if (round_bytes_ <= last_round_bytes_ + last_round_bytes_ / 8) slow_start_ = false;
  last_round_bytes_ = round_bytes_;
  round_bytes_ = ByteCount(0);
  round_began_ = now;
}

void RequestDepth::snubbed() { slow_start_ = false; }

std::uint32_t RequestDepth::depth(const PeerNow& peer) const {
  if (peer.snubbed) return 1;
  const std::int64_t in_flight = (peer.rate * (round_trip_ + kMargin)).value();
  const std::int64_t blocks = (in_flight + protocol::kBlockBytes.value() - 1) / protocol::kBlockBytes.value();
  const std::int64_t wanted = slow_start_ ? std::max<std::int64_t>(blocks, ramp_) : blocks;
  const std::int64_t most = std::max<std::int64_t>(std::min({max_, peer.reqq, peer.share}), 1);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(wanted, std::min<std::int64_t>(min_, most), most));
}

std::uint32_t RequestDepth::share_of(ByteCount window, std::uint32_t active) {
  const std::int64_t blocks = window.value() / protocol::kBlockBytes.value() / std::max(active, 1U);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(blocks, 1, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace swarmlab::client
