// Dialogues: what each peer waits for on each of its connections, and what it could ask for there.
//
// One Dialogue per side of a connection, seen from the side that asks.  Its open requests are out(P) of the catalogue of
// bugs: sent, and not yet answered (Piece or Reject), cancelled, or voided.  Without the Fast extension a Choke voids them
// all, with it none (BEP 6); the end of the connection voids them in any case.
//
//   sent(Request)  ->  open  ->  answered | rejected | cancelled | choked | closed | vanished
//
// A source whose host vanished is not known to be gone before the asker's own transport gives up, whenever its connection
// ends as the world sees it: those requests are vanished, and may look open to the asker for long.
// A Request may be decided before a Choke arrives and sent after it: then it is void at once.  One that is decided
// while choked without Fast is nobody's duty to answer and never opens (no_request_while_choked has it).
// Every peer's dialogues are followed, once for all checks (books.hpp).  Constant time per message, but for a look through the open
// requests, where an answer mostly finds its request at the front.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "swarmsim/checks/announced.hpp"
#include "swarmsim/checks/per_side.hpp"
#include "swarmsim/checks/run_facts.hpp"

namespace swarmlab::swarmsim {

struct AskedBlock {
  protocol::BlockRange block;
  Time decided{};
};

struct Dialogue {
  HostId asker;
  HostId source;
  ConnectionId connection;
  Direction asks = Direction::from_dialler;   // of the asker's messages
  bool was_opened = false;
  bool is_open = false;
  bool is_fast = false;                       // by both handshakes
  bool is_choked = true;
  bool gave_false_block = false;
  // The asker turned to it after waiting for kPatience in vain, with a Cancel or one more Request; until the next block comes.
  bool keeps_waiting = false;
  Time choke_changed = kStart;                // the last Choke or Unchoke arrived
  Time idle_since = kStart;                   // no request has been open since; while none is
  Time last_request = kStart;                 // decided
  Time began_piece_at = kStart;               // the last request for a piece nobody had been asked for, decided
  Time last_block = kStart;                   // arrived
  PieceIndex began_piece;
  std::vector<AskedBlock> open;               // in the order of sending
  // Pieces of which the source rejected a block while it did not choke, or the asker took back a request.
  std::vector<PieceIndex> given_back;

  static constexpr Duration kPatience = 5s;   // less than any client waits before it gives a request up
  bool can_be_asked() const { return is_open && !is_choked; }
  bool has_given_back(PieceIndex piece) const;
};

class Dialogues {
 public:
  enum class Fate : std::uint8_t { answered, rejected, cancelled, choked, closed, vanished };
  struct Ended {
    const Dialogue* dialogue = nullptr;   // as it is after the event
    AskedBlock request;
    Fate fate = Fate::answered;
  };
  struct Side { ConnectionId connection; Direction asks = Direction::from_dialler; };

  // `heard` outlives the object, and takes events of its own.
  Dialogues(const RunFacts& facts, const Announced& heard);

  static EventSet interest();
  const SideTable& table() const { return dialogues_; }
  void on_event(const WireEvent& event);

  // The requests that the last event ended.
  std::span<const Ended> ended() const { return ended_; }
  // Null when the asker is no peer of the scenario; good until the next event.
  const Dialogue* find(ConnectionId connection, Direction asks) const;
  const Dialogue* find(const Side& side) const { return find(side.connection, side.asks); }
  // The asker's open connections, in the order of opening.
  std::span<const Side> of(HostId asker) const { return of_[asker.value()]; }
  // How many requests the asker has open, on all its connections.
  std::size_t open_requests(HostId asker) const { return open_requests_[asker.value()]; }
  // Told to go by the scenario, and not started again.
  bool is_gone(HostId peer) const { return gone_at_[peer.value()] != kNever; }

  bool has_announced(const Dialogue& dialogue, PieceIndex piece) const {
    return heard_.has(dialogue.connection, opposite(dialogue.asks), piece);
  }
  // How many connections the asker has this very block open on, but for one.
  std::size_t askings(HostId asker, const protocol::BlockRange& block, std::optional<ConnectionId> but = {}) const;

 private:
  void open(const WireEvent& event);
  void close(const WireEvent& event);
  void on_request(const WireEvent& event);
  void on_answer(const WireEvent& event);
  void on_choke(const WireEvent& event);
  void take(Dialogue& dialogue, std::size_t position, Fate fate, Time at);
  void take_all(Dialogue& dialogue, Fate fate, Time at);
  bool is_peer(HostId host) const { return host.value() < of_.size(); }

  std::uint32_t piece_count_;
  const Announced& heard_;
  PerSide<Dialogue> dialogues_;
  PerSide<char> offers_fast_;             // by the handshake of that side
  std::vector<std::vector<Side>> of_;     // by asker
  std::vector<std::size_t> open_requests_;   // by asker
  std::vector<protocol::Bitfield> begun_; // by asker: pieces that it has ever sent a request for
  std::vector<Time> gone_at_;             // by peer; kNever while it is there
  std::vector<Ended> ended_;
};

}  // namespace swarmlab::swarmsim
