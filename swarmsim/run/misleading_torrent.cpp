#include "swarmsim/run/misleading_torrent.hpp"

#include "protocol/bencode.hpp"
#include "protocol/hash/sha1.hpp"

namespace swarmlab::swarmsim {

std::expected<protocol::Metainfo, std::string> with_harmless_names(Bytes file, protocol::Metainfo harmless) {
  const auto document = protocol::bencode::Document::decode(file);
  if (!document) return std::unexpected(std::string("is no bencoding"));
  const auto info = document->root().is_dictionary() ? document->root().find("info") : std::nullopt;
  if (!info || !info->is_dictionary()) return std::unexpected(std::string("has no info dictionary"));
  const auto hashes = info->find("pieces");
  const auto bytes = hashes ? hashes->string() : std::nullopt;
  const std::size_t expected = harmless.piece_hashes.size() * Sha1Digest::kSize;
  if (!bytes || bytes->size() != expected) return std::unexpected(std::string("has other pieces than the torrent with the harmless names"));
  const Bytes raw = info->raw();
  harmless.info.assign(raw.begin(), raw.end());
  harmless.info_hash = InfoHashV1{protocol::sha1(raw).bytes};
  return harmless;
}

}  // namespace swarmlab::swarmsim
