// TcpLayer: the virtual TCP of all hosts: streams, listeners, segments.
//
// Owner calls change state and mark the end; what follows (segments, writability) happens in flush(), which
// the world calls after every event, so that what an engine writes within one event goes out together and
// no call calls back.  Handlers are called from events and from flush(); around each call the layer holds nothing
// but the end's number, because the handler may close, reset, write or dial.
//
// Parameters and deviations from real stacks: docs/network_model.md.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "runtime/network.hpp"
#include "swarmsim/virtual/event_loop.hpp"
#include "swarmsim/virtual/fabric.hpp"
#include "swarmsim/virtual/tcp_connection.hpp"
#include "swarmsim/wire/packet_tap.hpp"

namespace swarmlab::swarmsim {

class TcpLayer {
 public:
  TcpLayer(EventLoop& loop, Fabric& fabric, StreamTap* tap, PacketTap* packet_tap)
      : loop_(loop), fabric_(fabric), tap_(tap), packet_tap_(packet_tap) {}

  void add_host();

  // ---- the owner's calls; `host` is whose ----
  runtime::StreamId connect(std::uint32_t host, const Endpoint& to, std::optional<IpAddress> from,
                            runtime::StreamHandler& handler);
  std::expected<runtime::ListenerId, runtime::NetworkError> listen(std::uint32_t host, const Endpoint& at,
                                                                   runtime::AcceptHandler& handler);
  Endpoint listener_endpoint(std::uint32_t host, runtime::ListenerId listener) const;
  void close_listener(std::uint32_t host, runtime::ListenerId listener);

  // On a stream that has ended these do nothing: events that were under way may still make an owner try.
  void set_handler(std::uint32_t host, runtime::StreamId stream, runtime::StreamHandler& handler);
  runtime::ReadResult read(std::uint32_t host, runtime::StreamId stream, std::size_t max);
  void write(std::uint32_t host, runtime::StreamId stream, Bytes bytes);
  void write(std::uint32_t host, runtime::StreamId stream, const runtime::Slice& slice);
  ByteCount unsent(std::uint32_t host, runtime::StreamId stream) const;
  void set_low_water(std::uint32_t host, runtime::StreamId stream, ByteCount mark);
  void shutdown_write(std::uint32_t host, runtime::StreamId stream);
  void close(std::uint32_t host, runtime::StreamId stream);
  void reset(std::uint32_t host, runtime::StreamId stream);
  // Ends it as the world does: RST to the other side, on_closed(why) to the owner.
  void fail(std::uint32_t host, runtime::StreamId stream, runtime::NetworkError why);
  Endpoint local_endpoint(std::uint32_t host, runtime::StreamId stream) const;
  Endpoint peer_endpoint(std::uint32_t host, runtime::StreamId stream) const;
  std::optional<Duration> round_trip_time(std::uint32_t host, runtime::StreamId stream) const;

  // ---- the world's calls ----
  void on_segment_arrives(std::uint32_t host, std::uint32_t segment);
  void on_segment_delivered(std::uint32_t segment);
  // A large swarm is larger than any cache.  What a segment's event will need is fetched while events before it are
  // handled, in three steps: the segment, then the connection that it names, then the stream's data and owner.
  void prefetch_segment(std::uint32_t segment) const;
  void prefetch_connection(std::uint32_t segment) const;
  void prefetch_reader(std::uint32_t segment) const;
  void on_retry_timer(std::uint32_t end, std::uint32_t connection, std::uint32_t sequence);
  void on_reply_timer(std::uint32_t end, std::uint32_t connection, std::uint32_t sequence);
  void on_stream_failed(std::uint32_t end, std::uint32_t connection);
  void flush();
  // No handler of this host is called any more; its listeners and streams end, with a word or without.
  enum class Farewell : std::uint8_t { reset, none };
  void end_process(std::uint32_t host, Farewell farewell);
  // Every open connection between the two is reset at both ends at once, as a box between them does that forges RSTs.
  void reset_between(std::uint32_t a, std::uint32_t b);
  // Whose end it is that a timer names; of an end that is gone, of whoever.
  std::uint32_t host_of(std::uint32_t end) const { return end_at(end).host; }

  std::uint64_t connections() const { return next_connection_; }
  std::uint64_t retransmitted_packets() const { return retransmitted_packets_; }
  std::uint64_t timeouts() const { return timeouts_; }

 private:
  // An end of a connection: slot * 2 + (0 dialler, 1 acceptor).
  using EndRef = std::uint32_t;
  static constexpr EndRef kNoEnd = 0xffff'ffff;
  static constexpr std::uint32_t kNoHost = 0xffff'ffff;
  static constexpr ConnectionId kFree{0xffff'ffff};

  struct Listener {
    Endpoint at;
    runtime::AcceptHandler* handler = nullptr;   // null: closed
  };
  struct Host {
    std::vector<EndRef> streams;       // by stream id; kNoEnd: ended
    std::vector<Listener> listeners;   // by listener id
    std::vector<std::uint32_t> open_listeners;
    std::uint16_t next_port = 32768;
  };

  Connection& connection_of(EndRef ref) { return connections_[ref / 2]; }
  TcpEnd& end_at(EndRef ref) { return connections_[ref / 2].ends[ref % 2]; }
  const TcpEnd& end_at(EndRef ref) const { return connections_[ref / 2].ends[ref % 2]; }
  EndRef find(std::uint32_t host, runtime::StreamId stream) const;
  static Direction direction_from(EndRef ref) {
    return ref % 2 == 0 ? Direction::from_dialler : Direction::from_acceptor;
  }
  runtime::StreamId new_stream(std::uint32_t host, EndRef ref);
  std::optional<std::uint32_t> listener_for(std::uint32_t host, const Endpoint& to) const;
  std::uint16_t take_port(Host& host);
  void tell_of_cut_connections(std::uint32_t host);

  // Segments (tcp_segments.cpp).
  std::uint32_t new_segment(EndRef from, std::uint8_t flags);
  void add_acknowledgement(TcpEnd& end, Segment& segment);
  void dispatch(EndRef from, std::uint32_t segment);
  void carry(EndRef from, std::uint32_t to, std::uint32_t segment, Duration held);
  void carry_packets(EndRef from, std::uint32_t to, std::uint32_t segment);
  void carry_replies(EndRef from, std::uint32_t to, std::uint32_t segment);
  std::uint32_t copy_of(std::uint32_t segment);
  void release_segment(std::uint32_t segment);
  TappedSegment as_packets(EndRef from, const Segment& segment) const;
  void send_control(EndRef from, std::uint8_t flags);
  void send_range(EndRef from, ByteRange range);

  // What arrives (tcp_input.cpp).
  void on_syn(EndRef at, const Segment& segment);
  void on_syn_ack(EndRef at, const Segment& segment);
  void on_reset(EndRef at);
  bool become_accepted(EndRef at, const Segment& segment);
  void take_acknowledgement(EndRef at, const Segment& segment);
  void take_data(EndRef at, const Segment& segment);
  void tell_opened(Connection& connection);

  // What leaves, and ends (tcp_output.cpp).
  void mark(EndRef ref);
  void transmit(EndRef ref);
  void schedule_timers(EndRef ref);
  void schedule(EndRef ref, LazyTimer& timer, Time at, EventKind kind);
  void retry_handshake(EndRef ref);
  void on_retransmission_timer(EndRef ref);
  void tell_written(EndRef ref);
  void tell_reset(EndRef ref, StreamEnd how = StreamEnd::reset);
  void bury(EndRef ref, TcpEnd::State state);
  void end_by_world(EndRef ref, runtime::NetworkError why);
  void free_what_is_over();

  EventLoop& loop_;
  Fabric& fabric_;
  StreamTap* tap_;
  PacketTap* packet_tap_;
  StreamPools pools_;
  Pool<Connection, 256> connections_;
  Pool<Segment> segments_;
  Pool<SelectiveRanges> selective_;
  std::vector<Host> hosts_;
  std::vector<EndRef> dirty_;             // to flush, in the order in which they were marked
  std::vector<EndRef> writable_;          // whose owner is to be told
  std::vector<std::uint32_t> over_;       // connections to free once nothing refers to them
  std::uint32_t next_connection_ = 0;
  std::uint64_t retransmitted_packets_ = 0;
  std::uint64_t timeouts_ = 0;
};

}  // namespace swarmlab::swarmsim
