#include "swarmsim/up_command.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>

#include "protocol/quantities.hpp"
#include "swarmsim/lab/adapter_catalogue.hpp"
#include "swarmsim/lab/control_socket.hpp"
#include "swarmsim/lab/lab_request.hpp"
#include "swarmsim/lab/standing_lab.hpp"
#include "swarmsim/plain_options.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr int kTurnMs = 20;

// SIGINT, SIGTERM and SIGHUP as something that can be read; programs that are started do not inherit that (process.cpp).
class Signals {
 public:
  Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, &before_);
    descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~Signals() {
    close(descriptor_);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

std::expected<void, std::string> read_restart(const std::string& text, UpCommand& command) {
  const std::size_t slash = text.find('/');
  const auto most = parse_count(std::string_view(text).substr(0, slash), 1000);
  const auto within = slash == std::string::npos ? Parsed<Duration>(command.restarts_within) : parse_duration(text.substr(slash + 1));
  if (!most || !within || *within <= Duration{0})
    return std::unexpected(fmt::format("--restart {}: how often within how long, 3/1min", text));
  command.restarts = static_cast<std::uint32_t>(*most);
  command.restarts_within = *within;
  return {};
}

std::expected<std::vector<Adapter>, std::string> adapters_of(const std::vector<std::string>& names) {
  std::map<std::string, Adapter> known;
  std::vector<Adapter> adapters;
  for (const std::string& name : names) {
    if (!known.contains(name)) {
      auto adapter = find_adapter(name);
      if (!adapter) return std::unexpected(adapter.error());
      known.emplace(name, std::move(*adapter));
    }
    adapters.push_back(known.at(name));
  }
  return adapters;
}

}  // namespace

std::expected<UpCommand, std::string> parse_up(std::span<const std::string> words) {
  const auto options = PlainOptions::parse(
      "up", words, {.with_value = {"torrent", "content", "folder", "seeder", "leecher", "link", "guests", "restart"}, .flags = {}});
  if (!options) return std::unexpected(options.error());
  if (!options->positional().empty()) return std::unexpected(fmt::format("up: what is '{}' for?", options->positional().front()));
  UpCommand command;
  for (const auto& [name, value] : {std::pair("torrent", &command.torrent), {"content", &command.content}, {"folder", &command.folder}}) {
    const auto given = options->value(name);
    if (!given || given->empty()) return std::unexpected(fmt::format("up: --{} is missing", name));
    *value = *given;
  }
  command.seeders = options->values("seeder");
  command.leechers = options->values("leecher");
  if (std::max(command.seeders.size(), command.leechers.size()) > UpCommand::kMostHosts)
    return std::unexpected(fmt::format("up: more than {} seeders or leechers", UpCommand::kMostHosts));
  if (const auto text = options->value("link")) {
    const auto link = parse_link_text(*text);
    if (!link) return std::unexpected(fmt::format("--link: {}", link.error()));
    command.link = *link;
  }
  if (const auto text = options->value("guests")) {
    const auto guests = parse_count(*text, UpCommand::kMostHosts);
    if (!guests) return std::unexpected(fmt::format("--guests: {}", guests.error()));
    command.guests = static_cast<std::uint32_t>(*guests);
  }
  if (const auto text = options->value("restart"))
    if (const auto read = read_restart(*text, command); !read) return std::unexpected(read.error());
  return command;
}

ExitStatus run_up(const UpCommand& command, Env& env) {
  const auto refuse = [&](const std::string& why, ExitStatus status = ExitStatus::environment) {
    env.error << "swarmsim: " << why << '\n';
    return status;
  };
  auto seeders = adapters_of(command.seeders);
  if (!seeders) return refuse(seeders.error(), ExitStatus::usage);
  auto leechers = adapters_of(command.leechers);
  if (!leechers) return refuse(leechers.error(), ExitStatus::usage);
  const Signals signals;
  auto lab = StandingLab::create({.torrent = command.torrent, .content = command.content, .folder = command.folder,
                                  .seeders = std::move(*seeders), .leechers = std::move(*leechers), .link = command.link,
                                  .guests = command.guests, .restarts = command.restarts, .restarts_within = command.restarts_within,
                                  .programs = env.programs, .log = &env.out});
  if (!lab) return refuse(lab.error());
  const auto control = ControlSocket::listen(std::filesystem::absolute(command.folder) / "control");
  if (!control) return refuse(control.error());
  while (!(*lab)->has_ended()) {
    std::vector<pollfd> wanted = (*control)->descriptors();
    wanted.push_back({.fd = signals.descriptor(), .events = POLLIN, .revents = 0});
    poll(wanted.data(), wanted.size(), kTurnMs);
    signalfd_siginfo told{};
    if (read(signals.descriptor(), &told, sizeof told) > 0) (*lab)->begin_end();
    (*control)->serve(**lab);
    (*lab)->step();
  }
  return ExitStatus::held;
}

}  // namespace swarmlab::swarmsim
