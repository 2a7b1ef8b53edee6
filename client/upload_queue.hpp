// UploadQueue: the blocks that one peer asked us for and has not got yet, in the order of asking.
//
// Bounded by what we declared in our extension handshake (Settings::request_queue, "reqq"): a peer that asks for more
// gets Reject or, without Fast, is hung up on; a request is never dropped silently.  A request that is
// already queued is a duplicate and changes nothing; it deserves a Reject with Fast (bug B23: one answer
// to each request).  A block leaves the queue when it goes to disk or to the stream: from then on it is sent, and cancel()
// no longer finds it.  A choke flushes (bug B09): with Fast each block that clear() returns is rejected.
//
// An empty queue owns no memory.  push() and cancel() look through the queue (at most 250 entries of 16 bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/piece_geometry.hpp"

namespace swarmlab::client {

class UploadQueue {
 public:
  enum class Push : std::uint8_t { accepted, duplicate, full };

  explicit UploadQueue(std::uint32_t limit) : limit_(limit) {}

  // Any range the torrent contains; a peer may cut blocks as it likes.
  [[nodiscard]] Push push(const protocol::BlockRange& range);
  // Takes out exactly this range; false when it is not queued.
  [[nodiscard]] bool cancel(const protocol::BlockRange& range);
  std::optional<protocol::BlockRange> take_next();
  // Empties the queue and returns what was in it, in order.
  std::vector<protocol::BlockRange> clear();

  bool empty() const { return head_ == ranges_.size(); }
  std::size_t size() const { return ranges_.size() - head_; }

 private:
  std::uint32_t limit_;
  std::uint32_t head_ = 0;                          // ranges_[0, head_) were taken
  std::vector<protocol::BlockRange> ranges_;        // no range twice at or after head_
};

}  // namespace swarmlab::client
