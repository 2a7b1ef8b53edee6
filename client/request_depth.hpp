// RequestDepth: how many requests to keep open with one peer.
//
// Too few, and the path runs dry between an answer and the next request; too many, and the end-game, a choke or a
// slow peer costs us dearly.  The pipe is full when
//
//     depth * 16 KiB >= rate * (round trip + 1 s)
//
// The round trip is the shortest time from a request to its block that was ever seen: longer ones contain the
// peer's queue, which our own depth makes, and to follow them would let the depth feed itself.  The second on
// top pays for what a peer does not do evenly: its disk, its other
// uploads, its rate limiter, a loss on the path.  At 1 MiB/s it is 64 requests.  libtorrent takes 3 s
// without the round trip; that is deeper than needed for near peers and gives a tar pit more to sit on.
//
// The measured rate lags by its window and is held down by the depth itself, so a peer begins with `depth_min`
// and slow start: each block that arrives in answer adds one request, which doubles the depth per round trip.  It ends when a round
// (the longer of a round trip and 1 s) brought less than an eighth more than the one before, or at a snub; from
// then on the formula holds.  Slow start does not come back: the second on top lets the depth grow by
// itself when the path gets better.
//
// All peers together.  What many peers owe at once meets in one downlink: it queues there, delays every Cancel's effect and each
// new block, and is waste when the end is near.  `request_window` bounds it: each of the peers that may be asked at the moment
// has an equal share of that many bytes, one block at least.  A window of bandwidth times delay of our own line (of 100 Mbit/s
// and 200 ms: 2.4 MiB) keeps it full; by default nothing is bounded, since what our line is like is not known here.
//
// A snubbed peer is asked for one block at a time: enough to notice its recovery (bug B38).  The peer's own limit
// (reqq, BEP 10; 250 where it says nothing) is never exceeded (bug B24).
#pragma once

#include <cstdint>
#include <limits>

#include "protocol/units.hpp"

namespace swarmlab::client {

class RequestDepth {
 public:
  struct Limits {
    std::uint32_t min = 4;
    std::uint32_t max = 250;
  };
  explicit RequestDepth(const Limits& limits = Limits{4, 250});

  // A block of `payload` that was asked for `response` ago arrived whole.
  void delivered(Time now, Duration response, ByteCount payload);
  // The peer was found to be snubbed.
  void snubbed();

  struct PeerNow {
    BytesPerSecond rate;                 // payload it gives us, rolling
    std::uint32_t reqq = 250;            // the limit it declared
    bool snubbed = false;
    std::uint32_t share = std::numeric_limits<std::uint32_t>::max();   // of the request window, in blocks
  };
  // At least 1, at most min(limits.max, reqq, share).
  std::uint32_t depth(const PeerNow& peer) const;

  // The blocks that each of `active` peers may owe within a window.  At least 1.
  static std::uint32_t share_of(ByteCount window, std::uint32_t active);

  bool in_slow_start() const { return slow_start_; }
  Duration round_trip() const { return round_trip_; }   // zero before the first block

 private:
  std::uint32_t min_;
  std::uint32_t max_;
  std::uint32_t ramp_;                   // the depth of slow start; at most max_
  bool slow_start_ = true;
  Duration round_trip_{0};
  Time round_began_ = kNever;            // of slow start; kNever before the first block
  ByteCount round_bytes_;
  ByteCount last_round_bytes_;
};

}  // namespace swarmlab::client
