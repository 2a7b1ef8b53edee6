#include "swarmsim/lab/lab_network.hpp"

#include <net/if.h>

#include <algorithm>

#include "protocol/quantities.hpp"
#include "runtime/descriptor_limit.hpp"
#include "swarmsim/lab/netlink.hpp"
#include "swarmsim/lab/tun_device.hpp"
#include "swarmsim/lab/veth_device.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::string_view kRights = "It takes root, or the sandbox of lab mode.";

}  // namespace

std::expected<std::unique_ptr<LabNetwork>, LabUnavailable> LabNetwork::create(LabNetworkOptions options) {
  std::unique_ptr<LabNetwork> network(new LabNetwork(std::move(options)));
  if (auto built = network->build(); !built) return std::unexpected(std::move(built.error()));
  return network;
}

LabNetwork::LabNetwork(LabNetworkOptions options)
    : options_(std::move(options)),
      links_(options_.hosts, options_.seed, options_.core_delays),
      ring_(options_.watch_buffer),
      smallest_delay_(links_.smallest_delay()) {}

LabNetwork::~LabNetwork() { stop(); }

std::expected<void, LabUnavailable> LabNetwork::build() {
  runtime::allow_descriptors(options_.hosts.size() * 4 + 256);   // a namespace and an interface are three
  if (options_.port != PortKind::veth) {
    auto tun = TunDevices::create();
    if (tun) port_ = std::move(*tun);
    else if (options_.port == PortKind::tun) return std::unexpected(std::move(tun.error()));
    else notes_.push_back(tun.error().reason);
  }
  if (!port_) {
    auto veth = VethDevices::create();
    if (!veth) return std::unexpected(std::move(veth.error()));
    port_ = std::move(*veth);
  }
  for (std::uint32_t i = 0; i < options_.hosts.size(); ++i)
    if (auto added = add_host(HostId(i)); !added) return added;
  router_ = std::make_unique<Router>(*port_, links_, ring_);
  return {};
}

std::expected<void, LabUnavailable> LabNetwork::add_host(HostId host) {
  auto made = NetworkNamespace::create();
  if (!made) return std::unexpected(std::move(made.error()));
  namespaces_.push_back(std::move(*made));
  const NetworkNamespace& there = namespaces_.back();
  {
    const Inside inside(there);
    if (!inside.is_inside()) return std::unexpected(after_errno("cannot enter a network namespace", std::string(kRights)));
    set_variables();
  }
  if (auto added = port_->add_host(there); !added) return added;
  const Inside inside(there);
  if (!inside.is_inside()) return std::unexpected(after_errno("cannot enter a network namespace", std::string(kRights)));
  const unsigned interface = if_nametoindex(kLabInterface);
  if (!netlink::bring_up("lo") || !netlink::add_address(interface, links_.host(host).address) || !netlink::bring_up(kLabInterface))
    return std::unexpected(after_errno("cannot set up the interface of " + links_.host(host).name, std::string(kRights)));
  if (netlink::set_default_route(interface, options_.congestion_control)) return {};
  const std::string note = options_.congestion_control + " congestion control is not to be had, the machine's own is used";
  if (std::ranges::find(notes_, note) == notes_.end()) notes_.push_back(note);
  if (netlink::set_default_route(interface, {})) return {};
  return std::unexpected(after_errno("cannot set the route of " + links_.host(host).name, std::string(kRights)));
}

// Before there is an interface, so that none of them speaks IPv6 even once.
void LabNetwork::set_variables() {
  const auto set = [this](const std::string& name, const std::string& value) {
    if (set_network_variable(name, value)) return;
    const std::string note = "could not set " + name;
    if (std::ranges::find(notes_, note) == notes_.end()) notes_.push_back(note);
  };
  const auto range = [](std::int64_t first, std::int64_t usual, std::int64_t last) {
    return std::to_string(first) + " " + std::to_string(std::min(usual, last)) + " " + std::to_string(last);
  };
  set("net/ipv6/conf/all/disable_ipv6", "1");
  set("net/ipv6/conf/default/disable_ipv6", "1");
  set("net/ipv4/tcp_wmem", range(4096, 16'384, options_.send_buffer.value()));
  set("net/ipv4/tcp_rmem", range(4096, 131'072, options_.receive_buffer.value()));
  set("net/ipv4/ip_local_port_range", std::to_string(options_.first_local_port) + " " + std::to_string(options_.last_local_port));
}

void LabNetwork::start() {
  origin_ = monotonic_now();
  router_->start(origin_);
}

void LabNetwork::stop() {
  if (router_) router_->stop();
}

std::string LabNetwork::describe() const {
  std::string text = counted(options_.hosts.size(), "network namespace") + ", " + port_->describe();
  for (const std::string& note : notes_) text += "; " + note;
  return text;
}

void LabNetwork::set_link(HostId host, const LinkSpec& link) {
  router_->call([&] { links_.set_link(host, link); });
  const Duration delay = link.delay;
  if (delay > Duration{0} && (smallest_delay_ == Duration{0} || delay < smallest_delay_)) smallest_delay_ = delay;
}

void LabNetwork::set_online(HostId host, bool is_online) {
  router_->call([&] { links_.set_online(host, is_online); });
}

std::uint32_t LabNetwork::partition(const LabPartition& partition) {
  std::uint32_t number = 0;
  router_->call([&] { number = links_.partition(partition); });
  return number;
}

void LabNetwork::heal(std::uint32_t number) {
  router_->call([&] { links_.heal(number); });
}

void LabNetwork::reset_connections(HostId a, HostId b) {
  router_->call([&] { router_->reset_connections(a, b); });
}

void LabNetwork::pause(HostId host) {
  router_->call([&] { router_->pause(host); });
}

void LabNetwork::resume(HostId host) {
  router_->call([&] { router_->resume(host); });
}

LabStatistics LabNetwork::statistics() {
  LabStatistics all;
  router_->call([&] { all = router_->statistics(); });
  return all;
}

Trust LabNetwork::trust() { return trust_in(statistics(), smallest_delay_); }

}  // namespace swarmlab::swarmsim
