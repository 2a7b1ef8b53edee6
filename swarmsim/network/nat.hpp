// Nat: what stands between a host and the network, for its datagrams and the connections that others dial.
//
//   open             nothing; the host has a public address, or a port forwarded
//   full_cone        a port from which something was sent takes datagrams from everybody
//   port_restricted  only from an address and port to which something was sent from it
//   symmetric        the same, and each destination sees another port, so what one learns helps no other
//   no_inbound       a firewall without translation: as port_restricted, for 30 s instead of two minutes
//
// Names as in RFC 3489 (what RFC 4787 calls endpoint-independent or dependent mapping and filtering); a mapping lives
// two minutes after the last datagram that went out through it (RFC 4787, REQ-5).  The port is kept where
// that is possible.  Over TCP every kind but open takes no connection from outside: a client would have to
// dial from the port on which it listens.  Connections dialled from inside live for as long as they want.
// Two hosts behind NATs meet without a helper only if one of them is open.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

enum class NatKind : std::uint8_t { open, full_cone, port_restricted, symmetric, no_inbound };
inline constexpr std::string_view kNatNames[]{"open", "full_cone", "port_restricted", "symmetric", "no_inbound"};

class Nat {
 public:
  explicit Nat(NatKind kind) : kind_(kind) {}

  NatKind kind() const { return kind_; }
  bool takes_connections() const { return kind_ == NatKind::open; }
  // A datagram leaves `inner` for `to`: the port from which the world sees it come.
  std::uint16_t send(std::uint16_t inner, const Endpoint& to, Time now);
  // A datagram from `from` comes for `outer`: the port inside, or nowhere.
  std::optional<std::uint16_t> receive(std::uint16_t outer, const Endpoint& from, Time now) const;

 private:
  struct Contact {
    std::uint16_t inner = 0;
    std::uint16_t outer = 0;
    Endpoint to;
    Time expires{};
  };
  Duration lifetime() const;

  NatKind kind_;
  std::vector<Contact> contacts_;      // in the order of first sending; those that have expired go when it is used
  std::uint16_t next_port_ = 20'000;   // symmetric
};

}  // namespace swarmlab::swarmsim
