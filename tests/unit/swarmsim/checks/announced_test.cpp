#include "swarmsim/checks/announced.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

class AnnouncedTest : public ::testing::Test {
 protected:
  void say(WireEventKind moment, MessageKind kind, std::uint32_t piece = 0, Bytes payload = {}) {
    WireEvent event;
    event.kind = moment;
    event.connection = ConnectionId(3);
    event.direction = Direction::from_acceptor;
    event.message.kind = kind;
    event.message.piece = PieceIndex(piece);
    event.payload = payload;
    announced.on_event(event);
  }
  bool has(std::uint32_t piece) const {
    return announced.has(ConnectionId(3), Direction::from_acceptor, PieceIndex(piece));
  }
  Announced announced{10, Announced::Moment::received};
};

TEST_F(AnnouncedTest, NothingIsAnnouncedBeforeTheFirstWord) {
  EXPECT_FALSE(has(0));
  EXPECT_EQ(announced.count(ConnectionId(3), Direction::from_acceptor), 0u);
}

TEST_F(AnnouncedTest, BitfieldsAndHavesAddUp) {
  const std::byte bits[] = {std::byte{0x80}, std::byte{0x40}};
  say(WireEventKind::received, MessageKind::bitfield, 0, bits);
  say(WireEventKind::received, MessageKind::have, 4);
  EXPECT_TRUE(has(0) && has(4) && has(9));
  EXPECT_FALSE(has(1));
  EXPECT_EQ(announced.count(ConnectionId(3), Direction::from_acceptor), 3u);
  EXPECT_EQ(announced.count(ConnectionId(3), Direction::from_dialler), 0u) << "the other side said nothing";
}

TEST_F(AnnouncedTest, OnlyItsOwnMomentCounts) {
  say(WireEventKind::sent, MessageKind::have_all);
  EXPECT_FALSE(has(0));
  say(WireEventKind::received, MessageKind::have_all);
  EXPECT_TRUE(has(9));
}

TEST_F(AnnouncedTest, ABitfieldOfWrongLengthCountsAsFarAsItGoes) {
  const std::byte bits[] = {std::byte{0xff}};
  say(WireEventKind::received, MessageKind::bitfield, 0, bits);
  EXPECT_TRUE(has(7));
  EXPECT_FALSE(has(8));
  const std::byte more[] = {std::byte{0}, std::byte{0xff}, std::byte{0xff}};
  say(WireEventKind::received, MessageKind::bitfield, 0, more);
  EXPECT_EQ(announced.count(ConnectionId(3), Direction::from_acceptor), 10u);
}

TEST_F(AnnouncedTest, AHaveBeyondTheLastPieceIsIgnored) {
  say(WireEventKind::received, MessageKind::have, 10);
  EXPECT_EQ(announced.count(ConnectionId(3), Direction::from_acceptor), 0u);
}

}  // namespace
}  // namespace swarmlab::swarmsim
