// SlotWatch: who holds and who waits for the upload slots of some clients, over the time of their decisions.
//
// What a client was told and what it decided gives, for each peer connected to it, a Seat.  Between two changes
// nothing changes: such a time is a Spell, and spells are handed out in order, one client at a time, without gaps from
// its first connection to the end of the run.  What is decided in one instant is one decision, so a rechoke that
// moves a slot is never a moment with one slot more or less.
//
// A Choke that waits behind queued data is seen long after it was decided; so changes are put in the order of decision,
// and a spell is handed out only when kPatience has passed and no older change is to be expected.  A connection
// that ends may have been given up by either side before its end shows: for that time its seat is `leaving`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "swarmsim/checks/check.hpp"

namespace swarmlab::swarmsim {

struct Seat {
  ConnectionId connection;
  Direction writes = Direction::from_dialler;   // the client's direction of the connection
  HostId peer;
  bool interested = false;        // in the client
  bool unchoked = false;          // by the client
  bool was_choked = false;        // at least once by a Choke
  // Nothing is known for sure of this slot: the connection may be over already, or a Choke or Unchoke may have been decided that
  // is sent only later (of real processes only bounds are known).
  bool leaving = false;
  bool ending = false;            // because of the first
  std::uint32_t doubts = 0;       // decisions of the second kind that are pending
  Time connected{};
  Time interest_changed{};        // `connected` before the first message about it
  Time changed{};                 // the last Choke or Unchoke; `connected` before
  Time held_since = kNever;       // the last Unchoke, also when a Choke came since; kNever before
  // When a client that leaves a peer alone for a while after a Choke may give it a slot again (B07).
  Time may_start(Duration pause) const { return was_choked ? changed + pause : connected; }
};

// Since when something has been so, for a check to remember by PerSide.
struct Since {
  Time at = kNever;
};

struct Spell {
  std::size_t number = 0;         // of the client, by its position in `who`
  HostId client;
  Time from{};
  Time to{};                      // later than `from`
  std::span<const Seat> seats;    // in the order of connections
  std::uint32_t unchoked = 0;
  std::uint32_t served = 0;       // unchoked and interested
  std::uint32_t interested = 0;
};

class SpellHandler {
 public:
  virtual void on_spell(const Spell& spell) = 0;

 protected:
  ~SpellHandler() = default;
};

class SlotWatch {
 public:
  static constexpr Duration kPatience = 60s;
  // How long before the end of a connection shows either side may have given it up.
  static constexpr Duration kHangUp = 10s;

  // `handler` outlives the watch; `peer_count` leaves out the tracker.
  SlotWatch(const std::vector<HostId>& who, std::size_t peer_count, SpellHandler& handler);

  static EventSet interest();
  // Other events than those are ignored.  Calls the handler.
  void on_event(const WireEvent& event);
  // Hands out everything up to the end of the run.
  void finish(Time end);
  // Where a choke message was sent so late that spells had been handed out without it, a violation is not proven: the
  // judgement becomes undecided and says so.
  void hedge(Judgement& judgement) const;

 private:
  enum class Kind : std::uint8_t { opened, unchoke, choke, interested, not_interested, leaving, closed, stopped, joined, doubt };
  struct Change {
    Time at{};
    Kind kind = Kind::closed;
    ConnectionId connection;
    Direction writes = Direction::from_dialler;
    HostId peer;
  };
  struct Client {
    HostId host;
    std::vector<Change> waiting;      // by time, then as they came
    std::size_t settled = 0;          // how many at the front are in the seats already
    std::vector<Seat> seats;          // by connection
    Time from = kNever;               // the seats are true from here on; kNever before the first connection
    bool is_stopped = false;
  };

  static constexpr std::size_t kNobody = ~std::size_t{0};
  std::size_t number_of(HostId host) const;
  void note(HostId client, HostId peer, Direction writes, Kind kind, Time at, const WireEvent& event);
  void note_end(HostId client, HostId peer, Direction writes, const WireEvent& event);
  void add(std::size_t number, const Change& change, Time now);
  void settle(std::size_t number, Time up_to);
  void hand_out(std::size_t number, Time to);
  static void apply(Client& client, const Change& change);

  std::size_t peer_count_;
  SpellHandler& handler_;
  std::vector<std::size_t> number_of_;   // by HostId
  std::vector<Client> clients_;          // by position in `who`
  Duration latest_{};                    // how much later than kPatience a change came, at most
};

}  // namespace swarmlab::swarmsim
