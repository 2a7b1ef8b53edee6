#include "client/extensions/peer_exchange.hpp"

#include <algorithm>
#include <iterator>

namespace swarmlab::client {
namespace {

// After a change, so that a burst of connections makes one message.
constexpr Duration kGathering = 1s;

bool is_dialable(const Endpoint& peer, const IpAddress& teller) {
  if (peer.port == 0 || peer.address.is_unspecified()) return false;
  if (peer.address.is_loopback()) return teller.is_loopback();
  const auto octets = peer.address.octets();
  if (peer.address.is_v6()) return octets[0] != 0xff && !(octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80);
  return octets[0] < 224 && !(octets[0] == 169 && octets[1] == 254);
}

}  // namespace

PeerExchange::PeerExchange(const runtime::Outside& outside, const Settings& settings, PeerSet& peers,
                           PeerExchangeOwner& owner)
    : clock_(outside.clock), settings_(settings), peers_(peers), owner_(owner), timer_(outside.timers, *this) {}

bool PeerExchange::is_offered() const { return settings_.peer_exchange && owner_.may_exchange(); }

void PeerExchange::halt() {
  timer_.disarm();
  states_.clear();
}

void PeerExchange::on_handshake(Peer& peer, const protocol::ExtensionHandshake&) {
  if (!is_spoken_by(peer)) {
    states_.erase(peer.key);
    return;
  }
  if (states_.try_emplace(peer.key).second) contacts_changed();
}

void PeerExchange::peer_left(Peer& peer) {
  states_.erase(peer.key);
  contacts_changed();
}

// ---- telling ----

void PeerExchange::contacts_changed() {
  if (states_.empty()) return;
  Time next = kNever;
  for (const auto& [key, state] : states_) next = std::min(next, state.next);
  timer_.arm_no_later_than(std::max(next, clock_.now() + kGathering));
}

std::vector<protocol::PexPeer> PeerExchange::contacts() {
  std::vector<protocol::PexPeer> found;
  peers_.for_each_ready([&](Peer& peer) {
    const bool dialled = peer.initiator == Initiator::us;
    if (!dialled && !peer.listens_at) return;
    found.push_back({dialled ? peer.endpoint : *peer.listens_at,
                     {.upload_only = peer.is_upload_only || peer.is_seed(), .is_reachable = dialled}});
  });
  std::ranges::sort(found, {}, &protocol::PexPeer::endpoint);
  const auto twice = std::ranges::unique(found, {}, &protocol::PexPeer::endpoint);
  found.erase(twice.begin(), twice.end());
  return found;
}

void PeerExchange::on_timer(runtime::Tag) {
  timer_.expired();
  const Time now = clock_.now();
  const std::vector<protocol::PexPeer> current = is_offered() ? contacts() : std::vector<protocol::PexPeer>();
  Time next = kNever;
  for (auto& [key, state] : states_) {
    Peer* peer = peers_.find(key);
    if (peer == nullptr || !is_offered()) continue;
    if (state.next <= now) tell(*peer, state, current, now);
    // Who was not due may have missed something, who was told a part is owed the rest.
    if (state.next > now) next = std::min(next, state.next);
  }
  if (next != kNever) timer_.arm_no_later_than(next);
  owner_.on_settled();
}

void PeerExchange::tell(Peer& peer, State& state, const std::vector<protocol::PexPeer>& contacts, Time now) {
  const auto own = peer.initiator == Initiator::us ? std::optional(peer.endpoint) : peer.listens_at;
  const std::size_t most = state.was_told ? protocol::kPexBatch : contacts.size();
  protocol::PexMessage message;
  for (const protocol::PexPeer& contact : contacts) {
    if (contact.endpoint == own || message.added.size() >= most) continue;
    if (!std::ranges::binary_search(state.told, contact.endpoint)) message.added.push_back(contact);
  }
  for (const Endpoint& told : state.told) {
    if (message.dropped.size() >= protocol::kPexBatch) break;
    if (!std::ranges::binary_search(contacts, told, {}, &protocol::PexPeer::endpoint)) message.dropped.push_back(told);
  }
  if (message.empty()) return;
  send(peer, protocol::encode(message));
  for (const protocol::PexPeer& added : message.added) state.told.push_back(added.endpoint);
  std::erase_if(state.told, [&](const Endpoint& told) { return std::ranges::binary_search(message.dropped, told); });
  std::ranges::sort(state.told);
  state.was_told = true;
  state.next = now + settings_.pex_interval;
}

// ---- hearing ----

void PeerExchange::on_message(Peer& peer, Bytes payload) {
  const auto entry = states_.find(peer.key);
  if (entry == states_.end()) return;   // it has not said that it speaks this
  State& state = entry->second;
  const Time now = clock_.now();
  const bool is_hasty = state.has_spoken && now - state.heard < kLeastGap;
  state.has_spoken = true;
  state.heard = now;
  if (is_hasty) {
    if (++state.hasty >= kPatience) owner_.drop(peer, "floods us with addresses of peers");
    return;
  }
  const auto message = protocol::decode_pex_message(payload);
  if (!message) return;
  const IpAddress& teller = peer.endpoint.address;
  std::vector<protocol::PexPeer> found;
  for (const protocol::PexPeer& added : message->added) {
    if (state.given >= kMostPerPeer) break;
    if (!is_dialable(added.endpoint, teller)) continue;
    // Where everybody is on one machine, ports are what tells peers apart.
    if (!added.endpoint.address.is_loopback() && !state.taken.insert(added.endpoint.address).second) continue;
    ++state.given;
    found.push_back(added);
  }
  if (!found.empty()) owner_.on_exchanged(peer, found);
}

}  // namespace swarmlab::client
