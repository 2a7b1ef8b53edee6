#include "swarmsim/capture/merged_capture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "protocol/quantities.hpp"
#include "swarmsim/capture/ip_packet.hpp"

namespace swarmlab::swarmsim {
namespace {

// A packet between two hosts of the run.
struct Known {
  Duration since_epoch{};
  HostId from;
  HostId to;
  std::uint32_t interface = 0;
  bool is_arrival_note = false;
  Bytes ip;
};

using Addresses = std::map<IpAddress, HostId>;

std::optional<Known> known_packet(const CapturedPacket& packet, const Addresses& addresses) {
  const auto decoded = decode_ip_packet(packet.ip);
  if (!decoded) return std::nullopt;
  const auto from = addresses.find(decoded->from);
  const auto to = addresses.find(decoded->to);
  if (from == addresses.end() || to == addresses.end()) return std::nullopt;
  return Known{packet.since_epoch, from->second, to->second, packet.interface, packet.arrives, packet.ip};
}

// The one host that all packets of an interface have in common; nullopt where there is none, or two.
class Vantage {
 public:
  void take(HostId from, HostId to) {
    if (!was_told_) candidates_ = {from, to};
    else std::erase_if(candidates_, [&](HostId host) { return host != from && host != to; });
    was_told_ = true;
  }
  bool is_blind() const { return !was_told_; }
  std::optional<HostId> host() const {
    if (candidates_.size() != 1) return std::nullopt;
    return candidates_.front();
  }

 private:
  std::vector<HostId> candidates_;
  bool was_told_ = false;
};

// One file, as far as it is about the run.
struct Part {
  std::string name;
  std::vector<Known> packets;
  std::vector<std::optional<HostId>> vantages;   // by interface
  bool is_on_the_way = false;                    // one of them is nobody's own
  std::optional<HostId> seen_whole;              // all that this host sent and got is there
  bool is_ours = false;
  bool notes_arrivals = false;
  Duration ahead{};                              // its clock, of the first file's

  bool arrives(const Known& packet) const { return packet.is_arrival_note || vantages[packet.interface] == packet.to; }
};

Part read_part(const NamedCapture& capture, const Addresses& addresses) {
  Part part;
  part.name = capture.name;
  part.is_ours = capture.file.is_ours;
  std::vector<Vantage> vantages(capture.file.interfaces.size());
  for (const CapturedPacket& packet : capture.file.packets) {
    const auto known = known_packet(packet, addresses);
    if (!known) continue;
    part.packets.push_back(*known);
    part.notes_arrivals = part.notes_arrivals || packet.arrives;
    if (!packet.arrives) vantages[packet.interface].take(known->from, known->to);
  }
  if (const auto host = capture.file.all_of ? addresses.find(*capture.file.all_of) : addresses.end(); host != addresses.end()) {
    part.seen_whole = host->second;
    part.vantages.resize(vantages.size());
    return part;
  }
  for (const Vantage& vantage : vantages) {
    part.vantages.push_back(part.is_ours ? std::nullopt : vantage.host());
    part.is_on_the_way = part.is_on_the_way || (!vantage.is_blind() && !part.vantages.back());
  }
  return part;
}

// Which packet it is, wherever it is seen; retransmissions are one with their first.
using PacketKey = std::tuple<HostId, HostId, std::uint16_t, std::uint16_t, std::uint32_t, bool>;

std::optional<PacketKey> key_of(const Known& packet) {
  const auto decoded = decode_ip_packet(packet.ip);
  const TcpPart* tcp = decoded ? std::get_if<TcpPart>(&decoded->part) : nullptr;
  if (tcp == nullptr || (decoded->payload_length == 0 && !tcp->syn)) return std::nullopt;
  return PacketKey{packet.from, packet.to, tcp->from_port, tcp->to_port, tcp->sequence, tcp->syn};
}

using Seen = std::map<PacketKey, Duration>;   // when first

Seen seen_in(const Part& part, bool arriving) {
  Seen seen;
  for (const Known& packet : part.packets) {
    if (part.arrives(packet) != arriving) continue;
    if (const auto key = key_of(packet)) seen.try_emplace(*key, packet.since_epoch);
  }
  return seen;
}

struct Fastest {
  std::optional<Duration> took;
  std::size_t packets = 0;
};

Fastest fastest(const Seen& left, const Seen& arrived) {
  Fastest fastest;
  for (const auto& [key, at] : left) {
    const auto found = arrived.find(key);
    if (found == arrived.end()) continue;
    ++fastest.packets;
    const Duration took = found->second - at;
    if (!fastest.took || took < *fastest.took) fastest.took = took;
  }
  return fastest;
}

// Gives every file its offset to the first, over as many steps as it takes.
void estimate_clocks(std::vector<Part>& parts, std::vector<std::string>& notes) {
  std::vector<Seen> left;
  std::vector<Seen> arrived;
  for (const Part& part : parts) {
    left.push_back(seen_in(part, false));
    arrived.push_back(seen_in(part, true));
  }
  std::vector<bool> is_set(parts.size(), false);
  std::vector<std::size_t> next{0};
  is_set[0] = true;
  for (std::size_t done = 0; done < next.size(); ++done) {
    const std::size_t a = next[done];
    for (std::size_t b = 0; b < parts.size(); ++b) {
      if (is_set[b]) continue;
      const Fastest there = fastest(left[a], arrived[b]);
      const Fastest back = fastest(left[b], arrived[a]);
      if (!there.took && !back.took) continue;
      Duration ahead{};
      std::string how;
      if (there.took && back.took) {
        ahead = (*there.took - *back.took) / 2;
        how = fmt::format("estimated from {} packets there and {} back, the fastest took {} each way", there.packets, back.packets,
                          to_text((*there.took + *back.took) / 2));
      } else {   // one way alone gives a bound: nothing arrives before it leaves
        ahead = there.took ? std::min(*there.took, Duration{0}) : std::max(-*back.took, Duration{0});
        how = "by packets of one direction alone, so that none arrives before it leaves";
      }
      parts[b].ahead = parts[a].ahead + ahead;
      notes.push_back(fmt::format("the clock of {} is {} {} that of {}: {}", parts[b].name,
                                  to_text(ahead < Duration{0} ? -ahead : ahead), ahead < Duration{0} ? "behind" : "ahead of",
                                  parts[a].name, how));
      is_set[b] = true;
      next.push_back(b);
    }
  }
  for (std::size_t b = 0; b < parts.size(); ++b)
    if (!is_set[b]) notes.push_back(fmt::format("nothing tells how the clock of {} stands to the others'; it is believed", parts[b].name));
}

}  // namespace

MergedCapture merge_captures(std::span<const NamedCapture> captures, const Addresses& addresses, std::uint32_t hosts) {
  MergedCapture merged;
  merged.sights.assign(hosts, {.leaving = false, .arriving = false});
  merged.first_seen.assign(hosts, kNever);
  merged.last_seen.assign(hosts, kNever);
  merged.has_run_times = std::ranges::all_of(captures, [](const NamedCapture& c) { return c.file.is_ours; });
  merged.is_virtual = std::ranges::all_of(captures, [](const NamedCapture& c) { return c.file.is_ours && !c.file.is_of_lab; });
  std::vector<Part> parts;
  for (const NamedCapture& capture : captures) parts.push_back(read_part(capture, addresses));
  if (parts.size() > 1 && !merged.has_run_times) estimate_clocks(parts, merged.notes);

  std::optional<Duration> begin;
  if (merged.has_run_times) begin = Duration{0};
  else
    for (const Part& part : parts)
      for (const Known& packet : part.packets) begin = std::min(begin.value_or(Duration::max()), packet.since_epoch - part.ahead);
  if (!begin) return merged;

  struct Placed {
    SeenPacket packet;
    std::size_t number;   // ties keep the order of the files
  };
  std::vector<Placed> placed;
  for (const Part& part : parts) {
    for (const auto& vantage : part.vantages)
      if (vantage) merged.sights[vantage->value()] = {true, true};
    if (part.seen_whole) merged.sights[part.seen_whole->value()] = {true, true};
    if (part.is_on_the_way)
      for (Sight& sight : merged.sights) sight = {true, sight.arriving || part.notes_arrivals};
    for (const Known& packet : part.packets) {
      const bool arrives = part.arrives(packet);
      const Time at = kStart + (packet.since_epoch - part.ahead - *begin);
      placed.push_back({{at, arrives ? packet.to : packet.from, arrives, packet.ip}, placed.size()});
      merged.end = std::max(merged.end, at);
      Time& first = merged.first_seen[packet.from.value()];
      Time& last = merged.last_seen[packet.from.value()];
      first = std::min(first, at);
      last = last == kNever ? at : std::max(last, at);
    }
  }
  for (std::size_t i = 0; i < captures.size(); ++i)
    if (captures[i].file.ended) merged.end = std::max(merged.end, kStart + (*captures[i].file.ended - parts[i].ahead - *begin));
  std::ranges::sort(placed, [](const Placed& a, const Placed& b) {
    return std::tuple(a.packet.at, a.number) < std::tuple(b.packet.at, b.number);
  });
  merged.packets.reserve(placed.size());
  for (const Placed& each : placed) merged.packets.push_back(each.packet);
  return merged;
}

}  // namespace swarmlab::swarmsim
