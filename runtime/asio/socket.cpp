#include "runtime/asio/socket.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace swarmlab::runtime {

SocketAddress::SocketAddress(const Endpoint& endpoint) {
  const auto octets = endpoint.address.octets();
  if (endpoint.address.is_v6()) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, octets.data(), octets.size());
    std::memcpy(&storage, &address, sizeof(address));
    length = sizeof(address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, octets.data(), octets.size());
    std::memcpy(&storage, &address, sizeof(address));
    length = sizeof(address);
  }
}

Endpoint SocketAddress::endpoint() const {
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof(address));
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &address.sin6_addr, octets.size());
    return {IpAddress::v6(octets), ntohs(address.sin6_port)};
  }
  sockaddr_in address{};
  std::memcpy(&address, &storage, sizeof(address));
  std::array<std::uint8_t, 4> octets{};
  std::memcpy(octets.data(), &address.sin_addr, octets.size());
  return {IpAddress::v4(octets), ntohs(address.sin_port)};
}

NetworkError network_error_of(int system_error) {
  switch (system_error) {
    case ECONNREFUSED: return NetworkError::refused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE: return NetworkError::reset;
    case ETIMEDOUT: return NetworkError::timed_out;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EAFNOSUPPORT: return NetworkError::unreachable;
    case EADDRINUSE: return NetworkError::address_in_use;
    case EADDRNOTAVAIL: return NetworkError::address_unavailable;
    case EACCES:
    case EPERM: return NetworkError::permission;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return NetworkError::too_many_open;
    default: return NetworkError::other;
  }
}

std::expected<Descriptor, NetworkError> open_socket(const IpAddress& address, int type) {
  const int family = address.is_v6() ? AF_INET6 : AF_INET;
  Descriptor socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return std::unexpected(network_error_of(errno));
  if (address.is_v6()) set_option(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return socket;
}

void set_option(int socket, int level, int option, int value) {
  // Fails only for options the system does not know, and these are improvements, not needs.
  (void)::setsockopt(socket, level, option, &value, sizeof(value));
}

Endpoint bound_to(int socket) {
  SocketAddress address;
  if (::getsockname(socket, address.get(), &address.length) != 0) return {};
  return address.endpoint();
}

}  // namespace swarmlab::runtime
