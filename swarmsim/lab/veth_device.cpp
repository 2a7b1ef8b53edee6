#include "swarmsim/lab/veth_device.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "swarmsim/lab/netlink.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kFrameHeader = ETH_HLEN;
// All hosts share one hardware address, since without ARP each takes its own for everybody's; the router has the other.
constexpr unsigned char kHostAddress = 1;
constexpr unsigned char kRouterAddress = 2;
constexpr int kSocketBuffer = 16 << 20;   // as much of it as the system allows

std::string router_end(std::size_t number) { return "lab-h" + std::to_string(number); }

// The end that came up first gets its queue some time after the second one did, and loses packets until then.  It is said to run just
// before the queue is there; who changes its flags then waits until whoever puts it there is done.
bool comes_to_run(const std::string& name) {
  for (int tries = 0; tries < 5000; ++tries) {
    if (netlink::is_running(name)) return netlink::bring_up(name);
    usleep(1000);
  }
  return false;
}

std::array<std::byte, kFrameHeader> frame_header(Bytes packet) {
  std::array<std::byte, kFrameHeader> header{};
  header[0] = header[6] = std::byte{2};
  header[5] = std::byte{kHostAddress};
  header[11] = std::byte{kRouterAddress};
  const bool is_v6 = !packet.empty() && std::to_integer<int>(packet[0] >> 4) == 6;
  const std::uint16_t kind = is_v6 ? ETH_P_IPV6 : ETH_P_IP;
  header[12] = static_cast<std::byte>(kind >> 8);
  header[13] = static_cast<std::byte>(kind & 0xff);
  return header;
}

}  // namespace

std::expected<std::unique_ptr<VethDevices>, LabUnavailable> VethDevices::create() {
  const int all = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
  if (all < 0)
    return std::unexpected(after_errno("cannot open a packet socket", "It takes root, or the sandbox of lab mode."));
  const int on = 1;
  if (setsockopt(all, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0 ||
      setsockopt(all, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) {
    auto failed = after_errno("cannot set up a packet socket", "It takes Linux 4.20 or later.");
    close(all);
    return std::unexpected(std::move(failed));
  }
  if (setsockopt(all, SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer) != 0)
    setsockopt(all, SOL_SOCKET, SO_RCVBUF, &kSocketBuffer, sizeof kSocketBuffer);   // an ordinary user gets a part of it
  if (setsockopt(all, SOL_SOCKET, SO_SNDBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer) != 0)
    setsockopt(all, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof kSocketBuffer);
  set_network_variable("net/ipv6/conf/all/disable_ipv6", "1");
  set_network_variable("net/ipv6/conf/default/disable_ipv6", "1");
  return std::unique_ptr<VethDevices>(new VethDevices(all));
}

VethDevices::~VethDevices() { close(socket_); }

std::expected<void, LabUnavailable> VethDevices::add_host(const NetworkNamespace& there) {
  // Interfaces of a network before this one are there until the kernel has put its namespaces away, and removing one takes long.
  std::size_t number = interface_of_.size();
  while (if_nametoindex(router_end(number).c_str()) != 0) ++number;
  const std::string name = router_end(number);
  const auto failed = [](const char* what) {
    return std::unexpected(after_errno(what, "It takes the kernel's veth module, and root or the sandbox of lab mode."));
  };
  if (!netlink::add_veth_pair(name, kLabInterface, there.descriptor())) return failed("cannot make a veth pair");
  if (!netlink::set_hardware_address(name, kRouterAddress) || !netlink::forgo_arp(name) || !netlink::bring_up(name))
    return failed("cannot bring up the router's end of a veth pair");
  {
    const Inside inside(there);
    if (!inside.is_inside() || !netlink::set_hardware_address(kLabInterface, kHostAddress) || !netlink::forgo_arp(kLabInterface) ||
        !netlink::bring_up(kLabInterface))
      return failed("cannot bring up a host's end of a veth pair");
  }
  if (!comes_to_run(name)) return failed("a veth pair does not come to life");
  const auto interface = static_cast<int>(if_nametoindex(name.c_str()));
  host_of_.emplace(interface, static_cast<std::uint32_t>(interface_of_.size()));
  interface_of_.push_back(interface);
  return {};
}

std::optional<ReceivedPacket> VethDevices::receive(std::size_t, MutableBytes buffer) {
  while (true) {
    VirtioHeader header;
    std::array<std::byte, kFrameHeader> frame;
    sockaddr_ll from{};
    iovec parts[]{{&header, sizeof header}, {frame.data(), frame.size()}, {buffer.data(), buffer.size()}};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = parts;
    message.msg_iovlen = 3;
    const ssize_t got = recvmsg(socket_, &message, 0);
    if (got < 0) return std::nullopt;
    constexpr std::size_t kBefore = sizeof header + kFrameHeader;
    const auto host = host_of_.find(from.sll_ifindex);
    if (host == host_of_.end() || static_cast<std::size_t>(got) <= kBefore) continue;   // lo
    return ReceivedPacket{.host = host->second, .offload = from_virtio(header, kFrameHeader),
                          .packet = buffer.first(static_cast<std::size_t>(got) - kBefore)};
  }
}

bool VethDevices::deliver(std::uint32_t host, const Offload& offload, Bytes packet) {
  VirtioHeader header = to_virtio(offload, packet, kFrameHeader);
  auto frame = frame_header(packet);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = interface_of_[host];
  to.sll_halen = ETH_ALEN;
  std::memcpy(to.sll_addr, frame.data(), ETH_ALEN);
  iovec parts[]{{&header, sizeof header}, {frame.data(), frame.size()},
                {const_cast<std::byte*>(packet.data()), packet.size()}};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = parts;
  message.msg_iovlen = 3;
  return sendmsg(socket_, &message, 0) >= 0;
}

std::uint64_t VethDevices::count_missed() {
  tpacket_stats since{};
  socklen_t size = sizeof since;
  if (getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &since, &size) != 0) return 0;
  return since.tp_drops;   // the kernel begins to count anew
}

}  // namespace swarmlab::swarmsim
