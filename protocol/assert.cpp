#include "protocol/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace swarmlab::detail {

void assertion_failed(const char* condition, const char* file, int line,
                      const std::string& values) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s%s%s\n", file, line, condition,
               values.empty() ? "" : "  with", values.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace swarmlab::detail
