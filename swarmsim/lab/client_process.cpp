#include "swarmsim/lab/client_process.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "protocol/quantities.hpp"
#include "protocol/text.hpp"
#include "swarmsim/lab/listening_ports.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kCommandTime = 20s;        // a command that prepares or adds takes this long at most
constexpr Duration kBetweenLooks = 20ms;      // at tables, files and logs, which are read each time
constexpr std::size_t kMostLogRead = 1 << 20;
constexpr std::size_t kLastWords = 400;

// The end of what was written behind `from`; of a file that is shorter by now, of all of it.
std::string end_of_file(const std::string& path, std::size_t most, std::uintmax_t from = 0) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const auto size = static_cast<std::uintmax_t>(file.tellg());
  const std::uintmax_t fresh = from <= size ? size - from : size;
  file.seekg(static_cast<std::streamoff>(size - std::min<std::uintmax_t>(fresh, most)));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace

ClientProcess::ClientProcess(const Adapter& adapter, ProcessTable& table, ClientPlace place)
    : adapter_(adapter), table_(table), place_(std::move(place)), names_(placeholder_names(adapter)) {}

void ClientProcess::start(bool is_seed, Time now) {
  is_seed_ = is_seed;
  next_command_ = 0;
  command_ = 0;
  pid_ = 0;
  times_ = {};
  times_.started = now;
  problem_.clear();
  own_end_.reset();
  said_before_ = size_of(place_.output);
  logged_before_ = adapter_.log.empty() ? 0 : size_of(filled_in(adapter_.log));
  for (const Probe* const probe : {&adapter_.ready, &adapter_.complete}) {
    std::error_code error;
    if (probe->kind == Probe::Kind::file) std::filesystem::remove(filled_in(probe->text), error);
  }
  begun_ = now;
  state_ = State::preparing;
  if (write_files()) poll(now);
}

bool ClientProcess::write_files() {
  for (const auto& [path, text] : adapter_.files) {
    const std::filesystem::path file = filled_in(path);
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    std::ofstream out(file, std::ios::binary);
    out << filled_in(text) << std::flush;
    if (!out) {
      fail(fmt::format("{} could not be written", file.string()));
      return false;
    }
  }
  return true;
}

bool ClientProcess::begin(const Words& words, const ProcessLimits& limits) {
  ProcessSpec spec{.words = expand(words, names_, place_.values, place_.settings), .environment = {},
                   .directory = filled_in("{home}"), .output = place_.output, .namespace_fd = place_.namespace_fd,
                   .limits = limits};
  spec.environment = {{"HOME", filled_in("{home}")}, {"TERM", "dumb"}, {"PATH", place_.path}};
  for (const auto& [name, value] : adapter_.environment) spec.environment.emplace_back(name, filled_in(value));
  const auto pid = table_.start(spec);
  if (!pid) {
    fail(adapter_.package.empty() ? pid.error() : fmt::format("{}; Debian's package {} has it", pid.error(), adapter_.package));
    return false;
  }
  command_ = *pid;
  return true;
}

// The next command of this state, or the state after it.
void ClientProcess::run_next(Time now) {
  const std::vector<Words>& commands = state_ == State::preparing ? adapter_.prepare : adapter_.add;
  begun_ = now;
  if (next_command_ < commands.size()) {
    begin(commands[next_command_++]);
    return;
  }
  next_command_ = 0;
  if (state_ == State::adding) {
    state_ = State::running;
    times_.ready = now;
    return;
  }
  state_ = State::starting;
  if (!begin(is_seed_ ? adapter_.seed : adapter_.leech, place_.limits)) return;
  pid_ = command_;
  command_ = 0;
}

void ClientProcess::poll(Time now) {
  if (state_ == State::preparing || state_ == State::adding) {
    if (command_ != 0) {
      if (const auto end = table_.take_end(command_)) {
        command_ = 0;
        if (end->status != 0) return fail(fmt::format("a command of its adapter failed ({})", to_string(*end)));
      } else if (now - begun_ > kCommandTime) {
        table_.signal_all(command_, SIGKILL);
        return fail(fmt::format("a command of its adapter did not end within {}", to_text(kCommandTime)));
      } else {
        return;
      }
    }
    run_next(now);
    if (state_ == State::ended) return;
  }
  if (pid_ == 0) return;
  if (const auto end = table_.take_end(pid_)) {
    pid_ = 0;
    const bool may_end = state_ == State::stopping || (adapter_.complete.kind == Probe::Kind::exit && end->status == 0);
    if (may_end) times_.ended = now;
    if (may_end && state_ != State::stopping) times_.complete = std::min(times_.complete, now);
    if (state_ != State::stopping) own_end_ = end;
    if (!may_end) return fail(fmt::format("ended by itself ({})", to_string(*end)));
    state_ = State::ended;
    return;
  }
  if (state_ == State::starting) {
    if (has_come_to_pass(adapter_.ready, now)) {
      state_ = State::adding;
      run_next(now);
    } else if (now - begun_ > adapter_.ready.within) {
      fail(fmt::format("was not ready {} after its start", to_text(adapter_.ready.within)));
    }
  }
  if (state_ == State::running && times_.complete == kNever && has_come_to_pass(adapter_.complete, now)) times_.complete = now;
  if (state_ == State::stopping && now - begun_ > adapter_.stops_within) {
    times_.was_killed = true;
    table_.signal_all(pid_, SIGKILL);
  }
}

void ClientProcess::stop(Time now) {
  if (pid_ == 0) {
    state_ = State::ended;
    return;
  }
  state_ = State::stopping;
  begun_ = times_.told_to_end = now;
  if (adapter_.stop.empty()) table_.signal(pid_, adapter_.stop_signal);
  else begin(adapter_.stop);
}

void ClientProcess::kill() {
  for (const pid_t pid : {pid_, command_})
    if (pid != 0) table_.signal_all(pid, SIGKILL);
  pid_ = command_ = 0;
  state_ = State::ended;
}

void ClientProcess::freeze(bool is_frozen) {
  if (pid_ != 0) table_.signal_all(pid_, is_frozen ? SIGSTOP : SIGCONT);
}

void ClientProcess::fail(const std::string& what) {
  const std::string words = last_words();
  problem_ = words.empty() ? what : fmt::format("{}; its last words: {}", what, words);
  kill();
}

bool ClientProcess::has_come_to_pass(const Probe& probe, Time now) {
  if (now < next_look_) return false;
  next_look_ = now + kBetweenLooks;
  switch (probe.kind) {
    case Probe::Kind::none: return false;
    case Probe::Kind::exit: return false;   // seen where its end is
    case Probe::Kind::port: return listens();
    case Probe::Kind::file: return std::filesystem::exists(filled_in(probe.text));
    case Probe::Kind::log: return log_says(filled_in(probe.text));
  }
  return false;
}

bool ClientProcess::listens() const {
  std::uint16_t port = 0;
  const std::string text = filled_in("{port}");
  std::from_chars(text.data(), text.data() + text.size(), port);
  return is_listened_at(place_.namespace_fd, port);
}

bool ClientProcess::log_says(const std::string& text) {
  if (end_of_file(place_.output, kMostLogRead, said_before_).find(text) != std::string::npos) return true;
  return !adapter_.log.empty() && end_of_file(filled_in(adapter_.log), kMostLogRead, logged_before_).find(text) != std::string::npos;
}

std::vector<std::string> ClientProcess::log_files() const {
  std::vector<std::string> files{place_.output};
  if (!adapter_.log.empty()) files.push_back(filled_in(adapter_.log));
  return files;
}

std::string ClientProcess::last_words() const {
  std::string text = end_of_file(place_.output, kLastWords, said_before_);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return protocol::one_line(text, kLastWords);
}

}  // namespace swarmlab::swarmsim
