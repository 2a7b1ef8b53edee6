// Extension: one extension of the peer protocol, as Extensions composes them (BEP 10).
//
// An extension has a name, which the handshake announces with a number of ours, and messages that come under that number;
// each peer has numbers of its own for what we send.  Calls come from the torrent's events; peers may be sent to and
// dropped from within.
#pragma once

#include <string_view>

#include "client/peer.hpp"
#include "protocol/assert.hpp"
#include "protocol/extension_handshake.hpp"

namespace swarmlab::client {

class Extension {
 public:
  // As in the handshake's "m": "ut_metadata".
  virtual std::string_view name() const = 0;
  // Whether we speak it in this torrent, now; asked for every handshake.
  virtual bool is_offered() const = 0;
  // Adds what else belongs into our handshake ("metadata_size").
  virtual void describe(protocol::ExtensionHandshake& ours) const = 0;
  // A handshake of the peer, the first or a later one, has been taken in.
  virtual void on_handshake(Peer& peer, const protocol::ExtensionHandshake& theirs) = 0;
  virtual void on_message(Peer& peer, Bytes payload) = 0;
  // Of a peer whose handshake was through.
  virtual void peer_left(Peer& peer) = 0;

  // Under which number its messages come to us; 0 until it was added.
  std::uint8_t number() const { return number_; }

 protected:
  ~Extension() = default;
  bool is_spoken_by(const Peer& peer) const { return peer.extension_ids[number_ - 1u] != 0; }
  // Under the peer's number; requires is_spoken_by(peer).
  void send(Peer& peer, Bytes payload) const {
    SWARM_ASSERT(is_spoken_by(peer), peer.key);
    peer.wire.send(protocol::Message(protocol::Extended{peer.extension_ids[number_ - 1u], payload}));
  }

 private:
  friend class Extensions;
  std::uint8_t number_ = 0;
};

}  // namespace swarmlab::client
