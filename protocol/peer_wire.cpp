#include "protocol/peer_wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "protocol/assert.hpp"
#include "protocol/big_endian.hpp"
#include "protocol/hash/sha1.hpp"
#include "protocol/metainfo.hpp"

namespace swarmlab::protocol {
namespace {

// A bitfield of the largest torrent is a legal message, and no prefix can wrap the sums below.
static_assert(kMaxMessageBytes.value() == 1 + kMaxPieceCount / 8);
static_assert(kMaxBlockBytes + 9_B <= kMaxMessageBytes);

// Lengths as the prefix counts them: with the id.
constexpr std::uint32_t kBareLength = 1;    // id
constexpr std::uint32_t kPortLength = 3;    // id, port
constexpr std::uint32_t kIndexLength = 5;   // id, piece
constexpr std::uint32_t kBlockLength = 13;  // id, piece, begin, length
constexpr std::uint32_t kPieceLength = 9;   // id, piece, begin; the block follows

constexpr std::uint32_t kLargest = std::numeric_limits<std::uint32_t>::max();

ByteCount bytes(std::uint32_t count) { return ByteCount(std::int64_t{count}); }

std::uint32_t wire_size(ByteCount length, std::uint32_t most = kLargest) {
  SWARM_ASSERT(length.value() >= 0 && length.value() <= most, length);
  return static_cast<std::uint32_t>(length.value());
}

// The length that a message of this id must have; 0 where it varies.
constexpr std::uint32_t fixed_length(std::uint8_t id) {
  switch (static_cast<MessageId>(id)) {
    case MessageId::choke:
    case MessageId::unchoke:
    case MessageId::interested:
    case MessageId::not_interested:
    case MessageId::have_all:
    case MessageId::have_none: return kBareLength;
    case MessageId::port: return kPortLength;
    case MessageId::have:
    case MessageId::suggest:
    case MessageId::allowed_fast: return kIndexLength;
    case MessageId::request:
    case MessageId::cancel:
    case MessageId::reject: return kBlockLength;
    case MessageId::bitfield:
    case MessageId::piece:
    case MessageId::extended: return 0;
  }
  return 0;
}

BlockRange block_at(Bytes payload) {
  return {PieceIndex(read_u32(payload)), BlockBegin(read_u32(payload, 4)),
          bytes(read_u32(payload, 8))};
}

// Requires the whole message, of a length that its id allows.
Message message_of(std::uint8_t id, Bytes payload) {
  switch (static_cast<MessageId>(id)) {
    case MessageId::choke: return Choke{};
    case MessageId::unchoke: return Unchoke{};
    case MessageId::interested: return Interested{};
    case MessageId::not_interested: return NotInterested{};
    case MessageId::have: return Have{PieceIndex(read_u32(payload))};
    case MessageId::bitfield: return BitfieldMessage{payload};
    case MessageId::request: return Request{block_at(payload)};
    case MessageId::piece: break;  // decode_one has taken it
    case MessageId::cancel: return Cancel{block_at(payload)};
    case MessageId::port: return Port{read_u16(payload)};
    case MessageId::suggest: return Suggest{PieceIndex(read_u32(payload))};
    case MessageId::have_all: return HaveAll{};
    case MessageId::have_none: return HaveNone{};
    case MessageId::reject: return Reject{block_at(payload)};
    case MessageId::allowed_fast: return AllowedFast{PieceIndex(read_u32(payload))};
    case MessageId::extended:
      return Extended{std::to_integer<std::uint8_t>(payload[0]), payload.subspan(1)};
  }
  return Unknown{id, payload};
}

ShortMessage short_message(MessageId id, std::uint32_t length) {
  ShortMessage out;
  write_be(out.bytes, 0, length);
  out.bytes[kPrefixBytes] = static_cast<std::byte>(id);
  out.size = static_cast<std::uint8_t>(kPrefixBytes + length);
  return out;
}
ShortMessage indexed(MessageId id, PieceIndex piece) {
  ShortMessage out = short_message(id, kIndexLength);
  write_be(out.bytes, 5, piece.value());
  return out;
}
ShortMessage ranged(MessageId id, const BlockRange& block) {
  ShortMessage out = short_message(id, kBlockLength);
  write_be(out.bytes, 5, block.piece.value());
  write_be(out.bytes, 9, block.begin.value());
  write_be(out.bytes, 13, wire_size(block.length));
  return out;
}

void append(std::vector<std::byte>& out, Bytes data) {
  out.insert(out.end(), data.begin(), data.end());
}

void append_long(std::vector<std::byte>& out, std::uint8_t id, Bytes head, Bytes payload) {
  const ByteCount length = ByteCount::from_size(1 + head.size() + payload.size());
  SWARM_ASSERT(length <= kMaxMessageBytes, length);
  append_be(out, wire_size(length));
  out.push_back(static_cast<std::byte>(id));
  append(out, head);
  append(out, payload);
}

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string block_text(std::string_view name, const BlockRange& block) {
  return fmt::format("{} {}, length {}", name, to_words(block), block.length.value());
}

}  // namespace

std::expected<std::optional<Decoded>, DecodeError> decode_one(Bytes in) {
  using enum DecodeError::Kind;
  if (in.size() < kPrefixBytes) return std::nullopt;
  const std::uint32_t length = read_u32(in);
  if (bytes(length) > kMaxMessageBytes) return std::unexpected(DecodeError{oversized, length, {}});
  if (length == 0) return Decoded{KeepAlive{}, kPrefixBytes};
  if (in.size() == kPrefixBytes) return std::nullopt;

  const auto id = std::to_integer<std::uint8_t>(in[kPrefixBytes]);
  if (id == static_cast<std::uint8_t>(MessageId::piece)) {
    // An empty block is no block: nothing asks for it, and it would never count as an answer.
    if (length <= kPieceLength) return std::unexpected(DecodeError{wrong_length, length, id});
    const ByteCount block = bytes(length - kPieceLength);
    if (block > kMaxBlockBytes) return std::unexpected(DecodeError{oversized, length, id});
    if (in.size() < kPieceHeaderBytes) return std::nullopt;
    return Decoded{PieceHeader{{PieceIndex(read_u32(in, 5)), BlockBegin(read_u32(in, 9)), block}},
                   kPieceHeaderBytes};
  }
  const std::uint32_t expected = fixed_length(id);
  const bool is_extended = id == static_cast<std::uint8_t>(MessageId::extended);
  if ((expected != 0 && length != expected) || (is_extended && length < 2)) {
    return std::unexpected(DecodeError{wrong_length, length, id});
  }
  if (in.size() - kPrefixBytes < length) return std::nullopt;
  return Decoded{message_of(id, in.subspan(kPrefixBytes + 1, length - 1)), kPrefixBytes + length};
}

ShortMessage encode(KeepAlive) { return {.bytes = {}, .size = kPrefixBytes}; }
ShortMessage encode(Choke) { return short_message(MessageId::choke, kBareLength); }
ShortMessage encode(Unchoke) { return short_message(MessageId::unchoke, kBareLength); }
ShortMessage encode(Interested) { return short_message(MessageId::interested, kBareLength); }
ShortMessage encode(NotInterested) { return short_message(MessageId::not_interested, kBareLength); }
ShortMessage encode(Have have) { return indexed(MessageId::have, have.piece); }
ShortMessage encode(const Request& request) { return ranged(MessageId::request, request.block); }
ShortMessage encode(const PieceHeader& piece) {
  ShortMessage out = short_message(MessageId::piece, kPieceLength);
  write_be(out.bytes, 0, kPieceLength + wire_size(piece.block.length, kLargest - kPieceLength));
  write_be(out.bytes, 5, piece.block.piece.value());
  write_be(out.bytes, 9, piece.block.begin.value());
  return out;
}
ShortMessage encode(const Cancel& cancel) { return ranged(MessageId::cancel, cancel.block); }
ShortMessage encode(Port port) {
  ShortMessage out = short_message(MessageId::port, kPortLength);
  write_be(out.bytes, 5, port.port);
  return out;
}
ShortMessage encode(Suggest suggest) { return indexed(MessageId::suggest, suggest.piece); }
ShortMessage encode(HaveAll) { return short_message(MessageId::have_all, kBareLength); }
ShortMessage encode(HaveNone) { return short_message(MessageId::have_none, kBareLength); }
ShortMessage encode(const Reject& reject) { return ranged(MessageId::reject, reject.block); }
ShortMessage encode(AllowedFast allowed) { return indexed(MessageId::allowed_fast, allowed.piece); }

void encode(const Message& message, std::vector<std::byte>& out) {
  std::visit(Overloaded{
                 [&](const BitfieldMessage& m) {
                   append_long(out, static_cast<std::uint8_t>(MessageId::bitfield), {}, m.payload);
                 },
                 [&](const Extended& m) {
                   const std::byte sub_id{m.id};
                   append_long(out, static_cast<std::uint8_t>(MessageId::extended), {&sub_id, 1},
                               m.payload);
                 },
                 [&](const Unknown& m) { append_long(out, m.id, {}, m.payload); },
                 [&](const auto& m) { append(out, encode(m).view()); },
             },
             message);
}

std::string to_string(const Message& message) {
  return std::visit(
      Overloaded{
          [](KeepAlive) -> std::string { return "keep-alive"; },
          [](Choke) -> std::string { return "choke"; },
          [](Unchoke) -> std::string { return "unchoke"; },
          [](Interested) -> std::string { return "interested"; },
          [](NotInterested) -> std::string { return "not interested"; },
          [](Have m) { return fmt::format("have piece {}", m.piece.value()); },
          [](const BitfieldMessage& m) {
            return fmt::format("bitfield of {} bytes", m.payload.size());
          },
          [](const Request& m) { return block_text("request", m.block); },
          [](const PieceHeader& m) { return block_text("block of", m.block); },
          [](const Cancel& m) { return block_text("cancel", m.block); },
          [](Port m) { return fmt::format("port {}", m.port); },
          [](Suggest m) { return fmt::format("suggest piece {}", m.piece.value()); },
          [](HaveAll) -> std::string { return "have all"; },
          [](HaveNone) -> std::string { return "have none"; },
          [](const Reject& m) { return block_text("reject", m.block); },
          [](AllowedFast m) { return fmt::format("allowed fast piece {}", m.piece.value()); },
          [](const Extended& m) {
            return fmt::format("extended message {} of {} bytes", m.id, m.payload.size());
          },
          [](const Unknown& m) {
            return fmt::format("unknown message {} of {} bytes", m.id, m.payload.size());
          },
      },
      message);
}

std::string to_string(const DecodeError& error) {
  const std::string id = error.id ? fmt::format(" for message {}", *error.id) : "";
  switch (error.kind) {
    case DecodeError::Kind::oversized:
      return fmt::format("length {} is too large{}", error.length, id);
    case DecodeError::Kind::wrong_length:
      return fmt::format("length {} is wrong{}", error.length, id);
  }
  SWARM_ASSERT(false, static_cast<int>(error.kind));
  return {};
}

std::vector<PieceIndex> allowed_fast_set(std::array<std::uint8_t, 4> peer_address,
                                         const InfoHashV1& info_hash, std::uint32_t piece_count,
                                         std::uint32_t count) {
  SWARM_ASSERT(piece_count > 0);
  std::array<std::byte, 24> seed{};  // the last octet stays 0, so that a network gets one set
  for (std::size_t i = 0; i < 3; ++i) seed[i] = static_cast<std::byte>(peer_address[i]);
  std::ranges::copy(info_hash.bytes, seed.begin() + 4);

  const std::uint32_t wanted = std::min(count, piece_count);
  std::vector<PieceIndex> pieces;
  pieces.reserve(wanted);
  Sha1Digest digest = sha1(seed);
  while (true) {
    for (std::size_t at = 0; at < Sha1Digest::kSize; at += 4) {
      if (pieces.size() == wanted) return pieces;
      const PieceIndex piece(read_u32(digest.view(), at) % piece_count);
      if (std::ranges::find(pieces, piece) == pieces.end()) pieces.push_back(piece);
    }
    digest = sha1(digest.view());
  }
}

}  // namespace swarmlab::protocol
