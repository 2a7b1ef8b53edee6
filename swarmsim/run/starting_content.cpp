#include "swarmsim/run/starting_content.hpp"

#include <algorithm>
#include <vector>

namespace swarmlab::swarmsim {
namespace {

// Stands for what was never downloaded; no peer's spoiler comes near it.
constexpr runtime::Spoiler kNeverWritten{0xffffffff};
// A symbolic slice is cut here, so that no single one reaches the 4 GiB it can hold.
constexpr ByteCount kLongestSlice = 1_GiB;

}  // namespace

protocol::Bitfield choose_pieces(Share share, std::uint32_t piece_count, runtime::Random random) {
  protocol::Bitfield pieces(piece_count);
  if (share.millionths == Share::kWhole) {
    pieces.set_all();
    return pieces;
  }
  if (share.millionths == 0) return pieces;
  const auto wanted = static_cast<std::size_t>(
      std::max<std::uint64_t>(1, std::uint64_t{piece_count} * share.millionths / Share::kWhole));
  std::vector<PieceIndex> order;
  for (std::uint32_t i = 0; i < piece_count; ++i) order.push_back(PieceIndex(i));
  random.shuffle(std::span(order));
  for (std::size_t i = 0; i < wanted; ++i) pieces.set(order[i]);
  return pieces;
}

void lose_content(const SwarmTorrent& torrent, const protocol::Bitfield& pieces, VirtualFiles& files) {
  const protocol::PieceGeometry& geometry = torrent.metainfo->geometry;
  for (const protocol::FileEntry& file : torrent.metainfo->files) {
    const auto there = files.read_all(path_on_disk(file));
    if (!there || file.is_pad) continue;
    const ByteCount end = file.offset + std::min(file.length, runtime::length_of(*there));
    for (PieceIndex piece; geometry.contains(piece); ++piece) {
      const ByteCount from = std::max(file.offset, geometry.offset_of(piece));
      const ByteCount to = std::min(end, geometry.offset_of(piece) + geometry.length_of(piece));
      if (!pieces.test(piece) || from >= to) continue;
      const runtime::Slice lost = torrent.content.spoilt(from, to - from, kNeverWritten);
      files.overwrite(path_on_disk(file), static_cast<std::uint64_t>((from - file.offset).value()), {&lost, 1});
    }
  }
}

void put_content(const SwarmTorrent& torrent, const protocol::Bitfield& pieces, VirtualFiles& files) {
  if (pieces.none()) return;
  const protocol::PieceGeometry& geometry = torrent.metainfo->geometry;
  for (const protocol::FileEntry& file : torrent.metainfo->files) {
    runtime::Slices slices;
    const ByteCount end = file.offset + file.length;
    for (ByteCount at = file.offset; at < end;) {
      const PieceIndex first(static_cast<std::uint32_t>(at / geometry.piece_length()));
      // A run of pieces that are alike is one slice; but a spoiler falsifies bytes in one place only, so that each
      // missing piece needs its own.
      const bool may_join = torrent.content.is_symbolic() || pieces.test(first);
      PieceIndex last = first;
      ByteCount upto = geometry.offset_of(first) + geometry.length_of(first);
      while (may_join && upto < end && upto - at < kLongestSlice) {
        PieceIndex next(last.value() + 1);
        if (pieces.test(next) != pieces.test(first)) break;
        last = next;
        upto = geometry.offset_of(last) + geometry.length_of(last);
      }
      const ByteCount length = std::min(upto, end) - at;
      runtime::append(slices, pieces.test(first) ? torrent.content.authentic(at, length)
                                                 : torrent.content.spoilt(at, length, kNeverWritten));
      at += length;
    }
    files.put_file(path_on_disk(file), slices);
  }
}

}  // namespace swarmlab::swarmsim
