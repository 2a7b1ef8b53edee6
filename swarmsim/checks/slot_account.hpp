// SlotAccount: how many peers one client has unchoked that are interested, over the time of its decisions.
//
// A Choke that waits behind queued data is sent long after it was decided, an Unchoke to an idle peer at once; counted
// as they are sent, an honest rechoke would look like a slot too many.  So changes are put in the order in which they
// were decided, and are counted only when kPatience has passed and no older one is to be expected.  One that waited longer than
// that counts from where the account has got to: what was so in between nobody can tell any more.  Where only bounds are known
// of a decision (real processes), the slot counts between them neither as taken nor as free.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/checks/backlog.hpp"
#include "swarmsim/checks/per_side.hpp"

namespace swarmlab::swarmsim {

class SlotAccount {
 public:
  static constexpr Duration kPatience = 60s;
  // doubt: a Choke or Unchoke may have been decided from here on; the change itself, at the latest moment, ends it.
  enum class Kind : std::uint8_t { unchoke, choke, interested, not_interested, leaving, closed, doubt };
  struct Change {
    Time at{};
    ConnectionId connection;
    HostId peer;
    Kind kind = Kind::closed;
    Direction writes = Direction::from_dialler;   // the client's direction of the connection
  };
  struct Limits {
    std::uint32_t slots = 0;
    Duration reaction{};          // a rechoke round and a grace
    bool are_filled = true;       // while somebody waits; else it is not too few that is judged
  };
  enum class Wrong : std::uint8_t {
    unchoked_too_many,            // by the client's own Unchoke
    kept_too_many,                // a peer became interested, and the surplus outlasted the reaction time
    too_few,                      // demand exceeded the slots for longer than that, and some were not given
  };
  struct Fault {
    Wrong wrong = Wrong::too_few;
    Time since{};
    Time seen{};
    std::uint32_t unchoked = 0;
    std::uint32_t interested = 0;
    std::vector<Change> before;   // the last changes up to it, at most six
  };

  // `backlogs` outlives the account: a slot whose Choke may be on its way is not part of a surplus.
  SlotAccount(Limits limits, PerSide<Backlog>& backlogs) : limits_(limits), backlogs_(&backlogs) {}

  void add(const Change& change, Time now);
  // The same of a Choke or Unchoke that was decided between `earliest` and `change.at`.
  void add_between(Time earliest, const Change& change, Time now);
  // The end of a connection became visible at `end.at`.  The client may have closed it by itself and stopped counting
  // the peer at any time after its last dealings with it, at most `margin` before: from then on its slot counts
  // neither as taken where there are too many nor as free where there are too few.
  void add_end(const Change& end, Duration margin);
  // Counts everything up to `end`.
  void finish(Time end);

  const std::optional<Fault>& fault() const { return fault_; }   // the first
  std::uint32_t most() const { return most_; }
  bool had_more_demand_than_slots() const { return had_demand_; }

 private:
  struct Peer {
    bool unchoked = false;
    bool interested = false;
    bool leaving = false;
    std::uint32_t doubts = 0;
    Direction writes = Direction::from_dialler;
    bool is_served() const { return unchoked && interested && !leaving && doubts == 0; }
    bool is_wanting() const { return interested && !leaving; }
    bool lingers() const { return interested && (doubts > 0 || (unchoked && leaving)); }
  };

  void settle(Time up_to);
  void apply(const Change& change);
  // Unchoked and interested for sure at `at`.
  std::uint32_t surely_unchoked(Time at) const;
  void judge(Time at, bool own_unchoke);
  void accuse(Wrong wrong, Time since, Time at);

  Limits limits_;
  PerSide<Backlog>* backlogs_;
  std::vector<Change> waiting_;                 // by time, then as they came
  std::size_t settled_ = 0;                     // how many at the front are counted already
  Time counted_up_to_ = kStart;                 // nothing older is counted any more
  std::map<ConnectionId, Peer> peers_;
  std::uint32_t unchoked_ = 0;                  // and interested
  std::uint32_t interested_ = 0;
  std::uint32_t lingering_ = 0;                 // interested, and perhaps unchoked: leaving, or in doubt; not in unchoked_
  std::uint32_t most_ = 0;
  bool had_demand_ = false;
  Time over_since_ = kNever;
  Time under_since_ = kNever;
  std::optional<Fault> fault_;
  std::vector<Change> recent_;
};

}  // namespace swarmlab::swarmsim
