#include "swarmsim/expect/slot_times.hpp"

#include <gtest/gtest.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

// "a" gives slots to "b", "c" and "d", which are all interested in it; it declares two slots, one of them optimistic.
class Slots : public ::testing::Test {
 protected:
  Slots() {
    facts.peers.resize(4);
    facts.peers[0].upload_slots = 2;
    facts.peers[0].optimistic = 1;
    times.emplace(facts);
    for (const HostId other : {kB, kC, kD}) {
      feed(WireEventKind::opened, 0s, kA, other);
      feed(WireEventKind::received, 1s, other, kA, MessageKind::interested);
    }
  }
  void says(Duration at, HostId to, MessageKind kind) { feed(WireEventKind::sent, at, kA, to, kind); }
  void feed(WireEventKind kind, Duration at, HostId from, HostId to, MessageKind message = MessageKind::handshake) {
    WireEvent event;
    event.kind = kind;
    event.at = event.decided_earliest = event.decided_latest = kStart + at;
    event.from = from;
    event.to = to;
    event.message.kind = message;
    event.direction = from == kA ? Direction::from_dialler : Direction::from_acceptor;
    event.connection = ConnectionId((from == kA ? to : from).value());
    times->on_event(event);
  }

  RunFacts facts;
  std::optional<SlotTimes> times;
};

TEST_F(Slots, TheLongestHolderIsRegularAndTheLatestIsNot) {
  says(10s, kB, MessageKind::unchoke);
  says(20s, kC, MessageKind::unchoke);
  times->finish(kStart + 100s);
  EXPECT_EQ(times->slots(kA, kB), 90s);
  EXPECT_EQ(times->regular_slots(kA, kB), 90s);
  EXPECT_EQ(times->slots(kA, kC), 80s);
  EXPECT_EQ(times->regular_slots(kA, kC), 0s);
  EXPECT_EQ(times->slots(kB, kA), 0s) << "nobody gave anything back";
}

TEST_F(Slots, ASlotThatIsGivenOnceMoreBeginsAnew) {
  says(10s, kB, MessageKind::unchoke);
  says(20s, kC, MessageKind::unchoke);
  says(30s, kB, MessageKind::choke);
  says(40s, kD, MessageKind::unchoke);
  times->finish(kStart + 100s);
  EXPECT_EQ(times->slots(kA, kB), 20s);
  EXPECT_EQ(times->regular_slots(kA, kC), 70s) << "the longest holder from 30 s on";
  EXPECT_EQ(times->regular_slots(kA, kD), 0s);
}

TEST_F(Slots, WhoIsNotInterestedHoldsNoSlot) {
  says(10s, kB, MessageKind::unchoke);
  feed(WireEventKind::received, 50s, kB, kA, MessageKind::not_interested);
  times->finish(kStart + 100s);
  EXPECT_EQ(times->slots(kA, kB), 40s);
}

TEST_F(Slots, NothingCountsOnceSomebodyHasCompleted) {
  says(10s, kB, MessageKind::unchoke);
  times->on_completed(kStart + 30s);
  times->on_completed(kStart + 60s);
  times->finish(kStart + 100s);
  EXPECT_EQ(times->slots(kA, kB), 20s);
}

}  // namespace
}  // namespace swarmlab::swarmsim
