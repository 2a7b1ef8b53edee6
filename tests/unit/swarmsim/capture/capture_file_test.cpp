#include "swarmsim/capture/capture_file.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "swarmsim/wire/pcapng.hpp"
#include "tests/unit/swarmsim/capture/packets.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::text;

// Bytes of a file in one of the two orders.
class FileOf {
 public:
  explicit FileOf(bool is_little = true) : is_little_(is_little) {}
  FileOf& u16(std::uint64_t value) { return put(value, 2); }
  FileOf& u32(std::uint64_t value) { return put(value, 4); }
  FileOf& u64(std::uint64_t value) { return put(value, 8); }
  FileOf& raw(Bytes more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return *this;
  }
  FileOf& pad() {
    while (bytes.size() % 4 != 0) bytes.push_back(std::byte{0});
    return *this;
  }
  FileOf& block(std::uint32_t type, FileOf body) {
    body.pad();
    return u32(type).u32(body.bytes.size() + 12).raw(body.bytes).u32(body.bytes.size() + 12);
  }
  FileOf part() const { return FileOf(is_little_); }
  std::vector<std::byte> bytes;

 private:
  FileOf& put(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      bytes.push_back(static_cast<std::byte>(value >> 8 * (is_little_ ? i : size - 1 - i) & 0xff));
    return *this;
  }
  bool is_little_;
};

const std::vector<std::byte> kIp = text("E the IP packet");   // begins with version 4

FileOf pcap(bool is_little, std::uint32_t magic, std::uint32_t link) {
  return FileOf(is_little).u32(magic).u16(2).u16(4).u32(0).u32(0).u32(262144).u32(link);
}
FileOf& add_record(FileOf& file, std::uint32_t seconds, std::uint32_t fraction, Bytes frame) {
  return file.u32(seconds).u32(fraction).u32(frame.size()).u32(frame.size()).raw(frame);
}
FileOf pcapng(bool is_little) {
  FileOf file(is_little);
  return file.block(0x0a0d0d0a, file.part().u32(0x1a2b3c4d).u16(1).u16(0).u64(~std::uint64_t{0}));
}
FileOf interface(const FileOf& file, std::uint32_t link) { return file.part().u16(link).u16(0).u32(0); }
FileOf packet_body(const FileOf& file, std::uint32_t number, std::uint64_t ticks, Bytes frame) {
  return file.part().u32(number).u32(ticks >> 32).u32(ticks & 0xffffffff).u32(frame.size()).u32(frame.size()).raw(frame);
}
std::vector<std::byte> behind(std::initializer_list<int> header) {
  std::vector<std::byte> frame;
  for (const int octet : header) frame.push_back(static_cast<std::byte>(octet));
  frame.insert(frame.end(), kIp.begin(), kIp.end());
  return frame;
}

TEST(CaptureFile, ReadsPcapInBothOrdersAndResolutions) {
  for (const bool is_little : {true, false}) {
    for (const bool is_nano : {true, false}) {
      FileOf file = pcap(is_little, is_nano ? 0xa1b23c4d : 0xa1b2c3d4, 101);
      add_record(file, 12, 500, kIp);
      const auto capture = decode_capture_file(file.bytes);
      ASSERT_TRUE(capture.has_value()) << to_string(capture.error());
      ASSERT_EQ(capture->packets.size(), 1u);
      EXPECT_EQ(capture->packets[0].since_epoch, is_nano ? 12s + 500ns : 12s + 500us);
      EXPECT_EQ(as_text(capture->packets[0].ip), as_text(kIp));
      EXPECT_FALSE(capture->is_ours);
    }
  }
}

struct LinkRow {
  const char* name;
  std::uint32_t link;
  std::vector<std::byte> frame;
};

TEST(CaptureFile, FindsTheIpPacketBehindEachLink) {
  const LinkRow rows[] = {
      {"raw", 101, kIp},
      {"Ethernet", 1, behind({1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x08, 0})},
      {"Ethernet with a VLAN", 1, behind({1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x81, 0, 0, 5, 0x86, 0xdd})},
      {"cooked", 113, behind({0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0, 0x08, 0})},
      {"cooked 2", 276, behind({0x08, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0})},
      {"BSD loopback", 0, behind({2, 0, 0, 0})},
  };
  for (const LinkRow& row : rows) {
    FileOf file = pcap(true, 0xa1b2c3d4, row.link);
    add_record(file, 0, 0, row.frame);
    const auto capture = decode_capture_file(file.bytes);
    ASSERT_EQ(capture->packets.size(), 1u) << row.name;
    EXPECT_EQ(as_text(capture->packets[0].ip), as_text(kIp)) << row.name;
  }
}

TEST(CaptureFile, CountsWhatIsNoIp) {
  FileOf file = pcap(true, 0xa1b2c3d4, 1);
  add_record(file, 0, 0, behind({1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x08, 6}));   // ARP
  EXPECT_EQ(decode_capture_file(file.bytes)->other, 1u);
}

TEST(CaptureFile, AFileThatEndsWithinAPacketHoldsThoseBeforeIt) {
  FileOf file = pcap(true, 0xa1b2c3d4, 101);
  add_record(file, 1, 0, kIp);
  const std::size_t whole = file.bytes.size();
  add_record(file, 2, 0, kIp);
  for (std::size_t length = whole + 1; length < file.bytes.size(); ++length) {
    const auto capture = decode_capture_file(Bytes(file.bytes).first(length));
    ASSERT_TRUE(capture.has_value());
    EXPECT_EQ(capture->packets.size(), 1u);
    EXPECT_TRUE(capture->is_cut_short);
  }
}

TEST(CaptureFile, ReadsPcapngWithSectionsInterfacesAndResolutions) {
  FileOf file = pcapng(false);
  file.block(1, interface(file, 101).u16(2).u16(4).raw(text("eth0")).u16(9).u16(1).raw(text("\x09")).pad());
  file.block(1, interface(file, 1).u16(9).u16(1).raw(text("\x8a")).pad());                    // 2^-10 s
  file.block(6, packet_body(file, 0, 7'000'000'123, kIp));
  file.block(6, packet_body(file, 1, 1536, behind({1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x08, 0})));
  const FileOf second = pcapng(true);
  FileOf other(true);
  other.block(1, interface(other, 101)).block(6, packet_body(other, 0, 5, kIp)).block(0x12345678, other.part().u32(1));
  file.raw(second.bytes).raw(other.bytes);
  const auto capture = decode_capture_file(file.bytes);
  ASSERT_TRUE(capture.has_value()) << to_string(capture.error());
  EXPECT_THAT(capture->interfaces, ElementsAre("eth0", "", ""));
  ASSERT_EQ(capture->packets.size(), 3u);
  EXPECT_EQ(capture->packets[0].since_epoch, 7s + 123ns);
  EXPECT_EQ(capture->packets[1].since_epoch, 1500ms);
  EXPECT_EQ(capture->packets[2].since_epoch, 5us);
  EXPECT_EQ(capture->packets[2].interface, 2u);
}

TEST(CaptureFile, ReadsWhatOurOwnWriterWrites) {
  std::ostringstream out;
  const std::vector<std::pair<IpAddress, std::string>> names{{IpAddress::v4(10, 77, 0, 1), "seed"}};
  PcapngWriter writer(out, {.interfaces = {"a line"}}, names);
  const auto frame = behind({1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x08, 0});
  writer.add(0, kStart + 90s, frame);
  writer.add_arrival(0, kStart + 91s, Bytes(frame).first(20), frame.size());
  writer.finish(kStart + 100s);
  const std::string file = out.str();
  const auto capture = decode_capture_file(as_bytes(file));
  ASSERT_TRUE(capture.has_value()) << to_string(capture.error());
  EXPECT_TRUE(capture->is_ours);
  EXPECT_FALSE(capture->is_of_lab);
  EXPECT_EQ(capture->names, names);
  EXPECT_EQ(capture->ended, 100s);
  ASSERT_EQ(capture->packets.size(), 2u);
  EXPECT_FALSE(capture->packets[0].arrives);
  EXPECT_TRUE(capture->packets[1].arrives);
  EXPECT_EQ(capture->packets[1].since_epoch, 91s);
}

TEST(CaptureFile, OfALabRunEveryHostHasAnInterface) {
  std::ostringstream out;
  const std::vector<std::pair<IpAddress, std::string>> names{{IpAddress::v4(10, 77, 0, 1), "seed"}, {IpAddress::v4(10, 77, 0, 2), "leech"}};
  const PcapngLayout layout{.application = kLabCaptureApplication, .link = PcapngLayout::Link::raw_ip, .interfaces = {"seed", "leech"}};
  PcapngWriter writer(out, layout, names);
  const auto packet = behind({});
  writer.add(0, kStart + 1s, packet);
  writer.add_arrival(1, kStart + 2s, packet, packet.size());
  const std::string file = out.str();
  const auto capture = decode_capture_file(as_bytes(file));
  ASSERT_TRUE(capture.has_value()) << to_string(capture.error());
  EXPECT_TRUE(capture->is_ours);
  EXPECT_TRUE(capture->is_of_lab);
  EXPECT_THAT(capture->interfaces, ElementsAre("seed", "leech"));
  ASSERT_EQ(capture->packets.size(), 2u);
  EXPECT_EQ(capture->packets[0].interface, 0u);
  EXPECT_EQ(capture->packets[1].interface, 1u);
  EXPECT_TRUE(capture->packets[1].arrives);
}

TEST(CaptureFile, SomebodyElsesLocalBlocksArePassedOver) {
  FileOf file = pcapng(true);
  file.block(1, interface(file, 101)).block(kArrivalBlock, packet_body(file, 0, 5, kIp));
  EXPECT_TRUE(decode_capture_file(file.bytes)->packets.empty());
}

struct ErrorRow {
  const char* rule;
  FileOf file;
  const char* what;
};

TEST(CaptureFile, SaysWhereItIsWrong) {
  FileOf fraction = pcap(true, 0xa1b2c3d4, 101);
  add_record(fraction, 0, 1'000'000, kIp);
  FileOf length = pcapng(true);
  length.u32(6).u32(13).u32(0).u32(0);
  FileOf differing = pcapng(true);
  differing.u32(1).u32(20).u32(0).u32(0).u32(24);
  FileOf nobody = pcapng(true);
  nobody.block(6, packet_body(nobody, 3, 0, kIp));
  FileOf longer = pcapng(true);
  longer.block(1, interface(longer, 101)).block(6, longer.part().u32(0).u32(0).u32(0).u32(99).u32(99));
  FileOf option = pcapng(true);
  option.block(1, interface(option, 101).u16(2).u16(200));
  FileOf late = pcapng(true);
  late.block(1, interface(late, 101)).block(6, packet_body(late, 0, ~std::uint64_t{0}, kIp));
  FileOf version(true);
  version.block(0x0a0d0d0a, version.part().u32(0x1a2b3c4d).u16(2).u16(0).u64(0));
  const ErrorRow rows[] = {
      {"no file", FileOf(true), "offset 0: no capture: shorter"},
      {"some other file", FileOf(true).raw(text("PK zip")), "offset 0: no capture: neither"},
      {"a header alone", FileOf(true).u32(0xa1b2c3d4), "offset 0: a pcap header that is cut off"},
      {"a fraction of more than a second", fraction, "offset 28: a fraction"},
      {"a length that is no multiple of 4", length, "offset 32: a block of 13 bytes"},
      {"two lengths that differ", differing, "a block whose lengths differ"},
      {"an interface that is not there", nobody, "interface 3, which there is not"},
      {"a packet longer than its block", longer, "a packet longer than its block"},
      {"an option longer than its block", option, "an option longer than its block"},
      {"a time that no clock can show", late, "a time before 1970 or after 2262"},
      {"a version to come", version, "version 2 of pcapng"},
  };
  for (const ErrorRow& row : rows) {
    const auto capture = decode_capture_file(row.file.bytes);
    ASSERT_FALSE(capture.has_value()) << row.rule;
    EXPECT_THAT(to_string(capture.error()), HasSubstr(row.what)) << row.rule;
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
