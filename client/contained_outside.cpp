#include "client/contained_outside.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

using runtime::DatagramSocketId;
using runtime::FileHandler;
using runtime::FileId;
using runtime::HashHandler;
using runtime::HashId;
using runtime::ListenerId;
using runtime::Slice;
using runtime::StreamId;
using runtime::Tag;
using runtime::TimerId;

// Of a call to the world: what breaks there is not the torrent's.
struct Exposed : Containment {
  Exposed() : Containment(Kind::exposed) {}
};

}  // namespace

// ---- timers ----

TimerId ContainedTimers::create(runtime::TimerHandler& handler, Tag tag) {
  const Exposed exposed;
  auto entry = std::ranges::find(entries_, nullptr, &Entry::handler);
  if (entry == entries_.end()) entry = entries_.emplace(entries_.end());
  *entry = {&handler, tag, world_.create(*this, static_cast<Tag>(entry - entries_.begin()))};
  return entry->id;
}

void ContainedTimers::destroy(TimerId timer) {
  const Exposed exposed;
  const auto entry = std::ranges::find_if(entries_, [&](const Entry& one) { return one.handler != nullptr && one.id == timer; });
  SWARM_ASSERT(entry != entries_.end(), timer);
  entry->handler = nullptr;
  world_.destroy(timer);
}

void ContainedTimers::arm(TimerId timer, Time at) {
  const Exposed exposed;
  world_.arm(timer, at);
}

void ContainedTimers::disarm(TimerId timer) {
  const Exposed exposed;
  world_.disarm(timer);
}

void ContainedTimers::on_timer(Tag number) {
  const Entry entry = entries_[number];
  boundary_.run([&] { entry.handler->on_timer(entry.tag); });
}

// ---- network ----

ContainedNetwork::~ContainedNetwork() { world_.forget(static_cast<runtime::ResolveHandler&>(*this)); }

StreamId ContainedNetwork::connect(const Endpoint& to, std::optional<IpAddress> from, runtime::StreamHandler& handler) {
  const Exposed exposed;
  const StreamId stream = world_.connect(to, from, *this);
  streams_.emplace(stream, &handler);
  return stream;
}

std::expected<ListenerId, runtime::NetworkError> ContainedNetwork::listen(const Endpoint& at, runtime::AcceptHandler&) {
  SWARM_ASSERT(false, at.port);
  return std::unexpected(runtime::NetworkError::other);
}
Endpoint ContainedNetwork::local_endpoint(ListenerId listener) const { return world_.local_endpoint(listener); }
void ContainedNetwork::close(ListenerId listener) { world_.close(listener); }

void ContainedNetwork::set_handler(StreamId stream, runtime::StreamHandler& handler) {
  const Exposed exposed;
  world_.set_handler(stream, *this);
  streams_.insert_or_assign(stream, &handler);
}

runtime::ReadResult ContainedNetwork::read(StreamId stream, std::size_t max) {
  const Exposed exposed;
  return world_.read(stream, max);
}

void ContainedNetwork::write(StreamId stream, Bytes bytes) {
  const Exposed exposed;
  world_.write(stream, bytes);
}

void ContainedNetwork::write(StreamId stream, Slice slice) {
  const Exposed exposed;
  world_.write(stream, std::move(slice));
}

ByteCount ContainedNetwork::unsent(StreamId stream) const {
  const Exposed exposed;
  return world_.unsent(stream);
}

void ContainedNetwork::set_low_water(StreamId stream, ByteCount mark) {
  const Exposed exposed;
  world_.set_low_water(stream, mark);
}

void ContainedNetwork::shutdown_write(StreamId stream) {
  const Exposed exposed;
  world_.shutdown_write(stream);
}

void ContainedNetwork::close(StreamId stream) {
  const Exposed exposed;
  streams_.erase(stream);
  world_.close(stream);
}

void ContainedNetwork::reset(StreamId stream) {
  const Exposed exposed;
  streams_.erase(stream);
  world_.reset(stream);
}

Endpoint ContainedNetwork::local_endpoint(StreamId stream) const {
  const Exposed exposed;
  return world_.local_endpoint(stream);
}

Endpoint ContainedNetwork::peer_endpoint(StreamId stream) const {
  const Exposed exposed;
  return world_.peer_endpoint(stream);
}

std::optional<Duration> ContainedNetwork::round_trip_time(StreamId stream) const {
  const Exposed exposed;
  return world_.round_trip_time(stream);
}

template <class F>
void ContainedNetwork::within(StreamId stream, F&& f) {
  const auto entry = streams_.find(stream);
  if (entry != streams_.end()) boundary_.run([&, handler = entry->second] { f(*handler); });
}

void ContainedNetwork::on_connected(StreamId stream) {
  within(stream, [&](runtime::StreamHandler& handler) { handler.on_connected(stream); });
}

void ContainedNetwork::on_readable(StreamId stream) {
  within(stream, [&](runtime::StreamHandler& handler) { handler.on_readable(stream); });
}

void ContainedNetwork::on_writable(StreamId stream) {
  within(stream, [&](runtime::StreamHandler& handler) { handler.on_writable(stream); });
}

void ContainedNetwork::on_closed(StreamId stream, runtime::NetworkError why) {
  within(stream, [&](runtime::StreamHandler& handler) {
    streams_.erase(stream);
    handler.on_closed(stream, why);
  });
}

std::expected<DatagramSocketId, runtime::NetworkError> ContainedNetwork::open_datagrams(const Endpoint& at,
                                                                                        runtime::DatagramHandler& handler) {
  const Exposed exposed;
  const auto socket = world_.open_datagrams(at, *this);
  if (socket) sockets_.emplace(*socket, &handler);
  return socket;
}

Endpoint ContainedNetwork::local_endpoint(DatagramSocketId socket) const {
  const Exposed exposed;
  return world_.local_endpoint(socket);
}

void ContainedNetwork::send(DatagramSocketId socket, std::span<const runtime::Datagram> batch) {
  const Exposed exposed;
  world_.send(socket, batch);
}

void ContainedNetwork::close(DatagramSocketId socket) {
  const Exposed exposed;
  sockets_.erase(socket);
  world_.close(socket);
}

void ContainedNetwork::on_datagrams(DatagramSocketId socket, std::span<const runtime::Datagram> batch) {
  const auto entry = sockets_.find(socket);
  if (entry != sockets_.end()) boundary_.run([&, handler = entry->second] { handler->on_datagrams(socket, batch); });
}

void ContainedNetwork::resolve(std::string_view host, runtime::ResolveHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.resolve(host, *this, names_.add(handler, tag));
}

void ContainedNetwork::forget(runtime::ResolveHandler& handler) { names_.forget(handler); }

void ContainedNetwork::on_resolved(Tag number, std::expected<std::span<const IpAddress>, runtime::NetworkError> addresses) {
  const auto entry = names_.take(number);
  if (entry.handler != nullptr) boundary_.run([&] { entry.handler->on_resolved(entry.tag, addresses); });
}

// ---- files ----

ContainedFiles::~ContainedFiles() { world_.forget(*this); }

void ContainedFiles::open(std::string_view path, runtime::OpenMode mode, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.open(path, mode, *this, pending_.add(handler, tag, true));
}

void ContainedFiles::close(FileId file) {
  const Exposed exposed;
  world_.close(file);
}

void ContainedFiles::read(FileId file, ByteCount offset, ByteCount length, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.read(file, offset, length, *this, pending_.add(handler, tag));
}

void ContainedFiles::write(FileId file, ByteCount offset, std::span<const Slice> data, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.write(file, offset, data, *this, pending_.add(handler, tag));
}

void ContainedFiles::truncate(FileId file, ByteCount size, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.truncate(file, size, *this, pending_.add(handler, tag));
}

void ContainedFiles::allocate(FileId file, ByteCount size, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.allocate(file, size, *this, pending_.add(handler, tag));
}

void ContainedFiles::sync(FileId file, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.sync(file, *this, pending_.add(handler, tag));
}

void ContainedFiles::make_directories(std::string_view path, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.make_directories(path, *this, pending_.add(handler, tag));
}

void ContainedFiles::rename(std::string_view from, std::string_view to, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.rename(from, to, *this, pending_.add(handler, tag));
}

void ContainedFiles::remove(std::string_view path, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.remove(path, *this, pending_.add(handler, tag));
}

void ContainedFiles::stat(std::string_view path, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.stat(path, *this, pending_.add(handler, tag));
}

void ContainedFiles::list(std::string_view path, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.list(path, *this, pending_.add(handler, tag));
}

void ContainedFiles::sync_directory(std::string_view path, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.sync_directory(path, *this, pending_.add(handler, tag));
}

void ContainedFiles::free_space(std::string_view path, FileHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.free_space(path, *this, pending_.add(handler, tag));
}

void ContainedFiles::forget(FileHandler& handler) { pending_.forget(handler); }

void ContainedFiles::on_file(const runtime::FileResult& result) {
  const auto entry = pending_.take(result.tag);
  if (entry.handler == nullptr || boundary_.is_broken()) {
    // Nobody else knows of it.
    if (entry.opens_file && result.error == runtime::FileError::none) world_.close(result.file);
    return;
  }
  runtime::FileResult theirs = result;
  theirs.tag = entry.tag;
  boundary_.run([&] { entry.handler->on_file(theirs); });
}

// ---- digests ----

ContainedHasher::~ContainedHasher() { world_.forget(*this); }

HashId ContainedHasher::open() {
  const Exposed exposed;
  return world_.open();
}

void ContainedHasher::append(HashId context, std::span<const Slice> data) {
  const Exposed exposed;
  world_.append(context, data);
}

void ContainedHasher::finish(HashId context, HashHandler& handler, Tag tag) {
  const Exposed exposed;
  world_.finish(context, *this, pending_.add(handler, tag));
}

void ContainedHasher::drop(HashId context) {
  const Exposed exposed;
  world_.drop(context);
}

void ContainedHasher::digest(std::span<const runtime::HashRequest> batch, HashHandler& handler) {
  const Exposed exposed;
  std::vector<runtime::HashRequest> numbered(batch.begin(), batch.end());
  for (runtime::HashRequest& request : numbered) request.tag = pending_.add(handler, request.tag);
  world_.digest(numbered, *this);
}

ByteCount ContainedHasher::backlog() const {
  const Exposed exposed;
  return world_.backlog();
}

void ContainedHasher::forget(HashHandler& handler) { pending_.forget(handler); }

void ContainedHasher::on_digest(const runtime::HashResult& result) {
  const auto entry = pending_.take(result.tag);
  if (entry.handler == nullptr) return;
  runtime::HashResult theirs = result;
  theirs.tag = entry.tag;
  boundary_.run([&] { entry.handler->on_digest(theirs); });
}

}  // namespace swarmlab::client
