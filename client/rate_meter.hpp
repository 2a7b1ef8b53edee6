// RateMeter: bytes per second over a sliding window.
//
// The window (Settings::rate_window) is cut into 20 buckets; bytes fall into the bucket of their time, whatever
// the number and spacing of calls, so many short ticks count as much as one long one (bug B10). The rate is the
// bytes of the last 19 whole buckets and the running one over the time they span.  After silence
// the span begins with the first byte, but is never taken for less than a quarter of the window: a peer that has just begun
// is measured soon, and one block sent shortly before a rechoke counts at most four times its worth.
//
// Accuracy: a steady flow is measured exactly but for the bytes of one bucket (1/20 of the window); what happened
// longer ago than the window does not count.  Integers only.
//
// There are two per connection, most of them idle: 24 bytes, and some 200 more while the window holds bytes; rest() gives them back.
#pragma once

#include <cstdint>
#include <memory>

#include "protocol/units.hpp"

namespace swarmlab::client {

class RateMeter {
 public:
  // Requires window >= 20 ns.
  explicit RateMeter(Duration window = 20s);
  RateMeter(RateMeter&&) noexcept;
  RateMeter& operator=(RateMeter&&) noexcept;
  ~RateMeter();

  // `now` never decreases from call to call.
  void add(Time now, ByteCount bytes);
  BytesPerSecond rate(Time now) const;
  // Gives the memory back if nothing is left in the window.  Optional; for a slow tick.
  void rest(Time now);
  // Everything that was ever added.
  ByteCount total() const { return total_; }
  bool is_resting() const { return window_ == nullptr; }

 private:
  struct Window;
  std::unique_ptr<Window> window_;   // null: nothing flowed within the window
  Duration bucket_;
  ByteCount total_;
};

}  // namespace swarmlab::client
