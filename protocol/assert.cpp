#include "protocol/assert.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "protocol/internal_error.hpp"

namespace swarmlab {
namespace detail {

constinit thread_local bool is_contained = false;

void assertion_failed(const char* condition, const char* file, int line,
                      const std::string& values) {
  if (is_contained) {
    throw InternalError(std::string(path_in_source_tree(file)) + ":" + std::to_string(line),
                        std::string("broken invariant: ") + condition + (values.empty() ? "" : "  with" + values));
  }
  std::fprintf(stderr, "%s:%d: broken invariant: %s%s%s\n", file, line, condition,
               values.empty() ? "" : "  with", values.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace detail

std::string_view path_in_source_tree(std::string_view file) {
  constexpr std::array<std::string_view, 7> kFolders{"/client/",     "/protocol/", "/runtime/", "/tracker/",
                                                     "/torrentgen/", "/swarmsim/", "/tests/"};
  std::size_t begin = std::string_view::npos;
  for (const std::string_view folder : kFolders) {
    // The first: tests/unit/client is below tests.
    if (const std::size_t at = file.find(folder); at != std::string_view::npos) begin = std::min(begin, at);
  }
  return begin == std::string_view::npos ? file : file.substr(begin + 1);
}

}  // namespace swarmlab
