// TcpReceiver: what of one direction of a connection has arrived, and when to say so.
//
// In-order data is acknowledged every second packet or after 40 ms, anything else at once with up to three
// selective ranges (RFC 5681, 2018).  The window follows the reader: it starts at 64 KiB and grows to twice what
// the reader takes per round trip, at most 6 MiB; a reader that does not read lets it shut.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "protocol/units.hpp"
#include "swarmsim/network/byte_ranges.hpp"
#include "swarmsim/network/tcp_parameters.hpp"

namespace swarmlab::swarmsim {

struct SelectiveRanges {
  std::array<ByteRange, 3> range;
  std::uint8_t count = 0;
};

class TcpReceiver {
 public:
  enum class Reply : std::uint8_t { none, later, now };
  // A segment with bytes [begin, end), the FIN as one more byte where `fin`; it stood in `packets` packets.
  Reply on_segment(ByteRange range, bool fin, std::int32_t packets, Time sent_at, Time now);
  // From our latest segment that the other side had heard to this one of its: what a round trip takes, seen from
  // the receiver, who may have nothing to send that would be acknowledged.
  void add_round_trip(Duration sample);
  // The handshake's segment of the other side came, sent at `sent_at`: the next reply measures from it.
  void on_handshake(Time sent_at) { echo_ = sent_at; }
  // A window probe, or a segment that needs an answer whatever it holds.
  void reply_now() { reply_now_ = true; }

  // Bytes delivered in order, without the FIN.
  std::uint64_t delivered() const { return next_ < fin_at_ ? next_ : fin_at_; }
  bool finished() const { return next_ > fin_at_; }

  // The reader has taken everything below `offset`; true where the sender should learn of it.
  bool on_read(std::uint64_t offset, Time now);

  // ---- acknowledging ----
  bool wants_to_reply() const { return reply_now_; }
  Time reply_at() const { return reply_at_; }
  struct Reading {
    std::uint64_t offset = 0;
    std::uint64_t window_edge = 0;
    std::int32_t count = 1;
    std::optional<Time> echo;
  };
  // What an acknowledgement says; whoever takes it sends it, alone or with data.
  Reading take_reply();
  bool has_gaps() const { return !ahead_.empty(); }
  SelectiveRanges selective() const;

 private:
  static constexpr std::uint64_t kNoFin = ~std::uint64_t{0} - 1;

  std::uint64_t next_ = 0;           // everything before has arrived, the FIN counted
  std::uint64_t fin_at_ = kNoFin;    // the offset behind the last byte
  std::uint64_t read_ = 0;
  std::uint64_t offered_edge_ = 0;   // never moves back
  std::uint64_t latest_ = 0;         // begin of the segment that came last, for the first selective range
  ByteRanges ahead_;
  std::int64_t limit_ = tcp::kInitialReceiveWindow;
  std::uint64_t round_read_ = 0;     // read_ when the present round trip began
  Time round_began_{};
  Duration round_trip_{-1};          // negative: not known yet
  Time reply_at_ = kNever;
  Time echo_ = kNever;               // of the earliest segment not yet acknowledged
  std::int32_t packets_ = 0;         // arrived in order and not yet acknowledged
  bool reply_now_ = false;
};

}  // namespace swarmlab::swarmsim
