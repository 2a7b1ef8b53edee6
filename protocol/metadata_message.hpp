// Messages of the metadata exchange, "ut_metadata" (BEP 9): how the info dictionary travels from peer to peer.
//
//   {msg_type: 0, piece: k}                      request
//   {msg_type: 1, piece: k, total_size: n} data  data: 16 KiB of the dictionary, or the rest of it, behind the bencode
//   {msg_type: 2, piece: k}                      reject
//
// A message of another type is read as MetadataOther, to be ignored ("an unrecognized message ID MUST be ignored").
// What is no bencoded dictionary, or has no type or no sensible piece number, is an error.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <variant>
#include <vector>

#include "protocol/bencode.hpp"
#include "protocol/units.hpp"

namespace swarmlab::protocol {

inline constexpr std::uint32_t kMetadataPieceBytes = 16 * 1024;
// The longest info dictionary that is fetched from or served to peers: 800,000 pieces.
inline constexpr ByteCount kMaxMetadataBytes = 16_MiB;

constexpr std::uint32_t metadata_pieces(ByteCount size) {
  return static_cast<std::uint32_t>((size.value() + kMetadataPieceBytes - 1) / kMetadataPieceBytes);
}
// Of a piece that exists; the last one may be shorter (bug B69).
constexpr std::uint32_t metadata_piece_length(ByteCount size, std::uint32_t piece) {
  const std::int64_t begin = std::int64_t{piece} * kMetadataPieceBytes;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(size.value() - begin, kMetadataPieceBytes));
}

struct MetadataRequest {
  std::uint32_t piece = 0;
  friend bool operator==(const MetadataRequest&, const MetadataRequest&) = default;
};
struct MetadataData {
  std::uint32_t piece = 0;
  std::optional<std::int64_t> total_size{};   // as claimed
  Bytes data{};                               // lives as long as the payload it was decoded from
};
struct MetadataReject {
  std::uint32_t piece = 0;
  friend bool operator==(const MetadataReject&, const MetadataReject&) = default;
};
struct MetadataOther {
  std::int64_t type = 0;
  friend bool operator==(const MetadataOther&, const MetadataOther&) = default;
};
using MetadataMessage = std::variant<MetadataRequest, MetadataData, MetadataReject, MetadataOther>;

std::expected<MetadataMessage, bencode::Error> decode_metadata_message(Bytes payload);
std::vector<std::byte> encode(const MetadataRequest& message);
std::vector<std::byte> encode(const MetadataData& message);
std::vector<std::byte> encode(const MetadataReject& message);

}  // namespace swarmlab::protocol
