#include "swarmsim/peers/message_filter.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {

using runtime::Slice;
using runtime::StreamId;

MessageFilter::MessageFilter(runtime::Network& inner, const runtime::Clock& clock, runtime::Timers& timers,
                             std::span<const std::unique_ptr<Role>> roles)
    : inner_(inner), clock_(clock), roles_(roles), timers_(timers), timer_(timers_, *this) {}

FilteredLine* MessageFilter::line(StreamId stream) const {
  const auto found = streams_.find(stream);
  SWARM_ASSERT(found != streams_.end(), stream);
  return found->second.line->is_over() ? nullptr : found->second.line.get();
}

void MessageFilter::adopt(StreamId stream, runtime::StreamHandler& handler) {
  LineWaker& waker = *this;
  streams_[stream] = {&handler, std::make_unique<FilteredLine>(inner_, stream, clock_, roles_, waker), {}, {}};
}

// ---- what the engine does ----

StreamId MessageFilter::connect(const Endpoint& to, std::optional<IpAddress> from, runtime::StreamHandler& handler) {
  const StreamId stream = inner_.connect(to, from, *this);
  adopt(stream, handler);
  streams_[stream].peer = to;
  return stream;
}

void MessageFilter::set_handler(StreamId stream, runtime::StreamHandler& handler) {
  if (const auto found = streams_.find(stream); found != streams_.end()) {
    found->second.handler = &handler;
    return;
  }
  adopt(stream, handler);
  inner_.set_handler(stream, *this);
}

std::expected<runtime::ListenerId, runtime::NetworkError> MessageFilter::listen(const Endpoint& at,
                                                                                runtime::AcceptHandler& handler) {
  const auto listener = inner_.listen(at, *this);
  if (listener) listeners_[*listener] = &handler;
  return listener;
}

void MessageFilter::close(runtime::ListenerId listener) {
  listeners_.erase(listener);
  inner_.close(listener);
}

runtime::ReadResult MessageFilter::read(StreamId stream, std::size_t max) {
  FilteredLine* of = line(stream);
  return of == nullptr ? runtime::ReadResult{runtime::ReadResult::State::nothing_yet, {}} : of->read(max);
}
void MessageFilter::write(StreamId stream, Bytes bytes) {
  if (FilteredLine* of = line(stream)) of->write(Slice::copy_of(bytes));
}
void MessageFilter::write(StreamId stream, Slice slice) {
  if (FilteredLine* of = line(stream)) of->write(std::move(slice));
}
ByteCount MessageFilter::unsent(StreamId stream) const {
  const FilteredLine* of = line(stream);
  return of == nullptr ? ByteCount{} : of->unsent();
}
void MessageFilter::set_low_water(StreamId stream, ByteCount mark) {
  FilteredLine* of = line(stream);
  if (of == nullptr) return;
  of->set_low_water(mark);
  inner_.set_low_water(stream, mark);
}
void MessageFilter::shutdown_write(StreamId stream) {
  if (line(stream) != nullptr) inner_.shutdown_write(stream);
}
void MessageFilter::close(StreamId stream) {
  if (line(stream) != nullptr) inner_.close(stream);
  streams_.erase(stream);
}
void MessageFilter::reset(StreamId stream) {
  if (line(stream) != nullptr) inner_.reset(stream);
  streams_.erase(stream);
}
Endpoint MessageFilter::local_endpoint(StreamId stream) const {
  return line(stream) != nullptr ? inner_.local_endpoint(stream) : streams_.at(stream).local;
}
Endpoint MessageFilter::peer_endpoint(StreamId stream) const {
  return line(stream) != nullptr ? inner_.peer_endpoint(stream) : streams_.at(stream).peer;
}
std::optional<Duration> MessageFilter::round_trip_time(StreamId stream) const {
  return line(stream) != nullptr ? inner_.round_trip_time(stream) : std::nullopt;
}

// ---- what the world says ----

void MessageFilter::on_connected(StreamId stream) {
  Stream& known = streams_.at(stream);
  known.local = inner_.local_endpoint(stream);
  known.handler->on_connected(stream);
}
void MessageFilter::on_readable(StreamId stream) { streams_.at(stream).handler->on_readable(stream); }
void MessageFilter::on_writable(StreamId stream) { streams_.at(stream).handler->on_writable(stream); }
void MessageFilter::on_closed(StreamId stream, runtime::NetworkError why) {
  runtime::StreamHandler& handler = *streams_.at(stream).handler;
  streams_.erase(stream);
  handler.on_closed(stream, why);
}

void MessageFilter::on_accept(runtime::ListenerId listener, StreamId stream, const Endpoint& from) {
  listeners_.at(listener)->on_accept(listener, stream, from);
  const auto accepted = streams_.find(stream);
  if (accepted == streams_.end()) return;
  if (accepted->second.line->is_over()) return;
  accepted->second.peer = from;
  accepted->second.local = inner_.local_endpoint(stream);
}

void MessageFilter::on_timer(runtime::Tag) {
  timer_.expired();
  const Time now = clock_.now();
  std::vector<StreamId> due;
  for (const auto& [id, stream] : streams_)
    if (stream.line->next_wake() <= now) due.push_back(id);
  for (const StreamId id : due) {
    // What one stream's handler does may end another.
    const auto found = streams_.find(id);
    if (found == streams_.end()) continue;
    FilteredLine& of = *found->second.line;
    runtime::StreamHandler& handler = *found->second.handler;
    of.on_timer();
    if (of.is_over()) {
      streams_.erase(found);
      handler.on_closed(id, runtime::NetworkError::reset);
    } else if (of.take_writable()) {
      handler.on_writable(id);
    }
  }
  Time next = kNever;
  for (const auto& [id, stream] : streams_) next = std::min(next, stream.line->next_wake());
  if (next != kNever) timer_.arm_no_later_than(std::max(next, now));
}

// ---- what passes through ----

Endpoint MessageFilter::local_endpoint(runtime::ListenerId listener) const { return inner_.local_endpoint(listener); }
std::expected<runtime::DatagramSocketId, runtime::NetworkError> MessageFilter::open_datagrams(
    const Endpoint& at, runtime::DatagramHandler& handler) {
  return inner_.open_datagrams(at, handler);
}
Endpoint MessageFilter::local_endpoint(runtime::DatagramSocketId socket) const { return inner_.local_endpoint(socket); }
void MessageFilter::send(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) {
  inner_.send(socket, batch);
}
void MessageFilter::close(runtime::DatagramSocketId socket) { inner_.close(socket); }
void MessageFilter::resolve(std::string_view host, runtime::ResolveHandler& handler, runtime::Tag tag) {
  inner_.resolve(host, handler, tag);
}
void MessageFilter::forget(runtime::ResolveHandler& handler) { inner_.forget(handler); }

}  // namespace swarmlab::swarmsim
