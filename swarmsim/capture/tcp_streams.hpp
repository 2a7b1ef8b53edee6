// TcpStreams: packets of real hosts -> the streams and datagrams that an observer turns into events.
//
// Each connection is put together twice: from what entered the network (written, sent) and from what was delivered
// (received), because a packet may be lost, doubled or late in between.
//
//   opened     the handshake's answer was delivered to the dialler
//   sent       the first transmission of a byte entered; what enters out of order waits for the gap before it
//   received   it was delivered, and all before it; not what comes to a peer whose own FIN has left: it has closed, and its
//              stack throws that away (nobody half-closes a BitTorrent connection and reads on)
//   ended      a FIN was delivered with all before it; a RST was (what entered before it arrives before it); cut: a RST was
//              delivered that its alleged sender never sent
//   decided    no earlier than the moment at which all but the last W bytes before it were acknowledged (RFC 9293: a stack keeps
//              what it may have to send again, so the rest of the send buffer was still full before): W is the sender's tcp_wmem,
//              and some more, because a message may begin in an earlier packet than the one it ends in.  And no earlier than
//              just before it was sent, where its stack could send at once: nothing was on its way and the window was open; or
//              little was, nothing was ever repeated (the first congestion window is ten packets, RFC 6928, and only losses make
//              it less), and small packets were seen to leave without waiting for one another (no Nagle's rule, RFC 896)
//
// Not every capture has both ends of a way (Sight).  Where nobody saw packets arrive at a host, they arrived by the time
// its acknowledgement of them left it; where nobody saw them leave, they left by the time they arrived.  Both are late:
// what was received is known to have been received by then.
//
// Passed over and counted: connections that began before the capture (there is no telling which byte of a message comes
// next), streams with a hole in them, encryption, TLS, uTP.  Sequence numbers wrap; a pair of ports may be used again.
// Packets are untrusted: per direction at most `most_ahead` bytes wait for a gap, then the stream is given up.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/endpoint.hpp"
#include "swarmsim/capture/ip_packet.hpp"
#include "swarmsim/capture/streams_report.hpp"
#include "swarmsim/wire/bounded_tap.hpp"
#include "swarmsim/wire/packet_watcher.hpp"

namespace swarmlab::swarmsim {

// Where packets of a host are seen.
struct Sight {
  bool leaving = true;
  bool arriving = true;
};

struct StreamsOptions {
  std::uint32_t hosts = 0;
  HostId first_tracker;                  // it and all after it
  std::map<IpAddress, HostId> addresses = {};
  std::vector<Sight> sights = {};        // by HostId; those beyond its end are seen both ways
  std::vector<bool> rude = {};           // by HostId: whose nonsense is meant, and is no encryption
  ByteCount send_buffer = 128_KiB;       // the largest that a stack keeps unacknowledged (W)
  bool resets_overtake = false;          // as in the virtual TCP: what is on its way when a RST leaves is never read
  ByteCount most_ahead = 4_MiB;
  std::size_t most_connections = 100'000;
};

class TcpStreams final : public PacketWatcher {
 public:
  // `tap` outlives it.
  TcpStreams(StreamsOptions options, BoundedTap& tap);

  void on_entered(HostId from, Time at, Bytes packet) override;
  void on_delivered(HostId to, Time at, Bytes packet) override;

  // Connections of a host, or those between two, are over without a packet that says so: the path was cut.
  void cut(HostId host, Time at);
  void cut(HostId a, HostId b, Time at);

  const StreamsReport& report() const { return report_; }

 private:
  // One direction of a connection; offsets count its bytes from 0, its FIN as one more.
  struct Flow {
    std::optional<std::uint32_t> first;             // the sequence number of offset 0, once its SYN was seen
    std::uint64_t entered = 0;                      // without a gap: told
    std::map<std::uint64_t, std::vector<std::byte>> ahead;   // by offset: what waits behind a gap
    std::size_t ahead_bytes = 0;
    std::uint64_t arrived = 0;                      // without a gap
    std::map<std::uint64_t, std::uint64_t> arrived_ahead;    // begin, end
    std::uint64_t told_received = 0;
    std::optional<std::uint64_t> fin;               // its offset
    bool finished = false;
    bool has_reset = false;                         // a RST entered
    std::deque<std::pair<std::uint64_t, Time>> acknowledged;   // up to where, delivered to the writer when; both ascend
    Time decided_after{};
    Time idle_since = kNever;                       // all that entered was acknowledged; kNever where it is not, or nobody knows
    int window_shift = 0;                           // of the windows that this side offers
    std::uint64_t window_edge = ~std::uint64_t{0};  // up to where the other side lets it send
    bool is_open = true;                            // its last window lets a message through
    std::deque<std::pair<std::uint64_t, bool>> under_way;   // packets that are not acknowledged: their ends; whether they are small
    Time room_since{};                              // fewer were under way than the first window lets through; kNever: more are
    bool sends_at_once = false;                     // was seen to send small packets behind small ones
    bool has_repeated = false;
    std::optional<Time> gap_since;                  // bytes were acknowledged that never were seen
  };
  struct Connection {
    enum class State : std::uint8_t {
      dialled,    // a SYN entered
      open,
      over,       // packets that are late belong here
      unread,     // counted, and passed over
    };
    ConnectionId id;
    HostId hosts[2];                                // dialler, acceptor
    Endpoint endpoints[2];
    Flow flows[2];
    State state = State::dialled;
    std::optional<std::size_t> refused;             // who began with something strange, as long as the other has not answered
  };
  using Key = std::pair<Endpoint, Endpoint>;        // the lesser first

  // A TCP packet on its way between two hosts of the run.
  struct Way {
    Connection& connection;
    std::size_t sender;                             // whose flow it belongs to: 0 the dialler
    const TcpPart& tcp;
    const IpPacket& packet;
    Time at;
  };

  Sight sight(HostId host) const { return host.value() < options_.sights.size() ? options_.sights[host.value()] : Sight{}; }
  bool has_tracker(const Connection& connection) const {
    return connection.hosts[0] >= options_.first_tracker || connection.hosts[1] >= options_.first_tracker;
  }
  bool is_rude(HostId host) const { return host.value() < options_.rude.size() && options_.rude[host.value()]; }
  std::optional<HostId> host_of(const IpAddress& address) const;
  Connection* connection_of(HostId from, HostId to, const IpPacket& packet, const TcpPart& tcp, Time at);
  Connection* begin(const Key& key, HostId from, HostId to, const IpPacket& packet, const TcpPart& tcp);

  void handle(HostId seen_at, Time at, Bytes bytes, bool arrives);
  void enter(const Way& way);
  void arrive(const Way& way);
  void open(Connection& connection, Time at);
  void take_acknowledgement(const Way& way, bool arrives);
  void take_bytes(Connection& connection, std::size_t sender, std::uint64_t begin, Bytes bytes, Time at);
  void tell(Connection& connection, std::size_t sender, Bytes bytes, Time at);
  // Whether the stack could have sent these bytes a moment before they were sent, had they been written.
  static bool could_send_at_once(Flow& flow, Bytes bytes, Time at);
  // All of the flow before `end` arrived, and [begin, end) did.
  void note_arrival(Connection& connection, std::size_t sender, std::uint64_t begin, std::uint64_t end, Time at);
  void tell_received(Connection& connection, std::size_t sender, Time at);
  void note_acknowledgement(Connection& connection, std::size_t writer, std::uint64_t offset, const Way& way);
  Time decided_after(Flow& flow, std::uint64_t offset) const;
  template <class Which>
  void cut_where(Which which, Time at);
  void end_by_reset(const Way& way, StreamEnd how);
  void pass_over(Connection& connection, std::size_t sender);
  void give_up(Connection& connection, std::uint64_t UnreadStreams::*why);
  void handle_datagram(HostId from, HostId to, const IpPacket& packet, const UdpPart& udp, Time at, bool arrives);

  StreamsOptions options_;
  BoundedTap& tap_;
  StreamsReport report_;
  std::map<Key, Connection> connections_;
  std::uint32_t next_connection_ = 0;
};

}  // namespace swarmlab::swarmsim
