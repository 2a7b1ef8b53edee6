#include "swarmsim/profile/silence_watch.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

void SilenceWatch::on_event(const WireEvent& event) {
  const bool is_theirs = (event.from == client_ && event.to == silent_) || (event.from == silent_ && event.to == client_);
  if (event.kind == WireEventKind::ended && is_theirs) {
    if (first_ != kNever && event.from == client_ && !hung_up_) hung_up_ = event.at - first_;
    for (const auto& [_, request] : open_) given_up_.add(event.at - request.at);
    return open_.clear();
  }
  if (event.kind != WireEventKind::sent || event.from != client_) return;
  const Block block{event.message.piece, event.message.begin};
  const auto found = open_.find(block);
  if (event.message.kind == MessageKind::request && event.to == silent_) {
    if (first_ == kNever) first_ = event.at;
    ++requests_;
    open_.try_emplace(block, Request{event.at});
  } else if (event.message.kind == MessageKind::request && found != open_.end() && !found->second.was_asked_elsewhere) {
    asked_elsewhere_.add(event.at - found->second.at);
    found->second.was_asked_elsewhere = true;
  } else if (event.message.kind == MessageKind::cancel && event.to == silent_ && found != open_.end()) {
    given_up_.add(event.at - found->second.at);
    open_.erase(found);
  }
}

Duration SilenceWatch::longest_wait(Time now) const {
  Duration longest{};
  for (const auto& [_, request] : open_)
    if (!request.was_asked_elsewhere) longest = std::max(longest, now - request.at);
  return longest;
}

}  // namespace swarmlab::swarmsim
