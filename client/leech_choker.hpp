// LeechChoker: whom a leecher serves, and how fast, where it does not reciprocate slot by slot (tit for tat is choker.hpp).
//
// BEP 3 leaves the choice to the client.  These two share out the upload in rates: they need to know how much there is to share, the
// tightest upload limit in force (`capacity`); without one the choker falls back to tit for tat.  Who is unchoked is sent what its share
// allows, through a throttle of its own (upload.hpp).  What choker.hpp promises always holds here too: only interested peers, never more
// than `slots` (which is a bound here, and not a number to be filled), no third change within a round, nobody choked between rounds.
//
// bittyrant (Piatek et al., NSDI 2007): the most download for the upload that there is.
//   1. Of each peer two estimates: what it takes to be unchoked by it (`needs`), and what it then gives (`gives`).  Both begin with what an
//      equal of ours would give each of its partners: the capacity over as many slots as mainline takes for it (upload_slots.hpp).
//   2. After each round, of every peer that was unchoked all through it and has what we want: if it unchokes us, `gives` is what came;
//      has it done so for three rounds, `needs` falls by a tenth; if it does not, `needs` rises by a fifth.
//   3. Unchoked are those with the best `gives` / `needs`, in this order, until the sum of their `needs` reaches the capacity.
//      Rationale: who gives much for little is kept at the least that keeps it; who never answers gets dearer, and its turn goes to others.
//   4. What the sum leaves over is added in proportion (as the released client does: an idle line helps nobody).
//   Not taken over: guesses of `gives` from the rate of Have messages.
//
// propshare (Levin et al., SIGCOMM 2008): to each what it gave.
//   1. Each round four fifths of the capacity are shared out in proportion to what each peer gave over the rate window.
//      Rationale: in an auction won by the highest bids it pays to bid just enough (bittyrant); with proportional shares every byte counts.
//   2. The last fifth goes to `optimistic` peers that gave nothing, drawn for `optimistic_interval` at a time: else nobody could begin.
//      Where nobody gave anything it is all there is, for as many peers as mainline takes slots.  Where nobody is left to be drawn the
//      others have it.
//
// Shares of less than kLeastShare are not given: a block would take longer than anybody waits.
// Integers only; every order is total and ends in the key.  Cost: n log n of the candidates.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "client/peer_key.hpp"
#include "client/peer_view.hpp"
#include "runtime/random.hpp"

namespace swarmlab::client {

enum class LeechPolicy : std::uint8_t { tit_for_tat, bittyrant, propshare };

inline constexpr BytesPerSecond kLeastShare{1024};

// Unchoked, and sent at most so much.
struct UploadShare {
  PeerKey peer;
  BytesPerSecond rate;
  friend bool operator==(const UploadShare&, const UploadShare&) = default;
};

struct LeechRules {
  std::uint32_t optimistic = 1;
  Duration rechoke_interval = 10s;
  Duration optimistic_interval = 30s;
};

class LeechChoker {
 public:
  // A peer that may be unchoked, or stay so.
  struct Candidate {
    PeerView peer;
    bool must_stay = false;     // it is unchoked, and may not be choked now
  };
  struct Moment {
    Time now{};
    bool is_round = true;       // else only free capacity is given, and nobody's share changes
    BytesPerSecond capacity;
    std::size_t slots = 0;      // at most so many
  };

  virtual ~LeechChoker() = default;
  // Who is to be unchoked, in order of keys, all that must stay among them.  `candidates` in order of keys.
  virtual std::vector<UploadShare> share_out(const Moment& moment, std::span<const Candidate> candidates, runtime::Random& random) = 0;
};

// Null for tit_for_tat.
std::unique_ptr<LeechChoker> make_leech_choker(LeechPolicy policy, const LeechRules& rules);

}  // namespace swarmlab::client
