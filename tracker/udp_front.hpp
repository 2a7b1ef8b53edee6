// UdpFront: datagrams in, datagrams out (BEP 15).  No socket: the caller sends what this returns.
//
// What cannot be answered (no transaction id, or a fault that drops it) gives nothing.  Announces and scrapes
// without a valid connection id get an error that tells the client to connect again; nothing else happens.
// The reply is never much longer than the request before its sender's address is proven.
#pragma once

#include <optional>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"
#include "tracker/connection_ids.hpp"
#include "tracker/service.hpp"

namespace swarmlab::tracker {

class UdpFront {
 public:
  // `random` gives the key of the connection ids.
  UdpFront(Service& service, runtime::Random& random) : service_(service), connections_(random) {}
  std::optional<std::vector<std::byte>> answer(Bytes packet, const Endpoint& from, Time now);

 private:
  std::vector<std::byte> finish(const protocol::udp::Reply& reply, protocol::udp::Family family);

  Service& service_;
  ConnectionIds connections_;
};

}  // namespace swarmlab::tracker
