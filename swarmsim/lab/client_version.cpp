#include "swarmsim/lab/client_version.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "protocol/assert.hpp"
#include "protocol/quantities.hpp"
#include "protocol/text.hpp"
#include "swarmsim/lab/process.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kVersionTime = 10s;
constexpr ByteCount kMostPrinted = 64_KiB;
constexpr std::size_t kLongestLine = 100;

// Asked before there is a peer: nothing but the adapter's own folder is there to be named.
ProcessSpec process_for(const Adapter& adapter, const LabPrograms& programs, const std::filesystem::path& folder) {
  const std::array<std::string, 1> names{"here"};
  const Placeholders values{{"here", adapter.folder}};
  ProcessSpec spec{.words = expand(adapter.version, names, values, {}),
                   .environment = {{"PATH", programs.path_of_clients()}, {"HOME", folder.string()}, {"TERM", "dumb"}},
                   .directory = folder.string(), .output = (folder / "version.log").string()};
  spec.limits.file_size = kMostPrinted;
  return spec;
}

}  // namespace

std::expected<ClientVersion, std::string> ask_version(const Adapter& adapter, const LabPrograms& programs,
                                                      const std::filesystem::path& folder) {
  SWARM_ASSERT(!adapter.version.empty(), adapter.client);
  const ProcessSpec spec = process_for(adapter, programs, std::filesystem::absolute(folder));
  const std::string command = fmt::format("'{}'", fmt::join(spec.words, " "));
  std::error_code error;
  std::filesystem::create_directories(spec.directory, error);
  std::filesystem::remove(spec.output, error);   // a process adds to what is there
  ProcessTable table;
  const auto pid = table.start(spec);
  if (!pid) return std::unexpected(pid.error());
  const auto begin = std::chrono::steady_clock::now();
  while (table.runs(*pid) && std::chrono::steady_clock::now() - begin < kVersionTime) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    table.reap();
  }
  const auto end = table.take_end(*pid);
  table.end_all();
  if (!end) return std::unexpected(fmt::format("{} goes on for more than {}", command, to_text(kVersionTime)));
  if (end->status != 0) return std::unexpected(fmt::format("{} ended with {}", command, to_string(*end)));
  std::ifstream in(spec.output);
  for (std::string line; std::getline(in, line);)
    if (std::string number = version_number(line); !number.empty())
      return ClientVersion{protocol::one_line(line, kLongestLine), std::move(number)};
  return std::unexpected(fmt::format("{} says no number", command));
}

std::string version_number(std::string_view line) {
  std::istringstream words{std::string(line)};
  for (std::string word; words >> word;) {
    if (word.front() == 'v') word.erase(0, 1);
    std::string number = word.substr(0, word.find_first_not_of("0123456789."));
    number.erase(number.find_last_not_of('.') + 1);
    if (!number.empty() && number.front() != '.') return number.substr(0, kLongestLine);
  }
  return {};
}

}  // namespace swarmlab::swarmsim
