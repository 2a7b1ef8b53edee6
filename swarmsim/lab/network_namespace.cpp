#include "swarmsim/lab/network_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

int open_current() { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

}  // namespace

std::expected<NetworkNamespace, LabUnavailable> NetworkNamespace::current() {
  const int descriptor = open_current();
  if (descriptor < 0) return std::unexpected(after_errno("cannot open /proc/thread-self/ns/net", "Mount /proc."));
  return NetworkNamespace(descriptor);
}

std::expected<NetworkNamespace, LabUnavailable> NetworkNamespace::create() {
  auto home = current();
  if (!home) return home;
  if (unshare(CLONE_NEWNET) != 0)
    return std::unexpected(after_errno("cannot make a network namespace",
                                       errno == ENOSPC ? "Raise the limit with 'sudo sysctl -w user.max_net_namespaces=10000'."
                                                       : "It takes root, or the sandbox of lab mode."));
  auto made = current();
  const bool is_home = setns(home->descriptor(), CLONE_NEWNET) == 0;
  SWARM_ASSERT(is_home);   // nothing that this thread did from here on would be where it should
  return made;
}

NetworkNamespace::NetworkNamespace(NetworkNamespace&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

NetworkNamespace& NetworkNamespace::operator=(NetworkNamespace&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

NetworkNamespace::~NetworkNamespace() {
  if (descriptor_ >= 0) close(descriptor_);
}

Inside::Inside(const NetworkNamespace& there) : home_(open_current()) {
  is_inside_ = home_ >= 0 && setns(there.descriptor(), CLONE_NEWNET) == 0;
}

Inside::~Inside() {
  if (is_inside_) {
    const bool is_home = setns(home_, CLONE_NEWNET) == 0;
    SWARM_ASSERT(is_home);
  }
  if (home_ >= 0) close(home_);
}

bool set_network_variable(const std::string& name, std::string_view value) {
  const int file = open(("/proc/sys/" + name).c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool is_set = write(file, value.data(), value.size()) == static_cast<ssize_t>(value.size());
  const int error = errno;
  close(file);
  errno = error;
  return is_set;
}

}  // namespace swarmlab::swarmsim
