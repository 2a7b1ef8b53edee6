#include "swarmsim/checks/useful_bytes.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

constexpr HostId kLeech(0);
constexpr HostId kGiver(1);
constexpr ConnectionId kLine(0);

class UsefulBytesTest : public ::testing::Test {
 protected:
  UsefulBytesTest() {
    facts.geometry = protocol::PieceGeometry(128_KiB, 32_KiB);
    for (const char* name : {"leech", "giver"}) {
      PeerFacts& peer = facts.peers.emplace_back();
      peer.name = name;
      peer.has_at_start = protocol::Bitfield(facts.geometry.piece_count());
    }
    arrivals.emplace(facts);
    useful.emplace(facts, *arrivals, std::vector{kLeech}, 10s);
  }
  void asks(std::uint32_t piece) { feed(WireEventKind::sent, MessageKind::request, kLeech, kGiver, 0s, piece); }
  void comes(Duration at, std::uint32_t piece) { feed(WireEventKind::received, MessageKind::piece, kGiver, kLeech, at, piece); }
  std::uint64_t sum(std::int64_t first, std::int64_t end) {
    return useful->sum(kLine, Direction::from_acceptor, first, end);
  }

  RunFacts facts;
  std::optional<Arrivals> arrivals;
  std::optional<UsefulBytes> useful;

 private:
  void feed(WireEventKind kind, MessageKind message, HostId from, HostId to, Duration at, std::uint32_t piece) {
    WireEvent event;
    event.kind = kind;
    event.at = kStart + at;
    event.from = from;
    event.to = to;
    event.connection = kLine;
    event.direction = from == kLeech ? Direction::from_dialler : Direction::from_acceptor;
    event.message.kind = message;
    event.message.piece = PieceIndex(piece);
    event.message.length = 16384;
    event.message.authentic = Authentic::yes;
    if (message == MessageKind::piece) arrivals->on_block(event);
    useful->on_event(event);
  }
};

TEST_F(UsefulBytesTest, CountsWhatWasAskedForInThePartInWhichItCame) {
  asks(0);
  asks(1);
  comes(5s, 0);
  comes(25s, 1);
  EXPECT_EQ(sum(0, 1), 16384u);
  EXPECT_EQ(sum(1, 2), 0u);
  EXPECT_EQ(sum(0, 3), 32768u);
  EXPECT_EQ(sum(-5, 100), 32768u);
}

TEST_F(UsefulBytesTest, CountsNeitherDuplicatesNorWhatNobodyAskedFor) {
  comes(1s, 0);   // pushed
  asks(0);
  comes(2s, 0);   // asked for, and known by now
  asks(1);
  comes(3s, 1);
  comes(4s, 1);   // twice
  EXPECT_EQ(sum(0, 1), 16384u);
}

}  // namespace
}  // namespace swarmlab::swarmsim
