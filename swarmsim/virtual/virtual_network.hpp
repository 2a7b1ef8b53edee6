// VirtualNetwork: the network as one simulated host sees it.
//
// Joins the world's TCP and UDP with the host's files (a file slice is read when it is written) and the names of the
// world's hosts.
#pragma once

#include <cstdint>

#include "runtime/network.hpp"
#include "swarmsim/virtual/datagram_layer.hpp"
#include "swarmsim/virtual/disk_files.hpp"
#include "swarmsim/virtual/tcp_layer.hpp"

namespace swarmlab::swarmsim {

class VirtualNetwork final : public runtime::Network {
 public:
  VirtualNetwork(EventLoop& loop, Fabric& fabric, TcpLayer& tcp, DatagramLayer& datagrams, DiskFiles& files,
                 std::uint32_t host)
      : loop_(loop), fabric_(fabric), tcp_(tcp), datagrams_(datagrams), files_(files), host_(host) {}

  runtime::StreamId connect(const Endpoint& to, std::optional<IpAddress> from,
                            runtime::StreamHandler& handler) override {
    return tcp_.connect(host_, to, from, handler);
  }
  std::expected<runtime::ListenerId, runtime::NetworkError> listen(const Endpoint& at,
                                                                   runtime::AcceptHandler& handler) override {
    return tcp_.listen(host_, at, handler);
  }
  Endpoint local_endpoint(runtime::ListenerId listener) const override {
    return tcp_.listener_endpoint(host_, listener);
  }
  void close(runtime::ListenerId listener) override { tcp_.close_listener(host_, listener); }

  void set_handler(runtime::StreamId stream, runtime::StreamHandler& handler) override {
    tcp_.set_handler(host_, stream, handler);
  }
  runtime::ReadResult read(runtime::StreamId stream, std::size_t max) override {
    return tcp_.read(host_, stream, max);
  }
  void write(runtime::StreamId stream, Bytes bytes) override { tcp_.write(host_, stream, bytes); }
  void write(runtime::StreamId stream, runtime::Slice slice) override;
  ByteCount unsent(runtime::StreamId stream) const override { return tcp_.unsent(host_, stream); }
  void set_low_water(runtime::StreamId stream, ByteCount mark) override {
    tcp_.set_low_water(host_, stream, mark);
  }
  void shutdown_write(runtime::StreamId stream) override { tcp_.shutdown_write(host_, stream); }
  void close(runtime::StreamId stream) override { tcp_.close(host_, stream); }
  void reset(runtime::StreamId stream) override { tcp_.reset(host_, stream); }
  Endpoint local_endpoint(runtime::StreamId stream) const override { return tcp_.local_endpoint(host_, stream); }
  Endpoint peer_endpoint(runtime::StreamId stream) const override { return tcp_.peer_endpoint(host_, stream); }
  std::optional<Duration> round_trip_time(runtime::StreamId stream) const override {
    return tcp_.round_trip_time(host_, stream);
  }

  std::expected<runtime::DatagramSocketId, runtime::NetworkError> open_datagrams(
      const Endpoint& at, runtime::DatagramHandler& handler) override {
    return datagrams_.open(host_, at, handler);
  }
  Endpoint local_endpoint(runtime::DatagramSocketId socket) const override {
    return datagrams_.local_endpoint(host_, socket);
  }
  void send(runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch) override {
    datagrams_.send(host_, socket, batch);
  }
  void close(runtime::DatagramSocketId socket) override { datagrams_.close(host_, socket); }

  void resolve(std::string_view name, runtime::ResolveHandler& handler, runtime::Tag tag) override;
  void forget(runtime::ResolveHandler& handler) override;

  // ---- the world's calls ----
  void on_name_resolved(std::uint32_t query);
  void end_process();

 private:
  struct Query {
    runtime::ResolveHandler* handler = nullptr;   // null: forgotten
    runtime::Tag tag = 0;
    std::vector<IpAddress> addresses;             // none: name_not_found
  };

  EventLoop& loop_;
  Fabric& fabric_;
  TcpLayer& tcp_;
  DatagramLayer& datagrams_;
  DiskFiles& files_;
  std::uint32_t host_;
  Pool<Query, 4> queries_;
};

}  // namespace swarmlab::swarmsim
