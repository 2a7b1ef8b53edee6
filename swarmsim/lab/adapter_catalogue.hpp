// The adapters that come with swarmsim (swarmsim/adapters/*.yaml, built into the program), and those in files of their own.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/lab/adapter.hpp"

namespace swarmlab::swarmsim {

struct BuiltInAdapter {
  std::string_view client;
  std::string_view text;
};
// By name.
std::span<const BuiltInAdapter> built_in_adapters();

// `name`: a client of the above, or a path ("./mine.yaml": with a slash or ending in .yaml).  The error is one sentence, or all that
// is wrong with the file, one line each.
std::expected<Adapter, std::string> find_adapter(const std::string& name);

// A commented adapter file for a client of that name, to be filled in.  It is valid as it is.
std::expected<std::string, std::string> adapter_to_begin_with(const std::string& name);

}  // namespace swarmlab::swarmsim
