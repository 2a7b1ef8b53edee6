// The extension handshake (BEP 10): the bencoded dictionary in extended message 0.
//
// Every entry is optional and a later handshake only adds or changes (an id of 0 switches an
// extension off).  Entries of the wrong type or out of range are ignored one by one, as the BEP
// asks; only a payload that is no bencoded dictionary is an error.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/bencode.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

// A peer's word fills no more memory than this; what is beyond is ignored (bug B79).
inline constexpr std::size_t kMaxExtensions = 128;
inline constexpr std::size_t kMaxExtensionNameBytes = 64;
inline constexpr std::size_t kMaxClientNameBytes = 256;

struct ExtensionHandshake {
  std::map<std::string, std::uint8_t> message_ids{}; // "m": extension name -> message number
  std::optional<std::uint16_t> listen_port{};        // "p"
  std::optional<std::string> client{};               // "v", the first kMaxClientNameBytes of it
  std::optional<IpAddress> your_ip{};                // "yourip"
  std::optional<std::uint32_t> request_queue{};      // "reqq": requests kept without dropping
  std::optional<ByteCount> metadata_size{};          // BEP 9
  std::optional<bool> upload_only{};                 // BEP 21; nullopt: does not say, or says nothing new
  friend bool operator==(const ExtensionHandshake&, const ExtensionHandshake&) = default;
};

std::expected<ExtensionHandshake, bencode::Error> decode_extension_handshake(Bytes payload);
// The bencoded dictionary (without the extended message around it).
std::vector<std::byte> encode(const ExtensionHandshake& handshake);

}  // namespace swarmlab::protocol
