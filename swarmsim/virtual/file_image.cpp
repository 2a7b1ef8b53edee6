#include "swarmsim/virtual/file_image.hpp"

#include <algorithm>

namespace swarmlab::swarmsim {
namespace {

void append_zeros(runtime::Slices& out, std::uint64_t length) {
  constexpr std::uint64_t kChunk = 64 << 10;
  const std::vector<std::byte> zeros(static_cast<std::size_t>(std::min(length, kChunk)));
  const runtime::Slice chunk = runtime::Slice::copy_of(zeros);
  for (; length > kChunk; length -= kChunk) out.push_back(chunk);
  if (length > 0) out.push_back(chunk.sub(0, static_cast<std::size_t>(length)));
}

}  // namespace

std::vector<FileImage::Extent>::iterator FileImage::first_ending_after(std::uint64_t offset) {
  return std::ranges::upper_bound(extents_, offset, {}, &Extent::end);
}

std::uint64_t FileImage::counted(std::uint64_t begin, std::uint64_t end) const {
  return end > std::max(begin, reserved_) ? end - std::max(begin, reserved_) : 0;
}

void FileImage::erase(std::uint64_t begin, std::uint64_t end) {
  auto at = first_ending_after(begin);
  if (at == extents_.end() || at->begin >= end) return;
  if (at->begin < begin) {
    Extent tail = *at;
    beyond_ -= counted(begin, tail.end());
    at->slice = at->slice.sub(0, static_cast<std::size_t>(begin - at->begin));
    ++at;
    if (tail.end() > end) {   // the hole lies within one extent
      const std::uint64_t kept = tail.end() - end;
      tail.slice = tail.slice.sub(static_cast<std::size_t>(end - tail.begin), static_cast<std::size_t>(kept));
      tail.begin = end;
      beyond_ += counted(end, end + kept);
      extents_.insert(at, std::move(tail));
      return;
    }
  }
  auto last = at;
  while (last != extents_.end() && last->end() <= end) {
    beyond_ -= counted(last->begin, last->end());
    ++last;
  }
  if (last != extents_.end() && last->begin < end) {
    beyond_ -= counted(last->begin, end);
    last->slice.take_front(static_cast<std::size_t>(end - last->begin));
    last->begin = end;
  }
  extents_.erase(at, last);
}

void FileImage::write(std::uint64_t offset, runtime::Slice slice) {
  if (slice.empty()) return;
  const std::uint64_t end = offset + slice.size();
  erase(offset, end);
  beyond_ += counted(offset, end);
  size_ = std::max(size_, end);
  auto at = first_ending_after(offset);
  if (at != extents_.begin() && (at - 1)->end() == offset && (at - 1)->slice.try_append(slice)) {
    if (at != extents_.end() && at->begin == end && (at - 1)->slice.try_append(at->slice)) extents_.erase(at);
    return;
  }
  if (at != extents_.end() && at->begin == end && slice.try_append(at->slice)) {
    at->begin = offset;
    at->slice = std::move(slice);
    return;
  }
  extents_.insert(at, {offset, std::move(slice)});
}

void FileImage::truncate(std::uint64_t size) {
  if (size < size_) erase(size, size_);
  size_ = size;
  reserved_ = std::min(reserved_, size);
}

void FileImage::reserve(std::uint64_t size) {
  size_ = std::max(size_, size);
  reserved_ = std::max(reserved_, size);
  beyond_ = 0;
  for (const Extent& extent : extents_) beyond_ += counted(extent.begin, extent.end());
}

runtime::Slices FileImage::read(std::uint64_t offset, std::uint64_t length) const {
  runtime::Slices out;
  if (offset >= size_) return out;
  const std::uint64_t end = std::min(size_, offset + std::min(length, size_));
  auto at = std::ranges::upper_bound(extents_, offset, {}, &Extent::end);
  while (offset < end) {
    const bool in_hole = at == extents_.end() || at->begin > offset;
    const std::uint64_t stop = in_hole ? (at == extents_.end() ? end : std::min(end, at->begin))
                                       : std::min(end, at->end());
    if (in_hole) {
      append_zeros(out, stop - offset);
    } else {
      runtime::append(out, at->slice.sub(static_cast<std::size_t>(offset - at->begin),
                                         static_cast<std::size_t>(stop - offset)));
      ++at;
    }
    offset = stop;
  }
  return out;
}

}  // namespace swarmlab::swarmsim
