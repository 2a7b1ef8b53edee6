#include "tracker/fault.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace swarmlab::tracker {
namespace {

constexpr std::uint32_t kMostDead = 200;      // 192.0.2.1 to 192.0.2.200
constexpr std::uint16_t kPortOfNobody = 6881;
constexpr std::byte kRubbish{'?'};            // no bencoding begins with it; 0x3f3f3f3f is no action of BEP 15

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::expected<FaultSpec, std::string> parse_drop(std::string_view argument) {
  const auto slash = argument.find('/');
  FaultSpec fault{.kind = FaultSpec::Kind::drop};
  if (slash != std::string_view::npos) {
    const auto dropped = parse_number<std::uint32_t>(argument.substr(0, slash));
    const auto of = parse_number<std::uint32_t>(argument.substr(slash + 1));
    if (dropped && of && *dropped > 0 && *dropped <= *of) {
      fault.dropped = *dropped;
      fault.of = *of;
      return fault;
    }
  }
  return std::unexpected("drop wants N/M with 0 < N <= M, as in drop:1/3, not '" + std::string(argument) + "'");
}

std::expected<FaultSpec, std::string> parse_slow(std::string_view argument) {
  const auto seconds = parse_number<std::int32_t>(argument);
  if (!seconds || *seconds < 1 || *seconds > 3600)
    return std::unexpected("slow wants 1 to 3600 seconds, as in slow:10, not '" + std::string(argument) + "'");
  return FaultSpec{.kind = FaultSpec::Kind::slow, .interval = std::chrono::seconds(*seconds)};
}

std::expected<FaultSpec, std::string> parse_dead(std::string_view argument) {
  const auto count = parse_number<std::uint32_t>(argument);
  if (!count || *count < 1 || *count > kMostDead)
    return std::unexpected("dead wants 1 to 200 peers, as in dead:20, not '" + std::string(argument) + "'");
  return FaultSpec{.kind = FaultSpec::Kind::dead, .dead = *count};
}

// The number-th address at which nobody is.
IpAddress nobody(std::uint32_t number, bool is_v6) {
  const auto last = static_cast<std::uint8_t>(1 + number);
  if (!is_v6) return IpAddress::v4(192, 0, 2, last);
  std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
  octets[15] = last;
  return IpAddress::v6(octets);
}

std::expected<FaultSpec, std::string> parse_interval(std::string_view argument) {
  const auto seconds = parse_number<std::int32_t>(argument);
  if (!seconds) {
    return std::unexpected("interval wants a 32-bit number of seconds, as in interval:-1, not '" +
                           std::string(argument) + "'");
  }
  return FaultSpec{.kind = FaultSpec::Kind::interval, .interval = std::chrono::seconds(*seconds)};
}

}  // namespace

std::expected<FaultSpec, std::string> parse_fault(std::string_view spec) {
  const auto colon = spec.find(':');
  const std::string_view kind = spec.substr(0, colon);
  const bool has_argument = colon != std::string_view::npos;
  const std::string_view argument = has_argument ? spec.substr(colon + 1) : std::string_view{};
  if (kind == "refuse") {
    return FaultSpec{.kind = FaultSpec::Kind::refuse,
                     .reason = argument.empty() ? "refused by --fault refuse" : std::string(argument)};
  }
  if (kind == "drop") return parse_drop(argument);
  if (kind == "interval") return parse_interval(argument);
  if (kind == "truncate" && !has_argument) return FaultSpec{.kind = FaultSpec::Kind::truncate};
  if (kind == "truncate") return std::unexpected("truncate takes no argument");
  if (kind == "malformed" && !has_argument) return FaultSpec{.kind = FaultSpec::Kind::malformed};
  if (kind == "malformed") return std::unexpected("malformed takes no argument");
  if (kind == "slow") return parse_slow(argument);
  if (kind == "dead") return parse_dead(argument);
  if (kind == "mirror" && !has_argument) return FaultSpec{.kind = FaultSpec::Kind::mirror};
  if (kind == "mirror") return std::unexpected("mirror takes no argument");
  return std::unexpected("unknown fault '" + std::string(kind) +
                         "': there are refuse[:REASON], drop:N/M, truncate, malformed, slow:S, dead:N, interval:S and mirror");
}

std::string to_string(const FaultSpec& fault) {
  switch (fault.kind) {
    case FaultSpec::Kind::refuse: return "refuse:" + fault.reason;
    case FaultSpec::Kind::drop: return "drop:" + std::to_string(fault.dropped) + "/" + std::to_string(fault.of);
    case FaultSpec::Kind::truncate: return "truncate";
    case FaultSpec::Kind::malformed: return "malformed";
    case FaultSpec::Kind::slow: return "slow:" + std::to_string(fault.interval.count());
    case FaultSpec::Kind::dead: return "dead:" + std::to_string(fault.dead);
    case FaultSpec::Kind::interval: return "interval:" + std::to_string(fault.interval.count());
    case FaultSpec::Kind::mirror: return "mirror";
  }
  return {};
}

Faults::Faults(const std::vector<FaultSpec>& specs) {
  for (const FaultSpec& fault : specs) {
    switch (fault.kind) {
      case FaultSpec::Kind::refuse: refuse_ = fault.reason; break;
      case FaultSpec::Kind::drop: dropped_ = fault.dropped; of_ = fault.of; break;
      case FaultSpec::Kind::truncate: truncates_ = true; break;
      case FaultSpec::Kind::malformed: is_malformed_ = true; break;
      case FaultSpec::Kind::slow: delay_ = fault.interval; break;
      case FaultSpec::Kind::dead: dead_ = fault.dead; break;
      case FaultSpec::Kind::interval: interval_ = fault.interval; break;
      case FaultSpec::Kind::mirror: mirrors_ = true; break;
    }
  }
}

bool Faults::swallows_next() {
  const bool swallowed = position_ < dropped_;
  position_ = (position_ + 1) % of_;
  if (swallowed) ++bites_;
  return swallowed;
}

std::optional<protocol::TrackerFailure> Faults::refusal() {
  if (!refuse_) return std::nullopt;
  ++bites_;
  return protocol::TrackerFailure{*refuse_};
}

void Faults::distort(protocol::AnnounceReply& reply, const Endpoint& asker) {
  if (mirrors_) {
    reply.peers.insert(reply.peers.begin(), protocol::TrackerPeer{asker});
    ++bites_;
  }
  for (std::uint32_t i = 0; i < dead_; ++i)
    reply.peers.insert(reply.peers.begin() + i, protocol::TrackerPeer{{nobody(i, asker.address.is_v6()), kPortOfNobody}});
  if (dead_ > 0) ++bites_;
  if (!interval_) return;
  reply.interval = *interval_;
  reply.min_interval.reset();
  ++bites_;
}

void Faults::distort(std::vector<std::byte>& encoded_reply) {
  if (is_malformed_) {
    std::ranges::fill(encoded_reply, kRubbish);
    ++bites_;
  }
  if (!truncates_) return;
  encoded_reply.resize(encoded_reply.size() / 2);
  ++bites_;
}

Duration Faults::delay() {
  if (delay_ > Duration{0}) ++bites_;
  return delay_;
}

}  // namespace swarmlab::tracker
