#include "client/throttle.hpp"

#include <algorithm>

namespace swarmlab::client {

Throttle::Throttle(std::optional<BytesPerSecond> rate, runtime::Clock& clock, runtime::Timers& timers,
                   ThrottleHandler& handler)
    : rate_(rate), clock_(clock), handler_(handler), filled_(clock.now()), timer_(timers, *this) {
  if (rate_) rate_ = std::max(*rate_, BytesPerSecond(1));
}

Throttle::Throttle(std::optional<BytesPerSecond> rate, runtime::Clock& clock, runtime::Timers& timers, Throttle& outer)
    : Throttle(rate, clock, timers, outer.handler_) {
  outer_ = &outer;
}

void Throttle::set_rate(std::optional<BytesPerSecond> rate) {
  rate_ = rate ? std::optional(std::max(*rate, BytesPerSecond(1))) : std::nullopt;
  // Neither a debt nor a hoard of the old rate: a debt run up at 100 MiB/s would silence a new limit of 1 KiB/s for hours.
  tokens_ = ByteCount(0);
  filled_ = clock_.now();
  timer_.disarm();
  arm();
}

void Throttle::adjust_rate(BytesPerSecond rate) {
  if (!rate_) return set_rate(rate);
  fill();
  rate_ = std::max(rate, BytesPerSecond(1));
  timer_.disarm();
  arm();
}

std::optional<BytesPerSecond> Throttle::tightest_rate() const {
  const std::optional<BytesPerSecond> beyond = outer_ != nullptr ? outer_->tightest_rate() : std::nullopt;
  return rate_ && beyond ? std::min(*rate_, *beyond) : rate_ ? rate_ : beyond;
}

void Throttle::fill() {
  const Time now = clock_.now();
  const ByteCount earned = *rate_ * (now - filled_);
  if (earned.value() == 0) return;
  // The rest of a byte counts next time: asked often, a low rate would lose a good part otherwise.
  filled_ += earned / *rate_;
  // One byte at least fits, however low the rate.
  tokens_ = std::min(tokens_ + earned, std::max(*rate_ * kBurst, ByteCount(1)));
}

bool Throttle::is_open() { return has_tokens() && (outer_ == nullptr || outer_->is_open()); }

bool Throttle::has_tokens() {
  if (!rate_) return true;
  fill();
  return tokens_.value() > 0;
}

void Throttle::charge(ByteCount bytes) {
  if (rate_) tokens_ -= bytes;
  if (outer_ != nullptr) outer_->charge(bytes);
}

void Throttle::charge_aside(ByteCount bytes) {
  if (rate_) {
    const BytesPerSecond half = std::max(BytesPerSecond(rate_->value() / 2), BytesPerSecond(1));
    const Time now = clock_.now();
    aside_ = std::max(aside_, now - kAsideBurst);
    const ByteCount taken = std::min(bytes, half * (now - aside_));
    aside_ += taken / half;
    tokens_ -= taken;
  }
  if (outer_ != nullptr) outer_->charge_aside(bytes);
}

void Throttle::wait(TorrentId torrent, PeerKey peer) {
  if (outer_ != nullptr && has_tokens()) {
    outer_->wait(torrent, peer);
    return;
  }
  waiting_.emplace_back(torrent, peer);
  arm();
}

void Throttle::arm() {
  if (timer_.is_armed() || waiting_.empty()) return;
  if (!rate_) {
    timer_.arm(clock_.now());
    return;
  }
  const ByteCount lacking = ByteCount(1) - std::min(tokens_, ByteCount(0));
  timer_.arm(clock_.now() + lacking / *rate_ + 1ms);
}

void Throttle::on_timer(runtime::Tag) {
  timer_.expired();
  // Each waiter is called once at most: who waits again stands behind the others, or further out.
  for (std::size_t turns = waiting_.size(); turns > 0 && !waiting_.empty() && has_tokens(); --turns) {
    const auto [torrent, peer] = waiting_.front();
    waiting_.pop_front();
    handler_.on_tokens(torrent, peer);
  }
  arm();
}

}  // namespace swarmlab::client
