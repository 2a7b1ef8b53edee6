#include "swarmsim/lab/sandbox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string_view>
#include <vector>

namespace swarmlab::swarmsim {
namespace {

struct Report {
  SandboxStep step = SandboxStep::ready;
  int error = 0;
};

constexpr int kHandedOn[]{SIGINT, SIGTERM, SIGHUP};

// Signals that a process between caller and body waits for, blocked from before the first fork so that none is missed.
sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (const int signal : kHandedOn) sigaddset(&set, signal);
  return set;
}

bool write_file(const char* path, std::string_view text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool is_written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  close(file);
  errno = error;
  return is_written;
}

std::string first_line(const char* path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

int status_of(int wait_status) { return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status); }

// Waits until `child` has ended and hands signals on that somebody sent to this process alone.  Init also waits for orphans.
enum class Reaps : std::uint8_t { its_child, everybody };
int wait_for(pid_t child, Reaps reaps = Reaps::its_child) {
  const sigset_t awaited = awaited_signals();
  while (true) {
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(reaps == Reaps::everybody ? -1 : child, &status, WNOHANG)) > 0)
      if (ended == child) return status_of(status);
    if (ended < 0 && errno == ECHILD) return 128 + SIGKILL;   // somebody else waited for it: how it ended is not known
    siginfo_t info{};
    const int signal = sigwaitinfo(&awaited, &info);
    if (signal > 0 && signal != SIGCHLD && info.si_code != SI_KERNEL) kill(child, signal);
  }
}

void tell(int pipe, SandboxStep step, int error) {
  const Report report{step, error};
  // Nobody reads any more: the caller is gone, and so will this process be in a moment.
  if (write(pipe, &report, sizeof report) != static_cast<ssize_t>(sizeof report)) _exit(128 + SIGKILL);
}

// Its parent may have died between fork and prctl; then the other end of `alive` is closed.
void die_with_parent(int alive) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd waiting{.fd = alive, .events = POLLIN, .revents = 0};
  if (poll(&waiting, 1, 0) > 0) _exit(128 + SIGKILL);
}

// The end of a pipe that only this process holds is how its child sees that it lives.
struct Forked {
  pid_t child = -1;
  int alive = -1;   // in the child: its end; in the parent: the other
};

Forked fork_watched(std::initializer_list<int> closed_in_child) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return {};
  }
  if (child > 0) {
    close(ends[0]);
    return {child, ends[1]};
  }
  close(ends[1]);
  for (const int end : closed_in_child) close(end);
  die_with_parent(ends[0]);
  return {0, ends[0]};
}

[[noreturn]] void run_body(const std::function<int()>& body, const sigset_t& mask) {
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  const int status = body();
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  _exit(status);
}

[[noreturn]] void be_init(const std::function<int()>& body, const sigset_t& mask, int reports, int above) {
  // Numbers of processes in /proc are then those inside.  Where an outer container forbids it, the old one
  // stays: everything that the lab reads there is under "self".
  mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  const Forked forked = fork_watched({above});
  if (forked.child < 0) {
    tell(reports, SandboxStep::fork, errno);
    _exit(3);
  }
  if (forked.child == 0) {
    tell(reports, SandboxStep::ready, 0);
    close(reports);
    run_body(body, mask);
  }
  close(reports);
  _exit(wait_for(forked.child, Reaps::everybody));
}

[[noreturn]] void be_warden(const std::function<int()>& body, const sigset_t& mask, int reports, int alive) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  const auto fail = [reports](SandboxStep step) {
    tell(reports, step, errno);
    _exit(3);
  };
  if (user != 0) {
    if (unshare(CLONE_NEWUSER) != 0) fail(SandboxStep::user_namespace);
    if (!write_file("/proc/self/setgroups", "deny") && errno != ENOENT) fail(SandboxStep::user_map);
    if (!write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1")) fail(SandboxStep::user_map);
    if (!write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1")) fail(SandboxStep::user_map);
  }
  if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) != 0) fail(SandboxStep::namespaces);
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail(SandboxStep::private_mounts);
  // New credentials made the kernel forget what was asked of it.
  die_with_parent(alive);
  const Forked forked = fork_watched({alive});
  if (forked.child < 0) fail(SandboxStep::fork);
  if (forked.child == 0) be_init(body, mask, reports, forked.alive);
  close(reports);
  _exit(wait_for(forked.child));
}

// Children of this process, by the process table.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream in(entry.path() / "stat");
    std::string text;
    std::getline(in, text);
    const std::size_t behind_name = text.rfind(')');   // number (name) state parent ...
    if (behind_name == std::string::npos) continue;
    char state = 0;
    pid_t parent = 0;
    std::istringstream rest(text.substr(behind_name + 1));
    if (rest >> state >> parent && parent == getpid()) found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return found;
}

// All but those, and their children, who become this process's own by that.
void end_children(const std::vector<pid_t>& but) {
  const auto left = [&but] {
    std::vector<pid_t> found = children();
    std::erase_if(found, [&but](pid_t child) { return std::ranges::find(but, child) != but.end(); });
    return found;
  };
  for (std::vector<pid_t> found = left(); !found.empty(); found = left())
    for (const pid_t child : found) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
}

[[noreturn]] void be_keeper(const std::function<int()>& body, const sigset_t& mask, int alive) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_PDEATHSIG, SIGTERM);   // which it hands on, and then cleans up
  const Forked forked = fork_watched({alive});
  if (forked.child < 0) _exit(3);
  if (forked.child == 0) run_body(body, mask);
  const int status = wait_for(forked.child);
  end_children({});
  _exit(status);
}

// Signals as they were, however the function is left.
class MaskRestored {
 public:
  MaskRestored() {
    const sigset_t awaited = awaited_signals();
    sigprocmask(SIG_BLOCK, &awaited, &before_);
  }
  ~MaskRestored() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  MaskRestored(const MaskRestored&) = delete;
  MaskRestored& operator=(const MaskRestored&) = delete;
  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

}  // namespace

std::expected<int, LabUnavailable> run_in_sandbox(const std::function<int()>& body) {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  const MaskRestored mask;
  int reports[2];
  if (pipe2(reports, O_CLOEXEC) != 0) return std::unexpected(after_errno("cannot make a pipe"));
  const Forked forked = fork_watched({reports[0]});
  if (forked.child == 0) be_warden(body, mask.before(), reports[1], forked.alive);
  close(reports[1]);
  if (forked.child < 0) {
    close(reports[0]);
    return std::unexpected(after_errno("cannot start a process"));
  }

  Report report;
  ssize_t got = 0;
  while ((got = read(reports[0], &report, sizeof report)) < 0 && errno == EINTR) {}
  close(reports[0]);
  const int status = wait_for(forked.child);
  close(forked.alive);
  if (got == static_cast<ssize_t>(sizeof report) && report.step != SandboxStep::ready) {
    return std::unexpected(explain_failed_sandbox(
        report.step, report.error,
        {.apparmor_restricts = first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
         .unprivileged_allowed = first_line("/proc/sys/kernel/unprivileged_userns_clone"),
         .most_namespaces = first_line("/proc/sys/user/max_user_namespaces"),
         .is_root = geteuid() == 0}));
  }
  return status;   // without a report: it was killed before it could say a word
}

int run_under_keeper(const std::function<int()>& body) {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  const MaskRestored mask;
  const std::vector<pid_t> before = children();   // of whatever this process was before it became this program
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const Forked forked = fork_watched({});
  if (forked.child == 0) be_keeper(body, mask.before(), forked.alive);
  if (forked.child < 0) return 3;
  const int status = wait_for(forked.child);
  close(forked.alive);
  end_children(before);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  return status;
}

LabUnavailable explain_failed_sandbox(SandboxStep step, int error, const SandboxLimits& limits) {
  std::string what;
  switch (step) {
    case SandboxStep::fork: what = "cannot start a process"; break;
    case SandboxStep::user_namespace: what = "cannot make a user namespace"; break;
    case SandboxStep::user_map: what = "cannot become root in a user namespace"; break;
    case SandboxStep::namespaces: what = "cannot make namespaces for network, mounts and processes"; break;
    case SandboxStep::private_mounts: what = "cannot make mounts private"; break;
    case SandboxStep::ready: what = "the sandbox"; break;
  }
  LabUnavailable answer{what + ": " + std::strerror(error), {}};
  const bool is_refused = error == EPERM || error == EACCES;
  if (!limits.is_root && is_refused && limits.apparmor_restricts == "1") {
    answer.remedy = "AppArmor keeps ordinary users from it (Ubuntu 24.04 and later). Allow it with "
                    "'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0', or run this command with sudo.";
  } else if (!limits.is_root && is_refused && limits.unprivileged_allowed == "0") {
    answer.remedy = "The kernel keeps ordinary users from it. Allow it with 'sudo sysctl -w kernel.unprivileged_userns_clone=1', "
                    "or run this command with sudo.";
  } else if (error == ENOSPC || (!limits.is_root && limits.most_namespaces == "0")) {
    answer.remedy = "The limit on namespaces is reached (" + limits.most_namespaces +
                    " user namespaces). Raise it with 'sudo sysctl -w user.max_user_namespaces=10000'.";
  } else if (is_refused || error == ENOSYS) {
    answer.remedy = limits.is_root ? "This is root without the right to it, as in a container. Start the container with "
                                     "'--privileged', or with '--cap-add SYS_ADMIN --cap-add NET_ADMIN' and a seccomp profile "
                                     "that lets unshare through."
                                   : "A container's seccomp profile forbids it (Docker's default one does). Start the container with "
                                     "'--security-opt seccomp=unconfined' or '--privileged', or run this command as root outside of it.";
  } else if (error == EAGAIN || error == ENOMEM) {
    answer.remedy = "The machine has no room for another process: end some, or raise 'ulimit -u'.";
  } else if (error == EINVAL) {
    answer.remedy = "The kernel was built without namespaces (CONFIG_USER_NS, CONFIG_NET_NS, CONFIG_PID_NS).";
  } else {
    answer.remedy = "Run it as root on Linux, or in sim mode.";
  }
  return answer;
}

}  // namespace swarmlab::swarmsim
