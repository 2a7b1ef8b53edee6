// What the placeholders of adapters stand for (docs/adapters.md), for each process of a lab run.
#pragma once

#include <filesystem>
#include <string>

#include "protocol/metainfo.hpp"
#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/lab/lab_addresses.hpp"
#include "swarmsim/lab/lab_cast.hpp"
#include "swarmsim/lab/lab_place.hpp"
#include "swarmsim/run/swarm_torrent.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

class ClientValues {
 public:
  // All outlive it.
  ClientValues(const Scenario& scenario, const LabCast& cast, const LabAddresses& addresses, const RunFacts& facts,
               const SwarmTorrent& torrent)
      : scenario_(scenario), cast_(cast), addresses_(addresses), facts_(facts), torrent_(torrent) {}

  // What `host` is given: the torrent, with its trackers where this host reaches them; and its harmless twin where there is one.
  std::expected<void, std::string> put_torrents(HostId host, const std::string& name, const LabPlace& place) const;
  // The torrent file as it was given.
  std::vector<std::byte> torrent_file_for(HostId host) const { return protocol::encode_metainfo(torrent_for(host)); }
  // `dir`: where its content is, or goes.
  Placeholders of(HostId host, const std::string& name, const LabPlace& place, const std::filesystem::path& dir) const;

 private:
  protocol::Metainfo torrent_for(HostId host) const;

  const Scenario& scenario_;
  const LabCast& cast_;
  const LabAddresses& addresses_;
  const RunFacts& facts_;
  const SwarmTorrent& torrent_;
};

}  // namespace swarmlab::swarmsim
