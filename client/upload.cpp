#include "client/upload.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

using protocol::BlockRange;

// What may wait unsent in a stream: never less than two blocks, and what the peer takes in 50 ms, so that a
// fast path does not run dry between two of our events.
constexpr ByteCount kLeastRoom = 32_KiB;
constexpr ByteCount kMostRoom = 4_MiB;
constexpr Duration kRoomTime = 50ms;
constexpr std::uint32_t kBlocksPerRoomUpdate = 16;

enum Timer : runtime::Tag { kRechoke, kFill };

}  // namespace

Upload::Upload(const runtime::Outside& outside, const Settings& settings,
               std::shared_ptr<const protocol::Metainfo> metainfo, ContentStore& store, PeerSet& peers,
               TorrentId torrent, Throttle& throttle, runtime::Tag first_tag, UploadOwner& owner)
    : clock_(outside.clock), timers_(outside.timers), random_(outside.random), settings_(settings), metainfo_(std::move(metainfo)),
      store_(store), peers_(peers), torrent_(torrent), throttle_(throttle), first_tag_(first_tag),
      owner_(owner), choker_(ChokerRules::of(settings)), rechoke_timer_(outside.timers, *this, kRechoke),
      fill_timer_(outside.timers, *this, kFill) {}

void Upload::start() {
  is_running_ = true;
  rechoke_timer_.arm(clock_.now() + settings_.rechoke_interval);
}

void Upload::halt() {
  is_running_ = false;
  rechoke_timer_.disarm();
  fill_timer_.disarm();
  peers_.for_each_ready([&](Peer& peer) {
    if (!peer.am_choking) choke(peer);
  });
  report_slots();
}

// ---- choking ----

void Upload::peer_ready(Peer& peer) {
  peer.changed = peer.since;
  peer.changed_before = peer.since;
  peer.asked = peer.since;
}

void Upload::peer_left(Peer& peer) {
  if (!peer.am_choking) slots_may_be_free_ = true;
  if (!peer.am_choking && peer.peer_interested) --served_;
}

// With every slot in use there is nothing to fill, however many would like one.
void Upload::on_interested(Peer& peer) {
  if (!peer.am_choking && !peer.peer_interested) ++served_;
  peer.peer_interested = true;
  peer.was_interested = true;
  if (served_ < owner_.most_slots()) slots_may_be_free_ = true;
}

void Upload::on_not_interested(Peer& peer) {
  if (!peer.am_choking && peer.peer_interested) --served_;
  peer.peer_interested = false;
  peer.lost_interest = clock_.now();
  flush(peer);
  if (!peer.am_choking) slots_may_be_free_ = true;
}

std::vector<PeerView> Upload::views(Time now) {
  std::vector<PeerView> views;
  const std::uint32_t pieces = std::max(1U, metainfo_->geometry.piece_count());
  peers_.for_each_ready([&](Peer& peer) {
    if (!peer.peer_interested && peer.am_choking) return;
    views.push_back({.key = peer.key,
                     .interested = peer.peer_interested,
                     .lost_interest_at = peer.lost_interest,
                     .unchoked = !peer.am_choking,
                     .snubbed = peer.is_snubbed,
                     .unchokes_us = !peer.peer_choking,
                     .am_interested = peer.am_interested,
                     .gives_us = peer.gives.rate(now),
                     .connected_at = peer.since,
                     .changed_at = peer.changed,
                     .changed_before = peer.changed_before,
                     .moved_at = std::max({peer.asked, peer.served, peer.changed}),
                     .sent_since_unchoke = peer.sent_since_unchoke,
                     .takes_from_us = peer.takes.rate(now),
                     .progress = static_cast<std::uint32_t>(std::uint64_t{peer.pieces.count()} * 1000 / pieces)});
  });
  return views;
}

void Upload::on_timer(runtime::Tag tag) {
  if (tag == kFill) {
    fill_timer_.expired();
    slots_may_be_free_ = true;
    settle();
    return;
  }
  rechoke_timer_.expired();
  if (!is_running_) return;
  std::erase_if(paces_, [&](const auto& pace) { return peers_.find(pace.first) == nullptr; });
  decide(SlotBudget::Moment::round);
  slots_may_be_free_ = false;
  rechoke_timer_.arm(clock_.now() + settings_.rechoke_interval);
}

void Upload::settle() {
  if (!slots_may_be_free_ || !is_running_) return;
  slots_may_be_free_ = false;
  decide(SlotBudget::Moment::between);
}

void Upload::decide(SlotBudget::Moment moment) {
  const Time now = clock_.now();
  const auto mode = owner_.is_seeding() ? ChokeMode::seeding : ChokeMode::leeching;
  const std::vector<PeerView> all = views(now);
  const auto wanted = static_cast<std::uint32_t>(std::ranges::count(all, true, &PeerView::interested));
  choker_.set_slots(owner_.grant_slots(wanted, moment));
  choker_.set_capacity(capacity());
  apply(moment == SlotBudget::Moment::round ? choker_.decide(now, mode, all, random_) : choker_.fill(now, mode, all, random_));
  report_slots();
}

void Upload::report_slots() {
  const std::size_t held = peers_.count_if([](const Peer& peer) { return peer.is_ready && !peer.am_choking; });
  owner_.on_slots_held(static_cast<std::uint32_t>(held));
}

// What a limit lets pass of blocks: a sixteenth goes into headers, where they count.
std::optional<BytesPerSecond> Upload::capacity() const {
  const std::optional<BytesPerSecond> limit = throttle_.tightest_rate();
  if (!limit || !settings_.limit_overhead) return limit;
  return BytesPerSecond(limit->value() - limit->value() / 16);
}

// A peer without a share is not held back; one that may wait for its own tokens keeps its throttle.
void Upload::set_paces(const Unchoked& unchoked) {
  if (unchoked.shares.empty() && paces_.empty()) return;
  for (auto& [peer, pace] : paces_) {
    const bool has_share = std::ranges::binary_search(unchoked.shares, peer, {}, &UploadShare::peer);
    if (!has_share && pace->rate()) pace->set_rate(std::nullopt);
  }
  for (const UploadShare& share : unchoked.shares) {
    std::unique_ptr<Throttle>& pace = paces_[share.peer];
    if (pace == nullptr) pace = std::make_unique<Throttle>(share.rate, clock_, timers_, throttle_);
    else if (pace->rate() != share.rate) pace->adjust_rate(share.rate);
  }
}

Throttle& Upload::throttle_of(PeerKey peer) {
  if (paces_.empty()) return throttle_;
  const auto found = paces_.find(peer);
  return found == paces_.end() ? throttle_ : *found->second;
}

void Upload::apply(const Unchoked& unchoked) {
  set_paces(unchoked);
  // Chokes first: at no moment are there more slots than configured (bug B08).
  peers_.for_each_ready([&](Peer& peer) {
    if (!peer.am_choking && !unchoked.contains(peer.key)) choke(peer);
  });
  const Time now = clock_.now();
  for (const PeerKey key : unchoked.peers) {
    Peer* peer = peers_.find(key);
    if (peer == nullptr || !peer->am_choking) continue;
    peer->am_choking = false;
    if (peer->peer_interested) ++served_;
    peer->changed_before = std::exchange(peer->changed, now);
    peer->asked = now;
    peer->sent_since_unchoke = {};
    peer->wire.send(protocol::encode(protocol::Unchoke{}));
  }
  if (unchoked.again_at != kNever) fill_timer_.arm_no_later_than(std::max(unchoked.again_at, now));
}

void Upload::choke(Peer& peer) {
  if (peer.peer_interested) --served_;
  peer.am_choking = true;
  peer.changed_before = std::exchange(peer.changed, clock_.now());
  peer.wire.send(protocol::encode(protocol::Choke{}));
  flush(peer);
}

// Empties the queue; with Fast each request in it is answered.
void Upload::flush(Peer& peer) {
  for (const BlockRange& block : peer.queue.clear()) answer_unserved(peer, block);
}

void Upload::answer_unserved(Peer& peer, const BlockRange& block) {
  if (peer.common_features.fast) peer.wire.send(protocol::encode(protocol::Reject{block}));
}

// ---- requests ----

void Upload::on_request(Peer& peer, const BlockRange& block) {
  peer.asked = clock_.now();
  if (peer.am_choking || !owner_.can_serve(peer, block.piece)) {
    // Sent before our choke arrived, or for a piece we never announced.
    answer_unserved(peer, block);
    return;
  }
  switch (peer.queue.push(block)) {
    case UploadQueue::Push::accepted: pump(peer); return;
    case UploadQueue::Push::duplicate: answer_unserved(peer, block); return;
    case UploadQueue::Push::full:
      if (peer.common_features.fast) {
        answer_unserved(peer, block);
      } else {
        owner_.drop(peer, "asked for more blocks at once than we keep");
      }
      return;
  }
}

void Upload::on_cancel(Peer& peer, const BlockRange& block) {
  if (peer.queue.cancel(block)) answer_unserved(peer, block);
}

void Upload::pump(Peer& peer) {
  while (!peer.is_dropped && !peer.queue.empty() && peer.wire.has_room(peer.reading)) {
    Throttle& throttle = throttle_of(peer.key);
    if (!throttle.is_open()) {
      if (!std::exchange(peer.waits_for_tokens, true)) throttle.wait(torrent_, peer.key);
      return;
    }
    const BlockRange block = *peer.queue.take_next();
    throttle.charge(block.length);
    const ByteCount offset = metainfo_->geometry.offset_of(block.piece) + ByteCount(block.begin.value());
    if (auto data = store_.recent(offset, block.length)) {
      send(peer, block, std::move(*data));
      continue;
    }
    if (free_reads_.empty()) {
      free_reads_.push_back(static_cast<std::uint32_t>(reads_.size()));
      reads_.emplace_back();
    }
    const std::uint32_t slot = free_reads_.back();
    free_reads_.pop_back();
    reads_[slot] = {peer.key, block, peer.changed};
    peer.reading += block.length;
    store_.read(offset, block.length, first_tag_ + slot);
  }
}

void Upload::on_tokens(PeerKey key) {
  Peer* peer = peers_.find(key);
  if (peer == nullptr) return;
  peer->waits_for_tokens = false;
  pump(*peer);
}

void Upload::on_stored(const StoreResult& result) {
  const auto slot = static_cast<std::uint32_t>(result.tag - first_tag_);
  const Read read = reads_[slot];
  free_reads_.push_back(slot);
  Peer* peer = peers_.find(read.peer);
  if (peer != nullptr) peer->reading -= read.block.length;
  if (result.error != runtime::FileError::none || result.is_short) {
    if (result.error == runtime::FileError::none) {
      owner_.on_file_changed(result.path, "has become shorter");
    } else {
      owner_.on_storage_error(result.path, result.error);
    }
    return;
  }
  if (peer == nullptr) return;
  const bool choked_since = peer->am_choking || peer->changed != read.unchoked;
  if (choked_since && !peer->common_features.fast) {   // that request is void (BEP 3; bug B09)
    pump(*peer);                                        // what came after an unchoke may wait for this room
    return;
  }
  send(*peer, read.block, runtime::Slices(result.data.begin(), result.data.end()));
  pump(*peer);
}

void Upload::send(Peer& peer, const BlockRange& block, runtime::Slices data) {
  const Time now = clock_.now();
  peer.served = now;
  peer.wire.send_block(block, std::move(data));
  peer.takes.add(now, block.length);
  peer.sent_since_unchoke += block.length;
  uploaded_ += block.length;
  if (++peer.blocks_since_room >= kBlocksPerRoomUpdate) {
    peer.blocks_since_room = 0;
    peer.wire.set_room(std::clamp(peer.takes.rate(now) * kRoomTime, kLeastRoom, kMostRoom));
  }
}

}  // namespace swarmlab::client
