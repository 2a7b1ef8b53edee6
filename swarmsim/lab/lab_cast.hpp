// LabCast: which program plays which peer of a scenario, what it is told, and what is known of it.
//
// Subjects are played by the client under test; all others, and subjects where no client is named, by `swarmsim peer`: the
// engine of simulated runs as a process, with the settings and the behaviours that the scenario states.  Trackers are `bttracker`, or
// the tracker that is named.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/lab/lab_addresses.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

struct LabPrograms {
  std::string swarmsim;                   // path of this program
  std::string bttracker;
  std::string path;                       // where clients are looked for, as PATH has it

  // Programs of this build first; and what an ordinary user's PATH does not have: many a daemon is in sbin.
  std::string path_of_clients() const;
};

class LabCast {
 public:
  // `scenario`, `client` and `tracker` (null: ours) outlive it.
  LabCast(const Scenario& scenario, const Adapter* client, const Adapter* tracker, LabPrograms programs, LabAddresses addresses);

  // Why the scenario cannot be played by real processes, not by this client or not in this network; "" where it can.
  std::string why_not() const;

  const Adapter& adapter_of(HostId host) const { return adapters_[host.value()]; }
  const MappedSettings& settings_of(HostId host) const { return settings_[host.value()]; }
  bool is_played_by_client(HostId peer) const {
    return client_ != nullptr && scenario_.cast.is_peer(peer) && scenario_.group_of(peer).is_subject;
  }

  // At any time of the run.
  bool has_faulty_storage(HostId peer) const;

  // As declared_facts, with what the adapters of client and tracker declare of those that they play, and with where each listens.
  // `hears_peers`: as RunFacts::hears_peers.
  RunFacts facts(std::uint64_t seed, bool hears_peers = true) const;
  // Only what the adapter declares.  `facts` are of the scenario's peers.
  void declare_clients(RunFacts& facts) const;

 private:
  Adapter our_peer(HostId peer) const;
  Adapter our_tracker(const TrackerSpec& spec) const;
  std::string why_not_relayed() const;
  void declare_client(HostId peer, PeerFacts& facts) const;

  const Scenario& scenario_;
  const Adapter* client_;
  const Adapter* tracker_;
  LabPrograms programs_;
  LabAddresses addresses_;
  std::vector<Adapter> adapters_;         // by HostId
  std::vector<MappedSettings> settings_;
};

}  // namespace swarmlab::swarmsim
