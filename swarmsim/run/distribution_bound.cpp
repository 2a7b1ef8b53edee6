#include "swarmsim/run/distribution_bound.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/network/tcp_parameters.hpp"

namespace swarmlab::swarmsim {
namespace {

struct Lines {
  std::vector<std::optional<BytesPerSecond>> up;     // by HostId; nullopt: without limit
  std::vector<std::optional<BytesPerSecond>> down;
};

Lines fastest_lines(const Scenario& scenario) {
  Lines lines;
  for (std::uint32_t i = 0; i < scenario.cast.peer_count(); ++i) {
    lines.up.push_back(scenario.group_of(HostId(i)).link.up);
    lines.down.push_back(scenario.group_of(HostId(i)).link.down);
  }
  const auto widen = [](std::optional<BytesPerSecond>& line, const std::optional<BytesPerSecond>& change) {
    if (line && change) line = std::max(*line, *change);
  };
  for (const TimelineEntry& entry : scenario.timeline) {
    if (entry.action != TimelineAction::link) continue;
    for (const HostId peer : entry.peers) {
      widen(lines.up[peer.value()], entry.change.up);
      widen(lines.down[peer.value()], entry.change.down);
    }
  }
  return lines;
}

// How much payload a line carries in that time; one packet more than that, so that no rounding accuses it.
ByteCount payload(BytesPerSecond line, Duration time) {
  if (time <= Duration{0}) return {};
  const std::int64_t wire = (line * time).value();
  return ByteCount(wire / tcp::kFullPacketBytes * tcp::kMss + 2 * tcp::kMss);
}

ByteCount bytes_of(const protocol::PieceGeometry& geometry, const std::function<bool(PieceIndex)>& counts) {
  ByteCount bytes;
  for (std::uint32_t i = 0; i < geometry.piece_count(); ++i)
    if (counts(PieceIndex(i))) bytes += geometry.length_of(PieceIndex(i));
  return bytes;
}

}  // namespace

std::string faster_than_possible(const Scenario& scenario, const RunFacts& facts,
                                 const std::function<Time(HostId)>& completed_at) {
  const Lines lines = fastest_lines(scenario);
  ByteCount fetched;            // by all who completed
  Time first = kNever;          // completion of somebody who had not everything
  Time last = kStart;
  for (std::uint32_t i = 0; i < facts.peers.size(); ++i) {
    const PeerFacts& peer = facts.peers[i];
    const Time at = completed_at(HostId(i));
    if (peer.has_at_start.all() || at == kNever) continue;
    const ByteCount lacked = bytes_of(facts.geometry, [&](PieceIndex piece) { return !peer.has_at_start.test(piece); });
    fetched += lacked;
    first = std::min(first, at);
    last = std::max(last, at);
    if (lines.down[i] && lacked > payload(*lines.down[i], at - peer.joins))
      return fmt::format("{} completed {} after it joined, but its downlink of {} cannot carry the {} that it lacked in that time",
                         peer.name, to_text(at - peer.joins), to_text(*lines.down[i]), to_text(lacked));
  }
  if (first == kNever) return {};

  const auto carried = [&](Time until, bool by_complete_peers_only) -> std::optional<ByteCount> {
    ByteCount sum;
    for (std::uint32_t i = 0; i < facts.peers.size(); ++i) {
      if (by_complete_peers_only && !facts.peers[i].has_at_start.all()) continue;
      if (!lines.up[i]) return std::nullopt;
      sum += payload(*lines.up[i], until - facts.peers[i].joins);
    }
    return sum;
  };
  if (const auto most = carried(last, false); most && fetched > *most)
    return fmt::format("at {} all who had completed had fetched {}, but all uplinks together cannot have carried more than {}",
                       to_clock(last), to_text(fetched), to_text(*most));
  const ByteCount unique = bytes_of(facts.geometry, [&](PieceIndex piece) {
    return std::ranges::none_of(facts.peers, [&](const PeerFacts& peer) {
      return !peer.has_at_start.all() && peer.has_at_start.test(piece);
    });
  });
  if (const auto most = carried(first, true); most && unique > *most)
    return fmt::format("at {} somebody had all of the {} that only seeds held at the start, but their uplinks cannot have "
                       "carried more than {}", to_clock(first), to_text(unique), to_text(*most));
  return {};
}

}  // namespace swarmlab::swarmsim
