#include "swarmsim/report/run_folder.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

namespace swarmlab::swarmsim {

namespace fs = std::filesystem;

std::expected<RunFolder, std::string> RunFolder::create(const fs::path& parent, const std::string& stem) {
  std::error_code error;
  fs::create_directories(parent, error);
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const std::string base = fmt::format("{:%Y%m%d-%H%M%S}-{}", fmt::gmtime(now), stem);
  // Two invocations in one second get different folders.
  for (int attempt = 1; attempt <= 1000 && !error; ++attempt) {
    const fs::path path = parent / (attempt == 1 ? base : fmt::format("{}-{}", base, attempt));
    if (!fs::create_directory(path, error)) continue;
    // Replaced in one step, so that somebody who follows the link always finds a folder.
    const fs::path fresh = parent / fmt::format(".latest-{}", path.filename().string());
    fs::create_directory_symlink(path.filename(), fresh, error);
    if (!error) fs::rename(fresh, parent / "latest", error);
    if (error) break;
    return RunFolder(path);
  }
  return std::unexpected(fmt::format("cannot make a folder below {}: {}", parent.string(),
                                     error ? error.message() : "too many runs in one second"));
}

std::string RunFolder::path_of(const std::string& file, std::uint64_t seed, std::string_view kind) const {
  std::string name = file;
  for (char& c : name)
    if (c == '/' || c == '\\') c = '_';
  return (path_ / fmt::format("{}.seed{}.{}", name, seed, kind)).string();
}

std::expected<void, std::string> write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return std::unexpected(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
}

}  // namespace swarmlab::swarmsim
