#include "swarmsim/virtual/faulty_storage.hpp"

#include <vector>

namespace swarmlab::swarmsim {
namespace {

using runtime::Slice;
using runtime::Slices;

// Beyond those of all peers (corrupt_blocks.cpp), so that no two falsehoods are taken for the same bytes.
constexpr std::uint32_t kFirstSpoiler = 0x8000'0000;
constexpr std::uint32_t kSpoilers = 0x7fff'ff00;

// The one byte at `at` is another one.
Slice falsified(const Slice& byte, std::uint32_t how) {
  if (byte.kind() == Slice::Kind::symbolic)
    return Slice::of_content(byte.content(), byte.offset(), byte.length(), runtime::Spoiler(kFirstSpoiler + how));
  std::vector<std::byte> copy(byte.bytes().begin(), byte.bytes().end());
  copy.front() ^= static_cast<std::byte>(how % 255 + 1);
  return Slice::copy_of(copy);
}

}  // namespace

void FaultyStorage::deliver(Slices& data) {
  if (data.empty() || !bites(faults_.flip_on_read)) return;
  std::uint64_t place = chance_.below(static_cast<std::uint64_t>(runtime::length_of(data).value()));
  const auto how = static_cast<std::uint32_t>(chance_.below(kSpoilers));
  Slices told;
  for (const Slice& slice : data) {
    if (place >= slice.size()) {
      place -= slice.size();
      told.push_back(slice);
      continue;
    }
    const auto at = static_cast<std::size_t>(place);
    place = ~std::uint64_t{0};   // the others are as they are
    if (at > 0) told.push_back(slice.sub(0, at));
    told.push_back(falsified(slice.sub(at, 1), how));
    if (at + 1 < slice.size()) told.push_back(slice.sub(at + 1, slice.size() - at - 1));
  }
  data = std::move(told);
}

}  // namespace swarmlab::swarmsim
