#include "swarmsim/scenario_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "swarmsim/scenario/yaml_tree.hpp"

namespace swarmlab::swarmsim {

namespace fs = std::filesystem;

std::expected<std::vector<std::string>, std::string> find_scenarios(std::span<const std::string> paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (!fs::exists(path, error)) return std::unexpected(fmt::format("{}: there is no such file", path));
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error))
      if (it->is_regular_file(error) && it->path().extension() == ".yaml") found.push_back(it->path().string());
    if (error) return std::unexpected(fmt::format("{}: {}", path, error.message()));
    if (found.empty()) return std::unexpected(fmt::format("{}: no *.yaml below that directory", path));
    std::ranges::sort(found);
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

std::expected<std::string, std::string> read_yaml_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kMaxScenarioBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) return std::unexpected(fmt::format("{}: cannot be read", file));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::expected<std::shared_ptr<const Scenario>, std::string> load_scenario(const std::string& file,
                                                                          std::span<const Override> overrides) {
  const auto text = read_yaml_file(file);
  if (!text) return std::unexpected(text.error());
  Diagnostics diagnostics;
  auto scenario = parse_scenario(*text, overrides, diagnostics);
  if (scenario) return std::make_shared<const Scenario>(std::move(*scenario));
  return std::unexpected(describe(file, diagnostics));
}

}  // namespace swarmlab::swarmsim
