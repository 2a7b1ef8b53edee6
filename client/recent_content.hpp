// RecentContent: what of a torrent was written last, by its offsets, so that it need not be read again.
//
// The pieces that just came in are the ones that others ask for (we were the first to announce them), and the ones that are
// looked at again when they turn out bad.  They are in memory anyway, as the slices that went to disk: this keeps those of the
// last `limit` bytes, and forgets the oldest first.  It never has what disk has not, or is about to have; whether a piece may be
// served at all is judged elsewhere.
//
// Memory: `limit` bytes of content.  Slices refer to the large buffers that the network read into, so the buffers that are
// held are those which the bytes came in: a little more than the limit, since all that came in then was content.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "protocol/units.hpp"
#include "runtime/slice.hpp"

namespace swarmlab::client {

class RecentContent {
 public:
  // Keeps nothing where the limit is 0.
  explicit RecentContent(ByteCount limit) : limit_(limit) {}

  // Takes the place of what was kept of this range.
  void put(ByteCount offset, const runtime::Slices& data);
  // Forgets every run of bytes that has a part in this range.
  void drop(ByteCount offset, ByteCount length);
  // All of the range, or nothing.
  std::optional<runtime::Slices> find(ByteCount offset, ByteCount length) const;
  ByteCount held() const { return held_; }

 private:
  struct Run {
    ByteCount length;
    runtime::Slices data;
  };
  std::map<ByteCount, Run>::const_iterator first_ending_after(ByteCount offset) const;

  ByteCount limit_;
  ByteCount held_;                   // at most limit_
  std::map<ByteCount, Run> runs_;    // by offset; disjoint
  std::deque<ByteCount> ages_;       // their offsets, the oldest first
};

}  // namespace swarmlab::client
