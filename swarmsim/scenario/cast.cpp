#include "swarmsim/scenario/cast.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/quantities.hpp"
#include "protocol/spelling.hpp"

namespace swarmlab::swarmsim {

Cast::Cast(std::vector<GroupSize> groups, std::vector<std::string> trackers)
    : groups_(std::move(groups)), trackers_(std::move(trackers)) {
  std::ranges::sort(groups_, {}, &GroupSize::name);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    first_.push_back(peer_count());
    SWARM_ASSERT(groups_[g].count <= kMaxPeers - peer_count(), groups_[g].count);
    group_of_.insert(group_of_.end(), groups_[g].count, static_cast<std::uint32_t>(g));
  }
}

std::string Cast::name(HostId host) const {
  if (!is_peer(host)) return trackers_[host.value() - peer_count()];
  const std::size_t group = group_of(host);
  if (groups_[group].count == 1) return groups_[group].name;
  return fmt::format("{}[{}]", groups_[group].name, host.value() - first_[group]);
}

std::optional<HostId> Cast::find_tracker(std::string_view name) const {
  const auto found = std::ranges::find(trackers_, name);
  if (found == trackers_.end()) return std::nullopt;
  return tracker(static_cast<std::size_t>(found - trackers_.begin()));
}

std::expected<std::vector<HostId>, std::string> Cast::select(std::string_view selector) const {
  const std::size_t bracket = selector.find('[');
  const std::string_view name = selector.substr(0, bracket);
  const auto group = std::ranges::find(groups_, name, &GroupSize::name);
  if (group == groups_.end()) {
    std::vector<std::string_view> names;
    for (const GroupSize& known : groups_) names.push_back(known.name);
    return std::unexpected(fmt::format("nobody is called '{}'{}", name, suggestion(name, names)));
  }
  std::uint64_t begin = 0;
  std::uint64_t last = group->count - 1;
  if (bracket != std::string_view::npos) {
    std::string_view range = selector.substr(bracket + 1);
    if (!range.ends_with(']'))
      return std::unexpected(fmt::format("'{}' has no closing bracket; write name[2] or name[1..3]", selector));
    range.remove_suffix(1);
    const std::size_t dots = range.find("..");
    const auto from = parse_count(range.substr(0, dots), kMaxPeers);
    const auto to = dots == std::string_view::npos ? from : parse_count(range.substr(dots + 2), kMaxPeers);
    if (!from || !to || *from > *to)
      return std::unexpected(fmt::format("'{}' names nobody; write name[2] or name[1..3]", selector));
    if (*to >= group->count)
      return std::unexpected(fmt::format("'{}': group '{}' has {} member{}, numbered from 0", selector, name,
                                         group->count, group->count == 1 ? "" : "s"));
    begin = *from;
    last = *to;
  }
  const std::uint32_t first = first_[static_cast<std::size_t>(group - groups_.begin())];
  std::vector<HostId> peers;
  for (std::uint64_t i = begin; i <= last; ++i) peers.push_back(HostId(first + static_cast<std::uint32_t>(i)));
  return peers;
}

std::string Cast::describe(std::vector<HostId> peers) const {
  std::ranges::sort(peers);
  std::string text;
  for (std::size_t i = 0; i < peers.size();) {
    const std::size_t group = group_of(peers[i]);
    std::size_t end = i + 1;
    while (end < peers.size() && group_of(peers[end]) == group &&
           peers[end].value() == peers[end - 1].value() + 1)
      ++end;
    if (!text.empty()) text += ", ";
    const std::uint32_t from = peers[i].value() - first_[group];
    const std::uint32_t to = peers[end - 1].value() - first_[group];
    text += groups_[group].name;
    if (end - i != groups_[group].count) text += from == to ? fmt::format("[{}]", from) : fmt::format("[{}..{}]", from, to);
    i = end;
  }
  return text;
}

bool is_group_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (name.empty() || name.size() > 32 || name == kTrackerName || !is_letter(name.front())) return false;
  return std::ranges::all_of(name, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace swarmlab::swarmsim
