// btclient: reads options and torrents, builds the real world, runs a Program in it.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>

#include <fmt/format.h>

#include "client/program.hpp"
#include "client/saved_torrent.hpp"
#include "protocol/text.hpp"
#include "runtime/asio/asio_runtime.hpp"

namespace {

using namespace swarmlab;
using namespace swarmlab::client;

constexpr int kUsage = 2;
constexpr int kEnvironment = 3;

int complain(int status, std::string_view what) {
  fmt::print(stderr, "btclient: {}\n", protocol::one_line(what, 4096));
  return status;
}

// The torrent in a file, or a line that says what is wrong with it.
std::expected<protocol::DecodedMetainfo, std::string> load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(path + ": cannot be opened");
  std::string bytes;
  std::array<char, 65536> chunk{};
  while (file.read(chunk.data(), chunk.size()), file.gcount() > 0) {
    bytes.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > protocol::kMaxTorrentFileBytes.size()) return std::unexpected(path + ": is too large for a torrent");
  }
  if (file.bad()) return std::unexpected(path + ": cannot be read");
  auto decoded = protocol::decode_metainfo(as_bytes(bytes));
  if (!decoded) return std::unexpected(path + ": " + protocol::to_string(decoded.error()));
  return std::move(*decoded);
}

bool knows(const Program::Torrents& torrents, const InfoHashV1& info_hash) {
  return std::ranges::any_of(torrents, [&](const Program::Given& given) {
    return (given.metainfo != nullptr ? given.metainfo->info_hash : given.magnet->info_hash) == info_hash;
  });
}

int run(const std::vector<std::string>& arguments) {
  const auto parsed = parse_options(arguments);
  if (!parsed) return complain(kUsage, parsed.error().what);
  if (const auto* help = std::get_if<HelpWanted>(&*parsed)) {
    fmt::print("{}", help->text);
    return 0;
  }
  const Options& options = std::get<Options>(*parsed);
  Program::Torrents torrents;
  for (const std::string& path : options.torrents) {
    if (path.starts_with("magnet:")) {
      auto magnet = protocol::parse_magnet(path);
      if (!magnet) return complain(kUsage, "the magnet link " + magnet.error().what);
      if (knows(torrents, magnet->info_hash)) return complain(kUsage, path + ": was given twice");
      auto known = recall_torrent(options.state_directory(), *magnet);
      torrents.push_back({std::move(known), std::move(*magnet)});
      continue;
    }
    auto loaded = load(path);
    if (!loaded) return complain(kUsage, loaded.error());
    for (const std::string& warning : loaded->warnings) complain(0, path + ": " + warning);
    if (knows(torrents, loaded->metainfo.info_hash)) return complain(kUsage, path + ": was given twice");
    torrents.push_back({std::make_shared<const protocol::Metainfo>(std::move(loaded->metainfo)), std::nullopt});
  }

  runtime::AsioRuntime world({});
  Program program(world.outside(), options, torrents, {stdout, stderr, ::isatty(STDERR_FILENO) == 1},
                  [&] { world.stop(); });
  world.on_signal([&](int) { program.interrupt(); });
  const auto started = program.start();
  if (!started) return complain(kEnvironment, started.error());
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
