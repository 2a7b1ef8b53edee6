#include "swarmsim/scenario/parse_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace swarmlab::swarmsim {
namespace {

constexpr Share kMostLoss{900'000};

// `key: 1%`, or a map in which the share is called `share` and stands beside what `more` reads.
std::optional<Share> read_share(MapReader& reader, std::string_view key, const std::function<void(MapReader&)>& more) {
  const YamlNode* node = reader.take(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != YamlNode::Kind::map) return reader.share(key);
  MapReader map(*node, std::string(key), reader.diagnostics());
  map.require("share", "share: 1%");
  const auto share = map.share("share");
  more(map);
  map.finish();
  return share;
}

void read_faults(MapReader& reader, LinkChange& link) {
  const auto wrong = [&](std::string_view key, std::string what) {
    reader.diagnostics().add(reader.take(key)->at, std::move(what));
  };
  const auto short_time = [&](std::string_view key, const std::optional<Duration>& time) {
    if (time && *time > 1min) wrong(key, fmt::format("{}: more than a minute", key));
  };
  link.jitter = reader.duration("jitter");
  short_time("jitter", link.jitter);
  link.loss = read_share(reader, "loss", [&](MapReader& map) {
    map.require("burst", "burst: 8");
    if (const auto burst = map.count("burst", 100'000)) link.loss_burst = static_cast<std::uint32_t>(*burst);
    if (link.loss_burst < 2) wrong("loss", "loss: a burst is of 2 packets on average at least; without bursts, loss: 1%");
  });
  if (link.loss && *link.loss > kMostLoss) wrong("loss", "loss: more than 90 %; to cut somebody off use 'partition'");
  // Between two bursts at least one packet passes.
  const std::uint64_t burst = std::max(1u, link.loss_burst);
  if (link.loss && link.loss_burst > 1 && link.loss->millionths * (burst + 1) > Share::kWhole * burst)
    wrong("loss", fmt::format("loss: {} in bursts of {}; so much needs longer bursts", to_text(*link.loss), burst));
  link.reorder = read_share(reader, "reorder", [&](MapReader& map) {
    link.reorder_by = map.duration("by");
    if (link.reorder_by && *link.reorder_by <= Duration{0}) wrong("reorder", "reorder: by: no time at all");
  });
  short_time("reorder", link.reorder_by);
  link.duplicate = reader.share("duplicate");
}

}  // namespace

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
  read_faults(reader, link);
  if (const auto nat = reader.word("nat", kNatNames)) link.nat = static_cast<NatKind>(*nat);
  reader.finish();
  return link;
}

}  // namespace swarmlab::swarmsim
