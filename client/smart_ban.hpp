// SmartBan: who spoilt a piece.
//
// A piece that fails its hash names its culprit only if all of it came from one peer.  Otherwise each block is remembered with the
// digest of what its peer delivered; when the piece was fetched again and its hash is good, the digests of
// the good blocks are compared with those: whose differs, lied.  Whose agree is cleared.
//
//   failed(piece, sources) -> one source: proven, at once
//                          -> several: each is suspected of this piece; who is so too often is named
//   remember(piece, digests of what arrived)      (before the refetch overwrites it)
//   ... fetched again ...  failed() again: further deliveries are remembered beside the first
//   verified(piece, digests of what is good) -> culprits; all others are cleared of this piece
//
// Rules
//   1. A verdict `proven` rests on bytes: this peer delivered this block and it was not the content.  Whoever composes
//      bans the peer's address.  Innocents are never proven guilty (B45), given that the digests are of
//      what *arrived*, not of what a broken disk gave back, and that a block was never put together from two peers (B43).
//   2. A verdict `suspected` rests on numbers: a peer had a part in more than `suspect_pieces` bad pieces of which
//      none is cleared up, and no other source of the last one had a part in as many; of equals nobody is named before they had a
//      part in four times that.  (Where blocks are dealt out, all pieces begun when somebody turns liar fail at once, and count against
//      the honest alike; parole and digests mostly tell them apart within seconds.)  It is dropped, not
//      banned: a liar that spoils every mixed piece goes even if no refetch ever succeeds (B44), and an
//      innocent may come back.  The count of a peer that was named begins anew.  Counts follow the address, like bans, and a piece counts
//      once against it: a liar that hangs up and dials again would else begin anew each time, and the honest peers that stay
//      would soon have the most bad pieces of all.  A bad piece with a block of a peer that was named, by either rule, counts
//      against nobody: pieces that were under way when it was dropped fail one after another, and would name the next, who is
//      innocent.  Nor does it put anybody on parole.
//   3. Memory is bounded: at most 64 pieces and 4 deliveries per block of each; the piece that failed
//      longest ago is forgotten first, the fifth delivery of a block is not kept.  Suspicion of forgotten pieces stays counted.
//      At most 256 addresses of absent peers on parole, the first ones, and 1024 addresses with a part in bad pieces; who
//      comes from another one is counted for itself.
//   4. Parole.  Who had a part in a bad piece with several sources is `on_parole`: PiecePicker gives it whole pieces of its own,
//      so that its next lie proves itself, at once and without a refetch (libtorrent's parole mode, from 0.13 on, is the same
//      idea).  It ends with the first whole piece of its own that is good, or when all its bad pieces are cleared up.
//      Rationale: a liar that spoils one block in twenty hides behind the others' blocks as long as pieces are mixed; on parole every
//      piece is a test of one peer.  Innocents lose nothing: they fetch whole pieces, too.  Parole says nothing about suspicion: who
//      is honest alone and lies in company is counted on (rule 2), and refuted by digests (rule 1).  It follows the address: who
//      hangs up, was dropped as suspected, or was banned and comes back when that is over, is on parole again, as is whoever else
//      comes from there.
//   5. A good history buys nothing.  No count is lowered by pieces that were good (libtorrent's trust points are, so that a
//      peer that gave eight good pieces may spoil several more): a turncoat's first provable lie ends it like anybody's.
//   Peers stay remembered after they left: a proof against an absent peer bans its address too.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "client/peer_key.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"

namespace swarmlab::client {

enum class Guilt : std::uint8_t { proven, suspected };

struct Verdict {
  PeerKey peer;
  Guilt guilt = Guilt::suspected;
  friend constexpr auto operator<=>(const Verdict&, const Verdict&) = default;
};

// A block of a bad piece: who sent it and the digest of what was sent.
struct Delivery {
  BlockIndex block;
  PeerKey peer;
  Sha1Digest digest;
  friend auto operator<=>(const Delivery&, const Delivery&) = default;
};

class SmartBan {
 public:
  static constexpr std::size_t kMaxPieces = 64;
  static constexpr std::size_t kMaxDeliveriesPerBlock = 4;
  static constexpr std::size_t kMaxAbsent = 256;
  static constexpr std::size_t kMaxSuspects = 1024;
  static constexpr std::uint32_t kPatience = 4;

  // `patience`: how many times as many bad pieces until one of several that had an equal part in them is named; 1 where nobody is
  // put on parole, and so nothing tells them apart soon.
  explicit SmartBan(std::uint32_t suspect_pieces, std::uint32_t patience = kPatience);

  // Where a peer connected from that may have a part in a bad piece; say it before failed().
  void lives_at(PeerKey peer, const IpAddress& address);
  // The piece failed; sources[i] delivered block i (PiecePicker::sources).  Verdicts in order of keys.
  // If it has one source, or none that is known, no digests are needed.
  [[nodiscard]] std::vector<Verdict> failed(PieceIndex piece, std::span<const PeerKey> sources);
  // Keeps what the peers delivered for the piece that failed.
  void remember(PieceIndex piece, std::span<const Delivery> deliveries);

  // Whether digests of the good blocks of this piece would tell anything.
  bool wants_digests(PieceIndex piece) const;
  // The piece is good and good[i] is the digest of block i; empty if none were taken, and then nobody is
  // proven guilty.  Call it for every piece that turned out good.  Verdicts are all proven, in order of keys.
  [[nodiscard]] std::vector<Verdict> verified(PieceIndex piece, std::span<const Sha1Digest> good);

  // Every block of a piece that is good came from this peer.
  void passed_alone(PeerKey peer) { on_parole_.erase(peer); }
  bool is_on_parole(PeerKey peer) const { return on_parole_.contains(peer); }
  // A peer connects from this address, or the one that did is gone.
  void joined(PeerKey peer, const IpAddress& address);
  void left(PeerKey peer, const IpAddress& address);

  // Against its address, where that is known.
  std::uint32_t suspicions(PeerKey peer) const;
  std::size_t remembered_pieces() const { return cases_.size(); }

 private:
  struct Case {
    std::uint64_t number = 0;               // in the order of failing; the smallest is forgotten first
    std::vector<PeerKey> suspects;          // whom this piece counts against, in order of keys; the first of each address
    std::vector<Delivery> deliveries;       // in order of (block, peer, digest), all different
  };
  Case& open_case(PieceIndex piece);
  // The first suspect from its address, which stands for all of them.
  PeerKey first_of(PeerKey peer) const;
  void name(PeerKey peer);

  std::uint32_t suspect_pieces_;
  std::uint32_t patience_;
  std::uint64_t next_number_ = 0;
  std::map<PieceIndex, Case> cases_;             // at most kMaxPieces
  std::map<PeerKey, std::uint32_t> suspicions_;  // by the first of each address; none is zero
  std::map<IpAddress, PeerKey> homes_;           // the first suspect from there; at most kMaxSuspects
  std::map<PeerKey, PeerKey> later_;             // others from there, and the first; at most kMaxSuspects, the last ones
  std::set<PeerKey> named_;                      // by a verdict; at most kMaxSuspects, the last ones
  std::set<PeerKey> on_parole_;                  // connected ones
  std::set<IpAddress> absent_on_parole_;         // at most kMaxAbsent
};

}  // namespace swarmlab::client
