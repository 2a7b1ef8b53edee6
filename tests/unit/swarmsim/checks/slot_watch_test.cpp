#include "swarmsim/checks/slot_watch.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>

#include <string>

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;

constexpr HostId kSeeder(0);
constexpr HostId kLeech(1);
constexpr HostId kTracker(2);

// Writes each spell as "from-to: peers", a peer as U (unchoked) or c, I (interested) or n, and ! when it is leaving.
class SlotWatchTest : public ::testing::Test, protected SpellHandler {
 protected:
  void on_spell(const Spell& spell) override {
    std::string text = fmt::format("{}-{}:", (spell.from - kStart) / 1s, (spell.to - kStart) / 1s);
    for (const Seat& seat : spell.seats)
      text += fmt::format(" {}{}{}", seat.unchoked ? "U" : "c", seat.interested ? "I" : "n", seat.leaving ? "!" : "");
    EXPECT_LT(spell.from, spell.to);
    spells.push_back(text);
  }
  WireEvent event(WireEventKind kind, Duration at, HostId from, HostId to) {
    WireEvent event;
    event.kind = kind;
    event.at = kStart + at;
    event.decided_earliest = event.decided_latest = event.at;
    event.from = from;
    event.to = to;
    event.direction = from == kSeeder ? Direction::from_acceptor : Direction::from_dialler;
    return event;
  }
  void open(Duration at) { watch.on_event(event(WireEventKind::opened, at, kLeech, kSeeder)); }
  void end(Duration at) { watch.on_event(event(WireEventKind::ended, at, kLeech, kSeeder)); }
  void sent(Duration decided, Duration at, MessageKind kind) { sent_between(decided, decided, at, kind); }
  void sent_between(Duration earliest, Duration latest, Duration at, MessageKind kind) {
    WireEvent what = event(WireEventKind::sent, at, kSeeder, kLeech);
    what.decided_earliest = kStart + earliest;
    what.decided_latest = kStart + latest;
    what.message.kind = kind;
    watch.on_event(what);
  }
  void interested(Duration at) {
    WireEvent what = event(WireEventKind::received, at, kLeech, kSeeder);
    what.message.kind = MessageKind::interested;
    watch.on_event(what);
  }

  std::vector<std::string> spells;
  SlotWatch watch{{kSeeder}, 2, *this};
};

TEST_F(SlotWatchTest, CutsTheRunWhereSomethingChanges) {
  open(0s);
  interested(2s);
  sent(2s, 2s, MessageKind::unchoke);   // at once: no spell in between
  sent(30s, 30s, MessageKind::choke);
  watch.finish(kStart + 40s);
  EXPECT_THAT(spells, ElementsAre("0-2: cn", "2-30: UI", "30-40: cI"));
}

TEST_F(SlotWatchTest, PutsChangesInTheOrderOfDecision) {
  open(0s);
  sent(20s, 29s, MessageKind::unchoke);
  interested(25s);   // seen first, but the Unchoke was decided before
  watch.finish(kStart + 30s);
  EXPECT_THAT(spells, ElementsAre("0-20: cn", "20-25: Un", "25-30: UI"));
}

TEST_F(SlotWatchTest, KnowsNothingOfASlotBetweenTheBoundsOfADecision) {
  open(0s);
  interested(5s);
  sent_between(10s, 12s, 12s, MessageKind::unchoke);
  sent_between(11s, 20s, 20s, MessageKind::choke);
  watch.finish(kStart + 30s);
  EXPECT_THAT(spells, ElementsAre("0-5: cn", "5-10: cI", "10-11: cI!", "11-12: cI!", "12-20: UI!", "20-30: cI"));
}

TEST_F(SlotWatchTest, KnowsThatAConnectionMayBeGivenUpBeforeItsEndShows) {
  open(0s);
  interested(5s);
  end(40s);
  watch.finish(kStart + 60s);
  EXPECT_THAT(spells, ElementsAre("0-5: cn", "5-30: cI", "30-40: cI!", "40-60:"));
}

TEST_F(SlotWatchTest, TreatsAClientThatIsStoppedAsLeavingEverybody) {
  open(0s);
  watch.on_event(event(WireEventKind::stopped, 10s, kSeeder, kSeeder));
  watch.finish(kStart + 20s);
  EXPECT_THAT(spells, ElementsAre("0-10: cn", "10-20: cn!"));
}

TEST_F(SlotWatchTest, ProvesNothingWhereAMessageWasSentTooLateToBeCounted) {
  Judgement judgement;
  judgement.verdict = Verdict::violated;
  judgement.summary = "b waits";
  open(0s);
  interested(5s);
  sent(100s, 100s, MessageKind::choke);   // hands out what was up to 40 s
  watch.hedge(judgement);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  sent(2s, 101s, MessageKind::unchoke);
  watch.hedge(judgement);
  EXPECT_EQ(judgement.verdict, Verdict::undecided);
  EXPECT_EQ(judgement.summary, "a Choke or Unchoke waited 1 min 39 s to be sent, longer than is waited for here; without that: b waits");
}

TEST_F(SlotWatchTest, LeavesTheTrackerOut) {
  watch.on_event(event(WireEventKind::opened, 0s, kSeeder, kTracker));
  watch.finish(kStart + 20s);
  EXPECT_THAT(spells, ElementsAre());
}

TEST_F(SlotWatchTest, HandsOutALongRunAsItGoes) {
  open(0s);
  for (int round = 0; round < 5000; ++round)
    sent(round * 10s, round * 10s, round % 2 == 0 ? MessageKind::unchoke : MessageKind::choke);
  EXPECT_GT(spells.size(), 4900u);
  watch.finish(kStart + 50'000s);
  EXPECT_EQ(spells.size(), 5000u);
}

}  // namespace
}  // namespace swarmlab::swarmsim
