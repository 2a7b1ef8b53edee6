// The folder that an invocation leaves behind: verdict.json, junit.xml, a log (and a trace) per run.
//
//   runs/20261120-233923-quickstart/     runs/latest -> the newest
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace swarmlab::swarmsim {

class RunFolder {
 public:
  // Makes a new folder below `parent`, named after the time and `stem`, and points `latest` at it.
  static std::expected<RunFolder, std::string> create(const std::filesystem::path& parent, const std::string& stem);

  const std::filesystem::path& path() const { return path_; }
  // Where something of one run goes: `kind` is "log", "trace.jsonl" or "pcapng".
  std::string path_of(const std::string& file, std::uint64_t seed, std::string_view kind) const;

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// An error says which file and why.
std::expected<void, std::string> write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace swarmlab::swarmsim
