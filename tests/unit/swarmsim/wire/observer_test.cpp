#include "swarmsim/wire/observer.hpp"

#include <gmock/gmock.h>

#include "protocol/handshake.hpp"
#include "protocol/peer_wire.hpp"

namespace swarmlab::swarmsim {
namespace {

using protocol::BlockRange;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kNames{"a", "b", "tracker"};
const protocol::PieceGeometry kGeometry(1_MiB, 64_KiB);

// Drives an observer as a world would, and keeps what it says as lines.
class Wire : public ::testing::Test, public EventSink {
 public:
  void on_event(const WireEvent& event) override {
    static constexpr const char* kKinds[] = {"joined", "stopped", "opened", "sent", "received", "ended", "undecodable"};
    std::string line = std::string(kKinds[static_cast<int>(event.kind)]) + " " + kNames[event.from.value()] + ">" +
                       kNames[event.to.value()];
    if (event.kind == WireEventKind::sent || event.kind == WireEventKind::received)
      line += " " + to_string(event.message);
    lines.push_back(line);
    last = event;
  }

 protected:
  static constexpr Direction kOut = Direction::from_dialler;

  void open(HostId acceptor = HostId(1)) {
    observer.on_connection_opened({ConnectionId(4), HostId(0), acceptor, {}, {}}, at(0s));
    lines.clear();
  }
  static Time at(Duration time) { return kStart + time; }
  void write(Bytes bytes, Duration when = 1s) {
    observer.on_written(ConnectionId(4), kOut, at(when), bytes);
    written += bytes.size();
  }
  void write_slice(const runtime::Slice& slice, Duration when = 1s) {
    observer.on_written(ConnectionId(4), kOut, at(when), slice);
    written += slice.size();
  }
  void shake_hands() {
    write(protocol::encode(protocol::Handshake{}));
    deliver(1s);
    lines.clear();
  }
  void deliver(Duration when) {
    observer.on_sent(ConnectionId(4), kOut, at(when), written);
    observer.on_received(ConnectionId(4), kOut, at(when), written);
  }

  std::vector<std::string> lines;
  WireEvent last;
  std::uint64_t written = 0;
  TrueContent content = TrueContent::symbolic(runtime::ContentId(1), 1_MiB);
  Observer observer{{.names = kNames, .first_tracker = HostId(2), .geometry = kGeometry}, content, this};
};

TEST_F(Wire, GivesEachMessageItsThreeTimes) {
  open();
  shake_hands();
  write(protocol::encode(protocol::Have{PieceIndex(7)}).view(), 2s);
  observer.on_sent(ConnectionId(4), kOut, at(3s), written);
  EXPECT_EQ(last.at, at(3s));
  EXPECT_EQ(last.decided_earliest, at(2s));
  EXPECT_EQ(last.decided_latest, at(2s));
  observer.on_received(ConnectionId(4), kOut, at(4s), written);
  EXPECT_THAT(lines, ElementsAre("sent a>b HAVE piece 7", "received a>b HAVE piece 7"));
  EXPECT_EQ(last.at, at(4s));
}

TEST_F(Wire, AMessageIsSentWithItsLastByte) {
  open();
  shake_hands();
  write(protocol::encode(protocol::Have{PieceIndex(7)}).view());
  observer.on_sent(ConnectionId(4), kOut, at(3s), written - 1);
  EXPECT_TRUE(lines.empty());
  observer.on_sent(ConnectionId(4), kOut, at(3s), written);
  EXPECT_EQ(lines.size(), 1u);
}

TEST_F(Wire, UnderstandsMessagesHoweverTheyAreCut) {
  std::vector<std::byte> stream;
  const auto handshake = protocol::encode(protocol::Handshake{});
  stream.insert(stream.end(), handshake.begin(), handshake.end());
  protocol::encode(protocol::KeepAlive{}, stream);
  protocol::encode(protocol::Interested{}, stream);
  protocol::encode(protocol::Request{{PieceIndex(1), BlockBegin(0), 16_KiB}}, stream);
  protocol::encode(protocol::KeepAlive{}, stream);
  for (const std::size_t step : {1u, 2u, 3u, 5u, 17u, 1000u}) {
    open();
    written = 0;
    for (std::size_t i = 0; i < stream.size(); i += step) write(Bytes(stream).subspan(i, std::min(step, stream.size() - i)));
    observer.on_sent(ConnectionId(4), kOut, at(3s), written);
    EXPECT_THAT(lines, ElementsAre("sent a>b HANDSHAKE", "sent a>b KEEP-ALIVE", "sent a>b INTERESTED",
                                   "sent a>b REQUEST piece 1, begin 0, length 16 KiB", "sent a>b KEEP-ALIVE"))
        << step;
    observer.on_ended(ConnectionId(4), kOut, at(4s), StreamEnd::reset);
  }
}

TEST_F(Wire, JudgesBlocksByWhatTheTorrentHolds) {
  open();
  shake_hands();
  const BlockRange block{PieceIndex(1), BlockBegin(16384), 16_KiB};
  const ByteCount offset = 64_KiB + 16_KiB;
  const auto send = [&](const runtime::Slice& slice) {
    write(protocol::encode(protocol::PieceHeader{block}).view());
    write_slice(slice);
    deliver(2s);
    return last.message.authentic;
  };
  EXPECT_EQ(send(content.authentic(offset, 16_KiB)), Authentic::yes);
  EXPECT_EQ(send(content.authentic(ByteCount(0), 16_KiB)), Authentic::no);
  EXPECT_EQ(send(content.spoilt(offset, 16_KiB, runtime::Spoiler(5))), Authentic::no);
  EXPECT_EQ(observer.blocks(), 3u);
}

TEST_F(Wire, ABlockIsTrueOnlyWhenEveryPartIs) {
  open();
  shake_hands();
  write(protocol::encode(protocol::PieceHeader{{PieceIndex(0), BlockBegin(0), 16_KiB}}).view());
  write_slice(content.authentic(ByteCount(0), 8_KiB));
  write_slice(content.spoilt(8_KiB, 4_KiB, runtime::Spoiler(5)));
  write_slice(content.authentic(12_KiB, 4_KiB));
  deliver(2s);
  EXPECT_EQ(last.message.authentic, Authentic::no);
}

TEST_F(Wire, ReportsWhatIsNoProtocolOnceAndGoesOn) {
  open();
  write(as_bytes("GET / HTTP/1.1\r\n"));
  write(as_bytes("more"));
  EXPECT_THAT(lines, ElementsAre("undecodable a>b"));
  EXPECT_THAT(std::string(last.problem), HasSubstr("handshake"));
}

TEST_F(Wire, ReportsAnImpossibleLengthWithoutWaitingForIt) {
  open();
  shake_hands();
  write(as_bytes("\xff\xff\xff\xff"));
  EXPECT_THAT(lines, ElementsAre("undecodable a>b"));
}

TEST_F(Wire, ReportsContentOutsideOfAPieceMessage) {
  open();
  shake_hands();
  write_slice(content.authentic(ByteCount(0), 1_KiB));
  EXPECT_THAT(lines, ElementsAre("undecodable a>b"));
}

TEST_F(Wire, KnowsExtensionMessagesByTheNumberThatTheirReceiverGave) {
  open();
  shake_hands();
  const auto extended = [](std::uint8_t id, std::string_view payload) {
    std::vector<std::byte> bytes;
    protocol::encode(protocol::Message(protocol::Extended{id, as_bytes(payload)}), bytes);
    return bytes;
  };
  write(extended(2, "d5:added0:e"));   // before anybody has given a number
  observer.on_written(ConnectionId(4), Direction::from_acceptor, at(1s), protocol::encode(protocol::Handshake{}));
  observer.on_written(ConnectionId(4), Direction::from_acceptor, at(1s), extended(0, "d1:md6:ut_pexi2eee"));
  write(extended(2, "d5:added0:e"));
  write(extended(1, "d5:added0:e"));
  deliver(2s);
  EXPECT_THAT(lines, ElementsAre("sent a>b EXTENDED", "sent a>b PEX 0 added, 0 dropped", "sent a>b EXTENDED", "received a>b EXTENDED",
                                 "received a>b PEX 0 added, 0 dropped", "received a>b EXTENDED"));
}

TEST_F(Wire, TakesConnectionsWithTheTrackerForHttp) {
  open(HostId(2));
  write(as_bytes("GET /announce?x=1 HTTP/1.1\r\nHost: tracker\r\n\r\n"));
  observer.on_sent(ConnectionId(4), kOut, at(2s), written);
  EXPECT_THAT(lines, ElementsAre("sent a>tracker TRACKER REQUEST"));
  EXPECT_THAT(std::string(as_text(last.payload)), HasSubstr("/announce?x=1"));
}

TEST_F(Wire, ForgetsAConnectionWhenBothDirectionsHaveEnded) {
  open();
  shake_hands();
  observer.on_ended(ConnectionId(4), kOut, at(2s), StreamEnd::finished);
  observer.on_written(ConnectionId(4), opposite(kOut), at(2s), protocol::encode(protocol::Handshake{}));
  observer.on_ended(ConnectionId(4), opposite(kOut), at(3s), StreamEnd::finished);
  const std::size_t before = lines.size();
  observer.on_sent(ConnectionId(4), opposite(kOut), at(4s), 68);
  write(protocol::encode(protocol::Choke{}).view());
  EXPECT_EQ(lines.size(), before);
}

}  // namespace
}  // namespace swarmlab::swarmsim
