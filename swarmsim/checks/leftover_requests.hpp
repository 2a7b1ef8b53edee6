// LeftoverRequests: requests that have lost their reason (all has come, downloading is off), and must be taken back in time.
//
//   expect()  --->  open  --- Cancel decided by `due`, or an answer, a Choke by then, or the end of the connection ---> met
//                     \------ a Cancel decided later, or the proof that there was none by `due` ---> left
//
// A Cancel that was decided in time may wait for long: behind data, on a path that is cut, for the ACKs of a clogged line.
// There was none when the asker's next message on that connection, decided after `due`, is sent: messages keep their order.  Nor
// when all that the asker sent there has arrived, it owes no block there of which a part may be stuck, and nothing was sent for a
// long while: then nothing can have waited.
#pragma once

#include <optional>
#include <vector>

#include "swarmsim/checks/dialogues.hpp"

namespace swarmlab::swarmsim {

struct Leftover {
  HostId asker;
  HostId source;
  ConnectionId connection;
  Direction asks = Direction::from_dialler;
  AskedBlock asked;
  Time due{};
  Time cancelled = kNever;    // decided, too late
};

class LeftoverRequests {
 public:
  // `dialogues` outlives the object.
  explicit LeftoverRequests(const Dialogues& dialogues) : dialogues_(dialogues) {}

  // What on_event() makes use of.
  static EventSet interest();
  // After the dialogues have taken the event.
  void on_event(const WireEvent& event);

  // All that the peer has open now is to be taken back; how many those are.  Left out is what it had taken back there before and
  // asked for again: a Reject of the first request may have ended the second for it, and nobody can tell.
  std::size_t expect(HostId asker, Time due);
  // Nothing is expected of it before then.
  void extend(HostId asker, Time due);
  // It was told otherwise, or is there no more.
  void forget(HostId asker);

  // One that was left, each once; look until there is none.
  std::optional<Leftover> take_left(Time now);
  // Some may still turn out to have been left.
  bool waits(Time now) const;

 private:
  // One side of a connection: what it sent that has not arrived, and since when there is nothing of that.
  struct Flow {
    std::uint32_t in_flight = 0;
    std::uint32_t owed = 0;          // asked of it, and not answered
    std::vector<protocol::BlockRange> taken_back;   // by it, ever
    Time quiet_since = kStart;
  };

  const Dialogues& dialogues_;
  PerSide<Flow> flows_;              // by the side that writes
  std::vector<Leftover> open_;
  std::vector<Leftover> left_;
  Time next_look_ = kStart;
};

}  // namespace swarmlab::swarmsim
