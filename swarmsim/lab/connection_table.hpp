// ConnectionTable: the TCP connections that pass the router, and what each end expects next.
//
// For resets out of the path: a stack takes a RST only at exactly the sequence number it expects (RFC 5961, 3.2).  That is the
// end of what was delivered to it in order, or what it acknowledged last, whichever is later.
//
// Bounded: beyond kMost connections the one that has been silent longest is forgotten, and can no longer be reset.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "swarmsim/lab/packet_split.hpp"

namespace swarmlab::swarmsim {

class ConnectionTable {
 public:
  static constexpr std::size_t kMost = 65'536;

  // A TCP packet that an end sent, and one that was handed to an end.
  void entered(const PacketSight& packet, Time now);
  void delivered(const PacketSight& packet, Time now);

  struct Reset {
    Endpoint from;
    Endpoint to;
    std::uint32_t sequence = 0;
  };
  // What ends all open connections between two addresses, at both ends, in the order of endpoints; they are forgotten.
  std::vector<Reset> resets_between(const IpAddress& a, const IpAddress& b);

  std::size_t size() const { return connections_.size(); }

 private:
  struct End {
    bool is_known = false;
    std::uint32_t expects = 0;    // the next sequence number of the other's stream
    bool is_finished = false;     // the other's FIN was delivered to it
  };
  struct Connection {
    End low;    // of the lower endpoint
    End high;
    Time last{};
  };
  using Key = std::pair<Endpoint, Endpoint>;   // the lower one first

  Connection* find(const PacketSight& packet, Time now);
  void forget_silent();

  std::map<Key, Connection> connections_;
};

}  // namespace swarmlab::swarmsim
