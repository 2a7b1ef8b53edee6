#include "swarmsim/lab/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

extern char** environ;

namespace swarmlab::swarmsim {
namespace {

constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin";

std::string find_on_path(const std::string& program, const std::string& path) {
  if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0 ? program : std::string();
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    const std::string candidate = path.substr(at, end - at) + "/" + program;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    at = end + 1;
  }
  return {};
}

std::vector<std::string> environment_of(const ProcessSpec& spec) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool is_replaced = std::ranges::any_of(spec.environment, [&](const auto& pair) {
      return text.starts_with(pair.first) && text.substr(pair.first.size()).starts_with('=');
    });
    if (!is_replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : spec.environment) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool set_limit(__rlimit_resource_t resource, std::uint64_t most) {
  const rlimit limit{most, most};
  return setrlimit(resource, &limit) == 0;
}

// In the child: no allocation.
bool limit(const ProcessLimits& limits) {
  if (limits.file_size) signal(SIGXFSZ, SIG_IGN);   // a write that fails, as on a file system that has no longer files
  return (!limits.file_size || set_limit(RLIMIT_FSIZE, static_cast<std::uint64_t>(limits.file_size->value()))) &&
      (!limits.open_files || set_limit(RLIMIT_NOFILE, *limits.open_files));
}

// In the child, which borrows its parent's memory until it is another program: nothing may be allocated.  Tells errno of
// what failed through `report`.
[[noreturn]] void become(const ProcessSpec& spec, const char* program, char* const* words, char* const* environment, int output,
                         int input, int report) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGCHLD, SIGHUP}) signal(number, SIG_DFL);
  const bool is_placed = (spec.namespace_fd < 0 || setns(spec.namespace_fd, CLONE_NEWNET) == 0) &&
      (spec.directory.empty() || chdir(spec.directory.c_str()) == 0);
  if (is_placed) {
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    dup2(report, 3);
    fcntl(3, F_SETFD, FD_CLOEXEC);
    close_range(4, ~0U, 0);
    if (limit(spec.limits)) execve(program, words, environment);
    report = 3;
  }
  const int error = errno;
  [[maybe_unused]] const auto written = write(report, &error, sizeof error);
  _exit(127);
}

}  // namespace

std::string to_string(const ProcessEnd& end) {
  if (end.signal == 0) return fmt::format("exit status {}", end.status);
  const char* const name = sigabbrev_np(end.signal);
  return name == nullptr ? fmt::format("killed by signal {}", end.signal) : fmt::format("killed by SIG{}", name);
}

Duration waited_for_processor(pid_t pid) {
  Duration waited{};
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    std::ifstream file(thread.path() / "schedstat");   // nanoseconds run, nanoseconds waited, times
    std::int64_t ran = 0;
    std::int64_t ready = 0;
    if (file >> ran >> ready) waited += Duration(ready);
  }
  return waited;
}

std::expected<pid_t, std::string> ProcessTable::start(const ProcessSpec& spec) {
  if (spec.words.empty()) return std::unexpected(std::string("no command"));
  const auto path = std::ranges::find(spec.environment, "PATH", &std::pair<std::string, std::string>::first);
  const std::string program = find_on_path(spec.words.front(), path == spec.environment.end() ? std::string(kUsualPath) : path->second);
  if (program.empty()) return std::unexpected(fmt::format("{} is not installed (nothing of that name on the PATH)", spec.words.front()));
  std::vector<std::string> words = spec.words;
  std::vector<std::string> environment = environment_of(spec);
  const std::vector<char*> word_pointers = pointers_to(words);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const int output = open(spec.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) return std::unexpected(fmt::format("{}: {}", spec.output, std::strerror(errno)));
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int report[2];
  if (input < 0 || pipe2(report, O_CLOEXEC) != 0) {
    const std::string problem = std::strerror(errno);
    close(output);
    if (input >= 0) close(input);
    return std::unexpected(problem);
  }
  const pid_t pid = vfork();   // a copy of this process, buffers and all, takes ten times as long as the rest
  if (pid == 0) become(spec, program.c_str(), word_pointers.data(), environment_pointers.data(), output, input, report[1]);
  const int fork_error = errno;
  for (const int fd : {output, input, report[1]}) close(fd);
  int error = pid < 0 ? fork_error : 0;
  if (pid > 0 && read(report[0], &error, sizeof error) != sizeof error) error = 0;   // closed by exec: it runs
  close(report[0]);
  if (error != 0) {
    if (pid > 0) waitpid(pid, nullptr, 0);
    return std::unexpected(fmt::format("{}: {}", spec.words.front(), std::strerror(error)));
  }
  running_.insert(pid);
  return pid;
}

void ProcessTable::reap() {
  // Each by its number: other children of this process are other runs'.
  std::erase_if(running_, [this](pid_t pid) {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) <= 0) return false;
    const bool is_killed = WIFSIGNALED(status);
    ended_[pid] = {.status = is_killed ? 128 + WTERMSIG(status) : WEXITSTATUS(status), .signal = is_killed ? WTERMSIG(status) : 0};
    return true;
  });
}

std::optional<ProcessEnd> ProcessTable::take_end(pid_t pid) {
  const auto found = ended_.find(pid);
  if (found == ended_.end()) return std::nullopt;
  const ProcessEnd end = found->second;
  ended_.erase(found);
  return end;
}

void ProcessTable::signal(pid_t pid, int number) const {
  if (runs(pid)) kill(pid, number);
}

void ProcessTable::signal_all(pid_t pid, int number) const {
  if (runs(pid)) kill(-pid, number);
}

void ProcessTable::end_all() {
  for (const pid_t pid : running_) kill(-pid, SIGKILL);
  for (const pid_t pid : running_) waitpid(pid, nullptr, 0);
  running_.clear();
}

}  // namespace swarmlab::swarmsim
