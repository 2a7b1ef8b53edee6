#include "protocol/metadata_message.hpp"

#include <limits>

namespace swarmlab::protocol {
namespace {

enum Type : std::int64_t { kRequest = 0, kData = 1, kReject = 2 };

std::optional<std::int64_t> integer_at(const bencode::Node& dictionary, std::string_view key) {
  const auto value = dictionary.find(key);
  return value ? value->integer() : std::nullopt;
}

std::vector<std::byte> encode_head(Type type, std::uint32_t piece, std::optional<std::int64_t> total_size) {
  bencode::Writer out;
  out.begin_dictionary().key("msg_type").integer(type).key("piece").integer(piece);
  if (total_size) out.key("total_size").integer(*total_size);
  return out.end().take();
}

}  // namespace

std::expected<MetadataMessage, bencode::Error> decode_metadata_message(Bytes payload) {
  const auto document = bencode::Document::decode(payload, bencode::Trailing::allow);
  if (!document) return std::unexpected(document.error());
  const bencode::Node root = document->root();
  if (!root.is_dictionary()) return std::unexpected(bencode::Error{0, "is no dictionary"});
  const auto type = integer_at(root, "msg_type");
  if (!type) return std::unexpected(bencode::Error{0, "has no msg_type"});
  if (*type < kRequest || *type > kReject) return MetadataOther{*type};
  const auto number = integer_at(root, "piece");
  if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
    return std::unexpected(bencode::Error{0, "has no piece number that could be one"});
  }
  const auto piece = static_cast<std::uint32_t>(*number);
  if (*type == kRequest) return MetadataRequest{piece};
  if (*type == kReject) return MetadataReject{piece};
  return MetadataData{piece, integer_at(root, "total_size"), payload.last(document->trailing_bytes())};
}

std::vector<std::byte> encode(const MetadataRequest& message) { return encode_head(kRequest, message.piece, {}); }

std::vector<std::byte> encode(const MetadataReject& message) { return encode_head(kReject, message.piece, {}); }

std::vector<std::byte> encode(const MetadataData& message) {
  std::vector<std::byte> bytes = encode_head(kData, message.piece, message.total_size);
  bytes.insert(bytes.end(), message.data.begin(), message.data.end());
  return bytes;
}

}  // namespace swarmlab::protocol
