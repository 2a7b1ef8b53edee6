// Cast: who takes part in a run, by name and number.
//
// A group of one is called by its group's name ("liar"), members of larger ones by name and index
// ("leech[0]").  Numbers follow the order of (group, index), whatever order the file had; they are the
// HostIds of the run.  Trackers come after the peers, in their own order.
//
// Selectors: "leech" (all of the group), "leech[2]", "leech[1..3]" (both ends included).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

inline constexpr std::uint32_t kMaxPeers = 20'000;
inline constexpr std::string_view kTrackerName = "tracker";

struct GroupSize {
  std::string name;
  std::uint32_t count = 1;
};

class Cast {
 public:
  Cast() = default;
  // Requires distinct names and at most kMaxPeers members in all.
  explicit Cast(std::vector<GroupSize> groups, std::vector<std::string> trackers = {});

  std::uint32_t peer_count() const { return static_cast<std::uint32_t>(group_of_.size()); }
  std::uint32_t tracker_count() const { return static_cast<std::uint32_t>(trackers_.size()); }
  std::uint32_t host_count() const { return peer_count() + tracker_count(); }
  HostId tracker(std::size_t number) const { return HostId(peer_count() + static_cast<std::uint32_t>(number)); }
  std::optional<HostId> find_tracker(std::string_view name) const;
  bool is_peer(HostId host) const { return host.value() < peer_count(); }
  // Of a peer or a tracker.
  std::string name(HostId host) const;
  // Index of the peer's group in groups(), which is sorted by name.
  std::size_t group_of(HostId peer) const { return group_of_[peer.value()]; }
  const std::vector<GroupSize>& groups() const { return groups_; }

  std::expected<std::vector<HostId>, std::string> select(std::string_view selector) const;
  // The shortest list of selectors: "leech[0..2], seeder".
  std::string describe(std::vector<HostId> peers) const;

 private:
  std::vector<GroupSize> groups_;
  std::vector<std::string> trackers_;
  std::vector<std::uint32_t> first_;      // number of each group's first member
  std::vector<std::uint32_t> group_of_;   // by peer
};

// A letter, then letters, digits, '_' and '-'; at most 32; not what a tracker is called that has no other name.
bool is_group_name(std::string_view name);

}  // namespace swarmlab::swarmsim
