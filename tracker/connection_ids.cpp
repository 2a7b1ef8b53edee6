#include "tracker/connection_ids.hpp"

#include <algorithm>
#include <bit>

namespace swarmlab::tracker {
namespace {

constexpr int kMacBits = 48;
constexpr std::uint64_t kMacMask = (std::uint64_t{1} << kMacBits) - 1;

std::uint64_t whole_seconds(Time time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::uint64_t read_little_endian(Bytes bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return word;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      v0 += v1; v1 = std::rotl(v1, 13); v1 ^= v0; v0 = std::rotl(v0, 32);
      v2 += v3; v3 = std::rotl(v3, 16); v3 ^= v2;
      v0 += v3; v3 = std::rotl(v3, 21); v3 ^= v0;
      v2 += v1; v1 = std::rotl(v1, 17); v1 ^= v2; v2 = std::rotl(v2, 32);
    }
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t sip_hash(const SipKey& key, Bytes message) {
  SipState state{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                 key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
  const std::uint64_t length = message.size();
  for (; message.size() >= 8; message = message.subspan(8)) {
    state.absorb(read_little_endian(message.first(8)));
  }
  state.absorb(read_little_endian(message) | (length << 56));
  state.v2 ^= 0xff;
  state.rounds(4);
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

ConnectionIds::ConnectionIds(runtime::Random& random) {
  for (std::uint64_t& word : key_) word = random.next();
}

protocol::udp::ConnectionId ConnectionIds::issue(const IpAddress& to, Time now) const {
  return protocol::udp::ConnectionId(make(to, whole_seconds(now)));
}

bool ConnectionIds::is_valid(protocol::udp::ConnectionId id, const IpAddress& from, Time now) const {
  const std::uint64_t second = whole_seconds(now);
  const std::uint64_t age = (second - (id.value() >> kMacBits)) & 0xffff;
  if (age > second || std::chrono::seconds(age) > kValid) return false;
  return make(from, second - age) == id.value();
}

std::uint64_t ConnectionIds::make(const IpAddress& address, std::uint64_t second) const {
  std::array<std::byte, 24> message{};
  const std::span<const std::byte> octets = std::as_bytes(address.octets());
  for (std::size_t i = 0; i < 8; ++i) message[i] = static_cast<std::byte>((second >> (8 * i)) & 0xff);
  std::ranges::copy(octets, message.begin() + 8);
  // The length tells the families apart: an IPv6 address is never taken for an IPv4 one.
  const std::uint64_t mac = sip_hash(key_, Bytes(message).first(8 + octets.size()));
  return (second << kMacBits) | (mac & kMacMask);
}

}  // namespace swarmlab::tracker
