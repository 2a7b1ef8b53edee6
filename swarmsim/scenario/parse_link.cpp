#include "swarmsim/scenario/parse_link.hpp"

#include <fmt/format.h>

#include <array>

namespace swarmlab::swarmsim {

LinkChange read_link(const YamlNode& node, const std::string& what, Diagnostics& diagnostics) {
  LinkChange link;
  MapReader reader(node, what, diagnostics);
  const auto rate = [&](std::string_view key, std::optional<BytesPerSecond>& out) {
    const auto given = reader.rate(key);
    if (!given) return;
    if (given->value() < 125)
      diagnostics.add(node.find(key)->at, fmt::format("{}: below 1 kbit/s; leave the key out for a link without limit", key));
    else out = given;
  };
  rate("up", link.up);
  rate("down", link.down);
  if (const auto delay = reader.duration("delay")) {
    if (*delay > 1h) diagnostics.add(node.find("delay")->at, "delay: more than an hour");
    else link.delay = *delay;
  }
  if (const auto queue = reader.size("queue")) {
    if (*queue < 2_KiB) diagnostics.add(node.find("queue")->at, "queue: less than one packet; 2 KiB at least");
    else link.queue = *queue;
  }
  constexpr std::array<std::string_view, 5> later{"jitter", "loss", "reorder", "duplicate", "nat"};
  reader.not_supported_yet(later);
  reader.finish();
  return link;
}

}  // namespace swarmlab::swarmsim
