// btclient: reads options and torrents, builds the real world, runs a Program in it; or a request to one (ctl).
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>

#include <fmt/format.h>

#include "client/console/terminal.hpp"
#include "client/control/ctl.hpp"
#include "client/control/token.hpp"
#include "client/descriptor_budget.hpp"
#include "client/mount/mount.hpp"
#include "client/program.hpp"
#include "client/torrent_file.hpp"
#include "protocol/text.hpp"
#include "runtime/asio/asio_runtime.hpp"
#include "runtime/descriptor_limit.hpp"
#include "runtime/tls/openssl_tls.hpp"

namespace {

using namespace swarmlab;
using namespace swarmlab::client;

constexpr int kIncomplete = 1;
constexpr int kUsage = 2;
constexpr int kEnvironment = 3;

int complain(int status, std::string_view what) {
  fmt::print(stderr, "btclient: {}\n", protocol::one_line(what, 4096));
  return status;
}

// "ctl" and what follows: a client of the client.
int run_ctl(const std::vector<std::string>& words) {
  const auto parsed = control::parse_ctl_options(words, std::filesystem::current_path().string());
  if (!parsed) return complain(kUsage, parsed.error());
  if (const auto* help = std::get_if<control::CtlHelp>(&*parsed)) {
    fmt::print("{}", help->text);
    return 0;
  }
  const auto& options = std::get<control::CtlOptions>(*parsed);
  const auto token = control::read_token(options.token_file.empty() ? control::kDefaultTokenFile : options.token_file);
  if (!token) return complain(kEnvironment, "no token: " + token.error());
  runtime::AsioRuntime world({.file_threads = 1, .hash_threads = 1});
  int status = 0;
  control::CtlRequest request(
      world.outside().network, options, *token,
      [&](std::string_view text) {
        fmt::print("{}", text);
        if (std::fflush(stdout) != 0) world.stop();   // whoever read it has gone
      },
      [&](std::expected<void, control::CtlRequest::Error> how) {
        if (!how) {
          status = complain(how.error().failure == control::CtlRequest::Failure::refused ? kIncomplete : kEnvironment,
                            how.error().what);
        }
        world.stop();
      });
  world.on_signal([&](int) { world.stop(); });
  world.run();
  return status;
}

// Raises the limit as far as is of use, and keeps within what there is; says so where that is little.
void keep_within_descriptors(Settings& settings, std::size_t torrents) {
  const std::uint64_t limit = runtime::allow_descriptors(descriptors_wanted(torrents, settings));
  const DescriptorBudget budget = share_descriptors(limit, torrents, settings);
  if (!budget.is_tight(settings)) return;
  settings.open_files = budget.open_files;
  settings.max_peers = budget.max_peers;
  settings.max_half_open = budget.max_half_open;
  complain(0, fmt::format("{} files and sockets may be open at once, so a torrent gets {} files and {} connections; ulimit -n gives more",
                          limit, budget.open_files, budget.max_peers));
}

int run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == "ctl") return run_ctl({arguments.begin() + 1, arguments.end()});
  const auto parsed = parse_options(arguments);
  if (!parsed) return complain(kUsage, parsed.error().what);
  if (const auto* wanted = std::get_if<TextWanted>(&*parsed)) {
    fmt::print("{}", wanted->text);
    return 0;
  }
  Options options = std::get<Options>(*parsed);
  Program::Torrents torrents;
  for (const std::string& source : options.torrents) {
    auto given = given_by(source, options.state_directory());
    if (!given) return complain(kUsage, given.error());
    for (const std::string& warning : given->warnings) complain(0, source + ": " + warning);
    if (std::ranges::find(torrents, given->info_hash(), &Given::info_hash) != torrents.end()) {
      return complain(kUsage, source + ": was given twice");
    }
    if (const std::string why = given->why_nothing_is_wanted(options.select); !why.empty()) {
      return complain(kUsage, source + ": " + why);
    }
    torrents.push_back(std::move(*given));
  }
  keep_within_descriptors(options.settings, torrents.size());

  const auto tls = runtime::OpensslTls::make(options.tracker_ca);
  if (!tls) return complain(kUsage, tls.error());
  runtime::AsioRuntime world({});
  runtime::Outside outside = world.outside();
  outside.tls = tls->get();
  const std::unique_ptr<Terminal> terminal = options.json || options.plain ? nullptr : Terminal::open();
  Program program(outside, options, torrents, {stdout, stderr, ::isatty(STDERR_FILENO) == 1, terminal.get()},
                  [&] { world.stop(); });
  world.on_signal([&](int) { program.interrupt(); });
  const auto started = program.start();
  if (!started) {
    if (terminal != nullptr) terminal->leave();
    return complain(kEnvironment, started.error());
  }
  std::unique_ptr<Mount> mount;
  if (!options.mount.empty()) {
    auto mounted = Mount::at(options.mount, program.tree(), [&](std::function<void()> question) { world.post(std::move(question)); });
    if (!mounted) {
      if (terminal != nullptr) terminal->leave();
      return complain(kEnvironment, "--mount: " + mounted.error());
    }
    mount = std::move(*mounted);
  }
  world.run();
  return program.exit_status();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    return complain(kEnvironment, error.what());
  }
}
