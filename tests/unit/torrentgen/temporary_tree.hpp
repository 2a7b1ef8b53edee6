// A directory of a test's own, gone with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "protocol/assert.hpp"

namespace swarmlab::torrentgen::test {

class TemporaryTree {
 public:
  TemporaryTree() : root_((std::filesystem::temp_directory_path() / "torrentgen.XXXXXX").string()) {
    SWARM_ASSERT(::mkdtemp(root_.data()) != nullptr);
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;
  ~TemporaryTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::string at(std::string_view path) const { return root_ + "/" + std::string(path); }
  // Makes directories as needed; gives the full path.
  std::string file(std::string_view path, std::string_view content) const {
    const std::filesystem::path full = at(path);
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << content;
    return full;
  }
  std::string read(std::string_view path) const {
    std::ifstream in(at(path), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  bool has(std::string_view path) const { return std::filesystem::exists(at(path)); }

 private:
  std::string root_;
};

// Bytes that repeat nowhere near: each piece differs from the others.
inline std::string noise(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    seed = seed * 1'664'525u + 1'013'904'223u;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

}  // namespace swarmlab::torrentgen::test
