#include "runtime/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace swarmlab::runtime {

std::uint64_t allow_descriptors(std::uint64_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;   // what a process gets nearly everywhere
  const rlim_t raised = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, wanted));
  if (raised == limit.rlim_cur) return raised;
  const rlimit higher{.rlim_cur = raised, .rlim_max = limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &higher) == 0 ? raised : limit.rlim_cur;
}

}  // namespace swarmlab::runtime
