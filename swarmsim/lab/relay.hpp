// Relay: carries what real processes say to each other from socket to socket, as their links allow; where no namespaces are to be had.
//
//   A's stack --> socket --> uplink of A --> (delay) --> downlink of B --> socket --> B's stack
//
// Every connection is two: A dialled the relay, which dials B once a SYN would have come there, as the address under which B knows A.
// The lines are those of the router (LabLinks), but lose nothing: a socket is read only while there is room on the way,
//
//   on the uplink       less waits than its queue holds
//   on the downlink     no more is under way to it than its queue holds and its rate carries during the delay
//   on the connection   at most kWindow is between the two sockets
//
// and kSmall for each connection in any case, so that small messages do not wait with their sender.  What finds no room waits in the
// sender's stack, as it does behind TCP's windows.  Connections that wait for the same line take turns.
//
//   cable, partition    what would have been repeated waits with its sender, and goes on when the way is open again; who dials is
//                       tried again when a SYN would be (after 1 s, 3 s, 7 s, ...) and reset after 127 s
//   refused             who dialled is connected by then, and sees a reset instead
//   reset               a RST to both ends
//   no loss, no reordering, no NAT: nothing here can do that to a stream
//
// Whoever watches is shown the packets that this would have been between the hosts' own addresses: SYN, bytes, FIN, RST.  The
// acknowledgements in them say what is known of the sender's stack: all was read that it had written (an open window), or it may have
// written more than was read (a closed one).
//
// Works on a LabThread; all but the constructor and open() is called there.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "swarmsim/lab/lab_addresses.hpp"
#include "swarmsim/lab/lab_link.hpp"
#include "swarmsim/lab/lab_statistics.hpp"
#include "swarmsim/lab/lab_thread.hpp"
#include "swarmsim/lab/packet_ring.hpp"
#include "swarmsim/lab/relay_stream.hpp"
#include "swarmsim/wire/frames.hpp"

namespace swarmlab::swarmsim {

class Relay final : private LabThread::Work {
 public:
  static constexpr std::int64_t kWindow = 128 * 1024;
  static constexpr std::int64_t kSmall = 4 * 1024;

  // `links` are lossless.  All outlive the relay.
  Relay(const LabAddresses& addresses, LabLinks& links, PacketRing& ring);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Listens for everybody.
  std::expected<void, LabUnavailable> open();
  LabThread& thread() { return thread_; }
  const LabThread& thread() const { return thread_; }

  // ---- by LabThread::call() only ----
  void reset_connections(HostId a, HostId b);
  void pause(HostId host);
  void resume(HostId host);
  // A way may be open that was not.
  void look_again();
  LabStatistics statistics();

 private:
  using Number = std::uint64_t;                 // of a connection, never used again
  struct Turn { Number connection; std::size_t side; };
  struct Held { HostId host; std::function<void(Time)> action; };
  struct Asker;                                 // of a UDP tracker

  void run_due() override;
  std::optional<Time> next_due() const override;
  void on_ready(std::uint64_t which, std::uint32_t events) override;

  void post(Time due, std::function<void(Time)> action) { timers_.emplace(due, std::move(action)); }
  Time now() const { return thread_.now(); }
  RelayedConnection* find(Number number);
  bool is_open(HostId from, HostId to) const;

  void accept_all();
  void try_to_dial(Number number, Time asked, Duration until_next);
  void dial(Number number);
  void answer(Number number, bool is_connected);
  void establish(Number number);

  void wait_for_turn(RelayedConnection& connection, std::size_t side);
  void take_turns();
  bool read_some(RelayedConnection& connection, std::size_t side);
  std::int64_t room(const RelayedConnection& connection, std::size_t side);
  void carry(RelayedConnection& connection, std::size_t side, RelayedPart part);
  void at_downlink(Number number, std::size_t side, const std::shared_ptr<RelayedPart>& part, Time due);
  void at_host(Number number, std::size_t side, const std::shared_ptr<RelayedPart>& part);
  void take_part(RelayedConnection& connection, std::size_t side, RelayedPart& part);
  void write_some(RelayedConnection& connection, std::size_t side);
  void forget(Number number);
  void forget_with_reset(RelayedConnection& connection);

  // ---- what is shown ----
  void show(PacketMoment moment, HostId host, Bytes packet);
  void show_entered(const RelayedConnection& connection, std::size_t sender, std::uint8_t flags, std::int64_t offset, Bytes bytes = {});
  void show_delivered(const RelayedConnection& connection, std::size_t sender, std::uint8_t flags, std::int64_t offset, Bytes bytes = {});

  void receive_from_askers();
  void receive_from_tracker(const Asker& asker);
  void carry_datagram(HostId from, HostId to, const UdpFrame& frame, std::function<void(Bytes)> deliver);

  const LabAddresses& addresses_;
  LabLinks& links_;
  PacketRing& ring_;
  int listener_ = -1;
  int datagrams_ = -1;
  std::multimap<Time, std::function<void(Time)>> timers_;
  std::map<Number, std::unique_ptr<RelayedConnection>> connections_;
  Number next_number_ = 1;
  std::deque<Turn> waiting_;                    // to be read, in turn
  std::vector<std::int64_t> under_way_to_;      // wire bytes, by host
  std::vector<Time> uplink_timer_;              // by host: when it is looked at again; in the past: not
  std::vector<bool> is_paused_;                 // by host
  std::deque<Held> held_;                       // for hosts that stand still or have no cable
  std::map<std::pair<HostId, Endpoint>, std::unique_ptr<Asker>> askers_;   // by tracker and who asks
  std::map<std::uint64_t, Asker*> asker_by_number_;
  std::vector<std::byte> buffer_;
  LabStatistics statistics_;
  LabThread thread_;
};

}  // namespace swarmlab::swarmsim
