// LabTransport: the network between real processes, as whoever runs them sees it.
//
// Implementations: lab_network.hpp (a network namespace per host, real packets), relay_network.hpp (one machine's loopback, streams
// that are relayed).  All calls come from one thread, the one that
// made it.  What a call asks for is in force when it returns.  HostIds are positions in the list of hosts.
#pragma once

#include <cstdint>
#include <string>

#include "swarmsim/lab/lab_link.hpp"
#include "swarmsim/lab/lab_statistics.hpp"
#include "swarmsim/wire/packet_watcher.hpp"

namespace swarmlab::swarmsim {

class LabTransport {
 public:
  virtual ~LabTransport() = default;

  // From here on it carries something, and times count.
  virtual void start() = 0;
  // The namespace in which a host's processes have to be, for setns(); -1: anywhere.
  virtual int namespace_fd(HostId host) const = 0;
  // One line that says what kind of network this is and what it could not do.
  virtual std::string describe() const = 0;
  virtual Time now() const = 0;

  // ---- what happens to it ----
  virtual void set_link(HostId host, const LinkSpec& link) = 0;
  // The cable: without it nothing goes out or comes in, and nobody is told.
  virtual void set_online(HostId host, bool is_online) = 0;
  // In force until heal() is called with the number that this returns.  Packets under way still arrive.
  virtual std::uint32_t partition(const LabPartition& partition) = 0;
  virtual void heal(std::uint32_t number) = 0;
  // Ends every connection between two hosts, at both ends, as something on the way would.
  virtual void reset_connections(HostId a, HostId b) = 0;
  // A machine that stands still: what it sends and what is sent to it waits, and goes on at resume().  Its processes are the
  // caller's to stop.
  virtual void pause(HostId host) = 0;
  virtual void resume(HostId host) = 0;

  // ---- what it shows ----
  // Everything seen since the last call, in the order of times; gives how many.
  virtual std::size_t drain(PacketWatcher& watcher) = 0;
  // Readable when there is something to drain.
  virtual int watch_descriptor() const = 0;
  virtual LabStatistics statistics() = 0;
  // Whether the network was what had been asked for, so far (lab_statistics.hpp).
  virtual Trust trust() = 0;
};

}  // namespace swarmlab::swarmsim
