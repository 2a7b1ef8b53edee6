// Any text: what parses as a place of the control tree is written and read back the same; what parses as commands is bounded
// and non-empty, and what does not has a reason.
#include "client/control/command.hpp"
#include "protocol/assert.hpp"
#include "tests/fuzz/input.hpp"

using namespace swarmlab;
using namespace swarmlab::client;
using namespace swarmlab::client::control;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A path and, behind the first line end, commands for it.
  const std::string_view text = fuzz::text(data, size);
  const std::size_t line_end = text.find('\n');
  const auto path = parse_tree_path(text.substr(0, line_end));
  if (!path) {
    SWARM_ASSERT(!path.error().empty());
    return 0;
  }
  const auto again = parse_tree_path(to_string(*path));
  SWARM_ASSERT(again && *again == *path);
  if (kind_of(path->node) != NodeKind::control || line_end == std::string_view::npos) return 0;
  const auto commands = parse_commands(*path, text.substr(line_end + 1));
  if (commands) {
    SWARM_ASSERT(!commands->empty() && commands->size() <= kMaxCommandLines);
  } else {
    SWARM_ASSERT(!commands.error().empty());
  }
  return 0;
}
