#include "client/torrent_file.hpp"

#include <array>
#include <fstream>
#include <utility>

#include "client/saved_torrent.hpp"

namespace swarmlab::client {
namespace {

std::expected<protocol::DecodedMetainfo, std::string> load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(path + ": cannot be opened");
  std::string bytes;
  std::array<char, 65536> chunk{};
  while (file.read(chunk.data(), chunk.size()), file.gcount() > 0) {
    bytes.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > protocol::kMaxTorrentFileBytes.size()) return std::unexpected(path + ": is too large for a torrent");
  }
  if (file.bad()) return std::unexpected(path + ": cannot be read");
  auto decoded = protocol::decode_metainfo(as_bytes(bytes));
  if (!decoded) return std::unexpected(path + ": " + protocol::to_string(decoded.error()));
  return std::move(*decoded);
}

}  // namespace

std::expected<Given, std::string> given_by(const std::string& source, const std::string& state_directory) {
  if (source.starts_with("magnet:")) {
    auto magnet = protocol::parse_magnet(source);
    if (!magnet) return std::unexpected("the magnet link " + magnet.error().what);
    auto known = recall_torrent(state_directory, *magnet);
    return Given{std::move(known), std::move(*magnet), {}};
  }
  auto loaded = load(source);
  if (!loaded) return std::unexpected(loaded.error());
  return Given{std::make_shared<const protocol::Metainfo>(std::move(loaded->metainfo)), std::nullopt, std::move(loaded->warnings)};
}

}  // namespace swarmlab::client
