#include "swarmsim/lab/relay_stream.hpp"

#include <string_view>

#include "swarmsim/wire/frames.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::string_view kPexKey = "6:ut_pex";
constexpr std::byte kOtherLetter{'X'};            // before 'x': the dictionary stays sorted
constexpr std::size_t kEthernetHeader = 14;
constexpr std::uint16_t kOpenWindow = 512;        // 64 KiB
constexpr std::uint32_t kBetweenFirstNumbers = 1'000'003;   // of sequence: a pair of ports that is used again is seen to be

}  // namespace

void PexCurtain::pass(std::vector<std::byte>& bytes) {
  for (std::byte& byte : bytes) {
    if (left_ == 0) return;
    --left_;
    const char letter = std::to_integer<char>(byte);
    if (letter != kPexKey[matched_]) {
      matched_ = letter == kPexKey[0] ? 1 : 0;
    } else if (++matched_ == kPexKey.size()) {
      byte = kOtherLetter;
      matched_ = 0;
    }
  }
}

std::vector<std::byte> RelayedConnection::packet(std::size_t sender, std::uint8_t flags, std::int64_t offset, Bytes bytes,
                                                 Payload payload) const {
  const RelayedSide& other = sides[1 - sender];
  const std::uint32_t first = static_cast<std::uint32_t>(number) * kBetweenFirstNumbers;
  TcpFrame frame{.from = endpoints[sender], .to = endpoints[1 - sender]};
  frame.sequence = first + static_cast<std::uint32_t>(offset + 1);
  frame.acknowledged = first + 1 + static_cast<std::uint32_t>(other.read);
  frame.flags = flags;
  frame.window = other.is_drained ? kOpenWindow : 0;
  if (payload == Payload::whole) frame.payload = bytes;
  std::vector<std::byte> encoded = encode(frame);
  if (payload == Payload::counted && !bytes.empty()) set_ip_length(encoded, bytes.size());
  encoded.erase(encoded.begin(), encoded.begin() + kEthernetHeader);
  return encoded;
}

}  // namespace swarmlab::swarmsim
