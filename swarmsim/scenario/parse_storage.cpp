#include "swarmsim/scenario/parse_storage.hpp"

#include <fmt/format.h>

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kSlowest = 10s;

}  // namespace

StorageFaults read_storage(const YamlNode& node, const std::string& what, Diagnostics& diagnostics) {
  StorageFaults faults;
  MapReader reader(node, what, diagnostics);
  faults.full_at = reader.size("full_at");
  faults.write_error = reader.share("write_error").value_or(Share{});
  faults.read_error = reader.share("read_error").value_or(Share{});
  faults.flip_on_read = reader.share("flip_on_read").value_or(Share{});
  if (const auto slow = reader.duration("slow")) {
    faults.slow = *slow;
    if (*slow > kSlowest) diagnostics.add(node.find("slow")->at, fmt::format("slow: more than {}", to_text(kSlowest)));
  }
  const bool says_nothing = reader.is_map() && node.keys.empty();
  if (says_nothing)
    diagnostics.add(node.at, fmt::format("{}: says nothing; one of full_at: 8 MiB, write_error: 1%, read_error: 1%, flip_on_read: 1%, "
                                         "slow: 50 ms", what));
  reader.finish();
  return faults;
}

}  // namespace swarmlab::swarmsim
