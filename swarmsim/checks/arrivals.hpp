// Arrivals: which pieces each peer has, as far as the wire shows it.
//
// A block counts when it first arrives from somebody who was asked for it: what is pushed unasked is for a client to
// throw away.  (A capture may begin late: on a connection whose handshake was not seen all blocks count for a peer none of whose
// requests were seen.)  When all blocks of a piece have arrived the piece is whole.
// Whole and true, the peer has it from then on.  Whole and false, the peer has to fetch all of it again: what an
// honest client does, since the hash says only that something is wrong.  A client that keeps the true blocks
// is ahead of this account, which is why completion is confirmed on its disk.  A true block that was asked for before
// its piece failed may still come, and counts.
//
// Blocks are those of 16 KiB that everybody asks for.  Who asks for less at a time gets them in parts: a block has arrived
// when all of it has, and is false when any part was.
//
// Constant time and no allocation per block in steady state; parts cost a search among those of their piece.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

struct WholePiece {
  Time at{};
  HostId peer;
  PieceIndex piece;
  bool is_true = false;
  std::span<const HostId> sources;   // of its blocks, in their order; valid during the call
};

class Arrivals {
 public:
  explicit Arrivals(const RunFacts& facts);

  // A peer was started again with what its disk holds: what had arrived of other pieces is lost to it.
  void on_restarted(HostId peer, const protocol::Bitfield& has, Time at);
  // Takes a handshake that was sent: what its sender asks for on that connection is seen from now on.
  void on_handshake(const WireEvent& event);
  // Takes a request that was sent.
  void on_request(const WireEvent& event);
  // Takes a received piece message; the piece it made whole, if it did.
  std::optional<WholePiece> on_block(const WireEvent& event);

  // Whether the block taken last was one that its receiver had not got yet.
  bool brought_news() const { return brought_news_; }

  bool is_complete(HostId peer) const { return peers_[peer.value()].has.all(); }
  // When the last true block arrived; its joining time for who had everything; kNever before.
  Time completed_at(HostId peer) const { return peers_[peer.value()].completed_at; }
  bool has(HostId peer, PieceIndex piece) const { return peers_[peer.value()].has.test(piece); }
  // All of the range is there: its piece is, or its bytes have arrived and the piece is not whole yet.
  bool has_block(HostId peer, const protocol::BlockRange& range) const;
  // Somebody but this source was asked for it, and its piece is not whole.
  bool was_asked_elsewhere(HostId asker, const protocol::BlockRange& range, HostId source) const;
  // How many blocks, or bytes, of a piece that is not whole have arrived.
  std::uint32_t blocks_of(HostId peer, PieceIndex piece) const;
  ByteCount bytes_of(HostId peer, PieceIndex piece) const;
  std::uint32_t pieces(HostId peer) const { return peers_[peer.value()].has.count(); }

  struct LastBlock { Time at{}; HostId from; protocol::BlockRange block; };
  std::optional<LastBlock> last_block(HostId peer) const { return peers_[peer.value()].last; }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  // Who was asked for a block; end-games ask a few.  Beyond that many, everybody counts as asked.
  struct Asked {
    std::array<HostId, 4> of{};
    std::uint8_t count = 0;
    bool overflows = false;
    void add(HostId host);
    bool has(HostId host) const;
  };
  // Bytes from begin to end of a block that is not here as a whole, counted within the piece.
  struct Part {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    Authentic authentic = Authentic::yes;
  };
  struct Progress {
    std::vector<Asked> asked;           // by block: for any part of it
    std::vector<Asked> asked_earlier;   // the same, before the piece failed; empty where it never did
    std::vector<HostId> sources;        // by block
    std::vector<Authentic> authentic;   // by block
    std::vector<bool> arrived;
    std::vector<Part> parts;            // disjoint; none of a block that has arrived
    std::uint32_t missing = 0;
    ByteCount bytes;                    // of blocks that have arrived, and of parts
  };
  struct Peer {
    protocol::Bitfield has;
    std::vector<std::uint32_t> progress_of;   // by piece, into progress_
    Time completed_at = kNever;
    std::optional<LastBlock> last;
    bool was_seen_asking = false;
  };

  Progress& progress_of(Peer& peer, PieceIndex piece);
  void begin(Progress& progress, PieceIndex piece) const;
  // A block of this authenticity from `source` is one that the peer may take.
  static bool may_bring(const Progress& progress, std::uint32_t block, HostId source, Authentic authentic);
  std::uint32_t open_progress(PieceIndex piece);
  // What this block's receiver asked for on its connection may not have been seen.
  bool may_have_missed_requests(const Peer& receiver, const WireEvent& block) const;
  // Calls `each` with the number of every block that `range` touches.
  template <class Each>
  static void for_blocks_touched(const protocol::BlockRange& range, Each each);
  // Takes what the event brings of a block that is not here.
  void arrive(Progress& progress, std::uint32_t number, const WireEvent& event) const;
  static void add_part(std::vector<Part>& parts, Part part);

  const RunFacts& facts_;
  std::vector<Peer> peers_;
  std::vector<Progress> progress_;
  std::vector<std::uint32_t> free_;
  std::vector<bool> is_seen_from_start_;   // by connection and the direction in which the asker writes
  std::vector<HostId> sources_;   // of the piece that on_block() returned last
  bool brought_news_ = false;
};

}  // namespace swarmlab::swarmsim
