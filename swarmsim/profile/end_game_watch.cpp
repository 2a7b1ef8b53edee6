#include "swarmsim/profile/end_game_watch.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

EndGameWatch::EndGameWatch(HostId client, const protocol::PieceGeometry& geometry, const protocol::Bitfield& has_at_start)
    : client_(client) {
  for (std::uint32_t piece = 0; piece < geometry.piece_count(); ++piece)
    if (!has_at_start.test(PieceIndex(piece))) missing_ += geometry.block_count(PieceIndex(piece));
}

void EndGameWatch::on_event(const WireEvent& event) {
  const MessageKind kind = event.message.kind;
  const Block block{event.message.piece, event.message.begin};
  if (event.kind == WireEventKind::sent && event.from == client_) {
    if (kind == MessageKind::request) return on_request(blocks_[block], event.to);
    const auto found = blocks_.find(block);
    if (kind != MessageKind::cancel || found == blocks_.end()) return;
    if (found->second.arrived != kNever) cancels_.add(event.at - found->second.arrived);
    return take_back(found->second, event.to);
  }
  const bool is_end = event.kind == WireEventKind::ended && (event.from == client_ || event.to == client_);
  const bool is_choke = event.kind == WireEventKind::received && event.to == client_ && kind == MessageKind::choke;
  if (is_end || is_choke) {
    for (auto& [_, state] : blocks_) take_back(state, event.from == client_ ? event.to : event.from);
    return;
  }
  if (event.kind != WireEventKind::received || event.to != client_) return;
  const auto found = blocks_.find(block);
  if (found == blocks_.end()) return;   // nobody was asked for it
  if (kind == MessageKind::reject) take_back(found->second, event.from);
  if (kind == MessageKind::piece) on_block(found->second, event);
}

Sample EndGameWatch::requesters() const {
  Sample sample;
  for (const auto& [_, state] : blocks_)
    if (state.most_asked > 1) sample.add(std::int64_t{state.most_asked});
  return sample;
}

void EndGameWatch::on_request(State& state, HostId peer) {
  if (state.arrived != kNever || std::ranges::find(state.asked, peer) != state.asked.end()) return;
  if (state.asked.empty()) ++open_;
  else if (!beginning_) beginning_ = Beginning{missing_, missing_ - open_};
  state.asked.push_back(peer);
  state.most_asked = std::max(state.most_asked, static_cast<std::uint32_t>(state.asked.size()));
}

void EndGameWatch::on_block(State& state, const WireEvent& event) {
  const bool was_asked = std::erase(state.asked, event.from) > 0;
  if (state.arrived != kNever) {
    ++surplus_;
    return;
  }
  if (!was_asked && state.asked.empty()) return;   // what is pushed may be thrown away
  state.arrived = event.at;
  --missing_;
  --open_;
  left_open_ += static_cast<std::int64_t>(state.asked.size());
}

void EndGameWatch::take_back(State& state, HostId peer) {
  if (std::erase(state.asked, peer) > 0 && state.asked.empty() && state.arrived == kNever) --open_;
}

}  // namespace swarmlab::swarmsim
