#include "swarmsim/scenario/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace swarmlab::swarmsim {

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> all = list_;
  std::ranges::sort(all);
  return all;
}

std::string to_string(const std::string& file, const Diagnostic& diagnostic) {
  if (diagnostic.at.line == 0) return fmt::format("{}: {}", file, diagnostic.what);
  return fmt::format("{}:{}:{}: {}", file, diagnostic.at.line, diagnostic.at.column, diagnostic.what);
}

}  // namespace swarmlab::swarmsim
