// Upload: who may download from us, and sending them what they ask for.
//
// Composes Choker (who), UploadQueue (what, per peer) and ContentStore (the bytes).  A request waits in its peer's
// bounded queue until the peer's stream has room; then its block is read and sent.  So choke and cancel reach
// requests that wait (bugs B09, B23), and control messages overtake data.
//
//   request -> queue -> read from disk, or had still in memory -> stream
//      \          \-> choke, cancel, not interested: gone; with Fast answered by Reject (BEP 6)
//       \-> choked, or not ours: Reject with Fast, silence without
//
// Where the choker shares out rates (leech_choker.hpp) each peer has a throttle of its own within the torrent's.
//
// Once its read has begun a block is sent, whatever happens to the request: cancels cannot make us read
// for nothing; but not after a choke without Fast, where nothing may follow.  A queue that is full, or nonsense: the peer goes.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "client/choker.hpp"
#include "client/content_store.hpp"
#include "client/peer_set.hpp"
#include "client/slot_budget.hpp"
#include "client/throttle.hpp"
#include "protocol/metainfo.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

// Slots are the torrent's own, within what its session can spare (slot_budget.hpp).
class UploadOwner {
 public:
  // How many it may have now, of `wanted` that somebody would take.
  virtual std::uint32_t grant_slots(std::uint32_t wanted, SlotBudget::Moment moment) = 0;
  virtual void on_slots_held(std::uint32_t held) = 0;
  // Its own number, whatever the session can spare.
  virtual std::uint32_t most_slots() const = 0;
  virtual bool can_serve(const Peer& peer, PieceIndex piece) const = 0;
  virtual bool is_seeding() const = 0;
  virtual void on_storage_error(std::string_view path, runtime::FileError error) = 0;
  virtual void on_file_changed(std::string_view path, std::string_view how) = 0;
  virtual void drop(Peer& peer, std::string_view reason) = 0;

 protected:
  ~UploadOwner() = default;
};

class Upload final : private runtime::TimerHandler {
 public:
  // Store operations of an upload carry tags from `first_tag` on.
  Upload(const runtime::Outside& outside, const Settings& settings,
         std::shared_ptr<const protocol::Metainfo> metainfo, ContentStore& store, PeerSet& peers,
         TorrentId torrent, Throttle& throttle, runtime::Tag first_tag, UploadOwner& owner);
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // Begins to choke and unchoke.
  void start();
  // Chokes everybody and serves no more.
  void halt();

  void peer_ready(Peer& peer);
  void peer_left(Peer& peer);
  void on_interested(Peer& peer);
  void on_not_interested(Peer& peer);
  void on_request(Peer& peer, const protocol::BlockRange& block);
  void on_cancel(Peer& peer, const protocol::BlockRange& block);
  // Sends what there is room for.
  void pump(Peer& peer);
  void on_tokens(PeerKey peer);
  void on_stored(const StoreResult& result);
  // Fills free slots; call it when an event is over.
  void settle();
  // Others have let go of slots that we may be waiting for: settle() looks.
  void on_slots_free() { slots_may_be_free_ = true; }

  ByteCount uploaded() const { return uploaded_; }

 private:
  struct Read {
    PeerKey peer;
    protocol::BlockRange block;
    Time unchoked;            // which unchoke of the peer it belongs to
  };

  void on_timer(runtime::Tag tag) override;
  void report_slots();
  void decide(SlotBudget::Moment moment);
  void apply(const Unchoked& unchoked);
  void choke(Peer& peer);
  void send(Peer& peer, const protocol::BlockRange& block, runtime::Slices data);
  void flush(Peer& peer);
  void answer_unserved(Peer& peer, const protocol::BlockRange& block);
  std::vector<PeerView> views(Time now);
  std::optional<BytesPerSecond> capacity() const;
  void set_paces(const Unchoked& unchoked);
  Throttle& throttle_of(PeerKey peer);

  runtime::Clock& clock_;
  runtime::Timers& timers_;
  runtime::Random& random_;
  const Settings& settings_;
  std::shared_ptr<const protocol::Metainfo> metainfo_;
  ContentStore& store_;
  PeerSet& peers_;
  TorrentId torrent_;
  Throttle& throttle_;
  // Of peers that were given a share.  One may call in here while it works, so those of peers that left go at a round only.
  std::map<PeerKey, std::unique_ptr<Throttle>> paces_;
  runtime::Tag first_tag_;
  UploadOwner& owner_;
  Choker choker_;
  runtime::Timer rechoke_timer_;
  runtime::Timer fill_timer_;              // a slot is empty for somebody who was choked lately
  std::vector<Read> reads_;                // slots; free ones in free_reads_
  std::vector<std::uint32_t> free_reads_;
  ByteCount uploaded_;
  std::size_t served_ = 0;                 // peers that are unchoked and interested
  bool slots_may_be_free_ = false;
  bool is_running_ = false;
};

}  // namespace swarmlab::client
