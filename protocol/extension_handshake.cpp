#include "protocol/extension_handshake.hpp"

#include <limits>

#include "protocol/compact_peers.hpp"
#include "protocol/ids.hpp"
#include "protocol/metainfo.hpp"

namespace swarmlab::protocol {
namespace {

// The integer under `key` when it lies in [least, most].
std::optional<std::int64_t> integer_in(const bencode::Node& dictionary, std::string_view key,
                                       std::int64_t least, std::int64_t most) {
  const auto value = dictionary.find(key);
  const auto integer = value ? value->integer() : std::nullopt;
  return integer && *integer >= least && *integer <= most ? integer : std::nullopt;
}

std::optional<std::string_view> string_at(const bencode::Node& dictionary, std::string_view key) {
  const auto value = dictionary.find(key);
  return value ? value->string() : std::nullopt;
}

void read_message_ids(const bencode::Node& names, std::map<std::string, std::uint8_t>& ids) {
  for (auto entry = names.first(); entry && ids.size() < kMaxExtensions; entry = entry->next()) {
    const auto id = entry->integer();
    if (!id || *id < 0 || *id > 255 || entry->key().size() > kMaxExtensionNameBytes) continue;
    ids.emplace(entry->key(), static_cast<std::uint8_t>(*id));
  }
}

}  // namespace

std::expected<ExtensionHandshake, bencode::Error> decode_extension_handshake(Bytes payload) {
  // uTorrent and others have sent bytes behind the dictionary; they carry nothing.
  const auto document = bencode::Document::decode(payload, bencode::Trailing::allow);
  if (!document) return std::unexpected(document.error());
  const bencode::Node root = document->root();
  if (!root.is_dictionary()) return std::unexpected(bencode::Error{0, "is no dictionary"});

  ExtensionHandshake handshake;
  if (const auto names = root.find("m"); names && names->is_dictionary()) {
    read_message_ids(*names, handshake.message_ids);
  }
  if (const auto port = integer_in(root, "p", 1, 65535)) {
    handshake.listen_port = static_cast<std::uint16_t>(*port);
  }
  if (const auto client = string_at(root, "v"))
    handshake.client = client->substr(0, kMaxClientNameBytes);
  if (const auto octets = string_at(root, "yourip")) {
    handshake.your_ip = address_from_octets(as_bytes(*octets));
  }
  if (const auto depth = integer_in(root, "reqq", 0, std::numeric_limits<std::uint32_t>::max())) {
    handshake.request_queue = static_cast<std::uint32_t>(*depth);
  }
  if (const auto size = integer_in(root, "metadata_size", 1, kMaxTorrentFileBytes.value())) {
    handshake.metadata_size = ByteCount(*size);
  }
  if (const auto flag = root.find("upload_only"); flag && flag->integer()) {
    handshake.upload_only = *flag->integer() != 0;
  }
  return handshake;
}

std::vector<std::byte> encode(const ExtensionHandshake& handshake) {
  bencode::Writer out;
  out.begin_dictionary().key("m").begin_dictionary();
  for (const auto& [name, id] : handshake.message_ids) out.key(name).integer(id);
  out.end();
  if (handshake.metadata_size) out.key("metadata_size").integer(handshake.metadata_size->value());
  if (handshake.listen_port) out.key("p").integer(*handshake.listen_port);
  if (handshake.request_queue) out.key("reqq").integer(*handshake.request_queue);
  if (handshake.upload_only) out.key("upload_only").integer(*handshake.upload_only ? 1 : 0);
  if (handshake.client) out.key("v").string(*handshake.client);
  if (handshake.your_ip) {
    std::vector<std::byte> octets;
    append_address(*handshake.your_ip, octets);
    out.key("yourip").string(Bytes(octets));
  }
  return out.end().take();
}

}  // namespace swarmlab::protocol
