// TcpSender: which bytes of one direction of a connection may be transmitted now.
//
// NewReno's window with RFC 6675's use of selective acknowledgements; sans-I/O: acknowledgements and the
// time go in, ranges to transmit come out.  Offsets count the bytes of the direction from 0; the FIN, once
// wanted, is one more byte behind the last.
//
//        una             lost_edge           next            written (+ FIN)
//   ------+------------------+-----------------+----------------+
//   acked | below lost_edge: | on their way    | not sent yet   |
//         | lost unless sacked
//
// States: open (nothing known to be lost), recovery (a hole was found; until `recover_` is acknowledged),
// loss (the timer fired; everything not sacked is lost, the window starts again at one packet).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "protocol/units.hpp"
#include "swarmsim/network/byte_ranges.hpp"
#include "swarmsim/network/congestion_window.hpp"
#include "swarmsim/network/round_trip_estimator.hpp"

namespace swarmlab::swarmsim {

struct Acknowledgement {
  std::uint64_t offset = 0;          // everything before it has arrived
  std::uint64_t window_edge = 0;     // the receiver takes bytes up to here
  std::int32_t count = 1;            // stands for so many
  std::optional<Time> echo;          // when the segment it answers was sent
  std::span<const ByteRange> selective;
};

class TcpSender {
 public:
  // ---- the owner's side ----
  void add(std::uint64_t bytes) { written_ += bytes; }
  void finish() { fin_wanted_ = true; }
  std::uint64_t written() const { return written_; }
  bool fin_wanted() const { return fin_wanted_; }
  // Bytes (without the FIN) whose first transmission has not begun.
  std::uint64_t unsent() const { return written_ - (next_ < written_ ? next_ : written_); }
  std::uint64_t next() const { return next_; }
  std::uint64_t unacknowledged() const { return una_; }
  bool all_acknowledged() const { return una_ == end(); }
  bool fin_acknowledged() const { return fin_wanted_ && una_ == written_ + 1; }
  bool has_unsent() const { return next_ < end(); }
  bool all_transmitted_is_acknowledged() const { return una_ == next_; }

  // ---- transmitting ----
  // The next hole to fill, at most `limit` bytes; nullopt where there is none or the window is full.
  std::optional<ByteRange> next_retransmission(std::int64_t limit);
  // New data, at most `limit` bytes and not beyond `message_end`; nullopt where nothing may go now.
  // Whole packets only, unless the data or the message ends.
  std::optional<ByteRange> next_new(std::uint64_t message_end, std::int64_t limit);
  // Must follow each range that was really transmitted.
  void on_transmitted(ByteRange range, Time now);
  // Must follow when nothing more was taken out, so that the window grows only while it is what limits.
  void note_idle_window();
  // The window of the other side is shut and only its opening can move us: probe it when the timer fires.
  bool is_blocked_by_receiver() const;

  // ---- acknowledgements and time ----
  // False: it acknowledges what was never sent, or nothing that is new.
  bool on_acknowledgement(const Acknowledgement& ack, Time now);
  void on_timeout(Time now);
  // A probe went out; the next one waits longer.
  void on_probed(Time now);
  void open_window(std::uint64_t edge);
  void set_initial_round_trip(Duration sample) { round_trip_.add_sample(sample); }
  // kNever: nothing is waited for.
  Time timer() const { return timer_; }
  void stop_timer() { timer_ = kNever; }
  void start_probe_timer(Time now);
  int retries() const { return retries_; }

  const RoundTripEstimator& round_trip() const { return round_trip_; }
  const CongestionWindow& window() const { return window_; }
  std::int64_t in_flight() const;
  bool in_recovery() const { return state_ != State::open; }

 private:
  enum class State : std::uint8_t { open, recovery, loss };

  std::uint64_t end() const { return written_ + (fin_wanted_ ? 1 : 0); }
  void find_losses();
  void restart_timer(Time now);
  Duration backed_off_timeout() const;

  // Invariant: una_ <= next_ <= end(); una_ <= retransmitted_below_ and lost_edge_ <= next_ unless open.
  std::uint64_t una_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t window_edge_ = 0;
  std::uint64_t recover_ = 0;               // what was sent when the present recovery or loss began
  std::uint64_t retransmitted_below_ = 0;   // holes before this were filled in the present recovery
  std::uint64_t lost_edge_ = 0;
  ByteRanges sacked_;
  CongestionWindow window_;
  RoundTripEstimator round_trip_;
  Time timer_ = kNever;
  Time last_sent_{};
  State state_ = State::open;
  bool fin_wanted_ = false;
  bool window_limits_ = false;              // the congestion window was what stopped us last
  bool first_hole_due_ = false;             // of the present recovery, not yet transmitted again
  std::uint8_t retries_ = 0;
};

}  // namespace swarmlab::swarmsim
