// The owner's side of TcpLayer: streams and listeners.
#include "swarmsim/virtual/tcp_layer.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

using runtime::NetworkError;
using runtime::ReadResult;

constexpr std::uint16_t kFirstEphemeralPort = 32768;
constexpr std::uint16_t kLastEphemeralPort = 60999;

// Whether a listener at `at` takes what is sent to `to`.  An unspecified IPv6 address takes both families.
bool covers(const Endpoint& at, const Endpoint& to) {
  if (at.port != to.port) return false;
  if (at.address == to.address) return true;
  return at.address.is_unspecified() && (at.address.is_v6() || !to.address.is_v6());
}

}  // namespace

void TcpLayer::add_host() { hosts_.emplace_back(); }

TcpLayer::EndRef TcpLayer::find(std::uint32_t host, runtime::StreamId stream) const {
  const auto& streams = hosts_[host].streams;
  return stream.value() < streams.size() ? streams[stream.value()] : kNoEnd;
}

runtime::StreamId TcpLayer::new_stream(std::uint32_t host, EndRef ref) {
  auto& streams = hosts_[host].streams;
  const runtime::StreamId id(static_cast<std::uint32_t>(streams.size()));
  streams.push_back(ref);
  return id;
}

std::uint16_t TcpLayer::take_port(Host& host) {
  const std::uint16_t port = host.next_port;
  host.next_port = port == kLastEphemeralPort ? kFirstEphemeralPort : static_cast<std::uint16_t>(port + 1);
  return port;
}

runtime::StreamId TcpLayer::connect(std::uint32_t host, const Endpoint& to, std::optional<IpAddress> from,
                                    runtime::StreamHandler& handler) {
  const std::uint32_t slot = connections_.take();
  Connection& connection = connections_[slot];
  connection.id = ConnectionId(next_connection_++);
  const EndRef ref = slot * 2;
  TcpEnd& dialler = connection.ends[0];
  TcpEnd& acceptor = connection.ends[1];
  dialler.handler = &handler;
  dialler.host = host;
  dialler.stream = new_stream(host, ref);
  dialler.state = TcpEnd::State::syn_sent;

  // To an address of the host itself, 127.0.0.1 and ::1 included, nothing leaves it.
  const FabricHost& own = fabric_.host(host);
  const bool to_self = to.address.is_loopback() || to.address.is_unspecified();
  acceptor.endpoint = to;
  const auto destination = to_self ? std::optional(host) : fabric_.host_of(to.address);
  acceptor.host = destination.value_or(kNoHost);
  acceptor.state = TcpEnd::State::none;

  std::optional<NetworkError> failure;
  if (from) {
    const bool is_own = from->is_loopback() || std::ranges::find(own.addresses, *from) != own.addresses.end();
    if (!is_own) failure = NetworkError::address_unavailable;
    if (from->is_v6() != to.address.is_v6()) failure = NetworkError::unreachable;
    dialler.endpoint.address = *from;
  } else if (to_self) {
    dialler.endpoint.address = to.address;
  } else {
    const auto local = std::ranges::find(own.addresses, to.address.is_v6(), &IpAddress::is_v6);
    if (local == own.addresses.end()) {
      failure = NetworkError::unreachable;
    } else {
      dialler.endpoint.address = *local;
    }
  }
  dialler.endpoint.port = take_port(hosts_[host]);

  if (failure) {
    dialler.failure = *failure;
    loop_.post(loop_.now(), fabric_.host(host).entity, EventKind::stream_failed, ref, connection.id.value());
    return dialler.stream;
  }
  dialler.handshake_tries = 1;
  dialler.retry_handshake_at = loop_.now() + tcp::kInitialRto;
  send_control(ref, Segment::syn);
  mark(ref);
  return dialler.stream;
}

std::optional<std::uint32_t> TcpLayer::listener_for(std::uint32_t host, const Endpoint& to) const {
  const Host& h = hosts_[host];
  for (const std::uint32_t index : h.open_listeners) {
    if (covers(h.listeners[index].at, to)) return index;
  }
  return std::nullopt;
}

std::expected<runtime::ListenerId, NetworkError> TcpLayer::listen(std::uint32_t host, const Endpoint& at,
                                                                  runtime::AcceptHandler& handler) {
  const FabricHost& own = fabric_.host(host);
  Host& h = hosts_[host];
  const bool is_own = at.address.is_unspecified() || at.address.is_loopback() ||
                      std::ranges::find(own.addresses, at.address) != own.addresses.end();
  if (!is_own) return std::unexpected(NetworkError::address_unavailable);
  Endpoint taken = at;
  const auto in_use = [&](const Endpoint& wanted) {
    return std::ranges::any_of(h.open_listeners, [&](std::uint32_t i) {
      return covers(h.listeners[i].at, wanted) || covers(wanted, h.listeners[i].at);
    });
  };
  if (taken.port == 0) {
    do taken.port = take_port(h);
    while (in_use(taken));
  } else if (in_use(taken)) {
    return std::unexpected(NetworkError::address_in_use);
  }
  const auto index = static_cast<std::uint32_t>(h.listeners.size());
  h.listeners.push_back({taken, &handler});
  h.open_listeners.push_back(index);
  return runtime::ListenerId(index);
}

Endpoint TcpLayer::listener_endpoint(std::uint32_t host, runtime::ListenerId listener) const {
  return hosts_[host].listeners.at(listener.value()).at;
}

void TcpLayer::close_listener(std::uint32_t host, runtime::ListenerId listener) {
  Host& h = hosts_[host];
  h.listeners.at(listener.value()).handler = nullptr;
  std::erase(h.open_listeners, listener.value());
}

void TcpLayer::set_handler(std::uint32_t host, runtime::StreamId stream, runtime::StreamHandler& handler) {
  const EndRef ref = find(host, stream);
  if (ref != kNoEnd) end_at(ref).handler = &handler;
}

ReadResult TcpLayer::read(std::uint32_t host, runtime::StreamId stream, std::size_t max) {
  SWARM_ASSERT(max > 0);
  const EndRef ref = find(host, stream);
  if (ref == kNoEnd) return {ReadResult::State::nothing_yet, {}};
  TcpEnd& end = end_at(ref);
  const std::uint64_t there = end.receiver.delivered() - end.read;
  if (there == 0) {
    if (end.receiver.finished()) return {ReadResult::State::end_of_stream, {}};
    end.readable_due = true;
    return {ReadResult::State::nothing_yet, {}};
  }
  runtime::Slice slice = end_at(ref ^ 1).outgoing.read(
      pools_, static_cast<std::size_t>(std::min<std::uint64_t>(max, there)));
  end.read += slice.size();
  if (end.receiver.on_read(end.read, loop_.now())) mark(ref);
  return {ReadResult::State::data, std::move(slice)};
}

void TcpLayer::write(std::uint32_t host, runtime::StreamId stream, Bytes bytes) {
  const EndRef ref = find(host, stream);
  if (ref == kNoEnd || bytes.empty()) return;
  TcpEnd& end = end_at(ref);
  SWARM_ASSERT(!end.sender.fin_wanted(), stream);
  if (tap_ != nullptr && connection_of(ref).is_told) {
    tap_->on_written(connection_of(ref).id, direction_from(ref), loop_.now(), bytes);
  }
  end.outgoing.write(pools_, bytes);
  end.sender.add(bytes.size());
  if (end.sender.unsent() >= end.low_water) end.above_low_water = true;
  mark(ref);
}

void TcpLayer::write(std::uint32_t host, runtime::StreamId stream, const runtime::Slice& slice) {
  const EndRef ref = find(host, stream);
  if (ref == kNoEnd || slice.empty()) return;
  TcpEnd& end = end_at(ref);
  SWARM_ASSERT(!end.sender.fin_wanted(), stream);
  if (tap_ != nullptr && connection_of(ref).is_told) {
    tap_->on_written(connection_of(ref).id, direction_from(ref), loop_.now(), slice);
  }
  end.outgoing.write(pools_, slice);
  end.sender.add(slice.size());
  if (end.sender.unsent() >= end.low_water) end.above_low_water = true;
  mark(ref);
}

ByteCount TcpLayer::unsent(std::uint32_t host, runtime::StreamId stream) const {
  const EndRef ref = find(host, stream);
  return ref == kNoEnd ? ByteCount{} : ByteCount(static_cast<std::int64_t>(end_at(ref).sender.unsent()));
}

void TcpLayer::set_low_water(std::uint32_t host, runtime::StreamId stream, ByteCount mark_bytes) {
  SWARM_ASSERT(mark_bytes.value() > 0, mark_bytes);
  const EndRef ref = find(host, stream);
  if (ref == kNoEnd) return;
  TcpEnd& end = end_at(ref);
  end.low_water = static_cast<std::uint32_t>(std::min<std::int64_t>(mark_bytes.value(), 1 << 30));
  if (end.sender.unsent() >= end.low_water) end.above_low_water = true;
  mark(ref);   // the new mark may be one that is passed already
}

void TcpLayer::shutdown_write(std::uint32_t host, runtime::StreamId stream) {
  const EndRef ref = find(host, stream);
  if (ref == kNoEnd) return;
  end_at(ref).sender.finish();
  mark(ref);
}

void TcpLayer::close(std::uint32_t host, runtime::StreamId stream) {
  const EndRef ref = find(host, stream);
  if (ref == kNoEnd) return;
  TcpEnd& end = end_at(ref);
  if (end.state != TcpEnd::State::open) {   // nothing that was queued can have anywhere to go
    reset(host, stream);
    return;
  }
  end.sender.finish();
  end.owner_closed = true;
  end.handler = nullptr;
  hosts_[host].streams[stream.value()] = kNoEnd;
  end_at(ref ^ 1).outgoing.discard(pools_);   // nobody reads it any more
  end.read = end.receiver.delivered();
  end.receiver.on_read(end.read, loop_.now());
  mark(ref);
}

void TcpLayer::reset(std::uint32_t host, runtime::StreamId stream) {
  const EndRef ref = find(host, stream);
  if (ref == kNoEnd) return;
  if (end_at(ref).state == TcpEnd::State::open) send_control(ref, Segment::rst);
  tell_reset(ref);
  bury(ref, TcpEnd::State::gone);
}

void TcpLayer::fail(std::uint32_t host, runtime::StreamId stream, NetworkError why) {
  const EndRef ref = find(host, stream);
  if (ref == kNoEnd || end_at(ref).state == TcpEnd::State::gone) return;
  if (end_at(ref).state == TcpEnd::State::open) send_control(ref, Segment::rst);
  tell_reset(ref);
  end_at(ref).failure = why;
  end_at(ref).state = TcpEnd::State::gone;   // the id lives until the owner has been told
  loop_.post(loop_.now(), fabric_.host(host).entity, EventKind::stream_failed, ref,
             connection_of(ref).id.value());
}

Endpoint TcpLayer::local_endpoint(std::uint32_t host, runtime::StreamId stream) const {
  const EndRef ref = find(host, stream);
  return ref == kNoEnd ? Endpoint{} : end_at(ref).endpoint;
}

Endpoint TcpLayer::peer_endpoint(std::uint32_t host, runtime::StreamId stream) const {
  const EndRef ref = find(host, stream);
  return ref == kNoEnd ? Endpoint{} : end_at(ref ^ 1).endpoint;
}

std::optional<Duration> TcpLayer::round_trip_time(std::uint32_t host, runtime::StreamId stream) const {
  const EndRef ref = find(host, stream);
  return ref == kNoEnd ? std::nullopt : end_at(ref).sender.round_trip().smoothed();
}

void TcpLayer::end_process(std::uint32_t host, Farewell farewell) {
  Host& h = hosts_[host];
  for (Listener& listener : h.listeners) listener.handler = nullptr;
  h.open_listeners.clear();
  for (std::size_t i = 0; i < h.streams.size(); ++i) {
    const EndRef ref = h.streams[i];
    if (ref == kNoEnd) continue;
    if (farewell == Farewell::reset && end_at(ref).state == TcpEnd::State::open) {
      send_control(ref, Segment::rst);
    }
    // Whoever is on the other side of a power cut does not know yet, and goes on.
    if (farewell == Farewell::reset) tell_reset(ref);
    bury(ref, TcpEnd::State::gone);
  }
  if (farewell == Farewell::reset) {
    tell_of_cut_connections(host);
    return;
  }
  // Nor does a kernel live on that would deliver what its dead owners had closed.
  for (std::uint32_t slot = 0; slot < connections_.capacity(); ++slot) {
    for (const EndRef ref : {slot * 2, slot * 2 + 1}) {
      TcpEnd& end = end_at(ref);
      if (connections_[slot].id == kFree || end.host != host || !end.owner_closed) continue;
      bury(ref, TcpEnd::State::gone);
    }
  }
}

// What an earlier power cut has left: whoever starts again does so without them.
void TcpLayer::tell_of_cut_connections(std::uint32_t host) {
  for (std::uint32_t slot = 0; slot < connections_.capacity(); ++slot) {
    if (connections_[slot].id == kFree) continue;
    for (const EndRef ref : {slot * 2, slot * 2 + 1}) {
      if (end_at(ref).host == host && end_at(ref).state == TcpEnd::State::gone) tell_reset(ref);
    }
  }
}

void TcpLayer::reset_between(std::uint32_t a, std::uint32_t b) {
  for (std::uint32_t slot = 0; slot < connections_.capacity(); ++slot) {
    const Connection& connection = connections_[slot];
    if (connection.id == kFree) continue;
    const std::uint32_t dialler = connection.ends[0].host;
    const std::uint32_t acceptor = connection.ends[1].host;
    if (!((dialler == a && acceptor == b) || (dialler == b && acceptor == a))) continue;
    tell_reset(slot * 2, StreamEnd::cut);
    on_reset(slot * 2);
    on_reset(slot * 2 + 1);
  }
}

}  // namespace swarmlab::swarmsim
