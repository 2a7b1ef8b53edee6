#include "runtime/asio/asio_network.hpp"

#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::runtime {
namespace {

template <class Map, class Id>
auto& entry(const Map& map, Id id) {
  const auto found = map.find(id.value());
  SWARM_ASSERT(found != map.end(), id);
  return *found->second;
}

}  // namespace

AsioNetwork::AsioNetwork(EventLoop& loop, ThreadPool& workers, BufferPool& buffers,
                         const OpenFiles& files)
    : loop_(loop), workers_(workers), buffers_(buffers), files_(files), read_buffer_(buffers),
      resolver_(loop), linger_alarm_(loop, [this] { end_lingering(); }) {}

AsioNetwork::~AsioNetwork() { loop_.cancel(*this); }

Stream& AsioNetwork::stream(StreamId id) const {
  Stream& found = entry(streams_, id);
  SWARM_ASSERT(!found.is_lingering(), id);
  return found;
}

// ---- streams ----

StreamId AsioNetwork::connect(const Endpoint& to, std::optional<IpAddress> from,
                              StreamHandler& handler) {
  const StreamId id = next_stream_;
  ++next_stream_;
  streams_.emplace(id.value(), std::make_unique<Stream>(home(), id, to, from, handler));
  return id;
}

void AsioNetwork::set_handler(StreamId id, StreamHandler& handler) { stream(id).set_handler(handler); }
ReadResult AsioNetwork::read(StreamId id, std::size_t max) { return stream(id).read(max); }
void AsioNetwork::write(StreamId id, Bytes bytes) { stream(id).write(bytes); }

void AsioNetwork::write(StreamId id, Slice slice) {
  std::shared_ptr<PosixFile> file;
  if (slice.kind() == Slice::Kind::file) {
    file = files_.find(slice.file());
    SWARM_ASSERT(file != nullptr, slice.file());
  }
  stream(id).write(std::move(slice), std::move(file));
}

ByteCount AsioNetwork::unsent(StreamId id) const { return stream(id).unsent(); }
void AsioNetwork::set_low_water(StreamId id, ByteCount mark) { stream(id).set_low_water(mark.size()); }
void AsioNetwork::shutdown_write(StreamId id) { stream(id).shutdown_write(); }
Endpoint AsioNetwork::local_endpoint(StreamId id) const { return stream(id).local_endpoint(); }
Endpoint AsioNetwork::peer_endpoint(StreamId id) const { return stream(id).peer_endpoint(); }

std::optional<Duration> AsioNetwork::round_trip_time(StreamId id) const {
  return stream(id).round_trip_time();
}

void AsioNetwork::close(StreamId id) {
  stream(id).close();
}

void AsioNetwork::reset(StreamId id) { stream(id).reset(); }

void AsioNetwork::wants_attention(Stream& stream) {
  if (std::exchange(stream.is_queued_for_attention, true)) return;
  attention_.push_back(stream.id());
  loop_.soon(*this);
}

void AsioNetwork::lingers(Stream& stream) {
  const Time until = loop_.now() + kLingerTime;
  if (lingering_.empty()) linger_alarm_.set(until);
  lingering_.push_back({until, stream.id()});
}

void AsioNetwork::end_lingering() {
  const Time now = loop_.now();
  while (!lingering_.empty() && lingering_.front().until <= now) {
    const auto found = streams_.find(lingering_.front().stream.value());
    lingering_.pop_front();
    if (found != streams_.end()) found->second->give_up();
  }
  if (!lingering_.empty()) linger_alarm_.set(lingering_.front().until);
}

void AsioNetwork::gone(Stream& stream) {
  const auto found = streams_.find(stream.id().value());
  SWARM_ASSERT(found != streams_.end(), stream.id());
  stream.release();
  dead_streams_.push_back(std::move(found->second));
  streams_.erase(found);
  loop_.soon(*this);
}

void AsioNetwork::run_task() {
  attending_.swap(attention_);
  for (const StreamId id : attending_) {
    const auto found = streams_.find(id.value());
    if (found == streams_.end()) continue;
    found->second->is_queued_for_attention = false;
    found->second->settle();
  }
  attending_.clear();
  dead_streams_.clear();
  dead_listeners_.clear();
  dead_datagrams_.clear();
}

// ---- file slices ----

struct AsioNetwork::FileRead final : Job {
  void work(std::size_t) override {
    BumpBuffer buffer(*buffers);
    for (std::size_t done = 0; done < length.size() && error == FileError::none;) {
      const MutableBytes room = buffer.room(length.size() - done);
      const auto got = file->read(offset + ByteCount::from_size(done), room);
      if (!got) {
        error = got.error();
      } else if (*got < room.size()) {
        error = FileError::input_output;   // shorter than the slice says
      } else {
        append(data, buffer.take(*got));
        done += *got;
      }
    }
    file.reset();
  }
  void done() override {
    const auto found = network->streams_.find(stream.value());
    if (found != network->streams_.end()) found->second->file_read(sequence, error, std::move(data));
  }

  AsioNetwork* network = nullptr;
  BufferPool* buffers = nullptr;
  StreamId stream;
  std::uint64_t sequence = 0;
  std::shared_ptr<PosixFile> file;
  ByteCount offset;
  ByteCount length;
  FileError error = FileError::none;
  Slices data;
};

void AsioNetwork::read_file(StreamId stream, std::uint64_t sequence, std::shared_ptr<PosixFile> file,
                            ByteCount offset, ByteCount length) {
  auto job = std::make_unique<FileRead>();
  job->network = this;
  job->buffers = &buffers_;
  job->stream = stream;
  job->sequence = sequence;
  job->file = std::move(file);
  job->offset = offset;
  job->length = length;
  workers_.submit(std::move(job));
}

// ---- listeners ----

std::expected<ListenerId, NetworkError> AsioNetwork::listen(const Endpoint& at, AcceptHandler& handler) {
  auto listener = Listener::open(*this, next_listener_, at, handler);
  if (!listener) return std::unexpected(listener.error());
  const ListenerId id = next_listener_;
  ++next_listener_;
  listeners_.emplace(id.value(), std::move(*listener));
  return id;
}

Endpoint AsioNetwork::local_endpoint(ListenerId id) const { return entry(listeners_, id).local_endpoint(); }

void AsioNetwork::close(ListenerId id) {
  const auto found = listeners_.find(id.value());
  SWARM_ASSERT(found != listeners_.end(), id);
  found->second->close();
  dead_listeners_.push_back(std::move(found->second));
  listeners_.erase(found);
  loop_.soon(*this);
}

void AsioNetwork::accepted(Listener& listener, Descriptor socket, const Endpoint& from) {
  const StreamId id = next_stream_;
  ++next_stream_;
  streams_.emplace(id.value(), std::make_unique<Stream>(home(), id, std::move(socket), from));
  listener.handler().on_accept(listener.id(), id, from);
  const auto found = streams_.find(id.value());
  if (found != streams_.end() && !found->second->was_taken()) found->second->reset();
}

// ---- datagrams ----

std::expected<DatagramSocketId, NetworkError> AsioNetwork::open_datagrams(const Endpoint& at,
                                                                          DatagramHandler& handler) {
  if (batch_ == nullptr) batch_ = std::make_unique<DatagramBatch>();
  auto socket = DatagramSocket::open(loop_, *batch_, next_datagrams_, at, handler);
  if (!socket) return std::unexpected(socket.error());
  const DatagramSocketId id = next_datagrams_;
  ++next_datagrams_;
  datagrams_.emplace(id.value(), std::move(*socket));
  return id;
}

Endpoint AsioNetwork::local_endpoint(DatagramSocketId id) const {
  return entry(datagrams_, id).local_endpoint();
}

void AsioNetwork::send(DatagramSocketId id, std::span<const Datagram> batch) {
  entry(datagrams_, id).send(batch);
}

void AsioNetwork::close(DatagramSocketId id) {
  const auto found = datagrams_.find(id.value());
  SWARM_ASSERT(found != datagrams_.end(), id);
  found->second->close();
  dead_datagrams_.push_back(std::move(found->second));
  datagrams_.erase(found);
  loop_.soon(*this);
}

// ---- names ----

void AsioNetwork::resolve(std::string_view host, ResolveHandler& handler, Tag tag) {
  resolver_.resolve(host, handler, tag);
}

void AsioNetwork::forget(ResolveHandler& handler) { resolver_.forget(handler); }

}  // namespace swarmlab::runtime
