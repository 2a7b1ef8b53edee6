// Hosts that meet over relays, played by sockets of one process.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/assert.hpp"
#include "swarmsim/lab/relay_network.hpp"
#include "swarmsim/lab/relay_socket.hpp"

namespace swarmlab::swarmsim::lab_test {

constexpr Duration kLong = 20s;

// One end of a connection, with calls that wait.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Endpoint other_end() const { return remote_end(descriptor_); }
  int descriptor() const { return descriptor_; }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  bool wait(short events, Duration most = kLong) const {
    pollfd waiting{.fd = descriptor_, .events = events, .revents = 0};
    return poll(&waiting, 1, static_cast<int>(most / 1ms)) > 0;
  }
  // Gives how much went out before it stalled for `patience`.
  std::size_t write(std::size_t bytes, Duration patience = kLong) const {
    const std::vector<std::byte> block(16 * 1024, std::byte{7});
    std::size_t sent = 0;
    while (sent < bytes) {
      const ssize_t got = send(descriptor_, block.data(), std::min(block.size(), bytes - sent), MSG_NOSIGNAL);
      if (got > 0) sent += static_cast<std::size_t>(got);
      else if (errno != EAGAIN || !wait(POLLOUT, patience)) return sent;
    }
    return sent;
  }
  void say(std::string_view text) const { send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL); }
  // So many bytes, or what came before the end: "" of a stream that has one, "RST" of one that was reset.
  std::string hear(std::size_t bytes, Duration most = kLong) const {
    std::string text;
    while (text.size() < bytes && wait(POLLIN, most)) {
      std::string part(bytes - text.size(), '\0');
      const ssize_t got = recv(descriptor_, part.data(), part.size(), 0);
      if (got < 0) return errno == ECONNRESET ? "RST" : text;
      if (got == 0) return text;
      text.append(part, 0, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int descriptor_;
};

// A network of so many hosts as there are links, carrying.
class RelayHosts {
 public:
  explicit RelayHosts(const std::vector<LinkSpec>& links) : addresses_(*LabAddresses::of_relays(links.size(), links.size(), false)) {
    RelayNetworkOptions options;
    for (std::uint32_t i = 0; i < links.size(); ++i)
      options.hosts.push_back({.name = "host " + std::to_string(i), .address = addresses_.own(HostId(i)).address, .link = links[i]});
    auto network = RelayNetwork::create(std::move(options), addresses_);
    SWARM_ASSERT(network.has_value(), network ? "" : network.error().reason);
    network_ = std::move(*network);
    network_->start();
  }
  void listen(HostId host) { listeners_.emplace(host, Socket(listen_on_loopback(addresses_.own(host).port))); }
  Socket dial(HostId from, HostId to) const { return Socket(begin_dialling(addresses_.own(from).address, addresses_.as_seen(from, to))); }
  bool is_dialled(HostId host, Duration most = kLong) const { return listeners_.at(host).wait(POLLIN, most); }
  Socket accept(HostId host) const {
    const bool is_there = is_dialled(host);
    SWARM_ASSERT(is_there);
    return Socket(accept_one(listeners_.at(host).descriptor()));
  }
  RelayNetwork& network() { return *network_; }
  const LabAddresses& addresses() const { return addresses_; }

 private:
  LabAddresses addresses_;
  std::unique_ptr<RelayNetwork> network_;
  std::map<HostId, Socket> listeners_;
};

}  // namespace swarmlab::swarmsim::lab_test
