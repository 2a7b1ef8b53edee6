#include "swarmsim/capture/merged_capture.hpp"

#include <gmock/gmock.h>

#include <array>
#include <deque>

#include "tests/unit/swarmsim/capture/packets.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::packet;
using testing::text;

const IpAddress kAddress[] = {IpAddress::v4(10, 0, 0, 1), IpAddress::v4(10, 0, 0, 2), IpAddress::v4(10, 0, 0, 3)};

// Captures of three hosts, drawn as who sent what to whom, and when.
class Captures : public ::testing::Test {
 protected:
  // Adds it to the capture, by the clock of whoever makes that.
  void add(std::size_t capture, Duration at, std::uint32_t from, std::uint32_t to, std::uint32_t sequence) {
    static const auto payload = text("data");
    bytes_.push_back(packet(TcpFrame{.from = {kAddress[from], 5}, .to = {kAddress[to], 6}, .sequence = sequence,
                                     .flags = TcpFrame::ack, .payload = payload}));
    captures_[capture].file.interfaces = {""};
    captures_[capture].file.packets.push_back({at, 0, false, bytes_.back()});
  }
  MergedCapture merged(std::size_t count) {
    const std::map<IpAddress, HostId> addresses{{kAddress[0], HostId(0)}, {kAddress[1], HostId(1)}, {kAddress[2], HostId(2)}};
    return merge_captures(std::span(captures_).first(count), addresses, 3);
  }
  static std::vector<std::string> lines(const MergedCapture& merged) {
    std::vector<std::string> lines;
    for (const SeenPacket& seen : merged.packets)
      lines.push_back(std::to_string((seen.at - kStart) / 1ms) + " " + std::to_string(seen.host.value()) +
                      (seen.arrives ? " gets" : " sends"));
    return lines;
  }

  std::array<NamedCapture, 2> captures_{NamedCapture{"a.pcap", {}}, NamedCapture{"b.pcap", {}}};
  std::deque<std::vector<std::byte>> bytes_;
};

TEST_F(Captures, KnowsAtWhichHostAFileWasMade) {
  add(0, 10s, 0, 1, 1);
  add(0, 10s + 20ms, 2, 0, 1);
  const MergedCapture all = merged(1);
  EXPECT_THAT(lines(all), ElementsAre("0 0 sends", "20 0 gets"));
  EXPECT_TRUE(all.sights[0].leaving && all.sights[0].arriving);
  EXPECT_FALSE(all.sights[1].leaving || all.sights[1].arriving);
  EXPECT_EQ(all.first_seen[2], kStart + 20ms);
  EXPECT_EQ(all.first_seen[1], kNever);
}

TEST_F(Captures, OnTheWayPacketsHaveLeftAndNobodySeesThemArrive) {
  add(0, 10s, 0, 1, 1);
  add(0, 10s + 5ms, 1, 2, 1);
  add(0, 10s + 9ms, 2, 0, 1);
  const MergedCapture all = merged(1);
  EXPECT_THAT(lines(all), ElementsAre("0 0 sends", "5 1 sends", "9 2 sends"));
  EXPECT_TRUE(all.sights[2].leaving);
  EXPECT_FALSE(all.sights[2].arriving);
}

TEST_F(Captures, TheDifferenceOfTwoClocksIsHalfThatOfTheFastestWays) {
  // b's clock is 3 s ahead; each way takes 20 ms at least.
  for (std::uint32_t i = 0; i < 5; ++i) {
    add(0, 100s + 1s * i, 0, 1, i);
    add(1, 103s + 1s * i + 20ms + 3ms * i, 0, 1, i);
    add(1, 103s + 1s * i + 500ms, 1, 0, i);
    add(0, 100s + 1s * i + 520ms + 2ms * i, 1, 0, i);
  }
  add(0, 99s, 0, 2, 1);    // so that each file has one host alone in common
  add(1, 104s, 1, 2, 1);
  const MergedCapture all = merged(2);
  EXPECT_THAT(all.notes, ElementsAre(HasSubstr("b.pcap is 3 s ahead of that of a.pcap: estimated from 5 packets there and 5 back")));
  const auto first_arrival = std::ranges::find_if(all.packets, [](const SeenPacket& p) { return p.arrives; });
  EXPECT_EQ(first_arrival->at, kStart + 1s + 20ms);
}

TEST_F(Captures, OneWayAloneGivesABound) {
  add(0, 100s, 0, 1, 1);
  add(1, 97s, 0, 1, 1);
  add(0, 100s, 0, 2, 1);
  add(1, 97s, 1, 2, 1);
  const MergedCapture all = merged(2);
  EXPECT_THAT(all.notes, ElementsAre(HasSubstr("b.pcap is 3 s behind that of a.pcap: by packets of one direction alone")));
}

TEST_F(Captures, OursAreOfOneClockAndCountFromTheStartOfTheRun) {
  add(0, 10s, 0, 1, 1);
  captures_[0].file.is_ours = true;
  captures_[0].file.packets.push_back({10s + 30ms, 0, true, bytes_.back()});
  captures_[0].file.ended = 15s;
  const MergedCapture all = merged(1);
  EXPECT_THAT(lines(all), ElementsAre("10000 0 sends", "10030 1 gets"));
  EXPECT_TRUE(all.has_run_times);
  EXPECT_TRUE(all.sights[1].arriving);
  EXPECT_EQ(all.end, kStart + 15s);
  EXPECT_THAT(all.notes, IsEmpty());
}

}  // namespace
}  // namespace swarmlab::swarmsim
