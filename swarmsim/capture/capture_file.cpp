#include "swarmsim/capture/capture_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "protocol/big_endian.hpp"
#include "protocol/ids.hpp"
#include "swarmsim/wire/pcapng.hpp"

namespace swarmlab::swarmsim {
namespace {

using Problem = std::optional<CaptureFileError>;

constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kSection = 0x0a0d0d0a;
constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kOldPacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kNames = 4;
constexpr std::uint32_t kStatistics = 5;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::size_t kMostInterfaces = 65536;

// Integers of a file in its own byte order; whoever reads has looked that they are there.
struct Order {
  bool is_little = true;
  std::uint16_t u16(Bytes in, std::size_t at) const { return static_cast<std::uint16_t>(read(in, at, 2)); }
  std::uint32_t u32(Bytes in, std::size_t at) const { return static_cast<std::uint32_t>(read(in, at, 4)); }
  std::uint64_t u64(Bytes in, std::size_t at) const { return read(in, at, 8); }

 private:
  std::uint64_t read(Bytes in, std::size_t at, std::size_t size) const {
    SWARM_ASSERT(at + size <= in.size(), at, in.size());
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
      value = value << 8 | std::to_integer<std::uint64_t>(in[at + (is_little ? size - 1 - i : i)]);
    return value;
  }
};

bool is_ip(std::uint16_t ether_type) { return ether_type == 0x0800 || ether_type == 0x86dd; }

Bytes strip_ethernet(Bytes frame) {
  std::size_t at = 12;
  while (frame.size() >= at + 2) {
    const std::uint16_t type = protocol::read_u16(frame, at);
    if (is_ip(type)) return frame.subspan(at + 2);
    if (type != 0x8100 && type != 0x88a8) break;   // a VLAN tag
    at += 4;
  }
  return {};
}

// What follows a header of fixed size with an Ethernet type in it.
Bytes strip_cooked(Bytes frame, std::size_t type_at, std::size_t header) {
  if (frame.size() < header || !is_ip(protocol::read_u16(frame, type_at))) return {};
  return frame.subspan(header);
}

// The IP packet in a frame of that link; empty where it holds none.  Numbers: tcpdump.org, "Link-layer header types".
Bytes strip_link(std::uint32_t link, Bytes frame) {
  switch (link) {
    case 0:                                                   // NULL: the family, in the byte order of some host
    case 108: return frame.size() < 4 ? Bytes{} : frame.subspan(4);   // LOOP
    case 1: return strip_ethernet(frame);
    case 12:                                                  // raw, as the BSDs number it
    case 14:
    case 101:
    case 228:
    case 229: return frame;
    case 113: return strip_cooked(frame, 14, 16);             // LINUX_SLL
    case 276: return strip_cooked(frame, 0, 20);              // LINUX_SLL2
  }
  return {};
}

// Nothing before 1970, and nothing after 2262.
std::optional<Duration> nanoseconds(std::uint64_t ticks, std::uint64_t per_second, std::int64_t offset_s) {
  const auto whole = static_cast<detail::Int128>(ticks / per_second) + offset_s;
  const auto rest =
      static_cast<detail::Int128>(ticks % per_second) * detail::kNanosecondsPerSecond / static_cast<detail::Int128>(per_second);
  const detail::Int128 all = whole * detail::kNanosecondsPerSecond + rest;
  if (all < 0 || all > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return Duration(static_cast<std::int64_t>(all));
}

class PcapReader {
 public:
  PcapReader(Bytes file, Order order, bool is_nano)
      : file_(file), order_(order), per_second_(is_nano ? 1'000'000'000 : 1'000'000) {}

  std::expected<CaptureFile, CaptureFileError> read() {
    CaptureFile capture;
    capture.interfaces.emplace_back();
    if (file_.size() < 24) return std::unexpected(CaptureFileError{"a pcap header that is cut off", 0});
    const std::uint32_t link = order_.u32(file_, 20) & 0xffff;
    std::size_t at = 24;
    while (at < file_.size()) {
      if (file_.size() - at < 16) { capture.is_cut_short = true; break; }
      const std::uint32_t seconds = order_.u32(file_, at);
      const std::uint32_t fraction = order_.u32(file_, at + 4);
      const std::size_t captured = order_.u32(file_, at + 8);
      if (fraction >= per_second_) return std::unexpected(CaptureFileError{"a fraction of a second that is more than one", at + 4});
      if (captured > file_.size() - at - 16) { capture.is_cut_short = true; break; }
      const Duration time = std::chrono::seconds(seconds) + Duration(fraction * (1'000'000'000 / per_second_));
      const Bytes ip = strip_link(link, file_.subspan(at + 16, captured));
      if (ip.empty()) ++capture.other;
      else capture.packets.push_back({time, 0, false, ip});
      at += 16 + captured;
    }
    return capture;
  }

 private:
  Bytes file_;
  Order order_;
  std::int64_t per_second_;
};

class PcapngReader {
 public:
  explicit PcapngReader(Bytes file) : file_(file) {}

  std::expected<CaptureFile, CaptureFileError> read() {
    std::size_t at = 0;
    while (at < file_.size()) {
      if (file_.size() - at < 12) { capture_.is_cut_short = true; break; }
      if (order_.u32(file_, at) == kSection || at == 0) {   // a palindrome: the order is not known before
        const std::uint32_t magic = Order{true}.u32(file_, at + 8);
        if (magic != kByteOrder && magic != 0x4d3c2b1a) return wrong("a section of no known byte order", at + 8);
        order_.is_little = magic == kByteOrder;
      }
      const std::uint32_t type = order_.u32(file_, at);
      const std::size_t length = order_.u32(file_, at + 4);
      if (length < 12 || length % 4 != 0) return wrong(fmt::format("a block of {} bytes", length), at + 4);
      if (length > file_.size() - at) { capture_.is_cut_short = true; break; }
      if (order_.u32(file_, at + length - 4) != length) return wrong("a block whose lengths differ", at + length - 4);
      if (auto problem = take_block(type, file_.subspan(at + 8, length - 12), at + 8)) return std::unexpected(std::move(*problem));
      at += length;
    }
    return std::move(capture_);
  }

 private:
  struct Interface {
    std::uint32_t link = 0;
    std::uint64_t per_second = 1'000'000;
    std::int64_t offset_s = 0;
  };

  static std::unexpected<CaptureFileError> wrong(std::string what, std::size_t offset) {
    return std::unexpected(CaptureFileError{std::move(what), offset});
  }

  Problem take_block(std::uint32_t type, Bytes body, std::size_t at) {
    switch (type) {
      case kSection: return take_section(body, at);
      case kInterface: return take_interface(body, at);
      case kNames: return take_names(body, at);
      case kStatistics: return take_statistics(body, at);
      case kSimplePacket: ++capture_.other; return {};
      case kOldPacket:
        if (body.size() < 20) return CaptureFileError{"a packet block that is cut off", at};
        return take_packet(body, at, order_.u16(body, 0), false);
      case kArrivalBlock:
        if (!capture_.is_ours) return {};   // somebody else's, who knows what for
        [[fallthrough]];
      case kEnhancedPacket:
        if (body.size() < 20) return CaptureFileError{"a packet block that is cut off", at};
        return take_packet(body, at, order_.u32(body, 0), type == kArrivalBlock);
    }
    return {};
  }

  Problem take_section(Bytes body, std::size_t at) {
    if (body.size() < 16) return CaptureFileError{"a section header that is cut off", at};
    if (order_.u16(body, 4) != 1) return CaptureFileError{fmt::format("version {} of pcapng", order_.u16(body, 4)), at + 4};
    first_interface_ = capture_.interfaces.size();
    interfaces_.clear();
    return each_option(body, 16, at, [this](std::uint16_t code, Bytes value) {
      if (code == 4 && as_text(value) == kLabCaptureApplication) capture_.is_of_lab = true;
      if (code == 4 && (as_text(value) == kCaptureApplication || capture_.is_of_lab)) capture_.is_ours = true;
      return true;
    });
  }

  Problem take_interface(Bytes body, std::size_t at) {
    if (body.size() < 8) return CaptureFileError{"an interface that is cut off", at};
    if (capture_.interfaces.size() >= kMostInterfaces) return CaptureFileError{"more than 65536 interfaces", at};
    Interface& interface = interfaces_.emplace_back();
    std::string& name = capture_.interfaces.emplace_back();
    interface.link = order_.u16(body, 0);
    return each_option(body, 8, at, [&](std::uint16_t code, Bytes value) {
      if (code == 2) name = std::string(as_text(value));
      if (code == 9 && value.size() == 1) return set_resolution(interface, std::to_integer<unsigned>(value[0]));
      if (code == 14 && value.size() == 8) interface.offset_s = static_cast<std::int64_t>(order_.u64(value, 0));
      return true;
    });
  }

  // The highest bit: a power of two, else of ten; of a second.
  static bool set_resolution(Interface& interface, unsigned resolution) {
    const unsigned power = resolution & 0x7f;
    const bool is_binary = (resolution & 0x80) != 0;
    if (power > (is_binary ? 63u : 19u)) return false;
    interface.per_second = 1;
    for (unsigned i = 0; i < power; ++i) interface.per_second *= is_binary ? 2 : 10;
    return true;
  }

  template <class Each>
  Problem each_option(Bytes body, std::size_t from, std::size_t at, Each each) {
    std::size_t place = from;
    while (body.size() >= place + 4) {
      const std::uint16_t code = order_.u16(body, place);
      const std::size_t length = order_.u16(body, place + 2);
      if (code == 0) return {};
      if (length > body.size() - place - 4) return CaptureFileError{"an option longer than its block", at + place};
      if (!each(code, body.subspan(place + 4, length))) return CaptureFileError{"a resolution of time that nothing has", at + place};
      place += 4 + (length + 3) / 4 * 4;
    }
    return {};
  }

  Problem take_statistics(Bytes body, std::size_t at) {
    if (body.size() < 12) return CaptureFileError{"statistics that are cut off", at};
    const std::uint32_t number = order_.u32(body, 0);
    if (number >= interfaces_.size()) return CaptureFileError{fmt::format("statistics of interface {}, which there is not", number), at};
    return each_option(body, 12, at, [&](std::uint16_t code, Bytes value) {
      if (code != 3 || value.size() != 8) return true;
      const std::uint64_t ticks = std::uint64_t{order_.u32(value, 0)} << 32 | order_.u32(value, 4);
      const auto time = nanoseconds(ticks, interfaces_[number].per_second, interfaces_[number].offset_s);
      if (time) capture_.ended = std::max(capture_.ended.value_or(*time), *time);
      return true;
    });
  }

  Problem take_names(Bytes body, std::size_t at) {
    std::size_t place = 0;
    while (body.size() >= place + 4) {
      const std::uint16_t type = order_.u16(body, place);
      const std::size_t length = order_.u16(body, place + 2);
      if (type == 0) return {};
      if (length > body.size() - place - 4) return CaptureFileError{"a name longer than its block", at + place};
      const Bytes record = body.subspan(place + 4, length);
      const std::size_t address = type == 1 ? 4 : type == 2 ? 16 : length;
      if (record.size() > address) {
        const std::string_view name = as_text(record.subspan(address));
        capture_.names.emplace_back(address_of(record.first(address)), std::string(name.substr(0, name.find('\0'))));
      }
      place += 4 + (length + 3) / 4 * 4;
    }
    return {};
  }

  static IpAddress address_of(Bytes octets) {
    const auto octet = [&](std::size_t i) { return std::to_integer<std::uint8_t>(octets[i]); };
    if (octets.size() == 4) return IpAddress::v4(octet(0), octet(1), octet(2), octet(3));
    std::array<std::uint8_t, 16> all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = octet(i);
    return IpAddress::v6(all);
  }

  Problem take_packet(Bytes body, std::size_t at, std::uint32_t number, bool arrives) {
    if (number >= interfaces_.size()) return CaptureFileError{fmt::format("a packet of interface {}, which there is not", number), at};
    const Interface& interface = interfaces_[number];
    const std::uint64_t ticks = std::uint64_t{order_.u32(body, 4)} << 32 | order_.u32(body, 8);
    const auto time = nanoseconds(ticks, interface.per_second, interface.offset_s);
    if (!time) return CaptureFileError{"a time before 1970 or after 2262", at + 4};
    const std::size_t captured = order_.u32(body, 12);
    if (captured > body.size() - 20) return CaptureFileError{"a packet longer than its block", at + 12};
    const Bytes ip = strip_link(interface.link, body.subspan(20, captured));
    if (ip.empty()) ++capture_.other;
    else capture_.packets.push_back({*time, static_cast<std::uint32_t>(first_interface_) + number, arrives, ip});
    return {};
  }

  Bytes file_;
  Order order_;
  CaptureFile capture_;
  std::size_t first_interface_ = 0;    // of this section
  std::vector<Interface> interfaces_;
};

}  // namespace

std::string to_string(const CaptureFileError& error) { return fmt::format("offset {}: {}", error.offset, error.what); }

std::expected<CaptureFile, CaptureFileError> decode_capture_file(Bytes file) {
  if (file.size() < 4) return std::unexpected(CaptureFileError{"no capture: shorter than any header", 0});
  for (const bool is_little : {true, false}) {
    const std::uint32_t magic = Order{is_little}.u32(file, 0);
    if (magic == kMicroseconds || magic == kNanoseconds) return PcapReader(file, Order{is_little}, magic == kNanoseconds).read();
  }
  if (Order{}.u32(file, 0) == kSection) return PcapngReader(file).read();
  return std::unexpected(CaptureFileError{"no capture: neither pcap nor pcapng begins so", 0});
}

}  // namespace swarmlab::swarmsim
