#include "swarmsim/lab/connection_table.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {
namespace {

// RFC 9293, 3.4: sequence numbers go round.
bool is_after(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) > 0; }

}  // namespace

ConnectionTable::Connection* ConnectionTable::find(const PacketSight& packet, Time now) {
  const Key key = std::minmax(packet.from, packet.to);
  auto found = connections_.find(key);
  if (packet.tcp->rst) {
    // It is over, or was never open.
    if (found != connections_.end()) connections_.erase(found);
    return nullptr;
  }
  if (found == connections_.end()) {
    if (connections_.size() >= kMost) forget_silent();
    found = connections_.emplace(key, Connection{}).first;
  } else if (packet.tcp->syn && !packet.tcp->ack && found->second.low.is_finished && found->second.high.is_finished) {
    found->second = Connection{};   // the same ports once more
  }
  found->second.last = now;
  return &found->second;
}

void ConnectionTable::entered(const PacketSight& packet, Time now) {
  if (!packet.tcp || packet.tcp->rst) return;
  Connection* const connection = find(packet, now);
  if (connection == nullptr || !packet.tcp->ack) return;
  End& sender = packet.from < packet.to ? connection->low : connection->high;
  if (!sender.is_known || is_after(packet.tcp->acknowledged, sender.expects)) sender.expects = packet.tcp->acknowledged;
  sender.is_known = true;
}

void ConnectionTable::delivered(const PacketSight& packet, Time now) {
  if (!packet.tcp) return;
  Connection* const connection = find(packet, now);
  if (connection == nullptr) return;
  End& receiver = packet.to < packet.from ? connection->low : connection->high;
  const TcpSight& tcp = *packet.tcp;
  const std::uint32_t end = tcp.sequence + tcp.extent();
  if (tcp.syn) {
    receiver = {.is_known = true, .expects = end, .is_finished = false};
  } else if (receiver.is_known && !is_after(tcp.sequence, receiver.expects) && is_after(end, receiver.expects)) {
    receiver.expects = end;
    if (tcp.fin) receiver.is_finished = true;
  }
}

std::vector<ConnectionTable::Reset> ConnectionTable::resets_between(const IpAddress& a, const IpAddress& b) {
  std::vector<Reset> resets;
  for (auto it = connections_.begin(); it != connections_.end();) {
    const auto& [low, high] = it->first;
    const bool is_between = (low.address == a && high.address == b) || (low.address == b && high.address == a);
    if (!is_between) {
      ++it;
      continue;
    }
    const Connection& connection = it->second;
    const bool is_over = connection.low.is_finished && connection.high.is_finished;
    if (!is_over && connection.low.is_known) resets.push_back({.from = high, .to = low, .sequence = connection.low.expects});
    if (!is_over && connection.high.is_known) resets.push_back({.from = low, .to = high, .sequence = connection.high.expects});
    it = connections_.erase(it);
  }
  return resets;
}

void ConnectionTable::forget_silent() {
  const auto silent = std::ranges::min_element(connections_, {}, [](const auto& entry) { return entry.second.last; });
  if (silent != connections_.end()) connections_.erase(silent);
}

}  // namespace swarmlab::swarmsim
