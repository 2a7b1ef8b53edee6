// Netlink: what of a network namespace only the kernel's route protocol can set up (rtnetlink(7)), and what it tells best itself
// (sock_diag(7)).
//
// Each function speaks to the namespace in which the calling thread is, and waits for the kernel's answer.  False, of what was to be
// done, leaves the reason in errno.  Nothing here needs the `ip` program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/endpoint.hpp"

namespace swarmlab::swarmsim::netlink {

// `address`/32 (or /128) on an interface.
bool add_address(unsigned interface, const IpAddress& address);
// The route to everybody, straight through an interface; connections along it use that congestion control if it is not empty.
// A route may say so where the namespace's own setting is closed to ordinary users.  EINVAL or ENOENT: the kernel has not got it.
bool set_default_route(unsigned interface, const std::string& congestion_control);
// A pair of joined interfaces: `here` in this namespace, `there` in the one that a descriptor stands for.
bool add_veth_pair(const std::string& here, const std::string& there, int there_namespace);

// Whether a TCP socket of IPv4, or of IPv6, listens at a port.  It looks at listeners alone, where /proc/net/tcp walks a table with room
// for all connections that the machine may have.  nullopt: the kernel has not got it, or a container forbids it.
enum class Family : std::uint8_t { v4, v6 };
std::optional<bool> has_listener(Family family, std::uint16_t port);

// ---- the same by the old way, which suffices for these; `name` is an interface of the thread's namespace ----

bool bring_up(const std::string& name);
// Up, and what is at its other end as well, and the kernel has seen to both (RFC 2863's state, as IFLA_OPERSTATE has it; the flag
// IFF_RUNNING is set before anybody has looked at a new interface).
bool is_running(const std::string& name);
// Nobody asks for hardware addresses on it: there is one at the other end, whatever it is called.
bool forgo_arp(const std::string& name);
bool set_hardware_address(const std::string& name, unsigned char last_octet);   // 02:00:00:00:00:xx
bool set_transmit_queue(const std::string& name, int packets);

}  // namespace swarmlab::swarmsim::netlink
