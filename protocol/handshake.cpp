#include "protocol/handshake.hpp"

#include <algorithm>
#include <string_view>

namespace swarmlab::protocol {
namespace {

constexpr std::string_view kGreeting =
    "\x13"
    "BitTorrent protocol";
constexpr std::size_t kReservedAt = 20, kInfoHashAt = 28, kPeerIdAt = 48;
static_assert(kGreeting.size() == kReservedAt && kPeerIdAt + PeerId::kSize == kHandshakeBytes);

constexpr std::size_t kExtensionByte = kReservedAt + 5, kFastByte = kReservedAt + 7;
constexpr std::byte kExtensionBit{0x10}, kFastBit{0x04}, kDhtBit{0x01};

}  // namespace

std::array<std::byte, kHandshakeBytes> encode(const Handshake& handshake) {
  std::array<std::byte, kHandshakeBytes> out{};
  std::ranges::copy(as_bytes(kGreeting), out.begin());
  if (handshake.features.extension_protocol) out[kExtensionByte] |= kExtensionBit;
  if (handshake.features.fast) out[kFastByte] |= kFastBit;
  if (handshake.features.dht) out[kFastByte] |= kDhtBit;
  std::ranges::copy(handshake.info_hash.bytes, out.begin() + kInfoHashAt);
  std::ranges::copy(handshake.peer_id.bytes, out.begin() + kPeerIdAt);
  return out;
}

std::expected<std::optional<Handshake>, HandshakeError> decode_handshake(Bytes in) {
  const Bytes greeting = as_bytes(kGreeting);
  const std::size_t seen = std::min(in.size(), greeting.size());
  for (std::size_t i = 0; i < seen; ++i) {
    if (in[i] != greeting[i]) return std::unexpected(HandshakeError{i});
  }
  if (in.size() < kHandshakeBytes) return std::nullopt;
  const auto has = [&](std::size_t at, std::byte bit) { return (in[at] & bit) != std::byte{0}; };
  return Handshake{{.extension_protocol = has(kExtensionByte, kExtensionBit),
                    .fast = has(kFastByte, kFastBit),
                    .dht = has(kFastByte, kDhtBit)},
                   InfoHashV1::from(in.subspan(kInfoHashAt)),
                   PeerId::from(in.subspan(kPeerIdAt))};
}

std::string to_string(const HandshakeError& error) {
  return "no BitTorrent handshake: byte " + std::to_string(error.at) + " differs";
}

}  // namespace swarmlab::protocol
