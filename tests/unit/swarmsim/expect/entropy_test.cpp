#include "swarmsim/expect/entropy.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

// "a" is connected with "b", "c" and "d"; all four lack something.
class Interesting : public ::testing::Test {
 protected:
  Interesting() {
    stage.facts.peers[1].has_at_start.reset_all();
    stage.facts.peers[2].has_at_start.reset_all();
    stage.facts.peers[3].has_at_start.reset_all();
    arrivals.emplace(stage.facts);
    entropy.emplace(4, *arrivals);
    for (const HostId other : {kB, kC, kD}) feed(WireEventKind::opened, 0s, kA, other);
  }
  void feed(WireEventKind kind, Duration at, HostId from, HostId to, MessageKind message = MessageKind::handshake, int piece = 0,
            int block = 0) {
    WireEvent event;
    event.kind = kind;
    event.at = kStart + at;
    event.from = from;
    event.to = to;
    event.message.kind = message;
    event.message.authentic = Authentic::yes;
    event.message.piece = PieceIndex(static_cast<std::uint32_t>(piece));
    event.message.begin = BlockBegin(static_cast<std::uint32_t>(block) * 16384);
    event.message.length = 16384;
    event.direction = from == kA ? Direction::from_dialler : Direction::from_acceptor;
    event.connection = ConnectionId((from == kA ? to : from).value());
    if (message == MessageKind::piece) arrivals->on_block(event);
    else entropy->on_event(event);
  }
  void says(Duration at, HostId from, HostId to, MessageKind kind) { feed(WireEventKind::sent, at, from, to, kind); }
  std::string share(HostId local, int percentile, Duration from = 0s) {
    constexpr std::array all{kA, kB, kC, kD};
    return number_text(entropy->share(local, all, percentile, kStart + from, kStart + 100s), Unit::share);
  }

  Stage stage;
  std::optional<Arrivals> arrivals;
  std::optional<Entropy> entropy;
};

TEST_F(Interesting, IsTheShareOfTheTimeTogether) {
  says(10s, kA, kB, MessageKind::interested);
  says(60s, kA, kB, MessageKind::not_interested);
  says(20s, kA, kC, MessageKind::interested);
  EXPECT_EQ(share(kA, 1), "0 %") << "d never was of interest";
  EXPECT_EQ(share(kA, 50), "50 %");
  EXPECT_EQ(share(kA, 99), "80 %");
  EXPECT_EQ(share(kB, 50), "0 %") << "it is the local peer's own interest";
}

TEST_F(Interesting, TimeBeforeTheEndOfTheTransientIsLeftOut) {
  says(10s, kA, kB, MessageKind::interested);
  says(60s, kA, kB, MessageKind::not_interested);
  EXPECT_EQ(share(kA, 99, 50s), "20 %");
}

TEST_F(Interesting, WhoWasTogetherForAMomentIsLeftOut) {
  says(0s, kA, kB, MessageKind::interested);
  feed(WireEventKind::ended, 9s, kA, kB);
  EXPECT_EQ(share(kB, 50), "no number");
  EXPECT_EQ(share(kA, 99), "0 %");
}

TEST_F(Interesting, NothingCountsWithWhoHasEverything) {
  for (int piece = 0; piece < 4; ++piece)
    for (int block = 0; block < 2; ++block) feed(WireEventKind::received, 50s, kA, kB, MessageKind::piece, piece, block);
  ASSERT_TRUE(arrivals->is_complete(kB));
  says(25s, kA, kB, MessageKind::interested);
  EXPECT_EQ(share(kA, 99), "50 %") << "from 25 s to its completion at 50 s";
}

TEST_F(Interesting, AConnectionThatIsMadeAnewGoesOn) {
  says(0s, kA, kB, MessageKind::interested);
  feed(WireEventKind::ended, 20s, kB, kA);
  feed(WireEventKind::ended, 21s, kA, kB);
  EXPECT_EQ(share(kA, 99), "100 %") << "20 s together, all of them interested";
}

}  // namespace
}  // namespace swarmlab::swarmsim
