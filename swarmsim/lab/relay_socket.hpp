// Sockets of a relay: non-blocking, on loopback, with little room, so that what their other ends wrote is soon known, and waits with
// whoever wrote it.  Descriptors are the caller's to close; -1 is none, and errno says why.
#pragma once

#include <optional>
#include <utility>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

// At a port of all loopback addresses; nothing beyond this machine reaches it.
int listen_on_loopback(std::uint16_t port);
// One connection that waits there.
int accept_one(int listener);
Endpoint local_end(int socket);
Endpoint remote_end(int socket);
// Begins to dial.  -1: refused at once.
int begin_dialling(const IpAddress& from, const Endpoint& to);
// Of a socket that dialled and has become writable.
bool has_connected(int socket);

// How much of what was written may wait to be read, in both stacks: this machine's tcp_wmem, which sockets grow to by themselves, and
// what fits into a socket of a relay.
ByteCount most_unread();
// What is unacknowledged is acknowledged now, so that nobody waits for that (Nagle's rule, RFC 896).
void acknowledge_now(int socket);
// Closes with a RST.
void reset_and_close(int socket);

// Datagrams at a port of all loopback addresses.
int bind_on_loopback(std::uint16_t port);
// Datagrams from an address to one endpoint and back.
int bind_between(const IpAddress& from, const Endpoint& to);
struct ReceivedDatagram {
  std::size_t bytes = 0;
  Endpoint from;
  IpAddress to;                     // as which of its addresses the socket was meant
};
std::optional<ReceivedDatagram> receive_datagram(int socket, MutableBytes room);
void send_datagram(int socket, const IpAddress& from, const Endpoint& to, Bytes bytes);

}  // namespace swarmlab::swarmsim
