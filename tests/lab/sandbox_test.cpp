#include "swarmsim/lab/sandbox.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "swarmsim/lab/lab_network.hpp"
#include "tests/lab/sandboxed.hpp"

namespace swarmlab::swarmsim {
namespace {

using lab_test::in_sandbox;

TEST(Sandbox, GivesTheStatusOfItsBody) {
  const auto status = run_in_sandbox([] { return 7; });
  if (!status) GTEST_SKIP() << status.error().reason;
  EXPECT_EQ(*status, 7);
}

TEST(Sandbox, TellsWhichSignalEndedItsBody) {
  const auto status = run_in_sandbox([]() -> int { raise(SIGKILL); return 0; });
  if (!status) GTEST_SKIP() << status.error().reason;
  EXPECT_EQ(*status, 128 + SIGKILL);
}

TEST(Sandbox, HasProcessNumbersOfItsOwn) {
  in_sandbox([] {
    EXPECT_EQ(getpid(), 2);
    std::ifstream init("/proc/1/comm");
    EXPECT_TRUE(init.good());
    EXPECT_EQ(access("/proc/3", F_OK), -1);
  });
}

TEST(Sandbox, HasNoNetworkButItsOwn) {
  in_sandbox([] {
    std::ifstream devices("/proc/self/net/dev");
    std::stringstream text;
    text << devices.rdbuf();
    EXPECT_EQ(text.str().find("eth"), std::string::npos) << text.str();
  });
}

// ---- an ordinary user ----

// Runs `call` in a process of user 12345, who may do nothing; gives its exit status.
int as_ordinary_user(const std::function<int()>& call) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setresgid(12345, 12345, 12345) != 0 || setresuid(12345, 12345, 12345) != 0))
      _exit(99);
    prctl(PR_SET_DUMPABLE, 1);   // as it would be after exec
    _exit(call());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

constexpr int kCannot = 77;

TEST(Sandbox, WorksForAnOrdinaryUser) {
  const int status = as_ordinary_user([] {
    const auto inside = run_in_sandbox([] { return geteuid() == 0 && getpid() == 2 ? 5 : 6; });
    if (!inside) std::cerr << inside.error().reason << ". " << inside.error().remedy << '\n';
    return inside ? *inside : kCannot;
  });
  if (status == kCannot) GTEST_SKIP() << "no user namespaces here; the reason stands above";
  EXPECT_EQ(status, 5);
}

TEST(Sandbox, LetsAnOrdinaryUserBuildALab) {
  const int status = as_ordinary_user([] {
    const auto inside = run_in_sandbox([] {
      LabNetworkOptions options;
      options.hosts = {{"a", IpAddress::v4(10, 77, 0, 1), {}}, {"b", IpAddress::v4(10, 77, 0, 2), {}}};
      const auto network = LabNetwork::create(std::move(options));
      if (!network) std::cerr << network.error().reason << ". " << network.error().remedy << '\n';
      else std::cout << "as an ordinary user: " << (*network)->describe() << '\n';
      return network ? 5 : 6;
    });
    return inside ? *inside : kCannot;
  });
  if (status == kCannot) GTEST_SKIP() << "no user namespaces here";
  EXPECT_EQ(status, 5);
}

// ---- what is left when somebody is killed ----

pid_t child_of(pid_t parent) {
  DIR* const all = opendir("/proc");
  pid_t found = 0;
  while (const dirent* const entry = readdir(all)) {
    const pid_t process = std::atoi(entry->d_name);
    if (process == 0) continue;
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string stat((std::istreambuf_iterator<char>(file)), {});
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) continue;
    std::istringstream rest(stat.substr(name_end + 1));
    char state = 0;
    pid_t its_parent = 0;
    rest >> state >> its_parent;
    if (its_parent == parent) found = process;
  }
  closedir(all);
  return found;
}

bool becomes_readable(int descriptor, int milliseconds) {
  pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
  return poll(&wanted, 1, milliseconds) > 0;
}

std::string mounts() {
  std::ifstream file("/proc/self/mounts");
  return {std::istreambuf_iterator<char>(file), {}};
}

// A lab whose every process holds the end of a pipe: when the last of them is gone, however deep it hid, the pipe ends.
// terminated: SIGTERM to the caller, which is handed on until it reaches the body.
enum class Victim { caller, warden, init, terminated };

class KilledSandbox : public testing::TestWithParam<Victim> {};

TEST_P(KilledSandbox, LeavesNothingBehind) {
  const std::string mounts_before = mounts();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t caller = fork();
  if (caller == 0) {
    close(ends[0]);
    const auto status = run_in_sandbox([&] {
      LabNetworkOptions options;
      options.hosts = {{"a", IpAddress::v4(10, 77, 0, 1), {}}};
      const auto network = LabNetwork::create(std::move(options));
      if (fork() == 0) {
        // A client that went its own way.
        setsid();
        if (fork() == 0) {
          prctl(PR_SET_NAME, "lab-stray");
          if (write(ends[1], "x", 1) != 1) return 1;
          while (true) pause();
        }
        _exit(0);
      }
      while (true) pause();
    });
    if (!status && write(ends[1], "n", 1) != 1) _exit(2);
    _exit(0);
  }
  close(ends[1]);
  char ready = 0;
  ASSERT_TRUE(becomes_readable(ends[0], 20'000)) << "the sandbox did not come up";
  ASSERT_EQ(read(ends[0], &ready, 1), 1);
  const pid_t warden = child_of(caller);
  const pid_t init = child_of(warden);
  if (ready == 'x') {
    const std::array victims{std::pair(caller, SIGKILL), std::pair(warden, SIGKILL), std::pair(init, SIGKILL),
                             std::pair(caller, SIGTERM)};
    const auto [victim, signal] = victims[static_cast<std::size_t>(GetParam())];
    ASSERT_GT(victim, 0);
    ASSERT_EQ(kill(victim, signal), 0);
    EXPECT_TRUE(becomes_readable(ends[0], 10'000)) << "a process of the lab outlived it";
    EXPECT_EQ(read(ends[0], &ready, 1), 0);
    EXPECT_EQ(mounts(), mounts_before);
  }
  kill(caller, SIGKILL);
  waitpid(caller, nullptr, 0);
  close(ends[0]);
  if (ready == 'n') GTEST_SKIP() << "no sandbox here";
}

std::string name_of(const testing::TestParamInfo<Victim>& parameter) {
  switch (parameter.param) {
    case Victim::caller: return "KillingTheCaller";
    case Victim::warden: return "KillingTheWarden";
    case Victim::init: return "KillingInit";
    case Victim::terminated: return "TerminatingTheCaller";
  }
  return {};
}
INSTANTIATE_TEST_SUITE_P(Sandbox, KilledSandbox,
                         testing::Values(Victim::caller, Victim::warden, Victim::init, Victim::terminated), name_of);

// ---- why it does not work, in words ----

TEST(SandboxRefused, NamesAppArmorWhereItIsTheReason) {
  const auto why = explain_failed_sandbox(SandboxStep::user_map, EPERM, {.apparmor_restricts = "1"});
  EXPECT_NE(why.reason.find("Operation not permitted"), std::string::npos);
  EXPECT_NE(why.remedy.find("kernel.apparmor_restrict_unprivileged_userns=0"), std::string::npos);
}

TEST(SandboxRefused, NamesTheKernelsSwitchWhereItIsOff) {
  const auto why = explain_failed_sandbox(SandboxStep::user_namespace, EPERM, {.unprivileged_allowed = "0"});
  EXPECT_NE(why.remedy.find("kernel.unprivileged_userns_clone=1"), std::string::npos);
}

TEST(SandboxRefused, NamesTheLimitWhereItIsReached) {
  const auto why = explain_failed_sandbox(SandboxStep::user_namespace, ENOSPC, {.most_namespaces = "0"});
  EXPECT_NE(why.remedy.find("user.max_user_namespaces"), std::string::npos);
}

TEST(SandboxRefused, SuspectsTheContainerOtherwise) {
  EXPECT_NE(explain_failed_sandbox(SandboxStep::user_namespace, EPERM, {}).remedy.find("seccomp"), std::string::npos);
  EXPECT_NE(explain_failed_sandbox(SandboxStep::namespaces, EPERM, {.is_root = true}).remedy.find("--privileged"), std::string::npos);
}

}  // namespace
}  // namespace swarmlab::swarmsim
