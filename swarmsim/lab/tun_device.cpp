#include "swarmsim/lab/tun_device.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <sstream>

#include "swarmsim/lab/netlink.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr const char* kDevice = "/dev/net/tun";
constexpr const char* kRemedy = "Load the module with 'sudo modprobe tun' and open it to users with 'sudo chmod 0666 /dev/net/tun'.";

// Packets that the interface had no room for: the fourth number behind the colon of those about sending.
std::uint64_t dropped_by(int counters) {
  std::array<char, 8192> text{};
  const ssize_t got = pread(counters, text.data(), text.size() - 1, 0);
  if (got <= 0) return 0;
  const std::string all(text.data(), static_cast<std::size_t>(got));
  const std::size_t at = all.find(std::string(kLabInterface) + ":");
  if (at == std::string::npos) return 0;
  std::istringstream numbers(all.substr(at + std::strlen(kLabInterface) + 1));
  std::uint64_t number = 0;
  for (int i = 0; i < 12; ++i) numbers >> number;   // eight of receiving, then bytes, packets, errors, drops of sending
  return numbers ? number : 0;
}

}  // namespace

std::expected<std::unique_ptr<TunDevices>, LabUnavailable> TunDevices::create() {
  const int device = open(kDevice, O_RDWR | O_CLOEXEC);
  if (device < 0) return std::unexpected(after_errno(std::string("cannot open ") + kDevice, kRemedy));
  close(device);
  return std::unique_ptr<TunDevices>(new TunDevices);
}

TunDevices::~TunDevices() {
  for (const int descriptor : descriptors_) {
    ioctl(descriptor, TUNSETPERSIST, 1);
    close(descriptor);
  }
  for (const int counter : counters_)
    if (counter >= 0) close(counter);
}

std::expected<void, LabUnavailable> TunDevices::add_host(const NetworkNamespace& there) {
  const Inside inside(there);
  if (!inside.is_inside()) return std::unexpected(after_errno("cannot enter a network namespace"));
  const int device = open(kDevice, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (device < 0) return std::unexpected(after_errno(std::string("cannot open ") + kDevice, kRemedy));
  ifreq request{};
  std::strncpy(request.ifr_name, kLabInterface, sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
  if (ioctl(device, TUNSETIFF, &request) != 0 || ioctl(device, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) != 0) {
    auto failed = after_errno("cannot make a TUN interface", "It takes Linux 2.6.27 or later, and root or the sandbox of lab mode.");
    close(device);
    return std::unexpected(std::move(failed));
  }
  netlink::set_transmit_queue(kLabInterface, kWaitingPackets);   // else 500 packets, of which any loss is told
  descriptors_.push_back(device);
  counters_.push_back(open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC));
  return {};
}

std::optional<ReceivedPacket> TunDevices::receive(std::size_t descriptor, MutableBytes buffer) {
  VirtioHeader header;
  iovec parts[]{{&header, sizeof header}, {buffer.data(), buffer.size()}};
  const ssize_t got = readv(descriptors_[descriptor], parts, 2);
  if (got < static_cast<ssize_t>(sizeof header)) return std::nullopt;
  return ReceivedPacket{.host = static_cast<std::uint32_t>(descriptor), .offload = from_virtio(header, 0),
                        .packet = buffer.first(static_cast<std::size_t>(got) - sizeof header)};
}

bool TunDevices::deliver(std::uint32_t host, const Offload& offload, Bytes packet) {
  VirtioHeader header = to_virtio(offload, packet, 0);
  iovec parts[]{{&header, sizeof header}, {const_cast<std::byte*>(packet.data()), packet.size()}};
  return writev(descriptors_[host], parts, 2) >= 0;
}

std::uint64_t TunDevices::count_missed() {
  std::uint64_t all = 0;
  for (const int counter : counters_)
    if (counter >= 0) all += dropped_by(counter);
  const std::uint64_t since = all - told_;
  told_ = all;
  return since;
}

}  // namespace swarmlab::swarmsim
