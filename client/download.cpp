#include "client/download.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

using protocol::BlockRange;
using runtime::Tag;

// Tags within our range: a block's write, or a piece read back.
constexpr Tag kReadBack = Tag{1} << 39;
constexpr Tag write_tag(PieceIndex piece) { return piece.value(); }
constexpr Tag read_back_tag(PieceIndex piece) { return kReadBack | piece.value(); }

// A rejected block is not asked of the same peer again for this long, doubling up to a minute.
constexpr Duration kFirstAgainPause = 1s;
constexpr Duration kLongestAgainPause = 60s;

// Given-up requests remembered per peer; whatever comes beyond that counts as not asked for.
constexpr std::size_t kMaxLate = 256;

// Allowed-fast pieces remembered per peer: more than anybody grants (BEP 6 suggests 10).
constexpr std::size_t kMaxAllowedFast = 64;

constexpr BytesPerSecond kSlow{8 * 1024};
constexpr BytesPerSecond kFast{64 * 1024};

}  // namespace

Download::Download(const runtime::Outside& outside, const Settings& settings,
                   std::shared_ptr<const protocol::Metainfo> metainfo, const protocol::Bitfield& have,
                   ContentStore& store, PeerSet& peers, Tag first_tag, DownloadOwner& owner)
    : clock_(outside.clock), random_(outside.random), hasher_(outside.hasher), settings_(settings),
      metainfo_(std::move(metainfo)), have_(have), store_(store), peers_(peers), first_tag_(first_tag),
      owner_(owner),
      picker_(metainfo_->geometry, have,
              {.random_first_pieces = settings.random_first_pieces,
               .end_game = settings.end_game,
               .end_game_requesters = settings.end_game_requesters,
               .sequential = settings.sequential,
               .affinity = settings.piece_affinity,
               .partial_pieces = settings.partial_pieces,
               .requesters = settings.requesters}),
      verifier_(outside.hasher, metainfo_, *this), smart_ban_(settings.suspect_pieces, settings.parole ? SmartBan::kPatience : 1),
      gatherer_({.enough = settings.write_gather, .patience = settings.write_delay, .most = settings.write_backlog / 4}),
      gather_timer_(outside.timers, *this) {
  count_left();
  left_at_start_ = left_in_all_;
}

Download::~Download() { hasher_.forget(*this); }

// ---- what peers have ----

void Download::peer_ready(Peer& peer) {
  peer.pieces = protocol::Bitfield(metainfo_->geometry.piece_count());
  picker_.peer_joined(peer.pieces);
  smart_ban_.joined(peer.key, peer.endpoint.address);
}

void Download::peer_left(Peer& peer) {
  smart_ban_.left(peer.key, peer.endpoint.address);
  picker_.release_all(peer.key);
  picker_.peer_left(peer.pieces);
  // Its requests are free again, its piece is an orphan; and with the only source of some blocks the end-game may begin.
  wake_idle_ = true;
  peer.open.clear();
  active_.reset();
}

void Download::on_bitfield(Peer& peer, protocol::Bitfield pieces) {
  picker_.peer_left(peer.pieces);
  peer.pieces = std::move(pieces);
  peer.has_claimed_pieces = !peer.pieces.none();
  picker_.peer_joined(peer.pieces);
  peer.interesting = 0;
  if (is_complete()) return;
  count_interesting(peer);
  update_interest(peer);
}

void Download::count_interesting(Peer& peer) {
  peer.interesting = 0;
  for (PieceIndex piece; metainfo_->geometry.contains(piece); ++piece) {
    if (peer.pieces.test(piece) && is_needed(piece)) ++peer.interesting;
  }
}

void Download::count_left() {
  left_ = left_in_all_ = {};
  wanted_missing_ = 0;
  for (PieceIndex piece; metainfo_->geometry.contains(piece); ++piece) {
    if (have_.test(piece)) continue;
    left_in_all_ += metainfo_->geometry.length_of(piece);
    if (!is_needed(piece)) continue;
    left_ += metainfo_->geometry.length_of(piece);
    ++wanted_missing_;
  }
}

void Download::select(const PiecePriorities& priorities) {
  wanted_ = priorities.wanted;
  picker_.prefer(priorities.levels.empty() ? std::vector{priorities.wanted} : priorities.levels);
  count_left();
  peers_.for_each_ready([&](Peer& peer) {
    if (peer.pieces.size() == 0) return;
    for (std::size_t i = peer.open.size(); i > 0; --i) {
      if (!is_needed(peer.open[i - 1].block.piece)) give_up(peer, i - 1);
    }
    count_interesting(peer);
    update_interest(peer);
  });
  wake_idle_ = true;
}

void Download::on_have(Peer& peer, PieceIndex piece) {
  if (!peer.pieces.set(piece)) return;
  picker_.peer_has(piece, peer.pieces);
  if (!is_needed(piece)) return;
  ++peer.interesting;
  update_interest(peer);
  refill(peer);
}

void Download::update_interest(Peer& peer) {
  const bool interested = peer.interesting > 0 && !is_halted_;
  if (interested == peer.am_interested) return;
  peer.am_interested = interested;
  active_.reset();
  if (interested) {
    peer.wire.send(protocol::encode(protocol::Interested{}));
  } else {
    peer.wire.send(protocol::encode(protocol::NotInterested{}));
  }
}

// ---- choke states ----

void Download::on_choke(Peer& peer) {
  peer.peer_choking = true;
  peer.is_snubbed = false;
  active_.reset();
  no_longer_late(peer);
  // With Fast every request is still answered, by a piece or a reject (BEP 6; bug B20).  Without, all are void.
  if (peer.common_features.fast || peer.open.empty()) return;
  picker_.release_all(peer.key);
  for (const Peer::OpenRequest& request : peer.open) remember_late(peer, request.block);
  peer.open.clear();
  peer.owes_since = kNever;
  wake_idle_ = true;
}

void Download::on_unchoke(Peer& peer) {
  peer.peer_choking = false;
  active_.reset();
  refill(peer);
}

void Download::on_allowed_fast(Peer& peer, PieceIndex piece) {
  if (peer.allowed_to_us.size() >= kMaxAllowedFast) return;
  if (std::ranges::find(peer.allowed_to_us, piece) != peer.allowed_to_us.end()) return;
  peer.allowed_to_us.push_back(piece);
  refill(peer);
}

void Download::on_reject(Peer& peer, const BlockRange& block) {
  const auto request = std::ranges::find(peer.open, block, &Peer::OpenRequest::block);
  if (request == peer.open.end()) {
    forget_late(peer, block);
    return;
  }
  peer.open.erase(request);
  peer.owes_since = peer.open.empty() ? kNever : clock_.now();
  // Its choke, not its refusal: a piece left half done is finished with it after its next Unchoke (B19, B31).
  picker_.released(peer.key, block, peer.peer_choking ? Release::choked : Release::refused);
  if (!peer.peer_choking) {
    // It serves us, but not this: leave it alone with it for a while, ask for other things at once (B22).
    const Time now = clock_.now();
    if (now >= peer.again_after) {
      peer.again_pause = peer.again_pause == Duration{} ? kFirstAgainPause
                                                        : std::min(peer.again_pause * 2, kLongestAgainPause);
      peer.again_after = now + peer.again_pause;
    }
  }
  wake_idle_ = true;
}

// ---- requests ----

Speed Download::speed_of(const Peer& peer, Time now) const {
  if (peer.is_snubbed || peer.is_late) return Speed::slow;
  const BytesPerSecond rate = peer.gives.rate(now);
  if (rate >= kFast) return Speed::fast;
  return peer.has_given() && rate < kSlow ? Speed::slow : Speed::medium;
}

void Download::refill(Peer& peer) {
  if (is_halted_ || peer.is_dropped || !peer.am_interested) return;
  const bool choked = peer.peer_choking;
  if (choked && peer.allowed_to_us.empty()) return;
  const Time now = clock_.now();
  const std::size_t depth = peer.depth.depth(
      {.rate = peer.gives.rate(now), .reqq = peer.reqq, .snubbed = peer.is_snubbed || peer.is_late, .share = share_of_window()});
  if (peer.open.size() >= depth) return;
  // A quarter free, or one where the depth is small.
  if (!peer.open.empty() && depth - peer.open.size() < std::max<std::size_t>(depth / 4, 1)) return;

  protocol::Bitfield allowed;
  if (choked) {
    allowed = protocol::Bitfield(metainfo_->geometry.piece_count());
    for (const PieceIndex piece : peer.allowed_to_us) {
      if (peer.pieces.test(piece)) allowed.set(piece);
    }
  }
  picked_.clear();
  picker_.pick({.key = peer.key, .pieces = choked ? allowed : peer.pieces, .speed = speed_of(peer, now),
                .again = now >= peer.again_after,
                .silent = peer.is_silent(now),
                .unproven = !peer.has_given() && peers_.any_of([now](const Peer& other) { return other.is_giving(now); }),
                .on_parole = settings_.parole && smart_ban_.is_on_parole(peer.key)},
               depth - peer.open.size(), random_, picked_);
  for (const BlockRange& block : picked_) request(peer, block);
}

// All peers share alike, whatever their rates: who cannot use its share leaves it, and is asked for less anyway.
std::uint32_t Download::share_of_window() {
  if (settings_.request_window == ByteCount(0)) return std::numeric_limits<std::uint32_t>::max();
  if (!active_) {
    active_ = 0;
    peers_.for_each_ready([&](Peer& peer) {
      if (peer.am_interested && !peer.peer_choking) ++*active_;
    });
  }
  return RequestDepth::share_of(settings_.request_window, *active_);
}

void Download::request(Peer& peer, const BlockRange& block) {
  const Time now = clock_.now();
  if (peer.open.empty() && peer.is_debt_late) {   // what it was late with came from elsewhere; this is not late yet
    peer.is_debt_late = false;
    picker_.set_late(peer.key, false);
  }
  peer.open.push_back({block, now});
  if (peer.owes_since == kNever) peer.owes_since = now;
  peer.wire.send(protocol::encode(protocol::Request{block}));
}

void Download::remember_late(Peer& peer, const BlockRange& block) {
  if (peer.late.size() >= kMaxLate) peer.late.erase(peer.late.begin());
  peer.late.push_back(block);
}

// False where there was none.  What was asked for and given up twice may be answered twice, by a Reject and by the block.
bool Download::forget_late(Peer& peer, const BlockRange& block) {
  const auto late = std::ranges::find(peer.late, block);
  if (late == peer.late.end()) return false;
  peer.late.erase(late);
  return true;
}

// Cancels the request at `position`; its block may be asked for elsewhere.
void Download::give_up(Peer& peer, std::size_t position, Release why) {
  const BlockRange block = peer.open[position].block;
  peer.open.erase(peer.open.begin() + static_cast<std::ptrdiff_t>(position));
  picker_.released(peer.key, block, why);
  remember_late(peer, block);
  peer.wire.send(protocol::encode(protocol::Cancel{block}));
}

void Download::settle() {
  if (!wake_idle_ || is_halted_) return;
  wake_idle_ = false;
  peers_.for_each_ready([&](Peer& peer) { refill(peer); });
}

Time Download::upkeep(Time now) {
  Time next = kNever;
  peers_.for_each_ready([&](Peer& peer) {
    // Who is not read from cannot answer: its time begins anew when reading goes on.
    if (peer.wire.is_paused()) peer.heard_again = now;
    if (!peer.am_interested && peer.open.empty()) peer.open = {};   // who gives us nothing more needs no room for it
    if (is_complete()) peer.late = {};
    if (peer.open.empty() || peer.wire.is_paused()) return;
    const auto begun = [&](const Peer::OpenRequest& request) {
      return std::max({request.sent, peer.last_block, peer.heard_again});
    };
    const auto late_at = [&] { return begun(peer.open.front()) + peer.timeout.late_after(static_cast<std::uint32_t>(peer.open.size())); };
    if (now - begun(peer.open.front()) >= settings_.request_timeout) {
      while (!peer.open.empty() && now - begun(peer.open.front()) >= settings_.request_timeout) {
        give_up(peer, 0);
      }
      if (!peer.peer_choking) mark_snubbed(peer);
      peer.again_after = now + kFirstAgainPause;
      next = std::min(next, peer.again_after);
      wake_idle_ = true;
    } else if (!peer.peer_choking) {
      if (now - begun(peer.open.front()) >= settings_.snub_after) mark_snubbed(peer);
      if (!peer.is_debt_late && now >= late_at()) mark_late(peer);
    }
    if (!peer.open.empty()) {
      next = std::min(next, begun(peer.open.front()) + std::min(settings_.request_timeout, settings_.snub_after));
      // For who sends in time this is never due; to look whenever it might be would double the upkeep of every peer.
      const bool may_become_late = !peer.peer_choking && !peer.is_debt_late && now - begun(peer.open.front()) >= settings_.late_after / 2;
      if (may_become_late) next = std::min(next, late_at());
    }
  });
  // Whoever may be asked again, may be by now.
  if (!is_complete()) peers_.for_each_ready([&](Peer& peer) {
    if (peer.again_after > now) {
      next = std::min(next, peer.again_after);
    } else if (peer.open.empty() && peer.am_interested) {
      refill(peer);
    }
  });
  settle();
  return std::max(next, now + 1s);
}

void Download::mark_snubbed(Peer& peer) {
  peer.is_snubbed = true;
  peer.depth.snubbed();
  picker_.set_speed(peer.key, Speed::slow);
}

void Download::mark_late(Peer& peer) {
  peer.is_late = peer.is_debt_late = true;
  // What nobody else has may as well stay: asked again it would only come later.
  for (std::size_t i = peer.open.size(); i > 1; --i) {
    if (picker_.availability(peer.open[i - 1].block.piece) > 1) give_up(peer, i - 1, Release::late);
  }
  picker_.set_late(peer.key, true);
  picker_.set_speed(peer.key, Speed::slow);
  wake_idle_ = true;
}

void Download::no_longer_late(Peer& peer) {
  if (!peer.is_late) return;
  peer.is_late = peer.is_debt_late = false;
  picker_.set_late(peer.key, false);
}

void Download::halt() {
  is_halted_ = true;
  gatherer_.clear();   // parts of pieces, which nobody would read
  gather_timer_.disarm();
  peers_.for_each_ready([&](Peer& peer) {
    while (!peer.open.empty()) give_up(peer, peer.open.size() - 1);
  });
}

// ---- blocks ----

void Download::on_block(Peer& peer, const BlockRange& block, runtime::Slices data) {
  const Time now = clock_.now();
  downloaded_ += block.length;

  bool was_asked = false;
  const auto request = std::ranges::find(peer.open, block, &Peer::OpenRequest::block);
  std::optional<Duration> gap;
  if (request != peer.open.end()) {
    peer.depth.delivered(now, now - request->sent, block.length);
    gap = now - std::max({request->sent, peer.last_block, peer.heard_again});
    peer.open.erase(request);
    was_asked = true;
  } else {
    was_asked = forget_late(peer, block);
  }
  if (was_asked) {   // what nobody asked for buys no patience
    peer.last_block = now;
    peer.owes_since = peer.open.empty() ? kNever : now;
    peer.is_snubbed = false;
    no_longer_late(peer);
  }
  if (!was_asked || is_halted_ || !metainfo_->geometry.is_block(block) || have_.test(block.piece) ||
      picker_.judge(peer.key, block) == Arrival::duplicate) {
    // Not asked for, or somebody else was quicker.
    wasted_ += block.length;
    if (!is_halted_ && was_asked) {
      picker_.released(peer.key, block);
      refill(peer);
    }
    return;
  }
  const PiecePicker::Received received = picker_.received(peer.key, block);
  // Copied: the list lives until the picker's next call.
  const std::vector<PeerKey> cancel_at(received.cancel_at.begin(), received.cancel_at.end());
  peer.gives.add(now, block.length);
  if (gap) peer.timeout.answered(*gap, peer.gives.rate(now));
  peer.again_pause = {};

  Progress& progress = progress_[block.piece];
  progress.arrived += block.length;
  const bool is_whole = progress.arrived == metainfo_->geometry.length_of(block.piece);
  gatherer_.add(block, data, is_whole ? WriteGatherer::Piece::is_whole : WriteGatherer::Piece::goes_on, now, gathered_);
  write(gathered_);
  if (gatherer_.held() > ByteCount{} && !gather_timer_.is_armed()) gather_timer_.arm(gatherer_.due());
  verifier_.add(block, data);

  for (const PeerKey key : cancel_at) {
    Peer* other = peers_.find(key);
    if (other == nullptr) continue;
    const auto open = std::ranges::find(other->open, block, &Peer::OpenRequest::block);
    if (open == other->open.end()) continue;
    other->open.erase(open);
    // Cancelled in time, it had no chance to answer; who was silent before stays so until it sends something.
    if (other->open.empty() && !other->is_silent(now)) other->owes_since = kNever;
    remember_late(*other, block);
    other->wire.send(protocol::encode(protocol::Cancel{block}));
  }
  refill(peer);
  // At the end every block that comes makes room for further duplicates of others.
  if (!is_complete() && picker_.in_end_game()) wake_idle_ = true;
}

void Download::write(std::vector<WriteGatherer::Write>& gathered) {
  for (WriteGatherer::Write& each : gathered) {
    ++progress_.at(each.piece).writes_under_way;
    store_.write(metainfo_->geometry.offset_of(each.piece) + ByteCount(each.begin.value()), each.data,
                 first_tag_ + write_tag(each.piece));
  }
  gathered.clear();
}

void Download::on_timer(Tag) {
  gather_timer_.expired();
  gatherer_.take_due(clock_.now(), gathered_);
  if (!gathered_.empty()) owner_.on_late_write();
  write(gathered_);
  if (gatherer_.held() > ByteCount{}) gather_timer_.arm(gatherer_.due());
}

void Download::on_stored(const StoreResult& result) {
  const Tag tag = result.tag - first_tag_;
  const PieceIndex piece(static_cast<std::uint32_t>(tag));
  if ((tag & kReadBack) != 0) {
    Inquest& inquest = inquests_.at(piece);
    if (result.error != runtime::FileError::none || result.is_short) {
      inquest.is_void = true;
      end_inquest(piece);
      return;
    }
    examine(piece, result.data);
    return;
  }
  const auto entry = progress_.find(piece);
  if (entry == progress_.end()) return;
  --entry->second.writes_under_way;
  if (result.error != runtime::FileError::none) {
    owner_.on_storage_error(result.path, result.error);
    return;
  }
  conclude(piece);
}

// ---- pieces ----

void Download::on_piece_hashed(PieceIndex piece, bool matches) {
  progress_.at(piece).hash = matches ? Progress::Hash::good : Progress::Hash::bad;
  conclude(piece);
  owner_.on_settled();
}

// Decides about a piece whose hash is known and whose writes are all done.
void Download::conclude(PieceIndex piece) {
  const auto entry = progress_.find(piece);
  if (entry == progress_.end() || entry->second.writes_under_way > 0 ||
      entry->second.hash == Progress::Hash::pending || is_halted_) {
    return;
  }
  const bool good = entry->second.hash == Progress::Hash::good;
  progress_.erase(entry);
  if (!good) {
    wasted_ += metainfo_->geometry.length_of(piece);
    begin_inquest(piece, false);
    return;
  }
  if (smart_ban_.wants_digests(piece)) {
    begin_inquest(piece, true);
  } else {
    accuse(piece, smart_ban_.verified(piece, {}));   // nobody is suspected of this piece any more
  }
  const std::vector<PeerKey> sources = picker_.sources(piece);
  if (std::ranges::count(sources, sources.front()) == std::ssize(sources)) smart_ban_.passed_alone(sources.front());
  picker_.verified(piece);
  const bool was_needed = is_needed(piece);
  have_.set(piece);
  left_in_all_ -= metainfo_->geometry.length_of(piece);
  if (was_needed) {
    left_ -= metainfo_->geometry.length_of(piece);
    --wanted_missing_;
  }
  if (was_needed) peers_.for_each_ready([&](Peer& peer) {
    if (!peer.pieces.test(piece)) return;
    SWARM_ASSERT(peer.interesting > 0, peer.key);
    --peer.interesting;
    update_interest(peer);
  });
  owner_.on_piece_done(piece, sources);
}

void Download::begin_inquest(PieceIndex piece, bool is_good) {
  Inquest& inquest = inquests_[piece];
  inquest = {};
  inquest.is_good = is_good;
  if (!is_good) {
    inquest.sources = picker_.sources(piece);
    std::vector<PeerKey> distinct = inquest.sources;
    std::ranges::sort(distinct);
    distinct.erase(std::ranges::unique(distinct).begin(), distinct.end());
    owner_.on_piece_failed(piece, static_cast<std::uint32_t>(distinct.size()));
    for (const PeerKey source : distinct) {   // before it is asked whom this speaks against
      if (const auto address = owner_.address_of(source)) smart_ban_.lives_at(source, *address);
    }
    accuse(piece, smart_ban_.failed(piece, inquest.sources));
    if (!smart_ban_.wants_digests(piece) && distinct.size() <= 1) {
      end_inquest(piece);
      return;
    }
  }
  const ByteCount begin = metainfo_->geometry.offset_of(piece);
  const ByteCount length = metainfo_->geometry.length_of(piece);
  if (const auto content = store_.recent(begin, length)) {
    examine(piece, *content);
  } else {
    store_.read(begin, length, first_tag_ + read_back_tag(piece));
  }
}

void Download::examine(PieceIndex piece, std::span<const runtime::Slice> content) {
  Inquest& inquest = inquests_.at(piece);
  const std::uint32_t blocks = metainfo_->geometry.block_count(piece);
  inquest.digests.resize(blocks);
  inquest.missing = blocks;
  std::vector<runtime::Slices> parts(blocks);
  std::vector<runtime::HashRequest> batch(blocks);
  for (BlockIndex block; block.value() < blocks; ++block) {
    const BlockRange range = metainfo_->geometry.block(piece, block);
    parts[block.value()] = runtime::sub(content, range.begin.value(), range.length.size());
    batch[block.value()] = {parts[block.value()], (Tag{piece.value()} << 32) | block.value()};
  }
  hasher_.digest(batch, *this);
}

void Download::on_digest(const runtime::HashResult& result) {
  const PieceIndex piece(static_cast<std::uint32_t>(result.tag >> 32));
  Inquest& inquest = inquests_.at(piece);
  if (result.error != runtime::FileError::none) inquest.is_void = true;
  inquest.digests[static_cast<std::uint32_t>(result.tag)] = result.digest;
  if (--inquest.missing == 0) end_inquest(piece);
  owner_.on_settled();
}

void Download::end_inquest(PieceIndex piece) {
  Inquest inquest = std::move(inquests_.at(piece));
  inquests_.erase(piece);
  if (inquest.is_void) inquest.digests.clear();   // what cannot be read back accuses nobody
  if (inquest.is_good) {
    accuse(piece, smart_ban_.verified(piece, inquest.digests));
    return;
  }
  std::vector<Delivery> deliveries;
  for (std::size_t block = 0; block < inquest.digests.size() && block < inquest.sources.size(); ++block) {
    deliveries.push_back({BlockIndex(static_cast<std::uint32_t>(block)), inquest.sources[block],
                          inquest.digests[block]});
  }
  if (!deliveries.empty()) smart_ban_.remember(piece, deliveries);
  // Only now may the blocks be fetched again: what they overwrite has been looked at.
  picker_.failed(piece);
  wake_idle_ = true;
}

void Download::accuse(PieceIndex piece, const std::vector<Verdict>& verdicts) {
  for (const Verdict& verdict : verdicts) owner_.on_culprit(verdict.peer, piece, verdict.guilt);
}

PiecesStatus Download::pieces() const {
  PiecesStatus pieces;
  const std::uint32_t count = metainfo_->geometry.piece_count();
  pieces.states.reserve(count);
  pieces.availability.reserve(count);
  for (PieceIndex piece; metainfo_->geometry.contains(piece); ++piece) {
    // The picker lets go of a piece when its hash is good, which is a little before its last byte is on disk.
    const PieceState state = picker_.state(piece);
    pieces.states.push_back(state == PieceState::have && !have_.test(piece) ? PieceState::whole : state);
    pieces.availability.push_back(picker_.availability(piece));
  }
  return pieces;
}

}  // namespace swarmlab::client
