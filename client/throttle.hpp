// Throttle: a rate limit shared by many connections (a token bucket with a queue).
//
// Tokens are bytes; they fill at the rate, up to a quarter of a second's worth.  Whoever finds the bucket empty
// waits in line and is called, in order, when there are tokens again, so that no connection starves.  charge() may
// go below zero: sizes are known only afterwards.  Without a rate nothing is ever held back.
//
// Throttles nest: what passes a torrent's passes its session's too, and waits at whichever is empty.
//
//   connection -> throttle of the torrent -> throttle of the session -> network
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "client/events.hpp"
#include "client/peer_key.hpp"
#include "protocol/units.hpp"
#include "runtime/clock.hpp"
#include "runtime/timers.hpp"

namespace swarmlab::client {

class ThrottleHandler {
 public:
  // It is this peer's turn.  It may charge, and wait again.
  virtual void on_tokens(TorrentId torrent, PeerKey peer) = 0;

 protected:
  ~ThrottleHandler() = default;
};

class Throttle final : private runtime::TimerHandler {
 public:
  Throttle(std::optional<BytesPerSecond> rate, runtime::Clock& clock, runtime::Timers& timers,
           ThrottleHandler& handler);
  // Within `outer`, which outlives it and whose handler it calls, too.
  Throttle(std::optional<BytesPerSecond> rate, runtime::Clock& clock, runtime::Timers& timers, Throttle& outer);

  // From now on; nullopt: without limit.  What waits goes on at the new rate.
  void set_rate(std::optional<BytesPerSecond> rate);
  // To one of the same order: what was earned or is owed stays, so that a rate changed again and again is kept all the same.
  void adjust_rate(BytesPerSecond rate);
  std::optional<BytesPerSecond> rate() const { return rate_; }
  // The lowest of all that bytes pass here and further out; nullopt: none has a rate.
  std::optional<BytesPerSecond> tightest_rate() const;
  // Whether bytes may pass now, here and further out.
  bool is_open();
  void charge(ByteCount bytes);
  // What passes whether it is open or not, as ACKs do for what the other direction fetches: takes half of the rate at most.
  // Rationale: ACKs of a fast download could eat up a low upload limit, and who uploads nothing is soon given nothing.
  void charge_aside(ByteCount bytes);
  // Calls on_tokens() for this peer later.
  void wait(TorrentId torrent, PeerKey peer);

 private:
  static constexpr Duration kBurst = 250ms;
  static constexpr Duration kAsideBurst = 1s;

  void on_timer(runtime::Tag tag) override;
  void fill();
  bool has_tokens();
  void arm();

  std::optional<BytesPerSecond> rate_;
  runtime::Clock& clock_;
  ThrottleHandler& handler_;
  Throttle* outer_ = nullptr;
  ByteCount tokens_;
  Time filled_ = kStart;
  Time aside_ = kStart;                // up to when the half for charge_aside() is used up
  std::deque<std::pair<TorrentId, PeerKey>> waiting_;
  runtime::Timer timer_;
};

}  // namespace swarmlab::client
