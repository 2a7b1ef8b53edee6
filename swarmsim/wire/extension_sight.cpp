#include "swarmsim/wire/extension_sight.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "protocol/bencode.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/extension_handshake.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace bencode = protocol::bencode;

constexpr std::size_t kMetadataPiece = 16 * 1024;   // BEP 9
constexpr std::size_t kLongestHead = 1024;          // of a metadata message, before the data

std::optional<std::uint32_t> number(const bencode::Node& dictionary, std::string_view key) {
  const auto node = dictionary.find(key);
  const auto value = node ? node->integer() : std::nullopt;
  if (!value || *value < 0 || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

Authentic compare(Bytes data, std::uint32_t piece, Bytes metadata) {
  if (metadata.empty()) return Authentic::unknown;
  const std::size_t begin = std::size_t{piece} * kMetadataPiece;
  if (begin >= metadata.size()) return Authentic::no;
  const Bytes truth = metadata.subspan(begin, std::min(kMetadataPiece, metadata.size() - begin));
  return std::ranges::equal(data, truth) ? Authentic::yes : Authentic::no;
}

std::optional<ExtensionSight> read_metadata(Bytes payload, Bytes metadata) {
  const auto document = bencode::Document::decode(payload, bencode::Trailing::allow);
  if (!document || !document->root().is_dictionary()) return std::nullopt;
  const auto type = number(document->root(), "msg_type");
  const auto piece = number(document->root(), "piece");
  const std::size_t data_size = document->trailing_bytes();
  const Bytes head = payload.first(payload.size() - data_size);
  if (!type || !piece || *type > 2 || head.size() > kLongestHead) return std::nullopt;
  ExtensionSight sight;
  sight.payload = head;
  sight.message.piece = PieceIndex(*piece);
  sight.message.kind = *type == 0 ? MessageKind::metadata_request
                       : *type == 1 ? MessageKind::metadata_data : MessageKind::metadata_reject;
  if (*type != 1) return sight;
  sight.message.length = static_cast<std::uint32_t>(data_size);
  sight.message.begin = BlockBegin(number(document->root(), "total_size").value_or(0));
  sight.message.authentic = compare(payload.last(data_size), *piece, metadata);
  return sight;
}

std::uint32_t entries(const bencode::Node& dictionary, std::string_view key, std::size_t stride) {
  const auto node = dictionary.find(key);
  const auto text = node ? node->string() : std::nullopt;
  return text ? static_cast<std::uint32_t>(text->size() / stride) : 0;
}

std::optional<ExtensionSight> read_pex(Bytes payload) {
  const auto document = bencode::Document::decode(payload);
  if (!document || !document->root().is_dictionary()) return std::nullopt;
  const bencode::Node root = document->root();
  ExtensionSight sight;
  sight.payload = payload;
  sight.message.kind = MessageKind::pex;
  sight.message.piece = PieceIndex(entries(root, "added", kCompactV4Bytes) + entries(root, "added6", kCompactV6Bytes));
  sight.message.begin = BlockBegin(entries(root, "dropped", kCompactV4Bytes) + entries(root, "dropped6", kCompactV6Bytes));
  sight.message.length = static_cast<std::uint32_t>(payload.size());
  return sight;
}

}  // namespace

ExtensionSight recognise(const WireMessage& message, Bytes payload, ExtensionNumbers theirs, Bytes metadata) {
  const std::uint32_t id = message.piece.value();
  ExtensionSight plain{message, payload};
  if (id == 0) {
    plain.message.kind = MessageKind::extension_handshake;
    return plain;
  }
  std::optional<ExtensionSight> sight;
  if (id == theirs.metadata) sight = read_metadata(payload, metadata);
  else if (id == theirs.pex) sight = read_pex(payload);
  return sight.value_or(plain);
}

void take_numbers(Bytes handshake, ExtensionNumbers& numbers) {
  const auto decoded = protocol::decode_extension_handshake(handshake);
  if (!decoded) return;
  const auto take = [&](const char* name, std::uint8_t& number) {
    if (const auto found = decoded->message_ids.find(name); found != decoded->message_ids.end()) number = found->second;
  };
  take("ut_metadata", numbers.metadata);
  take("ut_pex", numbers.pex);
}

}  // namespace swarmlab::swarmsim
