// The disks of a world, as checks ask about them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/run/swarm_torrent.hpp"
#include "swarmsim/virtual/world.hpp"

namespace swarmlab::swarmsim {

class VirtualDisks final : public Disks {
 public:
  // Both outlive it.
  VirtualDisks(World& world, const SwarmTorrent& torrent) : world_(world), torrent_(torrent) {}

  bool is_whole(HostId peer) override;
  std::string problem(HostId peer) override;
  std::optional<ByteCount> bytes_read(HostId peer) override { return world_.files(peer).bytes_read(); }
  std::optional<std::uint64_t> storage_bites(HostId peer) override { return world_.files(peer).storage_bites(); }
  // What is not below kDownloads; clients of simulated runs keep nothing else.
  std::optional<std::vector<std::string>> strays(HostId peer) override;
  // The pieces that are there and true.
  protocol::Bitfield pieces(HostId peer);

 private:
  // What was seen of one disk.
  struct Look {
    Time since = kNever;   // has it been so
    Time next = kStart;    // when it is looked at again
    bool is_whole = false;
  };

  World& world_;
  const SwarmTorrent& torrent_;
  std::vector<Look> looks_;   // by HostId, as far as was asked for
};

}  // namespace swarmlab::swarmsim
