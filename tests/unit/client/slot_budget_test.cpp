#include "client/slot_budget.hpp"

#include <gtest/gtest.h>

#include "client/upload_slots.hpp"
#include "runtime/random.hpp"

namespace swarmlab::client {
namespace {

using Moment = SlotBudget::Moment;
constexpr TorrentId kA{0};
constexpr TorrentId kB{1};
constexpr TorrentId kC{2};

BytesPerSecond kib(std::int64_t n) { return BytesPerSecond(n * 1024); }

TEST(UploadSlots, FollowMainlinesTable) {
  for (const auto& [rate, slots] : std::vector<std::pair<std::int64_t, std::uint32_t>>{
           {1, 2}, {8, 2}, {9, 3}, {14, 3}, {15, 4}, {41, 4}, {42, 5}, {60, 6}, {100, 7}, {1024, 24}, {102'400, 247}}) {
    EXPECT_EQ(auto_upload_slots(kib(rate)), slots) << rate << " KiB/s";
  }
  EXPECT_EQ(auto_upload_slots(std::nullopt), 7u);
}

TEST(UploadSlots, AreThoseThatWereAskedForUnlessAutomatic) {
  Settings settings;
  settings.upload_slots = 9;
  EXPECT_EQ(upload_slots_of(settings, kib(100)), 9u);
  EXPECT_EQ(session_slots_of(settings, kib(100)), std::nullopt);
  settings.auto_upload_slots = true;
  EXPECT_EQ(upload_slots_of(settings, kib(100)), 7u);
  EXPECT_EQ(session_slots_of(settings, kib(100)), 7u) << "the line is one, however many torrents there are";
  settings.session_upload_slots = 3;
  EXPECT_EQ(session_slots_of(settings, kib(100)), 3u);
}

TEST(SlotBudget, WithoutATotalEverybodyHasItsOwn) {
  SlotBudget budget(std::nullopt, 30s);
  EXPECT_EQ(budget.grant(kA, 4, Moment::round, kStart), 4u);
  EXPECT_FALSE(budget.hold(kA, 4));
  EXPECT_EQ(budget.grant(kB, 4, Moment::round, kStart), 4u);
}

TEST(SlotBudget, ATorrentThatIsAloneHasAll) {
  SlotBudget budget(6, 30s);
  EXPECT_EQ(budget.grant(kA, 9, Moment::round, kStart), 6u);
  EXPECT_EQ(budget.grant(kA, 2, Moment::round, kStart), 2u);
}

TEST(SlotBudget, ANewcomerGetsItsShareAsTheOtherLetsGo) {
  SlotBudget budget(6, 30s);
  budget.hold(kA, budget.grant(kA, 9, Moment::round, kStart));
  EXPECT_EQ(budget.grant(kB, 9, Moment::between, kStart), 0u) << "all are held";
  EXPECT_EQ(budget.grant(kA, 9, Moment::between, kStart), 6u) << "nobody loses a slot between rounds";
  const std::uint32_t kept = budget.grant(kA, 9, Moment::round, kStart);
  EXPECT_EQ(kept, 3u);
  EXPECT_TRUE(budget.hold(kA, kept)) << "B waits for them";
  EXPECT_EQ(budget.grant(kB, 9, Moment::between, kStart), 3u);
  EXPECT_FALSE(budget.hold(kB, 3));
  EXPECT_TRUE(budget.leave(kB)) << "A would take them back";
  EXPECT_EQ(budget.grant(kA, 9, Moment::between, kStart), 6u);
}

TEST(SlotBudget, WhoWantsLessLeavesTheRest) {
  SlotBudget budget(10, 30s);
  EXPECT_EQ(budget.grant(kA, 1, Moment::round, kStart), 1u);
  budget.grant(kB, 9, Moment::round, kStart);
  budget.grant(kC, 9, Moment::round, kStart);
  EXPECT_EQ(budget.grant(kB, 9, Moment::round, kStart) + budget.grant(kC, 9, Moment::round, kStart), 9u);
}

TEST(SlotBudget, WhereSlotsAreFewerThanTorrentsTheyGoRound) {
  SlotBudget budget(1, 30s);
  std::map<TorrentId, int> turns;
  for (int i = 0; i < 6; ++i) {
    for (const TorrentId torrent : {kA, kB, kC}) budget.grant(torrent, 2, Moment::round, kStart + 30s * i);
    for (const TorrentId torrent : {kA, kB, kC}) {
      turns[torrent] += static_cast<int>(budget.grant(torrent, 2, Moment::round, kStart + 30s * i));
    }
  }
  EXPECT_EQ(turns, (std::map<TorrentId, int>{{kA, 2}, {kB, 2}, {kC, 2}}));
}

TEST(SlotBudget, NeverHoldsMoreThanThereAreWhateverTheyDo) {
  runtime::Random random(7, "slot budget");
  SlotBudget budget(5, 30s);
  Time now = kStart;
  for (int i = 0; i < 5000; ++i) {
    now += 1s;
    const TorrentId torrent(static_cast<std::uint32_t>(random.below(6)));
    if (random.below(20) == 0) {
      budget.leave(torrent);
      continue;
    }
    const auto wanted = static_cast<std::uint32_t>(random.below(8));
    const auto moment = random.below(2) == 0 ? Moment::round : Moment::between;
    const std::uint32_t granted = budget.grant(torrent, wanted, moment, now);
    budget.hold(torrent, granted);
    ASSERT_LE(budget.held(), 5u);
  }
}

}  // namespace
}  // namespace swarmlab::client
