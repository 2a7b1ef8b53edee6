#include "swarmsim/run/virtual_disks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr ByteCount kLongestSlice = 1_GiB;

}  // namespace

std::string VirtualDisks::problem(HostId peer) {
  VirtualFiles& files = world_.files(peer);
  for (const protocol::FileEntry& file : torrent_.metainfo->files) {
    if (file.is_pad) continue;
    const std::string path = path_on_disk(file);
    runtime::Slices expected;
    for (ByteCount at; at < file.length;) {
      const ByteCount length = std::min(kLongestSlice, file.length - at);
      runtime::append(expected, torrent_.content.authentic(file.offset + at, length));
      at += length;
    }
    if (files.content_matches(path, expected)) continue;
    const auto found = files.read_all(path);
    if (!found) return fmt::format("{} is missing", path);
    const ByteCount length = runtime::length_of(*found);
    if (length != file.length)
      return fmt::format("{} has {} bytes instead of {}", path, length.value(), file.length.value());
    return fmt::format("{} has its length but not its content", path);
  }
  return {};
}

}  // namespace swarmlab::swarmsim
