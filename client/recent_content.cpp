#include "client/recent_content.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {

std::map<ByteCount, RecentContent::Run>::const_iterator RecentContent::first_ending_after(ByteCount offset) const {
  auto run = runs_.upper_bound(offset);
  if (run == runs_.begin()) return run;
  const auto before = std::prev(run);
  return before->first + before->second.length > offset ? before : run;
}

void RecentContent::put(ByteCount offset, const runtime::Slices& data) {
  const ByteCount length = runtime::length_of(data);
  if (length.value() == 0) return;
  drop(offset, length);
  if (length > limit_) return;
  while (held_ + length > limit_) {
    SWARM_ASSERT(!ages_.empty(), held_, limit_);
    const auto oldest = runs_.find(ages_.front());
    ages_.pop_front();
    held_ -= oldest->second.length;
    runs_.erase(oldest);
  }
  held_ += length;
  runs_.emplace(offset, Run{length, data});
  ages_.push_back(offset);
}

void RecentContent::drop(ByteCount offset, ByteCount length) {
  for (auto run = first_ending_after(offset); run != runs_.end() && run->first < offset + length;) {
    // Rare: a piece is written again only when it was bad.
    std::erase(ages_, run->first);
    held_ -= run->second.length;
    run = runs_.erase(run);
  }
}

std::optional<runtime::Slices> RecentContent::find(ByteCount offset, ByteCount length) const {
  runtime::Slices found;
  auto run = first_ending_after(offset);
  for (ByteCount at = offset; at < offset + length; ++run) {
    if (run == runs_.end() || run->first > at) return std::nullopt;
    const ByteCount skipped = at - run->first;
    const ByteCount here = std::min(run->second.length - skipped, offset + length - at);
    for (runtime::Slice& slice : runtime::sub(run->second.data, skipped.size(), here.size())) {
      runtime::append(found, std::move(slice));
    }
    at += here;
  }
  return found;
}

}  // namespace swarmlab::client
