// What tests and benchmarks of the lab's network need: sockets in the namespaces of its hosts, and measurements between them.
//
// A socket stays in the namespace in which it was opened, so one process can be all hosts at once.  Everything here is called
// inside the sandbox.  Failures of the set-up end the process with a message: there is nothing to measure then.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "swarmsim/lab/lab_network.hpp"

namespace swarmlab::swarmsim::lab_test {

using Milliseconds = std::vector<double>;

// An open socket, closed at its end.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket();
  Socket(Socket&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  Socket& operator=(Socket&&) = delete;
  int operator*() const { return descriptor_; }

 private:
  int descriptor_;
};

// Hosts h0, h1, ... at 10.77.0.1, 10.77.0.2, ..., started.
std::unique_ptr<LabNetwork> network_of(const std::vector<LinkSpec>& links, PortKind port = PortKind::automatic,
                                       std::uint64_t seed = 1);
std::unique_ptr<LabNetwork> started(LabNetworkOptions options);
IpAddress address_of(HostId host);

// Bound to the host's address; port 0 takes any.  Receiving gives up after `patience`.
Socket udp_at(const LabNetwork& network, HostId host, std::uint16_t port = 0, Duration patience = 1s);
Socket tcp_at(const LabNetwork& network, HostId host, Duration patience = 2s);
Socket listen_at(const LabNetwork& network, HostId host, std::uint16_t port);
Socket accept_from(const Socket& listener);
// False: refused, or no answer within the patience.
bool connect_to(const Socket& socket, const Endpoint& to);
bool send_to(const Socket& socket, const Endpoint& to, std::string_view text);
struct Datagram {
  std::string text;
  Endpoint from;
};
std::optional<Datagram> receive(const Socket& socket);
std::uint16_t port_of(const Socket& socket);
void wait(Duration time);

// ---- measurements ----

// A datagram there and back, `count` times, one every `every`; those that were lost are missing.
Milliseconds udp_round_trips(const LabNetwork& network, HostId from, HostId to, int count, Duration every);
// The same with ICMP: answered by the stack itself.
Milliseconds ping_round_trips(const LabNetwork& network, HostId from, HostId to, int count, Duration every);
// What share of `count` datagrams arrives, one way.
double share_lost(const LabNetwork& network, HostId from, HostId to, int count, Duration every);
// Payload of one connection per pair, all at once; each is measured from `warm_up` after it began until `measured` later.  What
// passes is shown to `watcher`, or drained unseen.
struct Pair {
  HostId from;
  HostId to;
};
std::vector<double> tcp_megabits(LabNetwork& network, const std::vector<Pair>& pairs, Duration warm_up, Duration measured,
                                 PacketWatcher* watcher = nullptr);

// `share` of 1: the value below which so many lie.
double quantile(Milliseconds values, double share);

}  // namespace swarmlab::swarmsim::lab_test
