// DescriptorBudget: what the descriptors of a process are for, where the system gives it few.
//
// Files and connections share one limit (RLIMIT_NOFILE), and who comes when it is used up goes without: a peer is not accepted, a
// name not looked up, a file not opened, and then a torrent stops (bug B55).  So each gets a share that they cannot exceed together.
#pragma once

#include <cstddef>
#include <cstdint>

#include "client/settings.hpp"

namespace swarmlab::client {

struct DescriptorBudget {
  std::uint32_t open_files = 0;      // of each torrent, as the others
  std::uint32_t max_peers = 0;
  std::uint32_t max_half_open = 0;
  // Whether it is less than `wanted`.
  bool is_tight(const Settings& wanted) const;
};

// How many let each torrent have all that it wants.
std::uint64_t descriptors_wanted(std::size_t torrents, const Settings& wanted);
// What `limit` descriptors are enough for; never more than `wanted`, and one of each at least.
DescriptorBudget share_descriptors(std::uint64_t limit, std::size_t torrents, const Settings& wanted);

}  // namespace swarmlab::client
