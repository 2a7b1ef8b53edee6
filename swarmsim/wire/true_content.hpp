// TrueContent: what the torrent of a run really holds, to fill disks with and to judge blocks by.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "protocol/units.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::swarmsim {

class TrueContent {
 public:
  static TrueContent symbolic(runtime::ContentId content, ByteCount length);
  static TrueContent of_bytes(std::vector<std::byte> bytes);

  ByteCount length() const { return length_; }
  bool is_symbolic() const { return whole_.kind() != runtime::Slice::Kind::bytes; }

  // The content from `offset` on.  Requires that the range lies within.
  runtime::Slice authentic(ByteCount offset, ByteCount length) const;
  // The same range as `spoiler` would falsify it: of equal length, and different from the truth and (when symbolic)
  // from what any other spoiler gives.
  runtime::Slice spoilt(ByteCount offset, ByteCount length, runtime::Spoiler spoiler) const;

  // False also where the range does not lie within.
  bool matches(ByteCount offset, Bytes bytes) const;
  bool matches(ByteCount offset, const runtime::Slice& slice) const;   // requires kind bytes or symbolic
  bool has(ByteCount offset, ByteCount length) const {
    return offset.value() >= 0 && length.value() >= 0 && offset <= length_ && length <= length_ - offset;
  }

 private:
  TrueContent(runtime::Slice whole, runtime::ContentId content, ByteCount length)
      : whole_(std::move(whole)), content_(content), length_(length) {}

  runtime::Slice whole_;            // of byte content; symbolic content may be longer than a slice can be
  runtime::ContentId content_;
  ByteCount length_;
};

}  // namespace swarmlab::swarmsim
