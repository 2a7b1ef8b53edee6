// DatagramSocket: one UDP socket of AsioNetwork, read and written in batches.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "runtime/asio/event_loop.hpp"
#include "runtime/descriptor.hpp"
#include "runtime/network.hpp"

namespace swarmlab::runtime {

// Where the sockets of one network receive: room for a batch of the longest datagrams.  Of its memory
// only what datagrams have really filled is ever touched.
class DatagramBatch {
 public:
  static constexpr std::size_t kDatagrams = 32;
  static constexpr std::size_t kLongest = std::size_t{64} << 10;

  DatagramBatch() : memory_(new std::byte[kDatagrams * kLongest]) {}
  std::byte* at(std::size_t i) const { return memory_.get() + i * kLongest; }

 private:
  std::unique_ptr<std::byte[]> memory_;
};

class DatagramSocket final : public Watcher {
 public:
  static std::expected<std::unique_ptr<DatagramSocket>, NetworkError> open(
      EventLoop& loop, DatagramBatch& batch, DatagramSocketId id, const Endpoint& at,
      DatagramHandler& handler);
  DatagramSocket(EventLoop& loop, DatagramBatch& batch, DatagramSocketId id, Descriptor socket,
                 DatagramHandler& handler);
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;
  ~DatagramSocket();

  Endpoint local_endpoint() const { return local_; }
  // What the system does not take at once is lost.
  void send(std::span<const Datagram> batch);
  void close();

  void on_events(std::uint32_t events) override;

 private:
  EventLoop& loop_;
  DatagramBatch& batch_;
  const DatagramSocketId id_;
  Descriptor socket_;
  DatagramHandler& handler_;
  const Endpoint local_;
};

}  // namespace swarmlab::runtime
