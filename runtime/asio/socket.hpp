// The system's sockets in our terms: addresses, errors, and sockets set up the way all of ours are
// (non-blocking, closed on exec, IPv6 ones without IPv4).
#pragma once

#include <sys/socket.h>

#include <expected>

#include "protocol/endpoint.hpp"
#include "runtime/descriptor.hpp"
#include "runtime/network.hpp"

namespace swarmlab::runtime {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  SocketAddress() = default;
  explicit SocketAddress(const Endpoint& endpoint);
  Endpoint endpoint() const;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

NetworkError network_error_of(int system_error);

// `type`: SOCK_STREAM or SOCK_DGRAM, of the family of `address`.
std::expected<Descriptor, NetworkError> open_socket(const IpAddress& address, int type);
void set_option(int socket, int level, int option, int value);
// The address the socket is bound to.
Endpoint bound_to(int socket);

}  // namespace swarmlab::runtime
