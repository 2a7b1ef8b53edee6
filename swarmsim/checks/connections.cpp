#include "swarmsim/checks/connections.hpp"

#include <algorithm>

#include "protocol/handshake.hpp"

namespace swarmlab::swarmsim {

void Connections::on_event(const WireEvent& event) {
  const std::size_t number = event.connection.value();
  switch (event.kind) {
    case WireEventKind::opened: {
      if (event.from.value() >= open_of_.size() || event.to.value() >= open_of_.size()) return;
      if (number >= connections_.size()) connections_.resize(number + 1);
      PeerConnection& connection = connections_[number];
      connection = {};
      connection.id = event.connection;
      connection.dialler = event.from;
      connection.acceptor = event.to;
      connection.is_between_peers = connection.is_open = true;
      connection.opened = event.at;
      open_of_[event.from.value()].push_back(event.connection);
      if (event.to != event.from) open_of_[event.to.value()].push_back(event.connection);
      return;
    }
    case WireEventKind::ended: {
      if (number >= connections_.size() || !connections_[number].is_open) return;
      PeerConnection& connection = connections_[number];
      connection.is_open = false;
      connection.ended = event.at;
      connection.ended_by = event.from;
      connection.how = event.how;
      for (const HostId end : {connection.dialler, connection.acceptor}) std::erase(open_of_[end.value()], event.connection);
      return;
    }
    case WireEventKind::received: {
      if (event.message.kind != MessageKind::handshake || number >= connections_.size()) return;
      PeerConnection& connection = connections_[number];
      const auto direction = static_cast<std::size_t>(event.direction);
      if (!connection.is_open || connection.heard_at[direction] != kNever) return;
      connection.heard_at[direction] = event.at;
      if (const auto handshake = protocol::decode_handshake(event.payload); handshake && *handshake)
        connection.id_of[direction] = (*handshake)->peer_id;
      return;
    }
    case WireEventKind::joined:
    case WireEventKind::stopped:
    case WireEventKind::sent:
    case WireEventKind::undecodable: return;
  }
}

const PeerConnection* Connections::find(ConnectionId connection) const {
  if (connection.value() >= connections_.size() || !connections_[connection.value()].is_between_peers) return nullptr;
  return &connections_[connection.value()];
}

}  // namespace swarmlab::swarmsim
