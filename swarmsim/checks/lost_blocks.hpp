// LostBlocks: what somebody asked for in vain, and whether it is asked for again where it can be.
//
// A request can be lost to a Choke, a Reject, the end of a connection, silence, or a piece that failed its hash.  From then
// on the block is free, and belongs to whoever can serve it.  It has been forgotten when, for the whole time
// allowed, one and the same source that has announced the piece stood there unchoking, and either is idle then or was
// put to a piece that nobody had begun, although some of the lost block's had arrived; so the client believes the
// block to be under way.
//
//   lost ----> no source: looked at again every half second
//    |  \----> a source (up to eight are watched) ---- time and grace run out ----> forgotten
//    |                 \ chokes, leaves, busy all the time, another block of the piece is asked for: begins anew
//    \--> asked for again anywhere, or arrived: met
//
// A source that sent the asker corrupt blocks is none (it may well be banned), nor one that gave back or was
// relieved of a block of that piece.  Nor is one that keeps the asker waiting: it may be tried with a piece that nobody is in need of.
// A source kept busy with pieces that are begun is none either: a client may
// let each finish its own, and there may be more lost blocks than sources.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/checks/arrivals.hpp"
#include "swarmsim/checks/dialogues.hpp"
#include "swarmsim/checks/verdict.hpp"

namespace swarmlab::swarmsim {

class LostBlocks {
 public:
  enum class Scope : std::uint8_t { block, any_block_of_its_piece };
  struct Loss {
    Time at{};
    HostId asker;
    protocol::BlockRange block;
    Scope scope = Scope::block;
    std::string how;               // of the block: "was lost when b choked a"
    std::optional<ConnectionId> at_connection;   // where it is still open, in vain
  };

  // All outlive the object.
  LostBlocks(const RunFacts& facts, const Arrivals& arrivals, const Dialogues& dialogues, Duration within)
      : facts_(facts), arrivals_(arrivals), dialogues_(dialogues), within_(within), duties_(facts.peers.size()) {}

  // A block that has arrived, or that is asked for elsewhere, is not lost.
  void lose(Loss loss);
  // After `dialogues` took the event: sent requests, received pieces, and what time it is.
  void on_event(const WireEvent& event);

  // Vacuous, with the given summary, when no lost block had or found a source.
  Judgement judgement(std::string_view nothing_lost) const;

 private:
  static constexpr std::size_t kMostSources = 8;
  struct Duty {
    Loss loss;
    Time since{};                        // when `sources` were collected
    std::vector<Dialogues::Side> sources;
    bool is_over = false;                // met, or forgotten
  };

  static bool concerns(const Duty& duty, const protocol::BlockRange& block);
  void collect(Duty& duty, Time now);
  void look(Time now);
  // True when the duty is over.
  bool look_at(Duty& duty, Time now);
  bool meet(Duty& duty, const WireEvent& event);
  void sweep(std::vector<Duty>& duties);
  // The source that could have been asked all the time, if there is one.
  const Dialogue* neglected(const Duty& duty);
  void accuse(const Duty& duty, const Dialogue& source, Time now, std::string_view how);

  const RunFacts& facts_;
  const Arrivals& arrivals_;
  const Dialogues& dialogues_;
  Duration within_;
  std::vector<std::vector<Duty>> duties_;   // by asker
  std::uint64_t open_duties_ = 0;
  Time next_look_ = kStart;
  std::uint64_t lost_ = 0;
  std::uint64_t asked_again_ = 0;
  std::uint64_t forgotten_ = 0;
  Duration slowest_{};
  Judgement first_;
};

}  // namespace swarmlab::swarmsim
