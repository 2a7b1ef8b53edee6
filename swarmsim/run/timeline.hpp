// Plays a scenario's timeline, in virtual time or in real: plans what each entry does to the stage, at its time and at its end.
//
// What befalls hosts and the network is done here; what befalls a client as a program (ending, starting again) is its
// keeper's business.  Entries of one time happen in the order of the file for each peer.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "swarmsim/run/stage.hpp"
#include "swarmsim/scenario/scenario.hpp"

namespace swarmlab::swarmsim {

// Whoever keeps the clients of a run.  Called from what the stage was asked to do at some time.
class ClientKeeper {
 public:
  virtual void stop(HostId peer) = 0;       // says goodbye and ends
  virtual void kill(HostId host) = 0;       // ends at once; its kernel resets its connections, its disk is torn; also of trackers
  virtual void cut_power(HostId peer) = 0;  // ends at once, its host is off the network, its disk is torn
  virtual void restart(HostId host) = 0;    // on what its disk holds; also of trackers
  virtual void pause_download(HostId peer) = 0;    // says goodbye to trackers and peers, and stays
  virtual void resume_download(HostId peer) = 0;
  virtual void select(HostId peer, const std::vector<client::SelectRule>& rules) = 0;   // these files are wanted from now on
  virtual void lose(HostId peer, Share share) = 0;   // so many of the torrent's pieces are not on its disk any more
  virtual void remark(HostId peer, const std::string& what) = 0;   // for the log

 protected:
  ~ClientKeeper() = default;
};

class TimelinePlayer {
 public:
  // All arguments outlive the player, and it the run; `names` by HostId.
  TimelinePlayer(std::span<const std::string> names, Stage& stage, ClientKeeper& keeper)
      : names_(names), stage_(stage), keeper_(keeper) {}

  // Before the run.  Gives when the last of it will have happened.
  Time plan(std::span<const TimelineEntry> timeline);

 private:
  void at(Time time, HostId peer, std::function<void()> action);
  void plan_for(const TimelineEntry& entry, HostId peer);
  void plan_link(const TimelineEntry& entry, HostId peer);
  void plan_storage(const TimelineEntry& entry, HostId peer);
  void plan_partition(const TimelineEntry& entry);
  void plan_reset(const TimelineEntry& entry);

  std::span<const std::string> names_;
  Stage& stage_;
  ClientKeeper& keeper_;
};

}  // namespace swarmlab::swarmsim
