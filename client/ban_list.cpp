#include "client/ban_list.hpp"

#include <algorithm>

namespace swarmlab::client {

void BanList::ban(const IpAddress& address, Time until) {
  const auto [entry, is_new] = until_.try_emplace(address, until);
  entry->second = std::max(entry->second, until);
  if (!is_new || until_.size() <= kMaxBans) return;
  // The new one makes room for nobody: its peer was bad most recently.
  auto first_over = until_.end();
  for (auto it = until_.begin(); it != until_.end(); ++it) {
    if (it != entry && (first_over == until_.end() || it->second < first_over->second)) first_over = it;
  }
  until_.erase(first_over);
}

bool BanList::is_banned(const IpAddress& address, Time now) const {
  const auto entry = until_.find(address);
  return entry != until_.end() && now < entry->second;
}

void BanList::expire(Time now) {
  std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; });
}

}  // namespace swarmlab::client
