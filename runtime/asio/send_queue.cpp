#include "runtime/asio/send_queue.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::runtime {
namespace {

// File ranges are read in parts of this size, and so many of them at once.
constexpr std::size_t kReadBytes = std::size_t{128} << 10;
constexpr std::size_t kReadsAhead = 4;
constexpr std::size_t kSmallEntryBytes = std::size_t{16} << 10;

}  // namespace

void SendQueue::push(Bytes bytes) {
  if (bytes.empty()) return;
  bytes_ += bytes.size();
  if (entries_.empty() || entries_.back().small.empty() ||
      entries_.back().small.size() + bytes.size() > kSmallEntryBytes) {
    entries_.emplace_back();
  }
  std::vector<std::byte>& small = entries_.back().small;
  small.insert(small.end(), bytes.begin(), bytes.end());
}

void SendQueue::push(Slice slice, std::shared_ptr<PosixFile> file) {
  if (slice.empty()) return;
  SWARM_ASSERT(slice.kind() != Slice::Kind::symbolic);   // a real wire carries bytes
  SWARM_ASSERT((slice.kind() == Slice::Kind::file) == (file != nullptr));
  bytes_ += slice.size();
  Entry& entry = entries_.emplace_back();
  entry.slice = std::move(slice);
  entry.file = std::move(file);
}

void SendQueue::gather(std::size_t wanted, BumpBuffer& buffer, const StartRead& start,
                       std::vector<Bytes>& parts) {
  parts.clear();
  std::size_t gathered = 0;
  for (std::size_t i = 0; i < entries_.size() && gathered < wanted; ++i) {
    if (entries_[i].is_file() && !make_resident(i, wanted - gathered, buffer)) {
      read_ahead(i, start);
      return;
    }
    const Entry& entry = entries_[i];
    parts.push_back(entry.small.empty() ? entry.slice.bytes()
                                        : Bytes(entry.small).subspan(entry.small_sent));
    gathered += entry.size();
  }
}

bool SendQueue::make_resident(std::size_t at, std::size_t wanted, BumpBuffer& buffer) {
  if (entries_[at].sequence != 0) return false;
  const MutableBytes room = buffer.room(std::min(entries_[at].slice.size(), std::max(wanted, kReadBytes)));
  const auto got = entries_[at].file->read_resident(entries_[at].slice.offset(), room);
  if (!got) return false;
  split(at, *got);
  entries_[at].slice = buffer.take(*got);
  entries_[at].file.reset();
  return true;
}

void SendQueue::read_ahead(std::size_t from, const StartRead& start) {
  std::size_t under_way = 0;
  for (std::size_t i = from; i < entries_.size() && under_way < kReadsAhead; ++i) {
    if (!entries_[i].is_file()) continue;
    ++under_way;
    if (entries_[i].sequence != 0) continue;
    split(i, kReadBytes);
    Entry& entry = entries_[i];
    entry.sequence = next_sequence_++;
    start(entry.sequence, entry.file, entry.slice.offset(), entry.slice.length());
  }
}

void SendQueue::split(std::size_t at, std::size_t length) {
  if (length >= entries_[at].slice.size()) return;
  Entry rest;
  rest.file = entries_[at].file;
  rest.slice = entries_[at].slice.sub(length, entries_[at].slice.size() - length);
  entries_[at].slice = entries_[at].slice.sub(0, length);
  entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(rest));
}

void SendQueue::sent(std::size_t count) {
  SWARM_ASSERT(count <= bytes_, count, bytes_);
  bytes_ -= count;
  while (count > 0) {
    Entry& front = entries_.front();
    const std::size_t taken = std::min(count, front.size());
    count -= taken;
    if (taken == front.size()) {
      entries_.pop_front();
    } else if (front.small.empty()) {
      front.slice.take_front(taken);
    } else {
      front.small_sent += taken;
    }
  }
}

void SendQueue::file_read(std::uint64_t sequence, Slices data) {
  const auto found = std::ranges::find(entries_, sequence, &Entry::sequence);
  SWARM_ASSERT(found != entries_.end(), sequence);
  SWARM_ASSERT(length_of(data) == found->slice.length());
  found->sequence = 0;
  found->file.reset();
  found->slice = std::move(data.front());
  auto next = found + 1;
  for (std::size_t i = 1; i < data.size(); ++i) {
    Entry part;
    part.slice = std::move(data[i]);
    next = entries_.insert(next, std::move(part)) + 1;
  }
}

void SendQueue::clear() {
  entries_.clear();
  bytes_ = 0;
}

}  // namespace swarmlab::runtime
