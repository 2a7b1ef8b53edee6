#include "swarmsim/virtual/datagram_layer.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {

using runtime::DatagramSocketId;
using runtime::NetworkError;

namespace {

constexpr std::int32_t kHeaderBytes = 28;   // IPv4 and UDP
constexpr std::size_t kLargestPayload = 65507;

bool covers(const Endpoint& at, const Endpoint& to) {
  if (at.port != to.port) return false;
  if (at.address == to.address) return true;
  return at.address.is_unspecified() && (at.address.is_v6() || !to.address.is_v6());
}

}  // namespace

std::expected<DatagramSocketId, NetworkError> DatagramLayer::open(std::uint32_t host, const Endpoint& at,
                                                                  runtime::DatagramHandler& handler) {
  const FabricHost& own = fabric_.host(host);
  Host& h = hosts_[host];
  const bool is_own = at.address.is_unspecified() || at.address.is_loopback() ||
                      std::ranges::find(own.addresses, at.address) != own.addresses.end();
  if (!is_own) return std::unexpected(NetworkError::address_unavailable);
  const auto in_use = [&h](const Endpoint& wanted) {
    return std::ranges::any_of(h.sockets, [&](const Socket& s) {
      return s.handler != nullptr && (covers(s.at, wanted) || covers(wanted, s.at));
    });
  };
  Endpoint taken = at;
  if (taken.port == 0) {
    do {
      taken.port = h.next_port;
      h.next_port = h.next_port == 60999 ? std::uint16_t{32768} : static_cast<std::uint16_t>(h.next_port + 1);
    } while (in_use(taken));
  } else if (in_use(taken)) {
    return std::unexpected(NetworkError::address_in_use);
  }
  const DatagramSocketId id(static_cast<std::uint32_t>(h.sockets.size()));
  h.sockets.push_back({.at = taken, .handler = &handler, .flow_orders = {}});
  return id;
}

Endpoint DatagramLayer::local_endpoint(std::uint32_t host, DatagramSocketId socket) const {
  return hosts_[host].sockets.at(socket.value()).at;
}

void DatagramLayer::close(std::uint32_t host, DatagramSocketId socket) {
  Socket& closed = hosts_[host].sockets.at(socket.value());
  closed.handler = nullptr;
  closed.flow_orders.clear();
}

Time& DatagramLayer::flow_order(Socket& socket, std::uint32_t to) {
  if (socket.flow_orders.size() >= kFlowOrders) {
    std::erase_if(socket.flow_orders, [this](const auto& entry) { return entry.second < loop_.now(); });
  }
  return socket.flow_orders[to];
}

void DatagramLayer::send(std::uint32_t host, DatagramSocketId id, std::span<const runtime::Datagram> batch) {
  Socket& socket = hosts_[host].sockets.at(id.value());
  if (socket.handler == nullptr) return;
  for (const runtime::Datagram& datagram : batch) {
    if (datagram.payload.size() > kLargestPayload) continue;
    const bool to_self = datagram.peer.address.is_loopback() || datagram.peer.address.is_unspecified();
    const auto to = to_self ? std::optional(host) : fabric_.host_of(datagram.peer.address);
    Endpoint sender = socket.at;
    if (sender.address.is_unspecified()) {
      const auto& addresses = fabric_.host(host).addresses;
      const auto own = std::ranges::find(addresses, datagram.peer.address.is_v6(), &IpAddress::is_v6);
      if (to_self) {
        sender.address = datagram.peer.address;
      } else if (own != addresses.end()) {
        sender.address = *own;
      } else {
        continue;   // no way there
      }
    }
    const auto wire_bytes = static_cast<std::int32_t>(datagram.payload.size()) + kHeaderBytes;
    const PacketBurst burst{.packets = 1, .full_wire_bytes = wire_bytes, .last_wire_bytes = wire_bytes};
    if (!to) {
      fabric_.send_into_void(host, burst);
      continue;
    }
    if (*to != host) {
      if (auto& nat = fabric_.host(host).nat) sender.port = nat->send(sender.port, datagram.peer, loop_.now());
    }
    if (tap_ != nullptr) {
      tap_->on_datagram_sent({.from = HostId(host), .to = HostId(*to), .from_endpoint = sender,
                              .to_endpoint = datagram.peer, .payload = datagram.payload},
                             loop_.now());
    }
    Fabric::Fate fate;
    if (fabric_.has_faults(host, *to)) fate = fabric_.next_fate(host, *to);
    if (fate.is_lost) {
      fabric_.send_into_void(host, burst);
      continue;
    }
    for (int copies = fate.is_doubled ? 2 : 1; copies > 0; --copies) {
      const std::uint32_t index = flying_.take();
      Flying& flying = flying_[index];
      flying.carried = {.burst = burst};
      flying.from = host;
      flying.sender = sender;
      flying.receiver = datagram.peer;
      flying.payload.assign(datagram.payload.begin(), datagram.payload.end());
      if (!fabric_.send(host, *to, flying.carried, flow_order(socket, *to), EventKind::datagram_arrives, index,
                        fate.held)) {
        flying_.release(index);
      }
    }
  }
}

void DatagramLayer::on_arrives(std::uint32_t host, std::uint32_t index) {
  Flying& flying = flying_[index];
  switch (fabric_.arrive(flying.from, host, flying.carried, EventKind::datagram_delivered, index)) {
    case Fabric::Arrival::lost: flying_.release(index); return;
    case Fabric::Arrival::later: return;
    case Fabric::Arrival::deliver_now: on_delivered(host, index); return;
  }
}

void DatagramLayer::on_delivered(std::uint32_t host, std::uint32_t index) {
  const Flying& flying = flying_[index];
  Host& h = hosts_[host];
  Endpoint inside = flying.receiver;
  if (const auto& nat = fabric_.host(host).nat; nat && flying.from != host) {
    const auto port = nat->receive(flying.receiver.port, flying.sender, loop_.now());
    if (!port) {
      flying_.release(index);
      return;
    }
    inside.port = *port;
  }
  for (std::size_t i = 0; i < h.sockets.size(); ++i) {
    const Socket& socket = h.sockets[i];
    if (socket.handler == nullptr || !covers(socket.at, inside)) continue;
    if (tap_ != nullptr) {
      tap_->on_datagram_received({.from = HostId(flying.from), .to = HostId(host), .from_endpoint = flying.sender,
                                  .to_endpoint = flying.receiver, .payload = flying.payload},
                                 loop_.now());
    }
    const runtime::Datagram datagram{.peer = flying.sender, .payload = flying.payload};
    socket.handler->on_datagrams(DatagramSocketId(static_cast<std::uint32_t>(i)), std::span(&datagram, 1));
    break;
  }
  flying_.release(index);
}

void DatagramLayer::end_process(std::uint32_t host) {
  for (Socket& socket : hosts_[host].sockets) socket.handler = nullptr;
}

}  // namespace swarmlab::swarmsim
