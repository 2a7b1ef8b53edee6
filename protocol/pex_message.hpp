// Messages of the peer exchange, "ut_pex" (BEP 11): whom a peer is connected to, as differences.
//
//   {added: 6 bytes each, added.f: a byte of flags each, dropped: 6 bytes each,
//    added6: 18 bytes each, added6.f, dropped6}                        every entry is optional
//
// Decoding keeps at most kMaxPexPeers of each kind; a list whose length is no multiple of its entries' is left out whole,
// since nobody knows where its entries begin, and flags that are missing are none.  What is no bencoded dictionary is an
// error.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "protocol/bencode.hpp"
#include "protocol/endpoint.hpp"

namespace swarmlab::protocol {

// BEP 11: 50 of each per message, but for the first one, which may tell of every connection.
inline constexpr std::size_t kPexBatch = 50;
inline constexpr std::size_t kMaxPexPeers = 500;

struct PexFlags {
  bool prefers_encryption = false;   // 0x01
  bool upload_only = false;          // 0x02: a seed, or a partial one (BEP 21)
  bool supports_utp = false;         // 0x04
  bool supports_holepunch = false;   // 0x08
  bool is_reachable = false;         // 0x10: the sender dialled it
  friend bool operator==(PexFlags, PexFlags) = default;
};
struct PexPeer {
  Endpoint endpoint;
  PexFlags flags{};
  friend bool operator==(const PexPeer&, const PexPeer&) = default;
};
struct PexMessage {
  std::vector<PexPeer> added{};      // both families
  std::vector<Endpoint> dropped{};
  bool empty() const { return added.empty() && dropped.empty(); }
  friend bool operator==(const PexMessage&, const PexMessage&) = default;
};

std::expected<PexMessage, bencode::Error> decode_pex_message(Bytes payload);
// Requires that it is not empty: the BEP knows no empty message (bug B72).
std::vector<std::byte> encode(const PexMessage& message);

}  // namespace swarmlab::protocol
