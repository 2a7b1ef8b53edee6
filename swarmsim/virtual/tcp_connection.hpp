// What the virtual TCP keeps: connections with their two ends, and segments on their way.
//
// Both ends of a connection are one record, though each touches only what its host could know; what
// crosses from one to the other does so in segments.  An idle end is a few hundred bytes and owns nothing.
#pragma once

#include <cstdint>

#include "protocol/endpoint.hpp"
#include "runtime/network.hpp"
#include "swarmsim/network/tcp_receiver.hpp"
#include "swarmsim/network/tcp_sender.hpp"
#include "swarmsim/virtual/fabric.hpp"
#include "swarmsim/virtual/pool.hpp"
#include "swarmsim/virtual/stream_buffer.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

// A timer whose event is not taken back: moved later, it is posted again when its event comes up;
// moved earlier, the old event is dead, which its sequence tells.
struct LazyTimer {
  Time queued_at = kNever;
  std::uint32_t sequence = 0;
};

struct TcpEnd {
  enum class State : std::uint8_t {
    none,           // the acceptor's, before the first SYN came
    syn_sent,
    syn_received,
    open,           // until both our FIN is acknowledged and the owner has closed
    lingering,      // the owner has closed and all it wrote is delivered: only the other side's FIN may come
    gone,           // reset, timed out, refused: answers everything with RST
  };

  runtime::StreamHandler* handler = nullptr;
  TcpSender sender;
  TcpReceiver receiver;
  StreamBuffer outgoing;
  std::uint64_t read = 0;             // of what the other end wrote
  LazyTimer retry_timer;              // handshake and retransmission
  LazyTimer reply_timer;              // delayed acknowledgement
  Time retry_handshake_at = kNever;
  Time flow_order{};                  // of the fabric
  Time heard{};                       // when the latest segment that came was sent
  std::uint32_t host = 0;
  runtime::StreamId stream;
  runtime::ListenerId listener;       // acceptor
  std::uint32_t low_water = 32 << 10;
  Endpoint endpoint;                  // local
  State state = State::none;
  runtime::NetworkError failure = runtime::NetworkError::other;   // stream_failed is on its way with it
  std::uint8_t handshake_tries = 0;
  bool readable_due = true;           // the next byte that arrives is told to the handler
  bool above_low_water = false;
  bool owner_closed = false;
  bool is_dirty = false;              // in the list of ends to flush
  bool end_was_told = false;          // the tap knows that the other side's FIN came
};

struct Connection {
  ConnectionId id{0xffff'ffff};       // until it is dialled
  TcpEnd ends[2];                     // dialler, acceptor
  bool is_told = false;               // the tap knows it
  bool end_was_told = false;          // the tap knows that it was reset
};
static_assert(sizeof(Connection) <= 2 * 640);

struct Segment {
  enum Flag : std::uint8_t { syn = 1, ack = 2, fin = 4, rst = 8, probe = 16 };

  Carried carried;
  ConnectionId connection;            // whose slot may have been given to another since
  std::uint32_t slot = 0;
  std::uint32_t from = 0;             // the sending host
  std::uint32_t length = 0;           // bytes of data
  std::int32_t acknowledgements = 0;
  std::uint32_t selective = 0xffff'ffff;   // index into the pool of selective ranges
  std::uint64_t begin = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t window_edge = 0;
  Time sent_at{};
  Time echo = kNever;                 // when the segment was sent that this acknowledges
  Time heard{};                       // when the latest segment was sent that its sender had heard
  std::uint8_t to = 0;                // which end
  std::uint8_t flags = 0;
};

}  // namespace swarmlab::swarmsim
