// Extensions: the extension protocol (BEP 10) of one torrent: handshakes, numbers, and who gets which message.
//
//   ours:   "m": {ut_metadata: 1, ut_pex: 2}   in the order of add(); what they send comes under these numbers
//   theirs: kept per peer (Peer::extension_ids); what we send goes out under those
//
// Rules:
//  - every entry of a handshake is optional, and a later handshake changes only what it names; number 0 ends an extension.
//  - a message under a number that is none of ours, or of an extension that we do not offer, is ignored.
//    Rationale: it was sent before our latest handshake arrived, or by a client with ideas of its own.
//  - only bytes that are no bencoded dictionary end the connection: nothing after them can be trusted.
//  - refresh() sends a further handshake to everybody when what we say has changed (metadata_size, upload_only, ...).
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "client/extensions/extension.hpp"
#include "client/peer_set.hpp"

namespace swarmlab::client {

// What our handshake says beside the extensions.
struct HandshakeFacts {
  std::optional<std::uint16_t> listen_port;
  std::string client_name;
  std::uint32_t request_queue = 0;
  bool upload_only = false;             // BEP 21: we fetch nothing any more, though we lack something
};

class Extensions {
 public:
  Extensions() = default;
  Extensions(const Extensions&) = delete;
  Extensions& operator=(const Extensions&) = delete;

  // At most Peer::kExtensions; all before the first peer.
  void add(Extension& extension);

  void greet(Peer& peer, const HandshakeFacts& facts);
  // A further handshake to everybody who speaks the extension protocol.
  void refresh(PeerSet& peers, const HandshakeFacts& facts);
  // nullopt: the message was no handshake.  An error ends the connection.
  std::expected<std::optional<protocol::ExtensionHandshake>, std::string> on_message(
      Peer& peer, const protocol::Extended& message);
  void peer_left(Peer& peer);

 private:
  struct Entry {
    Extension* extension;
    bool was_offered = false;           // some peer was told its number
  };
  enum class Which : std::uint8_t { first, later };
  void send_handshake(Peer& peer, const HandshakeFacts& facts, Which which);

  std::vector<Entry> entries_;
};

}  // namespace swarmlab::client
