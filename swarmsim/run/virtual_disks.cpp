#include "swarmsim/run/virtual_disks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr ByteCount kLongestSlice = 1_GiB;

}  // namespace

// A client that never gets its last piece right is asked for it until the run's limit; reading its disk each time took
// minutes.
bool VirtualDisks::is_whole(HostId peer) {
  if (looks_.size() <= peer.value()) looks_.resize(peer.value() + 1);
  Look& look = looks_[peer.value()];
  const Time now = world_.now();
  if (now < look.next) return look.is_whole;
  const bool is_whole = problem(peer).empty();
  if (look.since == kNever || is_whole != look.is_whole) look.since = now;
  look.is_whole = is_whole;
  look.next = now + (now - look.since) / 4;
  return is_whole;
}

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

std::optional<std::vector<std::string>> VirtualDisks::strays(HostId peer) {
  std::vector<std::string> strays = world_.files(peer).list_files("");
  std::erase_if(strays, [inside = fmt::format("{}/", kDownloads)](const std::string& path) { return path.starts_with(inside); });
  return strays;
}

protocol::Bitfield VirtualDisks::pieces(HostId peer) {
  const protocol::PieceGeometry& geometry = torrent_.metainfo->geometry;
  std::vector<ByteCount> there(geometry.piece_count());   // true bytes of each piece
  // Cut at the borders of pieces; a slice is true or false as a whole then, except that a piece may be torn.
  const auto count = [&](ByteCount at, const runtime::Slice& slice, bool is_pad) {
    for (std::size_t begin = 0; begin < slice.size();) {
      const ByteCount place = at + ByteCount(static_cast<std::int64_t>(begin));
      const auto piece = static_cast<std::uint32_t>(place / geometry.piece_length());
      const ByteCount left = geometry.offset_of(PieceIndex(piece)) + geometry.length_of(PieceIndex(piece)) - place;
      const std::size_t length = std::min(left.size(), slice.size() - begin);
      if (is_pad || torrent_.content.matches(place, slice.sub(begin, length)))
        there[piece] += ByteCount(static_cast<std::int64_t>(length));
      begin += length;
    }
  };
  for (const protocol::FileEntry& file : torrent_.metainfo->files) {
    const auto found = world_.files(peer).read_all(path_on_disk(file));
    if (!found) continue;
    ByteCount at = file.offset;
    for (const runtime::Slice& slice : *found) {
      if (at + slice.length() > file.offset + file.length) break;
      count(at, slice, file.is_pad);
      at += slice.length();
    }
  }
  protocol::Bitfield pieces(geometry.piece_count());
  for (std::uint32_t i = 0; i < pieces.size(); ++i)
    if (there[i] == geometry.length_of(PieceIndex(i))) pieces.set(PieceIndex(i));
  return pieces;
}

}  // namespace swarmlab::swarmsim
