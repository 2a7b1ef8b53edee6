// Any bytes: a torrent whose promises hold, or an error with a place.
#include <algorithm>
#include <filesystem>

#include "protocol/assert.hpp"
#include "protocol/hash/sha1.hpp"
#include "protocol/metainfo.hpp"
#include "protocol/text.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::protocol;

namespace {

void check_paths(const Metainfo& torrent) {
  for (const FileEntry& file : torrent.files) {
    SWARM_ASSERT(!file.path.empty() && file.path.front() == torrent.name);
    std::filesystem::path joined = "/download";
    for (const std::string& element : file.path) {
      SWARM_ASSERT(is_utf8(element) && element.find('\0') == element.npos);
      joined /= element;
    }
    // What the file system makes of it stays where it was put.
    SWARM_ASSERT(joined.lexically_normal() == joined);
    SWARM_ASSERT(joined.lexically_relative("/download").begin()->string() == torrent.name);
  }
}

void check(const Metainfo& torrent) {
  SWARM_ASSERT(!torrent.files.empty() && torrent.geometry.piece_count() > 0);
  SWARM_ASSERT(torrent.piece_hashes.size() == torrent.geometry.piece_count());
  ByteCount total;
  for (const FileEntry& file : torrent.files) {
    SWARM_ASSERT(file.offset == total && file.length >= 0_B, file.offset, total);
    total += file.length;
  }
  SWARM_ASSERT(total == torrent.geometry.total());
  SWARM_ASSERT(torrent.info_hash.bytes == sha1(torrent.info).bytes);
  check_paths(torrent);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto torrent = decode_metainfo(fuzz::bytes(data, size));
  if (torrent) {
    check(torrent->metainfo);
    const auto alone = decode_info(torrent->metainfo.info);
    SWARM_ASSERT(alone && alone->metainfo.files == torrent->metainfo.files);
  } else {
    SWARM_ASSERT(torrent.error().at <= size && !to_string(torrent.error()).empty());
  }
  if (const auto info = decode_info(fuzz::bytes(data, size))) check(info->metainfo);
  return 0;
}
