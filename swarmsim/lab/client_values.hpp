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
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

class ClientValues {
 public:
  // All outlive it.
  ClientValues(const Scenario& scenario, const LabCast& cast, const LabAddresses& addresses, const RunFacts& facts,
               const protocol::Metainfo& torrent)
      : scenario_(scenario), cast_(cast), addresses_(addresses), facts_(facts), torrent_(torrent) {}

  // The torrent, with its trackers where this host reaches them.
  protocol::Metainfo torrent_for(HostId host) const;
  // `dir`: where its content is, or goes.
  Placeholders of(HostId host, const std::string& name, const LabPlace& place, const std::filesystem::path& dir) const;

 private:
  const Scenario& scenario_;
  const LabCast& cast_;
  const LabAddresses& addresses_;
  const RunFacts& facts_;
  const protocol::Metainfo& torrent_;
};

}  // namespace swarmlab::swarmsim
