#include "swarmsim/peers/raw_peer.hpp"

#include <algorithm>
#include <utility>

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kDrop = 100ms;
constexpr std::size_t kReadBytes = 64 * 1024;
// Connections at once; real systems have as many ports and descriptors.
constexpr std::size_t kMaxOpen = 1000;

}  // namespace

RawPeer::RawPeer(Role& role, RawPeerPlace place)
    : role_(role), place_(std::move(place)), timer_(place_.timers, *this) {}

RawPeer::~RawPeer() {
  if (listener_) place_.network.close(*listener_);
  for (const auto& [stream, conversation] : open_) place_.network.reset(stream);
}

std::expected<std::optional<Endpoint>, runtime::NetworkError> RawPeer::start() {
  std::optional<Endpoint> at;
  if (place_.listen && !role_.is_idle()) {
    const auto listener = place_.network.listen(*place_.listen, *this);
    if (!listener) return std::unexpected(listener.error());
    listener_ = *listener;
    at = place_.network.local_endpoint(*listener);
  }
  if (!place_.victims.empty()) next_dial_ = place_.clock.now();
  arm();
  return at;
}

void RawPeer::dial_next() {
  const Endpoint& victim = place_.victims[next_victim_++ % place_.victims.size()];
  if (open_.size() >= kMaxOpen || !role_.is_due()) return;
  const runtime::StreamId stream = place_.network.connect(victim, std::nullopt, *this);
  open_[stream].stream = stream;
}

void RawPeer::begin(runtime::StreamId stream) {
  Conversation& conversation = open_[stream];
  conversation.stream = stream;
  conversation.until = place_.clock.now() + role_.spec.duration("hold");
  greet(conversation);
  arm();
}

void RawPeer::end(runtime::StreamId stream) {
  open_.erase(stream);
  place_.network.close(stream);
}

void RawPeer::on_connected(runtime::StreamId stream) { begin(stream); }

void RawPeer::on_accept(runtime::ListenerId, runtime::StreamId stream, const Endpoint&) {
  place_.network.set_handler(stream, *this);
  begin(stream);
}

void RawPeer::on_readable(runtime::StreamId stream) {
  Conversation& conversation = open_.at(stream);
  while (!conversation.is_deaf) {
    const runtime::ReadResult result = place_.network.read(stream, kReadBytes);
    switch (result.state) {
      case runtime::ReadResult::State::nothing_yet: return;
      case runtime::ReadResult::State::end_of_stream: end(stream); return;
      case runtime::ReadResult::State::data:
        if (result.slice.kind() == runtime::Slice::Kind::bytes) hear(conversation, result.slice.bytes());
        break;
    }
  }
}

void RawPeer::on_closed(runtime::StreamId stream, runtime::NetworkError) { open_.erase(stream); }

void RawPeer::on_timer(runtime::Tag) {
  timer_.expired();
  const Time now = place_.clock.now();
  if (next_dial_ <= now) {
    next_dial_ = now + role_.spec.duration("every");
    dial_next();
  }
  std::vector<runtime::StreamId> over;
  for (auto& [stream, conversation] : open_) {
    if (conversation.until <= now) {
      over.push_back(stream);
    } else if (!conversation.drops.empty()) {
      say(conversation, Bytes(conversation.drops).first(1));
      conversation.drops.erase(conversation.drops.begin());
    }
  }
  for (const runtime::StreamId stream : over) end(stream);
  arm();
}

void RawPeer::arm() {
  const Time now = place_.clock.now();
  Time next = next_dial_;
  for (const auto& [stream, conversation] : open_) {
    next = std::min(next, conversation.until);
    if (!conversation.drops.empty()) next = std::min(next, now + kDrop);
  }
  if (next != kNever) timer_.arm_no_later_than(std::max(next, now));
}

}  // namespace swarmlab::swarmsim
