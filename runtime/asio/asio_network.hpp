// AsioNetwork: the sockets of this machine.  Streams, listeners, datagram sockets and the resolver are
// classes of their own; this one keeps them by id, flushes and calls back once per round of the loop, and buries
// what is gone only when no call can be inside it any more.
//
// An id that is dead (see network.hpp) must not be used: that is asserted.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "runtime/asio/datagram_socket.hpp"
#include "runtime/asio/event_loop.hpp"
#include "runtime/asio/listener.hpp"
#include "runtime/asio/resolver.hpp"
#include "runtime/asio/stream.hpp"
#include "runtime/asio/thread_pool.hpp"
#include "runtime/network.hpp"
#include "runtime/posix_file.hpp"

namespace swarmlab::runtime {

class AsioNetwork final : public Network, private StreamHome, private ListenerHome, private Task {
 public:
  // `workers` read what the page cache lacks of file slices found in `files`.
  AsioNetwork(EventLoop& loop, ThreadPool& workers, BufferPool& buffers, const OpenFiles& files);
  AsioNetwork(const AsioNetwork&) = delete;
  AsioNetwork& operator=(const AsioNetwork&) = delete;
  ~AsioNetwork();

  StreamId connect(const Endpoint& to, std::optional<IpAddress> from, StreamHandler& handler) override;
  std::expected<ListenerId, NetworkError> listen(const Endpoint& at, AcceptHandler& handler) override;
  Endpoint local_endpoint(ListenerId listener) const override;
  void close(ListenerId listener) override;
  void set_handler(StreamId stream, StreamHandler& handler) override;
  ReadResult read(StreamId stream, std::size_t max) override;
  void write(StreamId stream, Bytes bytes) override;
  void write(StreamId stream, Slice slice) override;
  ByteCount unsent(StreamId stream) const override;
  void set_low_water(StreamId stream, ByteCount mark) override;
  void shutdown_write(StreamId stream) override;
  void close(StreamId stream) override;
  void reset(StreamId stream) override;
  Endpoint local_endpoint(StreamId stream) const override;
  Endpoint peer_endpoint(StreamId stream) const override;
  std::optional<Duration> round_trip_time(StreamId stream) const override;
  std::expected<DatagramSocketId, NetworkError> open_datagrams(const Endpoint& at,
                                                               DatagramHandler& handler) override;
  Endpoint local_endpoint(DatagramSocketId socket) const override;
  void send(DatagramSocketId socket, std::span<const Datagram> batch) override;
  void close(DatagramSocketId socket) override;
  void resolve(std::string_view host, ResolveHandler& handler, Tag tag) override;
  void forget(ResolveHandler& handler) override;

 private:
  struct FileRead;
  struct Lingering { Time until; StreamId stream; };

  EventLoop& loop() override { return loop_; }
  BumpBuffer& read_buffer() override { return read_buffer_; }
  std::vector<Bytes>& gather_list() override { return gather_list_; }
  void wants_attention(Stream& stream) override;
  void read_file(StreamId stream, std::uint64_t sequence, std::shared_ptr<PosixFile> file,
                 ByteCount offset, ByteCount length) override;
  void lingers(Stream& stream) override;
  void gone(Stream& stream) override;
  void accepted(Listener& listener, Descriptor socket, const Endpoint& from) override;
  void run_task() override;

  StreamHome& home() { return *this; }
  Stream& stream(StreamId id) const;
  void end_lingering();

  EventLoop& loop_;
  ThreadPool& workers_;
  BufferPool& buffers_;
  const OpenFiles& files_;
  BumpBuffer read_buffer_;
  std::vector<Bytes> gather_list_;

  std::unordered_map<std::uint32_t, std::unique_ptr<Stream>> streams_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Listener>> listeners_;
  std::unordered_map<std::uint32_t, std::unique_ptr<DatagramSocket>> datagrams_;
  StreamId next_stream_{1};
  ListenerId next_listener_{1};
  DatagramSocketId next_datagrams_{1};
  std::unique_ptr<DatagramBatch> batch_;     // made for the first datagram socket
  Resolver resolver_;

  std::vector<StreamId> attention_;          // streams to settle() at the end of the round
  std::vector<StreamId> attending_;
  std::deque<Lingering> lingering_;          // by time, as all linger equally long
  EventLoop::Alarm linger_alarm_;

  // Closed in this round; calls may still be inside them.
  std::vector<std::unique_ptr<Stream>> dead_streams_;
  std::vector<std::unique_ptr<Listener>> dead_listeners_;
  std::vector<std::unique_ptr<DatagramSocket>> dead_datagrams_;
};

}  // namespace swarmlab::runtime
