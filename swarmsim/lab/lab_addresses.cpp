#include "swarmsim/lab/lab_addresses.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "protocol/assert.hpp"
#include "swarmsim/run/addresses.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/run/swarm_torrent.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint8_t kNet = 77;             // 127.77.x.y
constexpr std::uint8_t kNobody = 255;
// Below the ports that the system gives to who dials.
constexpr std::uint16_t kFirstPort = 20'000;
constexpr std::uint16_t kPorts = 12'000;

// Whether anybody may listen there, also at all addresses at once: there are clients that do.
bool is_free(std::uint16_t port) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const int socket = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    const bool is_bound = bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(socket);
    if (!is_bound) return false;
  }
  return true;
}

}  // namespace

std::expected<LabAddresses, LabUnavailable> LabAddresses::of(const Cast& cast, LabNetworkKind network) {
  const std::vector<std::string> names = host_names(cast);
  if (network == LabNetworkKind::namespaces) return of_namespaces(names, cast.peer_count());
  return of_relays(names.size(), cast.peer_count(), network == LabNetworkKind::none);
}

LabAddresses LabAddresses::of_namespaces(std::span<const std::string> names, std::size_t peers) {
  LabAddresses addresses;
  addresses.peers_ = peers;
  for (const IpAddress& address : addresses_for(names))
    addresses.own_.push_back({address, addresses.own_.size() < peers ? kPeerPort : kTrackerPort});
  return addresses;
}

std::expected<LabAddresses, LabUnavailable> LabAddresses::of_relays(std::size_t hosts, std::size_t peers, bool peers_meet) {
  if (hosts > kMostRelayed)
    return std::unexpected(LabUnavailable{fmt::format("relays have addresses for {} hosts, and these are {}", kMostRelayed, hosts),
                                          "Use network namespaces (as root, say), or fewer peers."});
  LabAddresses addresses;
  addresses.peers_ = peers;
  addresses.peers_meet_ = peers_meet;
  // Other runs begin elsewhere, and mostly look at ports that are free at once.
  auto port = static_cast<std::uint16_t>(kFirstPort + static_cast<unsigned>(getpid()) * 64 % kPorts);
  for (std::uint32_t tried = 0; tried < kPorts && addresses.own_.size() < hosts; ++tried) {
    if (is_free(port)) {
      if (addresses.relay_port_ == 0) addresses.relay_port_ = port;
      else addresses.own_.push_back({IpAddress::v4(127, kNet, 0, static_cast<std::uint8_t>(addresses.own_.size() + 1)), port});
    }
    port = port + 1 == kFirstPort + kPorts ? kFirstPort : static_cast<std::uint16_t>(port + 1);
  }
  if (addresses.own_.size() == hosts) return addresses;
  return std::unexpected(LabUnavailable{fmt::format("of ports {} to {} too few are free", kFirstPort, kFirstPort + kPorts - 1),
                                        "End what listens there."});
}

IpAddress LabAddresses::relay_address(HostId viewer, HostId seen) {
  return IpAddress::v4(127, kNet, static_cast<std::uint8_t>(viewer.value() + 1), static_cast<std::uint8_t>(seen.value() + 1));
}

Endpoint LabAddresses::as_seen(HostId viewer, HostId seen) const {
  const bool is_direct = relay_port_ == 0 || (peers_meet_ && is_peer(viewer) && is_peer(seen));
  return is_direct ? own(seen) : Endpoint{relay_address(viewer, seen), relay_port_};
}

std::string LabAddresses::announce_url(HostId viewer, const TrackerSpec& spec, HostId tracker) const {
  if (relay_port_ == 0) return swarmsim::announce_url(spec);
  return fmt::format("{}://{}/announce", spec.kind == TrackerKind::udp ? "udp" : "http", to_string(as_seen(viewer, tracker)));
}

std::optional<LabAddresses::Dialled> LabAddresses::dialled(const IpAddress& address) const {
  if (address.is_v6()) return std::nullopt;
  const auto octets = address.octets();
  const auto is_host = [this](std::uint8_t octet) { return octet >= 1 && octet <= own_.size(); };
  if (octets[0] != 127 || octets[1] != kNet || !is_host(octets[2]) || !is_host(octets[3])) return std::nullopt;
  return Dialled{HostId(octets[2] - 1U), HostId(octets[3] - 1U)};
}

Endpoint LabAddresses::translated(const Endpoint& known, HostId viewer) const {
  for (std::uint32_t i = 0; i < own_.size(); ++i) {
    if (known.address != own_[i].address) continue;
    const Endpoint seen = as_seen(viewer, HostId(i));
    return {seen.address, known.port == own_[i].port ? seen.port : known.port};
  }
  return {IpAddress::v4(127, kNet, static_cast<std::uint8_t>(viewer.value() + 1), kNobody), known.port};
}

}  // namespace swarmlab::swarmsim
