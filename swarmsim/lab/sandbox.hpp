// The sandbox: a process that has network, mounts and process numbers of its own, for root and for ordinary users.
//
//   caller        waits, hands SIGINT, SIGTERM and SIGHUP on, returns the exit status
//     warden      made the namespaces; the same towards what is inside
//       init      process 1 inside: reaps orphans; when it ends, the kernel ends everything that is left
//         body    the caller's function
//
// Each is killed with the one above it (PR_SET_PDEATHSIG), and everything inside with init, also what called setsid().  So
// whichever of the four is killed, however, no process is left, and with the last process go namespaces, mounts and devices:
// nothing here has a name outside.  The body is not process 1 itself because process 1 ignores signals that it
// has no handler for, and because what clients leave behind would have to be waited for among its own children.
//
// An ordinary user gets a user namespace first, in which it is root and others do not exist; root does not need that.
// Signals from a terminal reach the whole group by themselves and are not handed on a second time.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "swarmsim/lab/lab_unavailable.hpp"

namespace swarmlab::swarmsim {

// Calls `body` in a sandbox and gives its result, or 128 + the signal that ended it.  The caller must have no threads yet, and
// stay the thread that it is: the sandbox dies with it.  Buffered output is flushed before and after.
std::expected<int, LabUnavailable> run_in_sandbox(const std::function<int()>& body);

// Where there is no sandbox: calls `body` in a process of its own, gives its result likewise, and ends whatever is left of what it
// started.  Caller and keeper both become the ancestor of orphans, so it takes the death of both at once to leave a process behind;
// the body itself, and what it starts with PR_SET_PDEATHSIG, die even then.
//
//   caller        waits, hands signals on; ends what a killed keeper leaves
//     keeper      ends all descendants when the body has ended, or the caller
//       body      the caller's function
int run_under_keeper(const std::function<int()>& body);

// ---- what stands in the way ----

enum class SandboxStep : std::uint8_t { fork, user_namespace, user_map, namespaces, private_mounts, ready };

// What the machine says about who may do this; the texts of its files, empty where there is none.
struct SandboxLimits {
  std::string apparmor_restricts = {};     // /proc/sys/kernel/apparmor_restrict_unprivileged_userns
  std::string unprivileged_allowed = {};   // /proc/sys/kernel/unprivileged_userns_clone
  std::string most_namespaces = {};        // /proc/sys/user/max_user_namespaces
  bool is_root = false;
};
LabUnavailable explain_failed_sandbox(SandboxStep step, int error, const SandboxLimits& limits);

}  // namespace swarmlab::swarmsim
