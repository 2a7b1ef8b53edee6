#include "swarmsim/wire/pcapng.hpp"

#include "protocol/assert.hpp"
#include "protocol/ids.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kNames = 4;
constexpr std::uint32_t kStatistics = 5;
constexpr std::uint32_t kPacket = 6;

// The file is little-endian, whatever wrote it.
template <class T>
void append(std::vector<std::byte>& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<std::byte>(std::uint64_t{value} >> (8 * i) & 0xff));
}

void pad(std::vector<std::byte>& out) {
  while (out.size() % 4 != 0) out.push_back(std::byte{0});
}

void append_option(std::vector<std::byte>& out, std::uint16_t code, Bytes value) {
  append(out, code);
  append(out, static_cast<std::uint16_t>(value.size()));
  out.insert(out.end(), value.begin(), value.end());
  pad(out);
}

}  // namespace

PcapngWriter::PcapngWriter(std::ostream& out, const PcapngLayout& layout, std::span<const std::pair<IpAddress, std::string>> names)
    : out_(out) {
  std::vector<std::byte> section;
  append(section, std::uint32_t{0x1a2b3c4d});
  append(section, std::uint16_t{1});
  append(section, std::uint16_t{0});
  append(section, ~std::uint64_t{0});   // of unknown length
  append_option(section, 4, as_bytes(layout.application));
  append(section, std::uint32_t{0});
  write_block(kSectionHeader, section);

  for (const std::string& name : layout.interfaces) {
    std::vector<std::byte> interface;
    append(interface, static_cast<std::uint16_t>(layout.link));
    append(interface, std::uint16_t{0});
    append(interface, std::uint32_t{0});   // frames are whole
    append_option(interface, 2, as_bytes(name));
    const std::byte nanoseconds{9};
    append_option(interface, 9, Bytes(&nanoseconds, 1));
    append(interface, std::uint32_t{0});
    write_block(kInterface, interface);
  }

  std::vector<std::byte> records;
  for (const auto& [address, name] : names) {
    SWARM_ASSERT(!address.is_v6(), name);
    append(records, std::uint16_t{1});
    append(records, static_cast<std::uint16_t>(4 + name.size() + 1));
    for (const std::uint8_t octet : address.octets()) records.push_back(std::byte{octet});
    for (const char c : name) records.push_back(static_cast<std::byte>(c));
    records.push_back(std::byte{0});
    pad(records);
  }
  append(records, std::uint32_t{0});
  write_block(kNames, records);
}

void PcapngWriter::add(std::uint32_t interface, Time at, Bytes frame) { write_packet(kPacket, interface, at, frame, frame.size()); }

void PcapngWriter::add_arrival(std::uint32_t interface, Time at, Bytes frame, std::size_t length) {
  write_packet(kArrivalBlock, interface, at, frame, length);
}

void PcapngWriter::finish(Time at) {
  const auto ns = static_cast<std::uint64_t>(at.time_since_epoch().count());
  std::vector<std::byte> time;
  append(time, static_cast<std::uint32_t>(ns >> 32));
  append(time, static_cast<std::uint32_t>(ns));
  std::vector<std::byte> statistics;
  append(statistics, std::uint32_t{0});
  statistics.insert(statistics.end(), time.begin(), time.end());
  append_option(statistics, 3, time);
  append(statistics, std::uint32_t{0});
  write_block(kStatistics, statistics);
}

void PcapngWriter::write_packet(std::uint32_t type, std::uint32_t interface, Time at, Bytes frame, std::size_t length) {
  const auto ns = static_cast<std::uint64_t>(at.time_since_epoch().count());
  std::vector<std::byte> packet;
  packet.reserve(frame.size() + 24);
  append(packet, interface);
  append(packet, static_cast<std::uint32_t>(ns >> 32));
  append(packet, static_cast<std::uint32_t>(ns));
  append(packet, static_cast<std::uint32_t>(frame.size()));
  append(packet, static_cast<std::uint32_t>(length));
  packet.insert(packet.end(), frame.begin(), frame.end());
  pad(packet);
  write_block(type, packet);
}

void PcapngWriter::write_block(std::uint32_t type, const std::vector<std::byte>& body) {
  SWARM_ASSERT(body.size() % 4 == 0, body.size());
  std::vector<std::byte> head;
  append(head, type);
  append(head, static_cast<std::uint32_t>(body.size() + 12));
  out_.write(reinterpret_cast<const char*>(head.data()), static_cast<std::streamsize>(head.size()));
  out_.write(reinterpret_cast<const char*>(body.data()), static_cast<std::streamsize>(body.size()));
  out_.write(reinterpret_cast<const char*>(head.data() + 4), 4);
}

}  // namespace swarmlab::swarmsim
