// Who makes room when a torrent has as many peers as it may: rank and rules are those of peer_priority.hpp (BEP 40).
//
// A newcomer is let as far as its handshake, one above the limit, and only when somebody could go for it: then who it is is
// known, and that it is for this torrent, and that it answers.  So neither a stranger nor a dead address costs a peer its place.
#include <algorithm>
#include <tuple>

#include "client/peer_priority.hpp"
#include "client/torrent.hpp"

namespace swarmlab::client {

// Where others see us, as far as we can know: behind a NAT the two ends disagree about the rank, and each goes by its own.
std::optional<Endpoint> Torrent::own_endpoint(const IpAddress& like) const {
  std::optional<IpAddress> address = session_.from.like(like);
  peers_.for_each([&](const Peer& peer) {
    if (!address && peer.is_ready && peer.endpoint.address.is_v6() == like.is_v6()) address = peer.wire.local_endpoint().address;
  });
  return address ? std::optional(Endpoint{*address, session_.listen_port}) : std::nullopt;
}

// nullopt: nobody can say.
std::optional<std::uint32_t> Torrent::priority_of(const Endpoint& peer) const {
  const auto own = own_endpoint(peer.address);
  return own ? std::optional(peer_priority(*own, peer)) : std::nullopt;
}

bool Torrent::is_in_use(const Peer& peer, Time now) const {
  const bool moves_payload = peer.gives.rate(now).value() > 0 || peer.takes.rate(now).value() > 0;
  const bool owes = !peer.open.empty() || !peer.queue.empty() || peer.reading.value() > 0;
  const bool is_about_to = (peer.am_interested && !peer.peer_choking) || (peer.peer_interested && !peer.am_choking);
  return moves_payload || owes || is_about_to || now - peer.since < settings_.newcomer_age;
}

std::optional<Torrent::Lowest> Torrent::lowest_peer() const {
  const Time now = outside_.clock.now();
  std::optional<Lowest> lowest;
  peers_.for_each([&](const Peer& peer) {
    if (!peer.is_ready || is_in_use(peer, now)) return;
    const auto priority = priority_of(peer.listens_at.value_or(peer.endpoint));
    if (priority && (!lowest || std::tie(*priority, peer.key) < std::tie(lowest->priority, lowest->key))) {
      lowest = {*priority, peer.key};
    }
  });
  return lowest;
}

std::size_t Torrent::connections() const {
  return peers_.count_if([](const Peer&) { return true; });
}

bool Torrent::has_room_for(const Endpoint& newcomer) const {
  const std::size_t connected = connections();
  if (connected < settings_.max_peers) return true;
  if (!settings_.peer_priority || connected > settings_.max_peers) return false;
  const auto lowest = lowest_peer();
  return lowest && priority_of(newcomer) > lowest->priority;
}

// False: `peer`, whose handshake has come, is the one to go.
bool Torrent::make_room(Peer& peer) {
  if (connections() <= settings_.max_peers) return true;
  const auto lowest = lowest_peer();
  if (!lowest || priority_of(peer.endpoint) <= lowest->priority) {
    peer.gave_way = true;
    drop(peer, "ranks below all who are here");
    return false;
  }
  Peer& victim = *peers_.find(lowest->key);
  victim.gave_way = true;
  drop(victim, "gave way to a peer of higher priority");
  return true;
}

// A full torrent looks for better company among those it knows, one at a time.
std::optional<Endpoint> Torrent::higher_candidate(Time now) {
  if (!settings_.peer_priority || half_open_ > 0 || connections() != settings_.max_peers) return std::nullopt;
  const auto lowest = lowest_peer();
  if (!lowest) return std::nullopt;
  return pool_.next_to_dial_if(now, [&](const Endpoint& peer) {
    return !bans_.is_banned(peer.address, now) && priority_of(peer) > lowest->priority;
  });
}

}  // namespace swarmlab::client
