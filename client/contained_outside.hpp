// ContainedOutside: the world as one torrent sees it: what it calls back is run within the torrent's FaultBoundary.
//
// A decorator of every interface in runtime::Outside that calls back.  Each call goes on to the world as it came, with this object as
// its handler; a completion looks up whose it is, and is dropped when that is forgotten or the boundary is broken.  So the
// world never holds a pointer into a torrent, and a torrent can be destroyed at any time.  Calls to the world leave the boundary.
//
// Clock and Random call nobody back and hold no state that others could find broken: they are passed on.  Tls is a codec, and too.
// Cost: one look-up of a small number, or of a stream's id among the torrent's, per callback.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "client/fault_boundary.hpp"
#include "protocol/assert.hpp"
#include "runtime/outside.hpp"

namespace swarmlab::client {

// What is under way, each with a small number that stands for it with the world.
template <class Handler>
class Pending {
 public:
  struct Entry {
    Handler* handler = nullptr;          // null: forgotten
    runtime::Tag tag = 0;
    bool is_used = false;
    bool opens_file = false;
  };

  runtime::Tag add(Handler& handler, runtime::Tag tag, bool opens_file = false) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(entries_.size()));
      entries_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    entries_[slot] = {&handler, tag, true, opens_file};
    ++used_;
    return slot;
  }
  // Each exactly once, when it completes.
  Entry take(runtime::Tag number) {
    const Entry entry = entries_.at(number);
    SWARM_ASSERT(entry.is_used, number);
    entries_[number] = {};
    free_.push_back(static_cast<std::uint32_t>(number));
    --used_;
    return entry;
  }
  void forget(const Handler& handler) {
    for (Entry& entry : entries_) {
      if (entry.handler == &handler) entry.handler = nullptr;
    }
  }
  bool empty() const { return used_ == 0; }

 private:
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::size_t used_ = 0;
};

class ContainedTimers final : public runtime::Timers, private runtime::TimerHandler {
 public:
  ContainedTimers(runtime::Timers& world, FaultBoundary& boundary) : world_(world), boundary_(boundary) {}

  runtime::TimerId create(runtime::TimerHandler& handler, runtime::Tag tag) override;
  void destroy(runtime::TimerId timer) override;
  void arm(runtime::TimerId timer, Time at) override;
  void disarm(runtime::TimerId timer) override;

 private:
  struct Entry {
    runtime::TimerHandler* handler = nullptr;   // null: free
    runtime::Tag tag = 0;
    runtime::TimerId id;
  };
  void on_timer(runtime::Tag number) override;

  runtime::Timers& world_;
  FaultBoundary& boundary_;
  std::vector<Entry> entries_;                  // a torrent has a dozen
};

class ContainedNetwork final : public runtime::Network,
                               private runtime::StreamHandler,
                               private runtime::DatagramHandler,
                               private runtime::ResolveHandler {
 public:
  ContainedNetwork(runtime::Network& world, FaultBoundary& boundary) : world_(world), boundary_(boundary) {}
  ~ContainedNetwork();

  runtime::StreamId connect(const Endpoint& to, std::optional<IpAddress> from, runtime::StreamHandler& handler) override;
  // A torrent's streams are accepted by its session: it has no listeners.
  std::expected<runtime::ListenerId, runtime::NetworkError> listen(const Endpoint& at, runtime::AcceptHandler& handler) override;
  Endpoint local_endpoint(runtime::ListenerId listener) const override;
  void close(runtime::ListenerId listener) override;

  void set_handler(runtime::StreamId stream, runtime::StreamHandler& handler) override;
  runtime::ReadResult read(runtime::StreamId stream, std::size_t max) override;
  void write(runtime::StreamId stream, Bytes bytes) override;
  void write(runtime::StreamId stream, runtime::Slice slice) override;
  ByteCount unsent(runtime::StreamId stream) const override;
  void set_low_water(runtime::StreamId stream, ByteCount mark) override;
  void shutdown_write(runtime::StreamId stream) override;
  void close(runtime::StreamId stream) override;
  void reset(runtime::StreamId stream) override;
  Endpoint local_endpoint(runtime::StreamId stream) const override;
  Endpoint peer_endpoint(runtime::StreamId stream) const override;
  std::optional<Duration> round_trip_time(runtime::StreamId stream) const override;

  std::expected<runtime::DatagramSocketId, runtime::NetworkError> open_datagrams(const Endpoint& at,
                                                                                 runtime::DatagramHandler& handler) override;
  Endpoint local_endpoint(runtime::DatagramSocketId socket) const override;
  void send(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) override;
  void close(runtime::DatagramSocketId socket) override;

  void resolve(std::string_view host, runtime::ResolveHandler& handler, runtime::Tag tag) override;
  void forget(runtime::ResolveHandler& handler) override;

 private:
  void on_connected(runtime::StreamId stream) override;
  void on_readable(runtime::StreamId stream) override;
  void on_writable(runtime::StreamId stream) override;
  void on_closed(runtime::StreamId stream, runtime::NetworkError why) override;
  void on_datagrams(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) override;
  void on_resolved(runtime::Tag number, std::expected<std::span<const IpAddress>, runtime::NetworkError> addresses) override;
  template <class F>
  void within(runtime::StreamId stream, F&& f);

  runtime::Network& world_;
  FaultBoundary& boundary_;
  std::map<runtime::StreamId, runtime::StreamHandler*> streams_;
  std::map<runtime::DatagramSocketId, runtime::DatagramHandler*> sockets_;
  Pending<runtime::ResolveHandler> names_;
};

class ContainedFiles final : public runtime::FileSystem, private runtime::FileHandler {
 public:
  ContainedFiles(runtime::FileSystem& world, FaultBoundary& boundary) : world_(world), boundary_(boundary) {}
  ~ContainedFiles();

  void open(std::string_view path, runtime::OpenMode mode, runtime::FileHandler& handler, runtime::Tag tag) override;
  void close(runtime::FileId file) override;
  void read(runtime::FileId file, ByteCount offset, ByteCount length, runtime::FileHandler& handler, runtime::Tag tag) override;
  void write(runtime::FileId file, ByteCount offset, std::span<const runtime::Slice> data, runtime::FileHandler& handler,
             runtime::Tag tag) override;
  void truncate(runtime::FileId file, ByteCount size, runtime::FileHandler& handler, runtime::Tag tag) override;
  void allocate(runtime::FileId file, ByteCount size, runtime::FileHandler& handler, runtime::Tag tag) override;
  void sync(runtime::FileId file, runtime::FileHandler& handler, runtime::Tag tag) override;
  void make_directories(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void rename(std::string_view from, std::string_view to, runtime::FileHandler& handler, runtime::Tag tag) override;
  void remove(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void stat(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void list(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void sync_directory(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void free_space(std::string_view path, runtime::FileHandler& handler, runtime::Tag tag) override;
  void forget(runtime::FileHandler& handler) override;

  // Nothing that somebody asked for is under way, forgotten or not.
  bool is_idle() const { return pending_.empty(); }

 private:
  void on_file(const runtime::FileResult& result) override;

  runtime::FileSystem& world_;
  FaultBoundary& boundary_;
  Pending<runtime::FileHandler> pending_;
};

class ContainedHasher final : public runtime::Hasher, private runtime::HashHandler {
 public:
  ContainedHasher(runtime::Hasher& world, FaultBoundary& boundary) : world_(world), boundary_(boundary) {}
  ~ContainedHasher();

  runtime::HashId open() override;
  void append(runtime::HashId context, std::span<const runtime::Slice> data) override;
  void finish(runtime::HashId context, runtime::HashHandler& handler, runtime::Tag tag) override;
  void drop(runtime::HashId context) override;
  void digest(std::span<const runtime::HashRequest> batch, runtime::HashHandler& handler) override;
  ByteCount backlog() const override;
  void forget(runtime::HashHandler& handler) override;

 private:
  void on_digest(const runtime::HashResult& result) override;

  runtime::Hasher& world_;
  FaultBoundary& boundary_;
  Pending<runtime::HashHandler> pending_;
};

class ContainedOutside {
 public:
  // `world` and `boundary` outlive it.
  ContainedOutside(const runtime::Outside& world, FaultBoundary& boundary)
      : timers_(world.timers, boundary), network_(world.network, boundary), files_(world.files, boundary),
        hasher_(world.hasher, boundary),
        outside_{world.clock, timers_, network_, files_, hasher_, world.random, world.tls} {}
  ContainedOutside(const ContainedOutside&) = delete;
  ContainedOutside& operator=(const ContainedOutside&) = delete;

  const runtime::Outside& outside() const { return outside_; }
  // No file operation of whoever was given it is under way.
  bool is_idle() const { return files_.is_idle(); }

 private:
  ContainedTimers timers_;
  ContainedNetwork network_;
  ContainedFiles files_;
  ContainedHasher hasher_;
  runtime::Outside outside_;
};

}  // namespace swarmlab::client
