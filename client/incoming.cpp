#include "client/incoming.hpp"

#include <algorithm>
#include <utility>

#include "protocol/handshake.hpp"

namespace swarmlab::client {

Incoming::Incoming(const runtime::Outside& outside, const Settings& settings, IncomingOwner& owner)
    : network_(outside.network), clock_(outside.clock), settings_(settings), owner_(owner),
      timer_(outside.timers, *this) {}

Incoming::~Incoming() { close(); }

std::expected<Endpoint, runtime::NetworkError> Incoming::listen(const Endpoint& at) {
  const auto listener = network_.listen(at, *this);
  if (!listener) return std::unexpected(listener.error());
  listeners_.push_back(*listener);
  return network_.local_endpoint(*listener);
}

void Incoming::close() {
  for (const runtime::ListenerId listener : std::exchange(listeners_, {})) network_.close(listener);
  for (const auto& [stream, waiting] : std::exchange(waiting_, {})) network_.close(stream);
}

void Incoming::on_accept(runtime::ListenerId, runtime::StreamId stream, const Endpoint& from) {
  network_.set_handler(stream, *this);
  if (waiting_.size() >= settings_.max_half_open) {
    network_.close(stream);
    return;
  }
  const Time until = clock_.now() + settings_.handshake_timeout;
  waiting_.emplace(stream, Waiting{from, until, {}});
  timer_.arm_no_later_than(until);
}

void Incoming::drop(runtime::StreamId stream) {
  waiting_.erase(stream);
  network_.close(stream);
}

void Incoming::on_readable(runtime::StreamId stream) {
  const auto entry = waiting_.find(stream);
  if (entry == waiting_.end()) return;
  std::vector<std::byte>& received = entry->second.received;
  while (received.size() < protocol::kHandshakeBytes) {
    const runtime::ReadResult result = network_.read(stream, protocol::kHandshakeBytes - received.size());
    if (result.state == runtime::ReadResult::State::nothing_yet) return;
    if (result.state == runtime::ReadResult::State::end_of_stream ||
        result.slice.kind() != runtime::Slice::Kind::bytes) {
      drop(stream);
      return;
    }
    const Bytes bytes = result.slice.bytes();
    received.insert(received.end(), bytes.begin(), bytes.end());
    if (!protocol::decode_handshake(received)) {
      drop(stream);
      return;
    }
  }
  const auto handshake = protocol::decode_handshake(received);
  if (!owner_.knows((*handshake)->info_hash)) {
    drop(stream);
    return;
  }
  const Waiting complete = std::move(entry->second);
  waiting_.erase(entry);
  owner_.on_incoming((*handshake)->info_hash, stream, complete.from, complete.received);
}

void Incoming::on_closed(runtime::StreamId stream, runtime::NetworkError) { waiting_.erase(stream); }

void Incoming::on_timer(runtime::Tag) {
  timer_.expired();
  const Time now = clock_.now();
  Time next = kNever;
  std::vector<runtime::StreamId> overdue;
  for (const auto& [stream, waiting] : waiting_) {
    if (waiting.until <= now) {
      overdue.push_back(stream);
    } else {
      next = std::min(next, waiting.until);
    }
  }
  for (const runtime::StreamId stream : overdue) drop(stream);
  if (next != kNever) timer_.arm(next);
}

}  // namespace swarmlab::client
