// Download: fetching what is missing, from whom and in which order, and seeing that it is right.
//
// Composes PiecePicker (which block next), RequestDepth (how many), RequestTimeout (until when), Verifier (hashes), WriteGatherer
// (which blocks are written together), ContentStore (disk) and SmartBan (who lied).  The life of a block:
//
//   pick -> Request -> arrives -> hashed, and written with its neighbours -> its piece whole -> hash good and writes done -> ours
//                 \-> rejected, timed out, choked, connection lost: asked elsewhere first
//
// A piece is announced and served when its hash is good AND its bytes are written (bugs B48, B50).  A piece whose hash is
// bad is looked at block by block for its digests before it is fetched again, so that a liar is named when
// the good data is there; it is read back only where it is not in memory any more (recent_content.hpp).
//
// Rules for requests:
//  - refill when a quarter of the depth has come free, or all: fewer, larger packets of requests;
//  - a request that is given up (timeout, choke without Fast) is cancelled and remembered as late: if its block comes after
//    all it is taken, and nobody is blamed (bugs B27, B28);
//  - a request's time begins when it is sent, but anew with every block from that peer: slow is not dead (B38);
//  - who is late keeps its oldest request, and others are asked for that, too (request_timeout.hpp);
//  - whatever frees a block wakes the idle peers, so that no block waits for an event that never comes (B19, B22, B37).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "client/content_store.hpp"
#include "client/inspection.hpp"
#include "client/peer_set.hpp"
#include "client/piece_picker.hpp"
#include "client/selection.hpp"
#include "client/smart_ban.hpp"
#include "client/verifier.hpp"
#include "client/write_gatherer.hpp"
#include "protocol/metainfo.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

class DownloadOwner {
 public:
  // The piece is verified and on disk; block i of it came from sources[i].
  virtual void on_piece_done(PieceIndex piece, std::span<const PeerKey> sources) = 0;
  virtual void on_piece_failed(PieceIndex piece, std::uint32_t sources) = 0;
  // The peer spoilt this piece (it may have left already).
  virtual void on_culprit(PeerKey peer, PieceIndex piece, Guilt guilt) = 0;
  // Where it connected from, also when it has left; nullopt where that is forgotten.
  virtual std::optional<IpAddress> address_of(PeerKey peer) = 0;
  virtual void on_storage_error(std::string_view path, runtime::FileError error) = 0;
  virtual void drop(Peer& peer, std::string_view reason) = 0;
  // Blocks that came a while ago are written now.
  virtual void on_late_write() = 0;
  // An event that came to the download directly is over.
  virtual void on_settled() = 0;

 protected:
  ~DownloadOwner() = default;
};

class Download final : private VerifierHandler, private runtime::HashHandler, private runtime::TimerHandler {
 public:
  // Store operations of a download carry tags from `first_tag` to first_tag + kTags.
  static constexpr runtime::Tag kTags = runtime::Tag{1} << 40;

  Download(const runtime::Outside& outside, const Settings& settings,
           std::shared_ptr<const protocol::Metainfo> metainfo, const protocol::Bitfield& have,
           ContentStore& store, PeerSet& peers, runtime::Tag first_tag, DownloadOwner& owner);
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;
  ~Download();

  // ---- a peer's messages, already checked for sense by the torrent ----
  void peer_ready(Peer& peer);
  void peer_left(Peer& peer);
  void on_bitfield(Peer& peer, protocol::Bitfield pieces);
  void on_have(Peer& peer, PieceIndex piece);
  void on_choke(Peer& peer);
  void on_unchoke(Peer& peer);
  void on_reject(Peer& peer, const protocol::BlockRange& block);
  void on_allowed_fast(Peer& peer, PieceIndex piece);
  void on_block(Peer& peer, const protocol::BlockRange& block, runtime::Slices data);

  // Gives up requests that have waited too long, finds who is snubbed; returns when to look again.
  Time upkeep(Time now);
  // From now on only these pieces are wanted, in this order (selection.hpp): requests for others are cancelled, and interest
  // follows (bug B12).
  void select(const PiecePriorities& priorities);
  // Asks idle peers for what became free; call it when an event is over.
  void settle();
  // A result of the content store with one of our tags.
  void on_stored(const StoreResult& result);
  // Nothing is asked for any more; open requests are cancelled.
  void halt();

  bool has(PieceIndex piece) const { return have_.test(piece); }
  const protocol::Bitfield& have() const { return have_; }
  // All that is wanted is here; has_all(): and everything else, too.
  bool is_complete() const { return wanted_missing_ == 0; }
  bool has_all() const { return have_.all(); }
  // Of every piece, in order.
  PiecesStatus pieces() const;
  // Of what is wanted; left_in_all(): of the whole torrent.
  ByteCount left() const { return left_; }
  ByteCount left_in_all() const { return left_in_all_; }
  // Payload received, everything counted.
  ByteCount downloaded() const { return downloaded_; }
  // Content that came from peers and is verified; never decreases.
  ByteCount fetched() const { return left_at_start_ - left_in_all_; }
  ByteCount wasted() const { return wasted_; }
  // Blocks that wait to be written with their neighbours.
  ByteCount held() const { return gatherer_.held(); }

 private:
  // A whole or begun piece on its way to being ours.
  struct Progress {
    std::uint32_t writes_under_way = 0;
    ByteCount arrived;
    enum class Hash : std::uint8_t { pending, good, bad } hash = Hash::pending;
  };
  // A piece read back for the digests of its blocks.
  struct Inquest {
    bool is_good = false;
    bool is_void = false;                  // a block could not be read back
    std::vector<PeerKey> sources;
    std::vector<Sha1Digest> digests;
    std::uint32_t missing = 0;
  };

  void on_piece_hashed(PieceIndex piece, bool matches) override;
  void on_digest(const runtime::HashResult& result) override;
  void on_timer(runtime::Tag tag) override;

  void refill(Peer& peer);
  void request(Peer& peer, const protocol::BlockRange& block);
  void give_up(Peer& peer, std::size_t position, Release why = Release::refused);
  void remember_late(Peer& peer, const protocol::BlockRange& block);
  bool forget_late(Peer& peer, const protocol::BlockRange& block);
  void update_interest(Peer& peer);
  void mark_snubbed(Peer& peer);
  void mark_late(Peer& peer);
  void no_longer_late(Peer& peer);
  std::uint32_t share_of_window();
  void write(std::vector<WriteGatherer::Write>& gathered);
  void conclude(PieceIndex piece);
  void begin_inquest(PieceIndex piece, bool is_good);
  void examine(PieceIndex piece, std::span<const runtime::Slice> content);
  void end_inquest(PieceIndex piece);
  void accuse(PieceIndex piece, const std::vector<Verdict>& verdicts);
  Speed speed_of(const Peer& peer, Time now) const;
  bool is_needed(PieceIndex piece) const { return !have_.test(piece) && (wanted_.size() == 0 || wanted_.test(piece)); }
  void count_interesting(Peer& peer);
  void count_left();

  runtime::Clock& clock_;
  runtime::Random& random_;
  runtime::Hasher& hasher_;
  const Settings& settings_;
  std::shared_ptr<const protocol::Metainfo> metainfo_;
  protocol::Bitfield have_;
  ContentStore& store_;
  PeerSet& peers_;
  runtime::Tag first_tag_;
  DownloadOwner& owner_;
  PiecePicker picker_;
  Verifier verifier_;
  SmartBan smart_ban_;
  WriteGatherer gatherer_;
  runtime::Timer gather_timer_;
  std::vector<WriteGatherer::Write> gathered_;   // scratch
  std::map<PieceIndex, Progress> progress_;
  std::map<PieceIndex, Inquest> inquests_;
  std::vector<protocol::BlockRange> picked_;   // scratch
  protocol::Bitfield wanted_;                  // of size 0: everything
  std::uint32_t wanted_missing_ = 0;
  ByteCount left_;                             // of wanted_missing_ pieces
  ByteCount left_in_all_;
  ByteCount left_at_start_;
  ByteCount downloaded_;
  ByteCount wasted_;
  std::optional<std::uint32_t> active_;        // peers that may be asked now; nullopt: to be counted again
  bool wake_idle_ = false;
  bool is_halted_ = false;
};

}  // namespace swarmlab::client
