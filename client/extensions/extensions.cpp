#include "client/extensions/extensions.hpp"

#include "protocol/assert.hpp"

namespace swarmlab::client {

void Extensions::add(Extension& extension) {
  SWARM_ASSERT(entries_.size() < Peer::kExtensions, entries_.size());
  entries_.push_back({&extension});
  extension.number_ = static_cast<std::uint8_t>(entries_.size());
}

void Extensions::greet(Peer& peer, const HandshakeFacts& facts) {
  if (peer.common_features.extension_protocol) send_handshake(peer, facts, Which::first);
}

void Extensions::refresh(PeerSet& peers, const HandshakeFacts& facts) {
  peers.for_each_ready([&](Peer& peer) {
    if (peer.common_features.extension_protocol) send_handshake(peer, facts, Which::later);
  });
}

void Extensions::send_handshake(Peer& peer, const HandshakeFacts& facts, Which which) {
  protocol::ExtensionHandshake ours{
      .listen_port = facts.listen_port, .client = facts.client_name, .request_queue = facts.request_queue};
  if (which == Which::first) ours.your_ip = peer.endpoint.address;
  // "No" is what is taken for granted, unless "yes" may have been said before.
  if (facts.upload_only || which == Which::later) ours.upload_only = facts.upload_only;
  for (Entry& entry : entries_) {
    const bool is_offered = entry.extension->is_offered();
    // Who never heard of it need not hear that it is over.
    if (!is_offered && (which == Which::first || !entry.was_offered)) continue;
    entry.was_offered = true;
    ours.message_ids.emplace(entry.extension->name(), is_offered ? entry.extension->number() : std::uint8_t{0});
    if (is_offered) entry.extension->describe(ours);
  }
  const std::vector<std::byte> payload = protocol::encode(ours);
  peer.wire.send(protocol::Message(protocol::Extended{0, payload}));
}

std::expected<std::optional<protocol::ExtensionHandshake>, std::string> Extensions::on_message(
    Peer& peer, const protocol::Extended& message) {
  if (!peer.common_features.extension_protocol) return std::nullopt;
  if (message.id != 0) {
    if (message.id > entries_.size()) return std::nullopt;
    Extension& extension = *entries_[message.id - 1u].extension;
    if (extension.is_offered()) extension.on_message(peer, message.payload);
    return std::nullopt;
  }
  auto theirs = protocol::decode_extension_handshake(message.payload);
  if (!theirs) return std::unexpected("sent a malformed extension handshake: " + to_string(theirs.error()));
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto named = theirs->message_ids.find(std::string(entries_[i].extension->name()));
    if (named != theirs->message_ids.end()) peer.extension_ids[i] = named->second;
  }
  for (const Entry& entry : entries_) {
    if (entry.extension->is_offered() && !peer.is_dropped) entry.extension->on_handshake(peer, *theirs);
  }
  return std::optional(std::move(*theirs));
}

void Extensions::peer_left(Peer& peer) {
  for (const Entry& entry : entries_) entry.extension->peer_left(peer);
}

}  // namespace swarmlab::client
