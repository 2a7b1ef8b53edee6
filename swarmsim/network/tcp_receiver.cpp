#include "swarmsim/network/tcp_receiver.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

TcpReceiver::Reply TcpReceiver::on_segment(ByteRange range, bool fin, std::int32_t packets, Time sent_at,
                                           Time now) {
  if (fin) fin_at_ = range.end - 1;
  latest_ = range.begin;
  if (range.end <= next_) {   // all of it is here already: the sender missed an acknowledgement
    reply_now_ = true;
    return Reply::now;
  }
  if (range.begin > next_) {
    ahead_.add(range);
    reply_now_ = true;
    return Reply::now;
  }
  const bool had_gaps = !ahead_.empty();
  next_ = range.end;
  if (had_gaps) {
    const ByteRange joined = ahead_.containing(next_);
    if (joined.end > next_) next_ = joined.end;
    ahead_.forget_below(next_);
  }
  if (echo_ == kNever) echo_ = sent_at;
  packets_ += packets;
  if (had_gaps || fin || packets_ >= tcp::kPacketsPerAck) {
    reply_now_ = true;
    return Reply::now;
  }
  if (reply_at_ == kNever) reply_at_ = now + tcp::kDelayedAck;
  return Reply::later;
}

void TcpReceiver::add_round_trip(Duration sample) {
  round_trip_ = round_trip_ < Duration{0} ? sample : round_trip_ + (sample - round_trip_) / 8;
}

bool TcpReceiver::on_read(std::uint64_t offset, Time now) {
  read_ = offset;
  if (now - round_began_ >= round_trip_) {
    const auto taken = static_cast<std::int64_t>(read_ - round_read_);
    limit_ = std::clamp(2 * taken + tcp::kInitialWindow, limit_, tcp::kMaximumReceiveWindow);
    round_began_ = now;
    round_read_ = read_;
  }
  const auto left = static_cast<std::int64_t>(offered_edge_) - static_cast<std::int64_t>(next_);
  const std::int64_t gain = static_cast<std::int64_t>(read_) + limit_ -
                            static_cast<std::int64_t>(offered_edge_);
  if (left >= limit_ / 4 || gain < limit_ / 4) return false;
  reply_now_ = true;
  return true;
}

TcpReceiver::Reading TcpReceiver::take_reply() {
  offered_edge_ = std::max(offered_edge_, read_ + static_cast<std::uint64_t>(limit_));
  Reading reading{.offset = next_, .window_edge = offered_edge_,
                  .count = std::max(1, packets_ / tcp::kPacketsPerAck), .echo = std::nullopt};
  if (echo_ != kNever) reading.echo = echo_;
  echo_ = kNever;
  packets_ %= tcp::kPacketsPerAck;
  reply_at_ = kNever;
  reply_now_ = false;
  return reading;
}

SelectiveRanges TcpReceiver::selective() const {
  SelectiveRanges chosen;
  if (ahead_.empty()) return chosen;
  const ByteRange first = ahead_.containing(latest_);
  if (first.end > first.begin) chosen.range[chosen.count++] = first;
  // Then the highest others: the sender keeps what it heard, and what is new is mostly near the top.
  const auto ranges = ahead_.ranges();
  for (std::size_t i = ranges.size(); i-- > 0 && chosen.count < chosen.range.size();) {
    if (ranges[i] != first) chosen.range[chosen.count++] = ranges[i];
  }
  return chosen;
}

}  // namespace swarmlab::swarmsim
