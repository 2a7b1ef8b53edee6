// SlotAccount: how many peers one client has unchoked that are interested, over the time of its decisions.
//
// A Choke that waits behind queued data is sent long after it was decided, an Unchoke to an idle peer at once; counted
// as they are sent, an honest rechoke would look like a slot too many.  So changes are put in the order in which they
// were decided, and are counted only when kPatience has passed and no older one is to be expected.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "protocol/units.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class SlotAccount {
 public:
  static constexpr Duration kPatience = 60s;
  static constexpr Duration kStuck = 20s;
  enum class Kind : std::uint8_t { unchoke, choke, interested, not_interested, leaving, closed };
  struct Change {
    Time at{};
    ConnectionId connection;
    HostId peer;
    Kind kind = Kind::closed;
  };
  struct Limits {
    std::uint32_t slots = 0;
    Duration reaction{};          // a rechoke round and a grace
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

  explicit SlotAccount(Limits limits) : limits_(limits) {}

  void add(const Change& change, Time now);
  // The end of a connection became visible at `seen`.  The client may have closed it by itself and stopped counting
  // the peer at any time after its last dealings with it, at most `margin` before: from then on its slot counts
  // neither as taken where there are too many nor as free where there are too few.
  void add_end(ConnectionId connection, HostId peer, Time seen, Duration margin);
  // Counts everything up to `end`.  A surplus of the last kStuck is nobody's fault yet: a Choke decided with it may
  // not have been sent when the run ended.
  void finish(Time end);

  const std::optional<Fault>& fault() const { return fault_; }   // the first
  std::uint32_t most() const { return most_; }
  bool had_more_demand_than_slots() const { return had_demand_; }

 private:
  struct Peer {
    bool unchoked = false;
    bool interested = false;
    bool leaving = false;
    bool is_served() const { return unchoked && interested && !leaving; }
    bool is_wanting() const { return interested && !leaving; }
    bool lingers() const { return unchoked && interested && leaving; }
  };

  void settle(Time up_to);
  void apply(const Change& change);
  void judge(Time at, bool own_unchoke);
  void accuse(Wrong wrong, Time since, Time at);

  Limits limits_;
  std::vector<Change> waiting_;                 // by time, then as they came
  std::size_t settled_ = 0;                     // how many at the front are counted already
  std::map<ConnectionId, Peer> peers_;
  std::uint32_t unchoked_ = 0;                  // and interested
  std::uint32_t interested_ = 0;
  std::uint32_t lingering_ = 0;                 // unchoked, interested and leaving; in neither of those two
  std::uint32_t most_ = 0;
  bool had_demand_ = false;
  Time over_since_ = kNever;
  Time doubtful_from_ = kNever;                 // a surplus that began later is not judged
  Time under_since_ = kNever;
  std::optional<Fault> fault_;
  std::vector<Change> recent_;
};

}  // namespace swarmlab::swarmsim
