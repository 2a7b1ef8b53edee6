// PiecePicker's rules about company: who is asked for a block that others are asked for, and who is left alone with a piece.
#include <algorithm>

#include "client/piece_picker.hpp"

namespace swarmlab::client {

using protocol::PieceGeometry;

// Asks `who` for a block that another peer is asked for.
void PiecePicker::ask_too(Peer& who, std::uint32_t slot, BlockIndex block, bool is_duplicate, Out& out) {
  slots_[slot].further.push_back({block, who.key});
  who.held.push_back({slot, block, is_duplicate});
  if (is_duplicate) ++who.duplicates;
  out.push_back(geometry_.block(slots_[slot].piece, block));
}

void PiecePicker::take_late(const Asker& asker, Peer& who, std::size_t until, Out& out) {
  for (std::size_t i = 0; i < orphans_.size() && out.size() < until;) {
    const std::uint32_t slot = orphans_[i];
    if (slots_[slot].has_late && asker.pieces.test(slots_[slot].piece)) take_wanted(slot, who, Take::fresh, until, out);
    if (i < orphans_.size() && orphans_[i] == slot) ++i;   // else it left the list: the next one stands here
  }
  if (late_ == 0) return;
  for (const Peer& holder : peers_) {
    if (!holder.is_late || holder.key == who.key) continue;
    for (const Held& held : holder.held) {
      if (out.size() >= until || who.duplicates >= options_.end_game_per_peer) return;
      const Begun& piece = slots_[held.slot];
      if (!asker.pieces.test(piece.piece) || is_asked(piece, held.block, who.key)) continue;
      if (askers(piece, held.block) < kLateAskersMax && are_askers_late(piece, held.block)) ask_too(who, held.slot, held.block, true, out);
    }
  }
}

bool PiecePicker::are_askers_late(const Begun& piece, BlockIndex block) const {
  if (!find_peer(piece.blocks[block.value()].peer)->is_late) return false;
  return std::ranges::all_of(piece.further, [&](const FurtherAsker& further) {
    return further.block != block || find_peer(further.peer)->is_late;
  });
}

// Backwards through each piece, against the order in which it was asked for: then the askers meet in the middle, and a Cancel
// saves most of what both were asked for.  Both in the same order get everything twice.
void PiecePicker::take_further(const Asker& asker, Peer& who, std::size_t until, Out& out) {
  std::uint32_t looks = 0;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const Begun& piece = slots_[slot];
    if (!piece.in_use || piece.is_whole() || !asker.pieces.test(piece.piece)) continue;
    for (std::size_t left = piece.blocks.size(); left > 0; --left) {
      if (out.size() >= until || ++looks > kEndGameLooks) return;
      const BlockIndex block(static_cast<std::uint32_t>(left - 1));
      if (piece.blocks[left - 1].state != BlockState::requested || is_asked(piece, block, who.key)) continue;
      if (askers(piece, block) < options_.requesters) ask_too(who, slot, block, false, out);
    }
  }
}

// For a peer on parole.
void PiecePicker::take_alone(const Asker& asker, Peer& who, std::size_t until, runtime::Random& random, Out& out) {
  if (who.own != kNone && !is_untouched_by_others(slots_[who.own], who.key)) make_orphan(who.own);
  if (who.own != kNone && asker.pieces.test(slots_[who.own].piece)) {
    const std::uint32_t slot = who.own;
    if (take_wanted(slot, who, Take::fresh, until, out)) make_orphan(slot);
  }
  for (std::size_t i = 0; i < orphans_.size() && out.size() < until;) {
    const std::uint32_t slot = orphans_[i];
    if (asker.pieces.test(slots_[slot].piece) && is_untouched_by_others(slots_[slot], who.key)) {
      const std::size_t before = out.size();
      const bool passed_over = take_wanted(slot, who, Take::fresh, until, out);
      if (out.size() > before && !passed_over && slots_[slot].wanted > 0) own(slot, who);
    }
    if (i < orphans_.size() && orphans_[i] == slot) ++i;
  }
  take_new_pieces(asker, who, Bound::passed, until, random, out);
  if (!who.held.empty() || out.size() >= until) return;

  const std::size_t one = out.size() + 1;
  take_orphans(asker, who, one, out);
  if (out.size() < one) join_others(asker, who, one, out);
  if (out.size() < one && asker.again) take_given_back(asker, who, one, out);
  if (out.size() < one && options_.end_game && in_end_game()) take_duplicates(asker, who, one, random, out);
}

bool PiecePicker::is_untouched_by_others(const Begun& piece, PeerKey who) const {
  return std::ranges::all_of(piece.blocks, [who](const Block& block) {
           return block.state == BlockState::wanted || block.peer == who;
         }) &&
         std::ranges::all_of(piece.further, [who](const FurtherAsker& further) { return further.peer == who; });
}

// Whether pieces that this peer begins are shared by all.
bool PiecePicker::deals_to(const Peer& who) const {
  return options_.affinity == PieceAffinity::dealt && who.speed != Speed::slow && !who.on_parole;
}

bool PiecePicker::has_enough_begun() const {
  if (options_.partial_pieces == 0) return false;
  return partial_pieces() >= std::uint64_t{options_.partial_pieces} * std::max(connections_, 1U);
}

}  // namespace swarmlab::client
