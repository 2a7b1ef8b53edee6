#include "swarmsim/lab/client_version.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "protocol/assert.hpp"
#include "protocol/text.hpp"
#include "swarmsim/lab/process.hpp"

namespace swarmlab::swarmsim {
namespace {

using namespace std::chrono_literals;

constexpr auto kVersionTime = 10s;
constexpr std::size_t kLongestLine = 100;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::expected<ClientVersion, std::string> ask_version(const Adapter& adapter, const LabPrograms& programs,
                                                      const std::filesystem::path& output) {
  SWARM_ASSERT(!adapter.version.empty(), adapter.client);
  std::error_code error;
  std::filesystem::remove(output, error);   // a process adds to what is there
  ProcessTable table;
  const auto pid = table.start({.words = adapter.version, .environment = {{"PATH", programs.path_of_clients()}}, .directory = {},
                                .output = output.string()});
  if (!pid) return std::unexpected(pid.error());
  const auto begin = std::chrono::steady_clock::now();
  while (table.runs(*pid) && std::chrono::steady_clock::now() - begin < kVersionTime) {
    std::this_thread::sleep_for(5ms);
    table.reap();
  }
  table.end_all();
  std::ifstream in(output);
  for (std::string line; std::getline(in, line);)
    if (line.find_first_of("0123456789") != std::string::npos)
      return ClientVersion{protocol::one_line(line, kLongestLine), version_number(line)};
  return std::unexpected(fmt::format("'{}' says none", fmt::join(adapter.version, " ")));
}

std::string version_number(std::string_view line) {
  std::istringstream words{std::string(line)};
  for (std::string word; words >> word;) {
    if (word.front() == 'v') word.erase(0, 1);
    if (word.empty() || !is_digit(word.front())) continue;
    return word.substr(0, word.find_last_of("0123456789") + 1);
  }
  return {};
}

}  // namespace swarmlab::swarmsim
