#include "client/upload_queue.hpp"

#include <algorithm>
#include <utility>

namespace swarmlab::client {

UploadQueue::Push UploadQueue::push(const protocol::BlockRange& range) {
  if (std::find(ranges_.begin() + head_, ranges_.end(), range) != ranges_.end()) return Push::duplicate;
  if (size() >= limit_) return Push::full;
  if (head_ > 0 && ranges_.size() == ranges_.capacity()) {   // reuse the places of what was taken
    ranges_.erase(ranges_.begin(), ranges_.begin() + head_);
    head_ = 0;
  }
  ranges_.push_back(range);
  return Push::accepted;
}

bool UploadQueue::cancel(const protocol::BlockRange& range) {
  const auto at = std::find(ranges_.begin() + head_, ranges_.end(), range);
  if (at == ranges_.end()) return false;
  ranges_.erase(at);
  if (empty()) clear();
  return true;
}

std::optional<protocol::BlockRange> UploadQueue::take_next() {
  if (empty()) return std::nullopt;
  const protocol::BlockRange next = ranges_[head_++];
  if (empty()) clear();
  return next;
}

std::vector<protocol::BlockRange> UploadQueue::clear() {
  std::vector<protocol::BlockRange> left = std::exchange(ranges_, {});
  left.erase(left.begin(), left.begin() + std::exchange(head_, 0));
  return left;
}

}  // namespace swarmlab::client
