#include "protocol/udp_tracker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"
#include "protocol/compact_peers.hpp"
#include "protocol/text.hpp"

namespace swarmlab::protocol::udp {
namespace {

enum Action : std::uint32_t { kConnect = 0, kAnnounce = 1, kScrape = 2, kError = 3 };

// Every request begins with a connection id (a connect: with the magic), action and transaction.
constexpr std::size_t kActionAt = 8, kTransactionAt = 12, kRequestHeadBytes = 16;
constexpr std::size_t kReplyHeadBytes = 8;  // action, transaction

// An announce, from its 16 bytes of head on:
//
//   16         36       56          64    72        80     84  88   92        96    98
//   | info-hash| peer id| downloaded| left| uploaded| event| ip| key| num_want| port|
constexpr std::size_t kInfoHashAt = 16, kPeerIdAt = 36, kDownloadedAt = 56, kLeftAt = 64,
                      kUploadedAt = 72, kEventAt = 80, kIpAt = 84, kKeyAt = 88, kNumWantAt = 92,
                      kPortAt = 96, kAnnounceBytes = 98;
// libtorrent's number for BEP 21's "paused": no change of state.
constexpr std::uint32_t kPausedEvent = 4;

// Its answer: action, transaction, interval, leechers, seeders, peers.
constexpr std::size_t kIntervalAt = 8, kLeechersAt = 12, kSeedersAt = 16, kPeersAt = 20;
constexpr std::size_t kConnectReplyBytes = 16;
constexpr std::size_t kScrapeEntryBytes = 12;     // seeders, completed, leechers
constexpr std::size_t kMaxPayloadBytes = 65'507;  // of a datagram over IPv4

std::unexpected<PacketError> refuse(std::string what, std::optional<TransactionId> answerable) {
  return std::unexpected(PacketError{std::move(what), answerable});
}

std::vector<std::byte> request_head(std::uint64_t connection, Action action,
                                    TransactionId transaction) {
  std::vector<std::byte> out;
  append_be(out, connection);
  append_be(out, std::uint32_t{action});
  append_be(out, transaction.value());
  return out;
}

void append(std::vector<std::byte>& out, Bytes data) {
  out.insert(out.end(), data.begin(), data.end());
}
void append(std::vector<std::byte>& out, ByteCount bytes) {
  SWARM_ASSERT(bytes.value() >= 0, bytes);
  append_be(out, static_cast<std::uint64_t>(bytes.value()));
}

constexpr std::uint32_t kMaxSigned = std::numeric_limits<std::int32_t>::max();

std::expected<Request, PacketError> decode_announce(Bytes packet, ConnectionId connection,
                                                    TransactionId transaction) {
  if (packet.size() < kAnnounceBytes) {
    return refuse(
        fmt::format("an announce of {} bytes, {} at least", packet.size(), kAnnounceBytes),
        transaction);
  }
  for (const auto& [at, name] :
       {std::pair(kDownloadedAt, "downloaded"), {kLeftAt, "left"}, {kUploadedAt, "uploaded"}}) {
    if (read_u64(packet, at) > std::numeric_limits<std::int64_t>::max()) {
      return refuse(fmt::format("{} has more than 63 bits", name), transaction);
    }
  }
  const auto bytes_at = [&](std::size_t at) {
    return ByteCount(static_cast<std::int64_t>(read_u64(packet, at)));
  };
  const std::uint32_t event = read_u32(packet, kEventAt);
  if (event > kPausedEvent) return refuse(fmt::format("event {} is unknown", event), transaction);

  AnnounceRequest request;
  request.info_hash = InfoHashV1::from(packet.subspan(kInfoHashAt));
  request.peer_id = PeerId::from(packet.subspan(kPeerIdAt));
  request.downloaded = bytes_at(kDownloadedAt);
  request.left = bytes_at(kLeftAt);
  request.uploaded = bytes_at(kUploadedAt);
  request.event = event == kPausedEvent ? AnnounceEvent::none : static_cast<AnnounceEvent>(event);
  if (read_u32(packet, kIpAt) != 0) request.ip = address_from_octets(packet.subspan(kIpAt, 4));
  request.key = read_u32(packet, kKeyAt);
  const std::uint32_t num_want = read_u32(packet, kNumWantAt);
  if (num_want <= kMaxSigned) request.numwant = num_want;  // else negative: the default
  request.port = read_u16(packet, kPortAt);
  if (request.port == 0 && request.event != AnnounceEvent::stopped)
    return refuse("port 0 is no port", transaction);
  return AnnouncePacket{connection, transaction, std::move(request)};
}

std::expected<Request, PacketError> decode_scrape(Bytes packet, ConnectionId connection,
                                                  TransactionId transaction) {
  const std::size_t count = (packet.size() - kRequestHeadBytes) / InfoHashV1::kSize;
  if (count == 0) return refuse("a scrape without info-hash", transaction);
  if (count > kMaxScrapeHashes) {
    return refuse(fmt::format("a scrape of {} info-hashes, {} at most", count, kMaxScrapeHashes),
                  transaction);
  }
  ScrapePacket scrape{connection, transaction, {}};
  for (std::size_t i = 0; i < count; ++i) {
    scrape.request.info_hashes.push_back(
        InfoHashV1::from(packet.subspan(kRequestHeadBytes + i * InfoHashV1::kSize)));
  }
  return scrape;
}

std::size_t stride_of(Family family) {
  return family == Family::v6 ? kCompactV6Bytes : kCompactV4Bytes;
}

std::vector<std::byte> reply_head(Action action, TransactionId transaction) {
  std::vector<std::byte> out;
  append_be(out, std::uint32_t{action});
  append_be(out, transaction.value());
  return out;
}

std::vector<std::byte> encode_one(const ConnectReply& reply, Family) {
  auto out = reply_head(kConnect, reply.transaction);
  append_be(out, reply.connection.value());
  return out;
}

std::vector<std::byte> encode_one(const AnnouncedReply& packet, Family family) {
  const AnnounceReply& reply = packet.reply;
  auto out = reply_head(kAnnounce, packet.transaction);
  const auto interval = std::clamp<std::int64_t>(reply.interval.count(), 0, kMaxSigned);
  append_be(out, static_cast<std::uint32_t>(interval));
  append_be(out, reply.incomplete.value_or(0));
  append_be(out, reply.complete.value_or(0));
  for (const TrackerPeer& peer : reply.peers) {
    if (out.size() + stride_of(family) > kMaxPayloadBytes) break;
    if (peer.endpoint.address.is_v6() == (family == Family::v6)) append_compact(peer.endpoint, out);
  }
  return out;
}

std::vector<std::byte> encode_one(const ScrapedReply& reply, Family) {
  auto out = reply_head(kScrape, reply.transaction);
  for (const ScrapeEntry& entry : reply.entries) {
    append_be(out, entry.complete);
    append_be(out, entry.downloaded);
    append_be(out, entry.incomplete);
  }
  return out;
}

std::vector<std::byte> encode_one(const ErrorReply& reply, Family) {
  auto out = reply_head(kError, reply.transaction);
  append(out, as_bytes(reply.message));
  return out;
}

}  // namespace

std::vector<std::byte> encode(const ConnectRequest& packet) {
  return request_head(kProtocolMagic, kConnect, packet.transaction);
}

std::vector<std::byte> encode(const AnnouncePacket& packet) {
  const AnnounceRequest& request = packet.request;
  auto out = request_head(packet.connection.value(), kAnnounce, packet.transaction);
  append(out, request.info_hash.view());
  append(out, request.peer_id.view());
  append(out, request.downloaded);
  append(out, request.left);
  append(out, request.uploaded);
  append_be(out, static_cast<std::uint32_t>(request.event));
  // The field has room for IPv4 only; 0 is "the sender's".
  if (request.ip && !request.ip->is_v6())
    append_address(*request.ip, out);
  else
    append_be(out, std::uint32_t{0});
  append_be(out, request.key);
  append_be(out,
            request.numwant ? std::min(*request.numwant, kMaxSigned) : std::uint32_t{0xffffffff});
  append_be(out, request.port);
  SWARM_ASSERT(out.size() == kAnnounceBytes, out.size());
  return out;
}

std::vector<std::byte> encode(const ScrapePacket& packet) {
  SWARM_ASSERT(packet.request.info_hashes.size() <= kMaxScrapeHashes,
               packet.request.info_hashes.size());
  auto out = request_head(packet.connection.value(), kScrape, packet.transaction);
  for (const InfoHashV1& hash : packet.request.info_hashes) append(out, hash.view());
  return out;
}

std::vector<std::byte> encode(const Reply& packet, Family family) {
  return std::visit([family](const auto& reply) { return encode_one(reply, family); }, packet);
}

std::expected<Request, PacketError> decode_request(Bytes packet) {
  if (packet.size() < kRequestHeadBytes) {
    return refuse(
        fmt::format("a request of {} bytes, {} at least", packet.size(), kRequestHeadBytes), {});
  }
  const ConnectionId connection(read_u64(packet));
  const std::uint32_t action = read_u32(packet, kActionAt);
  const TransactionId transaction(read_u32(packet, kTransactionAt));
  switch (action) {
    case kConnect:
      // Anything else that came astray would be answered otherwise.
      if (connection.value() != kProtocolMagic)
        return refuse("a connect without the protocol's magic", {});
      return ConnectRequest{transaction};
    case kAnnounce: return decode_announce(packet, connection, transaction);
    case kScrape: return decode_scrape(packet, connection, transaction);
  }
  return refuse(fmt::format("action {} is unknown", action), transaction);
}

std::expected<Reply, PacketError> decode_reply(Bytes packet, Family family) {
  const auto too_short = [&](std::string_view what, std::size_t least) {
    return refuse(fmt::format("{} of {} bytes, {} at least", what, packet.size(), least), {});
  };
  if (packet.size() < kReplyHeadBytes) return too_short("a reply", kReplyHeadBytes);
  const std::uint32_t action = read_u32(packet);
  const TransactionId transaction(read_u32(packet, 4));
  switch (action) {
    case kConnect:
      if (packet.size() < kConnectReplyBytes)
        return too_short("a connect reply", kConnectReplyBytes);
      return ConnectReply{transaction, ConnectionId(read_u64(packet, kReplyHeadBytes))};
    case kAnnounce: {
      if (packet.size() < kPeersAt) return too_short("an announce reply", kPeersAt);
      AnnouncedReply announced{transaction, {}};
      announced.reply.interval =
          usable_interval(static_cast<std::int32_t>(read_u32(packet, kIntervalAt)));
      announced.reply.incomplete = read_u32(packet, kLeechersAt);
      announced.reply.complete = read_u32(packet, kSeedersAt);
      read_compact(packet.subspan(kPeersAt), stride_of(family), announced.reply.peers);
      return announced;
    }
    case kScrape: {
      ScrapedReply scraped{transaction, {}};
      for (std::size_t at = kReplyHeadBytes; packet.size() - at >= kScrapeEntryBytes;
           at += kScrapeEntryBytes) {
        scraped.entries.push_back({.info_hash = {},
                                   .complete = read_u32(packet, at),
                                   .downloaded = read_u32(packet, at + 4),
                                   .incomplete = read_u32(packet, at + 8)});
      }
      return scraped;
    }
    case kError: return ErrorReply{transaction, one_line(as_text(packet.subspan(kReplyHeadBytes)))};
  }
  return refuse(fmt::format("action {} is unknown", action), {});
}

}  // namespace swarmlab::protocol::udp
