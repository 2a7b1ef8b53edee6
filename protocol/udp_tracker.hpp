// Tracker messages over UDP (BEP 15; numbers and layouts are drawn above each codec).
//
// Packets may be longer than stated (BEP 41 appends options), never shorter.  A request's error
// says whether it can be answered (it had a transaction id) or is to be dropped.  Replies echo the
// request's transaction id; what does not match is not for us and is ignored by the caller.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/announce.hpp"

namespace swarmlab::protocol::udp {

using TransactionId = Index<struct TransactionTag>;
using ConnectionId = Index<struct ConnectionTag, std::uint64_t>;

inline constexpr std::uint64_t kProtocolMagic = 0x41727101980;
inline constexpr std::size_t kMaxScrapeHashes = 74;

struct ConnectRequest { TransactionId transaction; };
struct AnnouncePacket { ConnectionId connection; TransactionId transaction; AnnounceRequest request; };
struct ScrapePacket { ConnectionId connection; TransactionId transaction; ScrapeRequest request; };
using Request = std::variant<ConnectRequest, AnnouncePacket, ScrapePacket>;

struct ConnectReply { TransactionId transaction; ConnectionId connection; };
struct AnnouncedReply { TransactionId transaction; AnnounceReply reply; };
// Entries come in the order of the request, without their hashes.
struct ScrapedReply { TransactionId transaction; std::vector<ScrapeEntry> entries; };
struct ErrorReply { TransactionId transaction; std::string message; };
using Reply = std::variant<ConnectReply, AnnouncedReply, ScrapedReply, ErrorReply>;

struct PacketError {
  std::string what;                              // "an announce of 60 bytes, 98 at least"
  std::optional<TransactionId> answerable;       // present: an ErrorReply may be sent
};

std::vector<std::byte> encode(const ConnectRequest& packet);
std::vector<std::byte> encode(const AnnouncePacket& packet);
std::vector<std::byte> encode(const ScrapePacket& packet);
// The packet's family decides the peers' stride; peers of the other family are left out.
enum class Family : std::uint8_t { v4, v6 };
std::vector<std::byte> encode(const Reply& packet, Family family);

std::expected<Request, PacketError> decode_request(Bytes packet);
std::expected<Reply, PacketError> decode_reply(Bytes packet, Family family);

}  // namespace swarmlab::protocol::udp
