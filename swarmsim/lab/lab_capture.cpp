#include "swarmsim/lab/lab_capture.hpp"

#include "swarmsim/capture/ip_packet.hpp"

namespace swarmlab::swarmsim {
namespace {

PcapngLayout layout(std::span<const std::pair<IpAddress, std::string>> hosts) {
  PcapngLayout layout{.application = kLabCaptureApplication, .link = PcapngLayout::Link::raw_ip, .interfaces = {}};
  for (const auto& [_, name] : hosts) layout.interfaces.push_back(name);
  return layout;
}

// All of a packet but what TCP carries, which was seen when it left.
Bytes headers(Bytes packet) {
  const auto decoded = decode_ip_packet(packet);
  const bool is_tcp = decoded && std::holds_alternative<TcpPart>(decoded->part);
  return is_tcp && decoded->payload.size() > 0 ? packet.first(static_cast<std::size_t>(decoded->payload.data() - packet.data())) : packet;
}

}  // namespace

LabCapture::LabCapture(std::ostream& out, std::span<const std::pair<IpAddress, std::string>> hosts, PacketWatcher& to)
    : file_(out, layout(hosts), hosts), to_(to) {}

void LabCapture::on_entered(HostId from, Time at, Bytes packet) {
  file_.add(from.value(), at, packet);
  to_.on_entered(from, at, packet);
}

void LabCapture::on_delivered(HostId to, Time at, Bytes packet) {
  file_.add_arrival(to.value(), at, headers(packet), packet.size());
  to_.on_delivered(to, at, packet);
}

}  // namespace swarmlab::swarmsim
