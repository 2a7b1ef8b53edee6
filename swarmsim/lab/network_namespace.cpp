#include "swarmsim/lab/network_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
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

Inside::Inside(int descriptor) : home_(open_current()) {
  is_inside_ = home_ >= 0 && setns(descriptor, CLONE_NEWNET) == 0;
}

Inside::~Inside() {
  if (is_inside_) {
    const bool is_home = setns(home_, CLONE_NEWNET) == 0;
    SWARM_ASSERT(is_home);
  }
  if (home_ >= 0) close(home_);
}

void end_processes_in(const NetworkNamespace& there, Sparing sparing) {
  // Where /proc is not that of these processes (an outer container may forbid it), its numbers mean others.
  char self[32];
  const ssize_t length = readlink("/proc/self", self, sizeof self);
  if (length <= 0 || std::string_view(self, static_cast<std::size_t>(length)) != std::to_string(getpid())) return;
  struct stat wanted {};
  if (fstat(there.descriptor(), &wanted) != 0) return;
  for (bool has_killed = true; has_killed;) {
    has_killed = false;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
      const std::string name = entry.path().filename();
      pid_t pid = 0;
      const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
      if (problem != std::errc{} || end != name.data() + name.size() || pid == getpid()) continue;
      struct stat found {};
      // Of one that has ended, and only waits to be waited for, there is no namespace any more.
      if (stat((entry.path() / "ns/net").c_str(), &found) != 0) continue;
      if (sparing == Sparing::visitors && getsid(pid) == 0) continue;
      const bool is_inside = found.st_ino == wanted.st_ino && found.st_dev == wanted.st_dev;
      has_killed = (is_inside && kill(pid, SIGKILL) == 0) || has_killed;
    }
  }
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
