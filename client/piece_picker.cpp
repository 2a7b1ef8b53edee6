#include "client/piece_picker.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {

using protocol::Bitfield;
using protocol::BlockRange;
using protocol::PieceGeometry;

PiecePicker::PiecePicker(const PieceGeometry& geometry, const Bitfield& already_have, const Options& options)
    : geometry_(geometry),
      options_(options),
      missing_(geometry.piece_count() - already_have.count()),
      order_(already_have) {
  SWARM_ASSERT(already_have.size() == geometry.piece_count(), already_have.size());
  if (missing_ == 0) return;
  const PieceIndex last(geometry.piece_count() - 1);
  wanted_ = std::uint64_t{missing_} * geometry.blocks_per_piece();
  if (!already_have.test(last)) wanted_ -= geometry.blocks_per_piece() - geometry.block_count(last);
}

// ---- who has what ----

void PiecePicker::peer_joined(const Bitfield& pieces) {
  ++connections_;
  order_.peer_joined(pieces);
}
void PiecePicker::peer_has(PieceIndex piece, const Bitfield& pieces) { order_.peer_has(piece, pieces); }
void PiecePicker::peer_left(const Bitfield& pieces) {
  --connections_;
  order_.peer_left(pieces);
}

// ---- choosing ----

void PiecePicker::prefer(std::vector<Bitfield> levels) {
  levels_ = std::move(levels);
  preferred_ = Bitfield(levels_.empty() ? 0 : geometry_.piece_count());
  for (const Bitfield& level : levels_) {
    SWARM_ASSERT(level.size() == geometry_.piece_count(), level.size());
    for (PieceIndex piece; geometry_.contains(piece); ++piece) {
      if (level.test(piece)) preferred_.set(piece);
    }
  }
}

void PiecePicker::pick(const Asker& asker, std::size_t count, runtime::Random& random, Out& out) {
  SWARM_ASSERT(asker.pieces.size() == geometry_.piece_count() && asker.key != kNobody, asker.pieces.size());
  if (missing_ == 0 || count == 0) return;
  if (levels_.empty()) return pick_from(asker, count, random, out);
  const Bitfield wanted = asker.pieces & preferred_;
  pick_from({.key = asker.key, .pieces = wanted, .speed = asker.speed, .again = asker.again, .silent = asker.silent,
             .unproven = asker.unproven, .seeds_part = asker.seeds_part || asker.pieces.all(), .on_parole = asker.on_parole},
            count, random, out);
}

void PiecePicker::pick_from(const Asker& asker, std::size_t count, runtime::Random& random, Out& out) {
  const std::size_t until = out.size() + count;
  Peer& who = peer(asker.key);
  who.speed = asker.speed;
  who.on_parole = asker.on_parole;
  if (asker.on_parole) return take_alone(asker, who, until, random, out);
  if (asker.speed != Speed::slow) take_late(asker, who, until, out);

  const bool deals = deals_to(who);
  if (deals && who.own != kNone) make_orphan(who.own);   // it was slow when it began this one
  if (who.own != kNone && asker.pieces.test(slots_[who.own].piece)) {
    const std::uint32_t slot = who.own;
    const bool passed_over = take_wanted(slot, who, Take::fresh, until, out);
    if (passed_over) make_orphan(slot);   // it cannot finish the piece: others may
  }
  const bool keeps_apart = options_.affinity == PieceAffinity::dealt && !deals;
  if (!keeps_apart) take_orphans(asker, who, until, out);
  if (options_.requesters > 1) take_further(asker, who, until, out);
  take_new_pieces(asker, who, Bound::kept, until, random, out);
  if (keeps_apart) take_orphans(asker, who, until, out);
  if (out.size() < until) join_others(asker, who, until, out);
  if (out.size() < until && options_.partial_pieces > 0) take_new_pieces(asker, who, Bound::passed, until, random, out);
  if (out.size() < until && asker.again) take_given_back(asker, who, until, out);
  if (out.size() < until && asker.speed == Speed::slow && !asker.silent) take_late(asker, who, until, out);
  if (out.size() < until && options_.end_game && in_end_game()) take_duplicates(asker, who, until, random, out);
}

void PiecePicker::take_orphans(const Asker& asker, Peer& who, std::size_t until, Out& out) {
  for (std::size_t i = 0; i < orphans_.size() && out.size() < until;) {
    const std::uint32_t slot = orphans_[i];
    if (asker.pieces.test(slots_[slot].piece)) {
      const std::size_t before = out.size();
      const bool passed_over = take_wanted(slot, who, Take::fresh, until, out);
      if (out.size() > before && !passed_over && slots_[slot].wanted > 0 && !deals_to(who)) own(slot, who);
    }
    if (i < orphans_.size() && orphans_[i] == slot) ++i;   // else it left the list: the next one stands here
  }
}

void PiecePicker::take_new_pieces(const Asker& asker, Peer& who, Bound bound, std::size_t until, runtime::Random& random, Out& out) {
  if (levels_.empty()) return take_new_of(asker.pieces, asker, who, bound, until, random, out);
  for (const Bitfield& level : levels_) {
    if (out.size() < until) take_new_of(asker.pieces & level, asker, who, bound, until, random, out);
  }
}

void PiecePicker::take_new_of(const Bitfield& pieces, const Asker& asker, Peer& who, Bound bound, std::size_t until,
                              runtime::Random& random, Out& out) {
  while (out.size() < until) {
    if (bound == Bound::kept && has_enough_begun()) return;
    const bool at_random = geometry_.piece_count() - missing_ < options_.random_first_pieces;
    const auto piece = options_.sequential ? order_.first(pieces)
                       : at_random         ? order_.any(pieces, random)
                                           : order_.rarest(pieces, random, asker.seeds_part);
    if (!piece) return;
    const std::uint32_t slot = begin_piece(*piece);
    if (!deals_to(who)) own(slot, who);
    take_wanted(slot, who, Take::fresh, until, out);
    if (deals_to(who) && slots_[slot].wanted > 0) make_orphan(slot);
  }
}

void PiecePicker::join_others(const Asker& asker, Peer& who, std::size_t until, Out& out) {
  for (const bool on_parole : {false, true}) {
    for (const Speed speed : {Speed::slow, Speed::medium, Speed::fast}) {
      for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
        if (out.size() == until) return;
        const Begun& piece = slots_[slot];
        if (!piece.in_use || piece.owner == kNobody || piece.owner == who.key || !asker.pieces.test(piece.piece)) continue;
        const Peer& owner = *find_peer(piece.owner);
        if (owner.speed == speed && owner.on_parole == on_parole) take_wanted(slot, who, Take::fresh, until, out);
      }
    }
  }
}

void PiecePicker::take_given_back(const Asker& asker, Peer& who, std::size_t until, Out& out) {
  for (std::uint32_t slot = 0; slot < slots_.size() && out.size() < until; ++slot) {
    const Begun& piece = slots_[slot];
    if (!piece.in_use || piece.wanted == 0 || !asker.pieces.test(piece.piece)) continue;
    take_wanted(slot, who, Take::given_back, until, out);
  }
}

// Asks `who` for wanted blocks of a piece, in order; with Take::fresh those which it did not give back, else only those.
// True when a wanted block was passed over.
bool PiecePicker::take_wanted(std::uint32_t slot, Peer& who, Take take, std::size_t until, Out& out) {
  Begun& piece = slots_[slot];
  std::uint32_t first_left = kNone;
  std::uint32_t index = piece.first_wanted;
  for (; index < piece.blocks.size() && piece.wanted > 0 && out.size() < until; ++index) {
    Block& block = piece.blocks[index];
    if (block.state != BlockState::wanted) continue;
    if ((block.peer == who.key) != (take == Take::given_back)) {
      if (first_left == kNone) first_left = index;
      continue;
    }
    block = {who.key, BlockState::requested};
    --piece.wanted;
    --wanted_;
    who.held.push_back({slot, BlockIndex(index), false});
    out.push_back(geometry_.block(piece.piece, BlockIndex(index)));
  }
  piece.first_wanted = first_left == kNone ? index : first_left;
  if (piece.wanted == 0) {
    leave_lists(slot);
    piece.has_late = false;
  }
  SWARM_ASSERT_DEEP((check_slot(slot), true));
  return first_left != kNone;
}

void PiecePicker::take_duplicates(const Asker& asker, Peer& who, std::size_t until, runtime::Random& random, Out& out) {
  const std::size_t start = random.below(peers_.size());
  std::uint32_t looks = 0;
  const bool is_no_help = asker.silent || asker.unproven || asker.speed == Speed::slow;
  const std::uint32_t most = options_.end_game_requesters - (is_no_help && options_.end_game_requesters > 0 ? 1 : 0);
  for (std::uint32_t others = 1; others < most; ++others) {
    for (const Speed speed : {Speed::slow, Speed::medium, Speed::fast}) {
      for (std::size_t i = 0; i < peers_.size(); ++i) {
        const Peer& holder = peers_[(start + i) % peers_.size()];
        if (holder.key == who.key || holder.speed != speed) continue;
        for (const Held& held : holder.held | std::views::reverse) {
          if (out.size() == until || who.duplicates >= options_.end_game_per_peer) return;
          if (++looks > kEndGameLooks) return;
          const Begun& piece = slots_[held.slot];
          if (!asker.pieces.test(piece.piece)) continue;
          if (askers(piece, held.block) != others || is_asked(piece, held.block, who.key)) continue;
          ask_too(who, held.slot, held.block, true, out);
        }
      }
    }
  }
}

bool PiecePicker::in_end_game() const {
  if (missing_ == 0 || any_new_available()) return false;
  return std::ranges::none_of(slots_, [this](const Begun& piece) {
    return piece.in_use && piece.wanted > 0 && is_wanted(piece.piece) && order_.availability(piece.piece) > 0;
  });
}

bool PiecePicker::any_new_available() const {
  if (levels_.empty() || !order_.any_available()) return order_.any_available();
  for (PieceIndex piece; geometry_.contains(piece); ++piece) {
    if (preferred_.test(piece) && order_.contains(piece) && order_.availability(piece) > 0) return true;
  }
  return false;
}

// ---- what became of it ----

Arrival PiecePicker::judge(PeerKey peer, const BlockRange& range) const {
  SWARM_ASSERT(geometry_.is_block(range), range.piece, range.begin, range.length);
  if (state(range.piece) == PieceState::have) return Arrival::duplicate;
  const std::uint32_t slot = slot_of(range.piece);
  if (slot == kNone) return Arrival::unasked;
  const BlockIndex block = PieceGeometry::block_at(range.begin);
  if (slots_[slot].blocks[block.value()].state == BlockState::received) return Arrival::duplicate;
  return is_asked(slots_[slot], block, peer) ? Arrival::asked : Arrival::unasked;
}

PiecePicker::Received PiecePicker::received(PeerKey peer, const BlockRange& range) {
  const Arrival arrival = judge(peer, range);
  cancel_at_.clear();
  if (arrival == Arrival::duplicate) return {};

  std::uint32_t slot = slot_of(range.piece);
  if (slot == kNone) {
    slot = begin_piece(range.piece);
    make_orphan(slot);
  }
  Begun& piece = slots_[slot];
  const BlockIndex index = PieceGeometry::block_at(range.begin);
  Block& block = piece.blocks[index.value()];
  if (block.state == BlockState::wanted) {
    --piece.wanted;
    --wanted_;
    if (piece.wanted == 0) leave_lists(slot);
  } else {
    cancel_at_.push_back(block.peer);
    for (const FurtherAsker& further : piece.further) {
      if (further.block == index) cancel_at_.push_back(further.peer);
    }
    std::erase_if(piece.further, [index](const FurtherAsker& further) { return further.block == index; });
    for (const PeerKey asker : cancel_at_) drop_held(*find_peer(asker), slot, index);
    std::erase(cancel_at_, peer);
  }
  block = {peer, BlockState::received};
  ++piece.received;
  SWARM_ASSERT_DEEP((check_slot(slot), true));
  return {.arrival = arrival, .piece_is_whole = piece.is_whole(), .cancel_at = cancel_at_};
}

bool PiecePicker::released(PeerKey peer, const BlockRange& range, Release why) {
  if (judge(peer, range) != Arrival::asked) return false;
  const std::uint32_t slot = slot_of(range.piece);
  const BlockIndex block = PieceGeometry::block_at(range.begin);
  drop_held(*find_peer(peer), slot, block);
  remove_asker(slot, block, peer, why == Release::choked ? kNobody : peer);
  if (why == Release::late && slots_[slot].wanted > 0) slots_[slot].has_late = true;
  return true;
}

void PiecePicker::release_all(PeerKey key) {
  Peer* const who = find_peer(key);
  if (who == nullptr) return;
  if (who->own != kNone) make_orphan(who->own);
  if (who->is_late) --late_;
  const std::vector<Held> held = std::move(who->held);
  peers_.erase(peers_.begin() + (who - peers_.data()));
  // Not its refusal: after the next Unchoke it may be asked for the same blocks.
  for (const Held& one : held) remove_asker(one.slot, one.block, key, kNobody);
}

void PiecePicker::set_speed(PeerKey key, Speed speed) {
  if (Peer* const who = find_peer(key)) who->speed = speed;
}

void PiecePicker::set_late(PeerKey key, bool is_late) {
  Peer* const who = find_peer(key);
  if (who == nullptr || who->is_late == is_late) return;
  who->is_late = is_late;
  if (is_late) ++late_;
  else --late_;
}

void PiecePicker::verified(PieceIndex piece) {
  SWARM_ASSERT(state(piece) == PieceState::whole, piece);
  const std::uint32_t slot = slot_of(piece);
  slots_[slot].in_use = false;
  slots_[slot].blocks.clear();
  free_slots_.push_back(slot);
  order_.set_note(piece, kHave);
  if (--missing_ > 0) return;
  order_.clear();
  slots_ = {};
  free_slots_ = {};
  orphans_ = {};
  peers_ = {};
  late_ = 0;
  cancel_at_ = {};
}

void PiecePicker::failed(PieceIndex index) {
  SWARM_ASSERT(state(index) == PieceState::whole, index);
  const std::uint32_t slot = slot_of(index);
  Begun& piece = slots_[slot];
  std::ranges::fill(piece.blocks, Block{});
  piece.wanted = static_cast<std::uint32_t>(piece.blocks.size());
  piece.received = 0;
  piece.first_wanted = 0;
  piece.has_late = false;
  wanted_ += piece.wanted;
  make_orphan(slot);
  SWARM_ASSERT_DEEP((check_slot(slot), true));
}

// ---- questions ----

PieceState PiecePicker::state(PieceIndex piece) const {
  SWARM_ASSERT(geometry_.contains(piece), piece);
  if (missing_ == 0) return PieceState::have;
  if (order_.contains(piece)) return PieceState::missing;
  const std::uint32_t note = order_.note(piece);
  if (note == kHave) return PieceState::have;
  return slots_[note].is_whole() ? PieceState::whole : PieceState::partial;
}

std::vector<PeerKey> PiecePicker::sources(PieceIndex piece) const {
  const std::uint32_t slot = slot_of(piece);
  SWARM_ASSERT(slot != kNone, piece);
  std::vector<PeerKey> sources;
  sources.reserve(slots_[slot].blocks.size());
  for (const Block& block : slots_[slot].blocks) {
    sources.push_back(block.state == BlockState::received ? block.peer : kNobody);
  }
  return sources;
}

std::vector<PeerKey> PiecePicker::holders(const BlockRange& range) const {
  SWARM_ASSERT(geometry_.is_block(range), range.piece, range.begin, range.length);
  const std::uint32_t slot = slot_of(range.piece);
  if (slot == kNone) return {};
  const Begun& piece = slots_[slot];
  const BlockIndex index = PieceGeometry::block_at(range.begin);
  if (piece.blocks[index.value()].state != BlockState::requested) return {};
  std::vector<PeerKey> holders{piece.blocks[index.value()].peer};
  for (const FurtherAsker& further : piece.further) {
    if (further.block == index) holders.push_back(further.peer);
  }
  return holders;
}

std::size_t PiecePicker::open_requests(PeerKey key) const {
  const Peer* const who = find_peer(key);
  return who == nullptr ? 0 : who->held.size();
}

std::uint32_t PiecePicker::availability(PieceIndex piece) const {
  SWARM_ASSERT(geometry_.contains(piece), piece);
  return missing_ == 0 ? 0 : order_.availability(piece);
}

std::uint32_t PiecePicker::partial_pieces() const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(slots_, [](const Begun& piece) { return piece.in_use && !piece.is_whole(); }));
}

// ---- peers, pieces begun, owners, askers ----

PiecePicker::Peer& PiecePicker::peer(PeerKey key) {
  const auto at = std::ranges::lower_bound(peers_, key, {}, &Peer::key);
  if (at != peers_.end() && at->key == key) return *at;
  Peer fresh;
  fresh.key = key;
  return *peers_.insert(at, std::move(fresh));
}

const PiecePicker::Peer* PiecePicker::find_peer(PeerKey key) const {
  const auto at = std::ranges::lower_bound(peers_, key, {}, &Peer::key);
  return at != peers_.end() && at->key == key ? &*at : nullptr;
}

PiecePicker::Peer* PiecePicker::find_peer(PeerKey key) {
  return const_cast<Peer*>(std::as_const(*this).find_peer(key));
}

std::uint32_t PiecePicker::slot_of(PieceIndex piece) const {
  SWARM_ASSERT(geometry_.contains(piece), piece);
  if (missing_ == 0 || order_.contains(piece) || order_.note(piece) == kHave) return kNone;
  return order_.note(piece);
}

// All blocks wanted; on no list yet: the caller gives it an owner or makes it an orphan.
std::uint32_t PiecePicker::begin_piece(PieceIndex index) {
  std::uint32_t slot = static_cast<std::uint32_t>(slots_.size());
  if (free_slots_.empty()) {
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  Begun& piece = slots_[slot];
  piece.piece = index;
  piece.owner = kNobody;
  piece.wanted = geometry_.block_count(index);
  piece.received = 0;
  piece.first_wanted = 0;
  piece.in_use = true;
  piece.has_late = false;
  piece.blocks.assign(piece.wanted, Block{});
  order_.take_out(index, slot);
  return slot;
}

void PiecePicker::own(std::uint32_t slot, Peer& who) {
  if (who.own != kNone) make_orphan(who.own);
  leave_lists(slot);
  slots_[slot].owner = who.key;
  who.own = slot;
}

// Does nothing to a piece that is one already: it keeps its age.
void PiecePicker::make_orphan(std::uint32_t slot) {
  if (slots_[slot].owner != kNobody) leave_lists(slot);
  if (std::ranges::find(orphans_, slot) == orphans_.end()) orphans_.push_back(slot);
}

void PiecePicker::leave_lists(std::uint32_t slot) {
  Begun& piece = slots_[slot];
  if (piece.owner == kNobody) {
    std::erase(orphans_, slot);
  } else {
    find_peer(piece.owner)->own = kNone;
    piece.owner = kNobody;
  }
}

std::uint32_t PiecePicker::askers(const Begun& piece, BlockIndex block) const {
  return 1 + static_cast<std::uint32_t>(std::ranges::count(piece.further, block, &FurtherAsker::block));
}

bool PiecePicker::is_asked(const Begun& piece, BlockIndex index, PeerKey who) const {
  const Block& block = piece.blocks[index.value()];
  if (block.state != BlockState::requested) return false;
  return block.peer == who || std::ranges::any_of(piece.further, [&](const FurtherAsker& further) {
    return further.block == index && further.peer == who;
  });
}

void PiecePicker::remove_asker(std::uint32_t slot, BlockIndex index, PeerKey who, PeerKey given_back_by) {
  Begun& piece = slots_[slot];
  Block& block = piece.blocks[index.value()];
  const bool was_first = block.peer == who;
  const auto next = std::ranges::find_if(piece.further, [&](const FurtherAsker& further) {
    return further.block == index && (was_first || further.peer == who);
  });
  if (next != piece.further.end()) {
    if (was_first) block.peer = next->peer;
    piece.further.erase(next);
  } else {
    SWARM_ASSERT(was_first && block.state == BlockState::requested, piece.piece, index, who);
    block = {given_back_by, BlockState::wanted};
    ++piece.wanted;
    ++wanted_;
    piece.first_wanted = std::min(piece.first_wanted, index.value());
    make_orphan(slot);
  }
  SWARM_ASSERT_DEEP((check_slot(slot), true));
}

void PiecePicker::drop_held(Peer& who, std::uint32_t slot, BlockIndex block) {
  const auto at = std::ranges::find_if(
      who.held, [&](const Held& held) { return held.slot == slot && held.block == block; });
  SWARM_ASSERT(at != who.held.end(), who.key, slot, block);
  if (at->is_duplicate) --who.duplicates;
  who.held.erase(at);
}

// ---- invariants ----

void PiecePicker::check_slot(std::uint32_t slot) const {
  const Begun& piece = slots_[slot];
  SWARM_ASSERT(piece.in_use && slot_of(piece.piece) == slot, slot, piece.piece);
  SWARM_ASSERT(piece.blocks.size() == geometry_.block_count(piece.piece), piece.piece);
  std::uint32_t wanted = 0;
  std::uint32_t received = 0;
  for (std::uint32_t i = 0; i < piece.blocks.size(); ++i) {
    const Block& block = piece.blocks[i];
    if (block.state == BlockState::wanted) ++wanted;
    if (block.state == BlockState::received) ++received;
    SWARM_ASSERT(block.state != BlockState::wanted || i >= piece.first_wanted, piece.piece, i);
    SWARM_ASSERT(block.state == BlockState::wanted || block.peer != kNobody, piece.piece, i);
  }
  SWARM_ASSERT(wanted == piece.wanted && received == piece.received, piece.piece, wanted, received);
  for (const FurtherAsker& further : piece.further) {
    const Block& block = piece.blocks[further.block.value()];
    SWARM_ASSERT(block.state == BlockState::requested && block.peer != further.peer, piece.piece, further.block);
  }
}

void PiecePicker::check_invariants() const {
  if (missing_ == 0) {
    SWARM_ASSERT(wanted_ == 0 && slots_.empty() && peers_.empty() && orphans_.empty(), wanted_);
    return;
  }
  order_.check_invariants();
  std::uint64_t wanted = 0;
  std::uint32_t missing = 0;
  for (PieceIndex piece(0); geometry_.contains(piece); ++piece) {
    const PieceState now = state(piece);
    if (now != PieceState::have) ++missing;
    if (now == PieceState::missing) wanted += geometry_.block_count(piece);
  }
  std::uint64_t asked = 0;
  std::size_t orphans = 0;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const Begun& piece = slots_[slot];
    if (!piece.in_use) continue;
    check_slot(slot);
    wanted += piece.wanted;
    asked += piece.blocks.size() - piece.wanted - piece.received + piece.further.size();
    const bool is_orphan = std::ranges::count(orphans_, slot) == 1;
    SWARM_ASSERT(is_orphan == (piece.wanted > 0 && piece.owner == kNobody), piece.piece);
    orphans += is_orphan ? 1 : 0;
    SWARM_ASSERT(piece.wanted > 0 || piece.owner == kNobody, piece.piece);
    SWARM_ASSERT(piece.owner == kNobody || find_peer(piece.owner)->own == slot, piece.piece);
  }
  SWARM_ASSERT(orphans == orphans_.size(), orphans);
  SWARM_ASSERT(wanted == wanted_ && missing == missing_, wanted, wanted_, missing, missing_);
  std::uint64_t held = 0;
  for (const Peer& who : peers_) {
    SWARM_ASSERT(who.own == kNone || slots_[who.own].owner == who.key, who.key);
    held += who.held.size();
    for (const Held& one : who.held) SWARM_ASSERT(is_asked(slots_[one.slot], one.block, who.key), who.key);
    SWARM_ASSERT(std::ranges::count(who.held, true, &Held::is_duplicate) == who.duplicates, who.key, who.duplicates);
  }
  SWARM_ASSERT(held == asked, held, asked);
  SWARM_ASSERT(std::ranges::count(peers_, true, &Peer::is_late) == late_, late_);
  SWARM_ASSERT(std::ranges::is_sorted(peers_, {}, &Peer::key));
}

}  // namespace swarmlab::client
