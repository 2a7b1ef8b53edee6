// ServiceWatch: whether a seed gives a first block to somebody who has become interested in it, in time.
//
// A check says whom to watch, when the Interested has arrived; the rest is the same for all.  Two rounds and a grace are enough
// for an unchoke, a request and a block where a slot is free.  Not judged, from the moment on at which it is so: a case in which more
// peers are interested in the seed than it has slots for, whose newcomer lost interest, went away, was hung up on, or asked for nothing.
//
//     Interested arrives ---- Unchoke? ---- Request arrives? ---- Piece sent?        | + 2 R + grace
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/checks/check.hpp"
#include "swarmsim/checks/per_side.hpp"

namespace swarmlab::swarmsim {

class ServiceWatch {
 public:
  static constexpr Duration kGrace = 5s;

  ServiceWatch(const RunFacts& facts, const PeerSet& seeds);

  static EventSet interest();
  // Before the check looks at the event itself.
  void on_event(const WireEvent& event);
  // The event is an Interested that has arrived at one of the seeds: it is to be answered.  `why` is for people.
  void begin(const WireEvent& event, std::string why);

  // Somebody has not got its block yet.
  bool is_waiting() const { return !open_.empty(); }
  // `nothing` is what a vacuous verdict says, `look_at` where to look when a block did not come.
  Judgement judgement(Time end, std::string_view nothing, std::string_view look_at);

 private:
  struct Case {
    HostId seed;
    HostId newcomer;
    ConnectionId connection;
    Direction seed_writes = Direction::from_dialler;
    Time since{};
    Time unchoked = kNever;
    Time asked = kNever;         // the first request since then has arrived
    std::string why;
  };
  void judge_due(Time now);
  void drop(ConnectionId connection);
  void drop_contested(HostId seed);
  void set_interest(const WireEvent& event, bool interested);
  Duration patience(HostId seed) const { return 2 * facts_.peers[seed.value()].rechoke_interval + kGrace; }

  const RunFacts& facts_;
  PeerSet is_seed_;
  PerSide<char> is_interested_;             // the writer in the reader
  std::vector<std::uint32_t> interested_;   // how many are, by seed
  std::vector<Case> open_;                  // in the order of beginning
  std::uint32_t served_ = 0;
  Duration slowest_{};
  bool is_violated_ = false;
  Case accused_;
  Time accused_at_{};
};

}  // namespace swarmlab::swarmsim
