#include "swarmsim/lab/lab_content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace swarmlab::swarmsim {
namespace {

namespace fs = std::filesystem;

constexpr ByteCount kAtOnce = 256_KiB;

fs::path path_below(const fs::path& directory, const protocol::FileEntry& file) {
  fs::path path = directory;
  for (const std::string& element : file.path) path /= element;
  return path;
}

// Calls `each(offset in the torrent, bytes)` for all that a file has, up to its length in the torrent.
void read_parts(const fs::path& path, const protocol::FileEntry& file, const std::function<bool(ByteCount, Bytes)>& each) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::byte> buffer(kAtOnce.size());
  for (ByteCount at; at < file.length;) {
    const std::size_t wanted = std::min(kAtOnce, file.length - at).size();
    in.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(wanted));
    const auto got = static_cast<std::size_t>(in.gcount());
    if (got == 0 || !each(file.offset + at, Bytes(buffer.data(), got))) return;
    at += ByteCount(static_cast<std::int64_t>(got));
  }
}

enum class Truth : std::uint8_t { authentic, wrong };

// What belongs there; or, wrong from end to end, its complement.
void write_content(std::ostream& out, const SwarmTorrent& torrent, ByteCount at, ByteCount length, Truth truth) {
  const runtime::Slice slice = torrent.content.authentic(at, length);
  std::vector<std::byte> bytes(slice.bytes().begin(), slice.bytes().end());
  if (truth == Truth::wrong)
    for (std::byte& byte : bytes) byte = ~byte;
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

std::expected<void, std::string> put_content(const SwarmTorrent& torrent, const protocol::Bitfield& pieces, const fs::path& directory) {
  if (pieces.none()) return {};
  const protocol::PieceGeometry& geometry = torrent.metainfo->geometry;
  for (const protocol::FileEntry& file : torrent.metainfo->files) {
    if (file.is_pad) continue;
    const fs::path path = path_below(directory, file);
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    std::ofstream out(path, std::ios::binary);
    const ByteCount end = file.offset + file.length;
    for (ByteCount at = file.offset; at < end;) {
      const PieceIndex piece(static_cast<std::uint32_t>(at / geometry.piece_length()));
      const ByteCount length = std::min(geometry.offset_of(piece) + geometry.length_of(piece), end) - at;
      write_content(out, torrent, at, length, pieces.test(piece) ? Truth::authentic : Truth::wrong);
      at += length;
    }
    if (!out.flush()) return std::unexpected(fmt::format("{} could not be written", path.string()));
  }
  return {};
}

void lose_content(const SwarmTorrent& torrent, const protocol::Bitfield& pieces, const fs::path& directory) {
  const protocol::PieceGeometry& geometry = torrent.metainfo->geometry;
  for (const protocol::FileEntry& file : torrent.metainfo->files) {
    const fs::path path = path_below(directory, file);
    std::error_code error;
    const std::uintmax_t there = fs::file_size(path, error);
    if (file.is_pad || error) continue;
    const ByteCount end = file.offset + std::min(file.length, ByteCount(static_cast<std::int64_t>(there)));
    std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
    for (PieceIndex piece; geometry.contains(piece); ++piece) {
      const ByteCount from = std::max(file.offset, geometry.offset_of(piece));
      const ByteCount to = std::min(end, geometry.offset_of(piece) + geometry.length_of(piece));
      if (!pieces.test(piece) || from >= to) continue;
      out.seekp(static_cast<std::streamoff>((from - file.offset).value()));
      write_content(out, torrent, from, to - from, Truth::wrong);
    }
  }
}

bool FolderDisks::is_whole(HostId peer) {
  Look& look = looks_[peer.value()];
  const Time now = sources_.now();
  if (now < look.next) return look.is_whole;
  look.next = now + kBetweenLooks;
  std::vector<Stamp> stamps = stamps_of(peer);
  if (now < look.through && stamps == look.stamps) return look.is_whole;
  const bool is_whole = problem(peer).empty();
  if (look.since == kNever || is_whole != look.is_whole) look.since = now;
  look.is_whole = is_whole;
  look.stamps = std::move(stamps);
  look.through = now + std::max(kBetweenLooks, (now - look.since) / 4);
  return is_whole;
}

std::vector<FolderDisks::Stamp> FolderDisks::stamps_of(HostId peer) const {
  std::vector<Stamp> stamps;
  for (const protocol::FileEntry& file : torrent_.metainfo->files) {
    if (file.is_pad) continue;
    Stamp& stamp = stamps.emplace_back();
    const fs::path path = path_below(folders_[peer.value()], file);
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) continue;
    stamp = {size, fs::last_write_time(path, error)};
  }
  return stamps;
}

std::optional<Time> FolderDisks::whole_since(HostId peer) {
  return is_whole(peer) ? std::optional(looks_[peer.value()].since) : std::nullopt;
}

std::string FolderDisks::problem(HostId peer) {
  for (const protocol::FileEntry& file : torrent_.metainfo->files) {
    if (file.is_pad) continue;
    const fs::path path = path_below(folders_[peer.value()], file);
    const std::string name = path.lexically_relative(folders_[peer.value()]).string();
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) return fmt::format("{} is missing", name);
    if (size != file.length.size()) return fmt::format("{} has {} bytes instead of {}", name, size, file.length.value());
    ByteCount matched;
    read_parts(path, file, [&](ByteCount at, Bytes bytes) {
      if (!torrent_.content.matches(at, bytes)) return false;
      matched += ByteCount::of(bytes);
      return true;
    });
    if (matched != file.length) return fmt::format("{} has its length but not its content", name);
  }
  return {};
}

protocol::Bitfield FolderDisks::pieces(HostId peer) {
  const protocol::PieceGeometry& geometry = torrent_.metainfo->geometry;
  std::vector<ByteCount> there(geometry.piece_count());   // true bytes of each piece
  const auto count = [&](ByteCount at, Bytes bytes) {
    while (!bytes.empty()) {
      const PieceIndex piece(static_cast<std::uint32_t>(at / geometry.piece_length()));
      const ByteCount left = geometry.offset_of(piece) + geometry.length_of(piece) - at;
      const Bytes part = bytes.first(std::min(left.size(), bytes.size()));
      if (torrent_.content.matches(at, part)) there[piece.value()] += ByteCount::of(part);
      at += ByteCount::of(part);
      bytes = bytes.subspan(part.size());
    }
    return true;
  };
  for (const protocol::FileEntry& file : torrent_.metainfo->files) {
    if (!file.is_pad) {
      read_parts(path_below(folders_[peer.value()], file), file, count);
      continue;
    }
    for (ByteCount at; at < file.length; at += ByteCount(1)) {   // zeros, which nobody has to have
      const PieceIndex piece(static_cast<std::uint32_t>((file.offset + at) / geometry.piece_length()));
      there[piece.value()] += ByteCount(1);
    }
  }
  protocol::Bitfield pieces(geometry.piece_count());
  for (std::uint32_t i = 0; i < pieces.size(); ++i)
    if (there[i] == geometry.length_of(PieceIndex(i))) pieces.set(PieceIndex(i));
  return pieces;
}

}  // namespace swarmlab::swarmsim
