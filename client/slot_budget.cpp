#include "client/slot_budget.hpp"

#include <algorithm>
#include <vector>

namespace swarmlab::client {

std::uint32_t SlotBudget::held() const {
  std::uint32_t sum = 0;
  for (const auto& [torrent, share] : shares_) sum += share.held;
  return sum;
}

// Everybody's target: rounds of one slot each for all that want more, the last of them as far as it goes.
void SlotBudget::divide(Time now) {
  std::vector<Share*> wanting;
  for (auto& [torrent, share] : shares_) {
    share.target = 0;
    if (share.wanted > 0) wanting.push_back(&share);
  }
  if (wanting.empty()) return;
  const auto turn = static_cast<std::size_t>((now - kStart) / turn_);
  std::ranges::rotate(wanting, wanting.begin() + static_cast<std::ptrdiff_t>(turn % wanting.size()));
  for (std::uint32_t left = *total_; left > 0 && !wanting.empty();) {
    for (Share* share : wanting) {
      if (left == 0) break;
      ++share->target;
      --left;
    }
    std::erase_if(wanting, [](const Share* share) { return share->target == share->wanted; });
  }
}

std::uint32_t SlotBudget::grant(TorrentId torrent, std::uint32_t wanted, Moment moment, Time now) {
  if (!total_) return wanted;
  Share& share = shares_[torrent];
  share.wanted = wanted;
  divide(now);
  const std::uint32_t others = held() - share.held;
  const std::uint32_t free = *total_ > others ? *total_ - others : 0;
  const std::uint32_t granted = std::min(share.target, free);
  return moment == Moment::between ? std::max(granted, share.held) : granted;
}

bool SlotBudget::another_waits(TorrentId than) const {
  return std::ranges::any_of(shares_, [&](const auto& entry) {
    return entry.first != than && entry.second.held < entry.second.wanted;
  });
}

bool SlotBudget::hold(TorrentId torrent, std::uint32_t held) {
  if (!total_) return false;
  Share& share = shares_[torrent];
  const bool let_go = held < share.held;
  share.held = held;
  return let_go && another_waits(torrent);
}

bool SlotBudget::leave(TorrentId torrent) {
  const auto entry = shares_.find(torrent);
  if (entry == shares_.end()) return false;
  const bool let_go = entry->second.held > 0;
  shares_.erase(entry);
  return let_go && another_waits(torrent);
}

}  // namespace swarmlab::client
