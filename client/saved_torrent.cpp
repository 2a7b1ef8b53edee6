#include "client/saved_torrent.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

namespace swarmlab::client {
namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> failed(const std::string& path, const std::string& why) {
  return std::unexpected(path + ": " + why);
}

}  // namespace

std::string saved_torrent_path(const std::string& state_directory, const InfoHashV1& info_hash) {
  return state_directory + "/" + to_string(info_hash) + ".torrent";
}

std::expected<void, std::string> save_torrent(const std::string& path, const protocol::Metainfo& torrent) {
  std::error_code error;
  if (const fs::path parent = fs::path(path).parent_path(); !parent.empty()) fs::create_directories(parent, error);
  if (error) return failed(path, error.message());
  const std::string beside = path + ".part";
  {
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    const std::string text(as_text(protocol::encode_metainfo(torrent)));
    file << text << std::flush;
    if (!file) return failed(beside, std::strerror(errno));
  }
  fs::rename(beside, path, error);
  if (error) return failed(path, error.message());
  return {};
}

std::shared_ptr<const protocol::Metainfo> recall_torrent(const std::string& state_directory,
                                                         const protocol::Magnet& magnet) {
  std::ifstream file(saved_torrent_path(state_directory, magnet.info_hash), std::ios::binary);
  if (!file) return nullptr;
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  auto decoded = protocol::decode_metainfo(as_bytes(bytes));
  if (!decoded || decoded->metainfo.info_hash != magnet.info_hash) return nullptr;
  if (!magnet.trackers.empty()) {
    decoded->metainfo.trackers.clear();
    for (const std::string& tracker : magnet.trackers) decoded->metainfo.trackers.push_back({tracker});
  }
  return std::make_shared<const protocol::Metainfo>(std::move(decoded->metainfo));
}

}  // namespace swarmlab::client
