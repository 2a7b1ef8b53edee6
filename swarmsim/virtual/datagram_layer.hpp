// DatagramLayer: the virtual UDP of all hosts.
//
// A datagram is one packet of payload + 28 bytes on the links and is lost where a queue is full, where nobody listens
// and where a host is not attached, or its NAT does not let it in.  Nothing tells the sender.  Behind a NAT a sender is
// seen at the port that the NAT gives it.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <vector>

#include "runtime/network.hpp"
#include "swarmsim/virtual/event_loop.hpp"
#include "swarmsim/virtual/fabric.hpp"
#include "swarmsim/virtual/pool.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

class DatagramLayer {
 public:
  DatagramLayer(EventLoop& loop, Fabric& fabric, StreamTap* tap) : loop_(loop), fabric_(fabric), tap_(tap) {}

  void add_host() { hosts_.emplace_back(); }
  std::expected<runtime::DatagramSocketId, runtime::NetworkError> open(std::uint32_t host, const Endpoint& at,
                                                                       runtime::DatagramHandler& handler);
  Endpoint local_endpoint(std::uint32_t host, runtime::DatagramSocketId socket) const;
  void send(std::uint32_t host, runtime::DatagramSocketId socket, std::span<const runtime::Datagram> batch);
  void close(std::uint32_t host, runtime::DatagramSocketId socket);

  // ---- the world's calls ----
  void on_arrives(std::uint32_t host, std::uint32_t datagram);
  void on_delivered(std::uint32_t host, std::uint32_t datagram);
  void end_process(std::uint32_t host);

 private:
  struct Socket {
    Endpoint at;
    runtime::DatagramHandler* handler = nullptr;   // null: closed
    std::map<std::uint32_t, Time> flow_orders;     // by receiving host: datagrams to one host keep their order
  };
  static constexpr std::size_t kFlowOrders = 64;   // beyond these, those that lie in the past are dropped
  Time& flow_order(Socket& socket, std::uint32_t to);

  struct Host {
    std::vector<Socket> sockets;
    std::uint16_t next_port = 32768;
  };
  struct Flying {
    Carried carried;
    std::uint32_t from = 0;
    Endpoint sender;
    Endpoint receiver;
    std::vector<std::byte> payload;
  };

  EventLoop& loop_;
  Fabric& fabric_;
  StreamTap* tap_;
  std::vector<Host> hosts_;
  Pool<Flying, 64> flying_;
};

}  // namespace swarmlab::swarmsim
