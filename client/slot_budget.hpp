// SlotBudget: upload slots that several torrents share.
//
// Each torrent chokes by its own rules (choker.hpp) and knows only its own peers; what they have in common is the line.  Rules:
//  1. Never more are held, all together, than there are.  A torrent is granted what others have let go of, not what they are
//     about to: so nobody needs to be asked to choke for somebody else in the middle of a round.
//  2. Shares are even among the torrents somebody wants something from (max-min fair): who wants less than its share leaves the
//     rest to the others.  Rationale: a seed of twenty torrents serves the one that is asked for with all it has.
//  3. What cannot be divided, and where there are fewer slots than torrents every slot, goes round: each turn, which
//     is as long as an optimistic one, begins with the next torrent.  Rationale: nobody's swarm is left without for good (B02's kin).
//  4. Between rounds nobody loses a slot (choker.hpp, rule D): what it holds is granted again.
//  5. When slots were let go of and others want them, the owner hears of it, once.
// A pure policy: time comes in as a parameter.  Cost: linear in the number of torrents that want something.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "client/events.hpp"
#include "protocol/units.hpp"

namespace swarmlab::client {

class SlotBudget {
 public:
  enum class Moment : std::uint8_t { round, between };

  // nullopt: no budget; everybody is granted what it wants.
  SlotBudget(std::optional<std::uint32_t> total, Duration turn) : total_(total), turn_(turn) {}

  void set_total(std::optional<std::uint32_t> total) { total_ = total; }
  // How many slots the torrent may hold from now on, at most `wanted` but at a round's end what it holds.  wanted: peers that
  // would take one, within the torrent's own number of slots.
  std::uint32_t grant(TorrentId torrent, std::uint32_t wanted, Moment moment, Time now);
  // How many it holds.  True: somebody else is waiting for what it let go of.
  bool hold(TorrentId torrent, std::uint32_t held);
  // It is gone, or serves nobody any more.  True as above.
  bool leave(TorrentId torrent);
  std::uint32_t held() const;

 private:
  struct Share {
    std::uint32_t wanted = 0;
    std::uint32_t held = 0;
    std::uint32_t target = 0;
  };
  void divide(Time now);
  bool another_waits(TorrentId than) const;

  std::optional<std::uint32_t> total_;
  Duration turn_;
  std::map<TorrentId, Share> shares_;
};

}  // namespace swarmlab::client
