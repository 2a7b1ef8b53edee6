// The parameters of the virtual TCP, in one place.  docs/network_model.md says why each has its value.
#pragma once

#include <cstdint>

#include "protocol/units.hpp"

namespace swarmlab::swarmsim::tcp {

// A full packet is 1500 bytes on the wire: 1448 of payload, 20 of TCP, 12 of its timestamps, 20 of IP.
inline constexpr std::int32_t kMss = 1448;
inline constexpr std::int32_t kHeaderBytes = 52;
inline constexpr std::int32_t kFullPacketBytes = kMss + kHeaderBytes;
static_assert(kFullPacketBytes == 1500);

inline constexpr std::int64_t kInitialWindow = 10 * kMss;        // RFC 6928
inline constexpr int kDuplicateThreshold = 3;                    // RFC 6675, DupThresh

inline constexpr Duration kInitialRto = 1s;                      // RFC 6298
inline constexpr Duration kMinimumRtoMargin = 200ms;             // RTO = SRTT + max(this, 4 RTTVAR), as Linux has it
inline constexpr Duration kMaximumRto = 120s;
inline constexpr int kSynRetries = 6;                            // gives up 127 s after the first SYN
inline constexpr int kSynAckRetries = 5;
inline constexpr int kDataRetries = 15;
inline constexpr int kOrphanRetries = 8;                         // of a stream whose owner has closed it

inline constexpr Duration kDelayedAck = 40ms;
inline constexpr int kPacketsPerAck = 2;                         // "b" of the throughput formulas

inline constexpr std::int64_t kInitialReceiveWindow = 64 << 10;
inline constexpr std::int64_t kMaximumReceiveWindow = 6 << 20;

// Between two sockets of one host, which share no link.
inline constexpr Duration kLoopbackDelay = 20us;
// At most so much time on the slower of the two links may pass as one event.
inline constexpr Duration kTrainTime = 5ms;

}  // namespace swarmlab::swarmsim::tcp
