// StreamsReport: what packets held that no stream could be made of, so that whoever judges knows what was not seen.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace swarmlab::swarmsim {

// Of one host; a stream counts for both its ends.
struct UnreadStreams {
  std::uint64_t begun_before = 0;    // its handshake is not in the capture
  std::uint64_t incomplete = 0;      // bytes are missing that the other end acknowledged, or too much waited for them
  std::uint64_t encrypted = 0;       // between peers: it does not begin with BitTorrent's handshake
  std::uint64_t tls = 0;             // begins with a TLS handshake
  std::uint64_t utp = 0;             // datagrams between peers that look like uTP (BEP 29)
  // The same, but the other end said nothing to it: nothing was missed.
  std::uint64_t refused = 0;
  std::uint64_t total() const { return begun_before + incomplete + encrypted + tls + utp; }
};

// The members by their names, as they are called in files.
inline constexpr std::array<std::pair<const char*, std::uint64_t UnreadStreams::*>, 6> kUnreadStreams{
    {{"begun_before", &UnreadStreams::begun_before}, {"incomplete", &UnreadStreams::incomplete}, {"encrypted", &UnreadStreams::encrypted},
     {"tls", &UnreadStreams::tls}, {"utp", &UnreadStreams::utp}, {"refused", &UnreadStreams::refused}}};

struct StreamsReport {
  std::vector<UnreadStreams> hosts;  // by HostId
  std::uint64_t packets = 0;
  std::uint64_t malformed = 0;       // no IP, or no TCP or UDP that it claims to have
  std::uint64_t fragments = 0;
  std::uint64_t foreign = 0;         // to or from an address of nobody in the run
};

}  // namespace swarmlab::swarmsim
