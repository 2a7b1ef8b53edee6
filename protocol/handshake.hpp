// The peer-wire handshake (BEP 3, "peer protocol"; reserved bits: BEP 4).
//
//    0     1                    20          28           48          68
//    +-----+---------------------+-----------+------------+-----------+
//    | 19  | BitTorrent protocol | reserved  | info-hash  | peer id   |
//    +-----+---------------------+-----------+------------+-----------+
//
// The accepting side may answer as soon as it has seen the info-hash; the peer id comes last.
#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>

#include "protocol/ids.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

inline constexpr std::size_t kHandshakeBytes = 68;

// The reserved bits that we know (BEP 4).
struct Features {
  bool extension_protocol = false;  // BEP 10: byte 5, 0x10
  bool fast = false;                // BEP 6:  byte 7, 0x04
  bool dht = false;                 // BEP 5:  byte 7, 0x01
  friend bool operator==(const Features&, const Features&) = default;
};
constexpr Features common(Features ours, Features theirs) {
  return {ours.extension_protocol && theirs.extension_protocol, ours.fast && theirs.fast,
          ours.dht && theirs.dht};
}

struct Handshake {
  Features features;
  InfoHashV1 info_hash;
  PeerId peer_id;
  friend bool operator==(const Handshake&, const Handshake&) = default;
};

// The first byte or the protocol name is not BitTorrent's; `at` is the first offset that differs.
struct HandshakeError {
  std::size_t at = 0;
  friend bool operator==(const HandshakeError&, const HandshakeError&) = default;
};

std::array<std::byte, kHandshakeBytes> encode(const Handshake& handshake);
// nullopt: the bytes so far are the beginning of a handshake, more are needed.
std::expected<std::optional<Handshake>, HandshakeError> decode_handshake(Bytes in);
std::string to_string(const HandshakeError& error);

}  // namespace swarmlab::protocol
