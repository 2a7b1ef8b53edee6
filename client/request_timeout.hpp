// RequestTimeout: how long a peer may owe blocks without sending one, before others are asked for them, too.
//
// One time for all peers is wrong for most of them.  The minute after which a silent peer is given up (Settings::request_timeout;
// libtorrent's `request_timeout` is 60 s, Transmission 4 cancels after 90 s) is right for a modem, and for a peer that gave a
// megabyte a second it is fifty times too long: whatever it holds when it falls silent keeps pieces open, and at the end
// it comes back through the end-game, two blocks at a time.  So each peer is held to what it has shown itself:
//
//     late after = factor * (what it owes / its rate)  +  mean gap + 4 * deviation of its gaps        within [floor, cap]
//
// and a peer whose oldest request waits longer is *late*.  The wait begins with the request, and anew with every block
// (bug B38: slow is not dead), so for a steady peer it is the gap between two blocks, while the sum allows it the time in which
// it would have sent everything it owes, `factor` times over.
//
// Where the numbers come from
//   owed / rate   A peer that is asked for more answers later.  Its rate is taken when a block comes, since in
//                 silence a rolling rate decays, and a measure that shrinks with the silence would excuse it.  An unmeasured
//                 peer counts as one of 8 KiB/s: four requests, the depth it begins with, are late after 16 s.
//   factor        2: a peer may give us half of what it gave, because it serves one more.
//   gaps          Answers come in bursts: a disk, a rate limiter, a lossy path.  Mean and deviation are
//                 smoothed as RFC 6298 smooths round trips (1/8, 1/4), and four deviations on top of the mean are its, too;
//                 libtorrent's peer_connection::request_timeout() is the mean of these gaps and four deviations.
//   floor         5 s: RFC 6298 waits 1 s for the first retransmission and twice as long for each further one, so two losses of the
//                 same packet are 3 s of silence of a path that is in order.  (libtorrent: 2 s, and its whole ticks.)
//   cap           request_timeout, when the request is given up anyway.
//
// What follows from being late (Download, PiecePicker; rejected: a plain Cancel of everything, which throws away what is
// just arriving, and asking everything of others beside, which doubles the traffic when it was the path that stood still):
//   1. Its queue is cut to the oldest request.  The others are cancelled and free, as far as anybody else has them, and the first that
//      a quick peer is asked for.
//   2. The oldest may be on its way; it stays, and one other peer is asked for it.  Whoever answers first, the other
//      gets a Cancel.  A third is asked when the second is late as well.
//   3. Until it sends a block it is asked for one at a time, like a snubbed peer, and counts as slow.  It is snubbed after
//      `snub_after`, as ever.
//   4. Late peers are not asked for what other late peers owe: when it is our own line that stands still, nothing at all is asked twice.
#pragma once

#include <cstdint>

#include "protocol/units.hpp"

namespace swarmlab::client {

class RequestTimeout {
 public:
  struct Limits {
    Duration floor = 5s;
    Duration cap = 60s;
    std::uint32_t factor = 2;     // 0: nobody is late before the cap
  };
  explicit RequestTimeout(const Limits& limits) : limits_(limits) {}

  // A block that was asked for came: `gap` after the one before or after its request, whichever came later; `rate` is
  // what the peer gives us now.
  void answered(Duration gap, BytesPerSecond rate);
  // Of a peer that owes `owed` blocks.  Never more than the cap.
  Duration late_after(std::uint32_t owed) const;

  Duration mean_gap() const { return mean_; }
  Duration deviation() const { return deviation_; }

 private:
  Limits limits_;
  BytesPerSecond rate_;           // when the last block came
  bool is_measured_ = false;
  Duration mean_{};
  Duration deviation_{};          // mean absolute
};

}  // namespace swarmlab::client
