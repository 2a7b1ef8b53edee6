// Who hears what and when (bugs B62, B63, B64, B67).
#include "client/announcer.hpp"

#include <gtest/gtest.h>

#include "tests/unit/client/scripted_tracker.hpp"

namespace swarmlab::client {
namespace {

struct Tracked final : AnnouncerOwner {
  Tracked()
      : world(swarmsim::WorldOptions{}),
        client(world.add_host({"c", {IpAddress::v4(10, 0, 0, 1)}, {{}, {}, 5ms, 64_KiB}, {}})), a(world, "a", 1),
        b(world, "b", 2) {}
  void track(const std::vector<std::vector<std::string>>& tiers) {
    announcer.emplace(
        world.outside(client), settings,
        AnnouncerIdentity{.info_hash = {}, .peer_id = {}, .port = 6881, .key = 7, .from = {}},
        tiers, *this);
    announcer->start();
  }
  void complete() {
    now.left = 0_B;
    announcer->completed();
  }
  void stop() {
    asked_to_stop = world.now();
    announcer->stop();
  }
  TransferTotals totals() const override { return now; }
  void on_tracker_answer(std::string_view, protocol::AnnounceEvent, const protocol::AnnounceReply&, Duration interval) override {
    intervals.push_back(interval);
  }
  void on_tracker_failure(std::string_view url, protocol::AnnounceEvent, std::string_view reason) override {
    failures.push_back(std::string(url) + ": " + std::string(reason));
  }
  void on_announcer_stopped() override {
    ++stops;
    stopped_at = world.now();
  }
  void run(Duration time) { world.run_until(world.now() + time); }

  swarmsim::World world;
  swarmsim::HostId client;
  ScriptedTracker a;
  ScriptedTracker b;
  Settings settings;
  TransferTotals now{0_B, 0_B, 1000_B};
  std::vector<Duration> intervals;
  std::vector<std::string> failures;
  int stops = 0;
  Time asked_to_stop = kStart;
  Time stopped_at = kStart;
  std::optional<Announcer> announcer;
};

TEST(Announcer, ADownloadIsStartedPlainCompletedPlainStopped) {
  Tracked t;
  t.track({{t.a.url()}});
  t.run(130s);
  t.complete();
  t.run(130s);
  t.stop();
  t.run(1s);
  EXPECT_EQ(t.a.events(), "started none none completed none none stopped");
  EXPECT_EQ(t.stops, 1);
}

TEST(Announcer, ASeedFromTheStartNeverSaysCompleted) {
  Tracked t;
  t.now.left = 0_B;
  t.track({{t.a.url()}});
  t.run(65s);
  t.stop();
  t.run(1s);
  EXPECT_EQ(t.a.events(), "started none stopped");
}

TEST(Announcer, APartialSeedIsPausedAsLongAsItIsOne) {   // BEP 21
  Tracked t;
  t.now.is_partial_seed = true;
  t.track({{t.a.url()}});
  t.run(70s);
  t.now.is_partial_seed = false;
  t.run(60s);
  t.now.is_partial_seed = true;
  t.stop();
  t.run(1s);
  std::vector<protocol::AnnounceEvent> said;
  for (const auto& heard : t.a.heard) {
    if (std::holds_alternative<protocol::udp::AnnouncePacket>(heard.packet)) said.push_back(protocol::AnnounceEvent(heard.event));
  }
  using enum protocol::AnnounceEvent;
  EXPECT_EQ(said, (std::vector{started, paused, none, stopped}));
}

TEST(Announcer, EndingBeforeTheFirstAnswerSaysStartedThenCompleted) {
  Tracked t;
  t.track({{t.a.url()}});
  t.run(1ms);
  t.complete();
  t.run(10s);
  t.stop();
  t.run(1s);
  EXPECT_EQ(t.a.events(), "started completed stopped");
  EXPECT_EQ(t.a.announces()[0].request.left, 1000_B);
  EXPECT_EQ(t.a.announces()[1].request.left, 0_B);
}

TEST(Announcer, WhoNeverKnewUsAsALeecherHearsOfNoCompletion) {
  Tracked t;
  t.a.error = "busy";
  t.track({{t.a.url()}});
  t.run(1s);
  t.complete();
  t.a.error.clear();
  t.run(2min);
  t.stop();
  t.run(1s);
  EXPECT_EQ(t.a.events().substr(t.a.events().rfind("started")), "started none stopped") << t.a.events();
  EXPECT_EQ(t.a.announces().back().request.left, 0_B);
}

TEST(Announcer, CompletedIsSaidUntilItWasHeard) {
  Tracked t;
  t.track({{t.a.url()}});
  t.run(1s);
  t.a.error = "busy";
  t.complete();
  t.run(1s);
  EXPECT_EQ(t.a.events(), "started completed");
  t.a.error.clear();
  t.run(60s);
  EXPECT_EQ(t.a.events(), "started completed completed") << "within the first pause";
  t.run(61s);
  EXPECT_EQ(t.a.events(), "started completed completed none");
}

TEST(Announcer, CompletedAndStoppedAreBothSaidWhenTheEndComesAtOnce) {
  Tracked t;
  t.track({{t.a.url()}});
  t.run(1s);
  t.a.is_silent = true;
  t.complete();
  t.run(1s);
  t.stop();
  t.a.is_silent = false;
  t.run(20s);
  EXPECT_EQ(t.stops, 1);
  EXPECT_EQ(t.stopped_at - t.asked_to_stop, t.settings.stop_timeout) << "an unanswered completed delays the end, but not for long";
}

TEST(Announcer, StoppedIsNotSaidToWhomNeverAnswered) {
  Tracked t;
  t.a.error = "no";
  t.track({{t.a.url()}, {t.b.url()}});
  t.run(5s);
  t.stop();
  t.run(10s);
  EXPECT_EQ(t.a.events().find("stopped"), std::string::npos) << "bug B63";
  EXPECT_EQ(t.b.events(), "started stopped");
}

TEST(Announcer, StopWithADeadTrackerTakesNoLongerThanStated) {
  Tracked t;
  t.a.is_silent = true;
  t.track({{t.a.url()}});
  t.run(3s);
  t.stop();
  t.run(1min);
  EXPECT_EQ(t.stops, 1);
  EXPECT_EQ(t.stopped_at - t.asked_to_stop, t.settings.stop_timeout);
}

TEST(Announcer, ADeadTrackerDoesNotKeepTheLivingFromHearingOfTheEnd) {
  Tracked t;
  t.a.error = "not yet";
  t.track({{t.a.url()}, {t.b.url()}});
  t.run(5s);
  ASSERT_EQ(t.b.events(), "started");
  t.a.is_silent = true;
  t.run(60s);   // the next round waits for a
  t.stop();
  t.run(10s);
  EXPECT_EQ(t.b.events(), "started stopped");
  EXPECT_LT(t.stopped_at - t.asked_to_stop, 1s);
}

TEST(Announcer, StopDuringAPlainAnnounceSaysStoppedAtOnce) {
  Tracked t;
  t.track({{t.a.url()}});
  while (t.a.announces().size() < 2) t.run(1ms);   // heard, but its answer is on the way
  t.stop();
  t.run(1s);
  EXPECT_EQ(t.a.events(), "started none stopped");
  EXPECT_LT(t.stopped_at - t.asked_to_stop, 1s);
  EXPECT_EQ(t.stops, 1);
}

TEST(Announcer, StopTwiceIsStopOnceAndWithoutTrackersItEndsAtOnce) {
  Tracked t;
  t.track({});
  t.stop();
  t.stop();
  EXPECT_EQ(t.stops, 0) << "from an event, never from within";
  t.run(1ms);
  EXPECT_EQ(t.stops, 1);
}

TEST(Announcer, TheNextTrackerOfTheTierAndThenTheNextTierAreTriedWithinAMinute) {
  for (const bool one_tier : {false, true}) {
    Tracked t;
    t.a.is_silent = true;
    if (one_tier) {
      t.track({{t.a.url(), t.b.url()}});
    } else {
      t.track({{t.a.url()}, {t.b.url()}});
    }
    t.run(60s);
    EXPECT_EQ(t.b.events().substr(0, 7), "started") << "bug B67";
  }
}

TEST(Announcer, WhoAnsweredIsAskedFirstInItsTier) {
  Tracked t;
  t.a.error = "no";
  t.track({{t.a.url(), t.b.url()}});
  t.run(70s);
  const std::size_t tries = t.a.announces().size();
  t.run(10min);
  EXPECT_EQ(t.a.announces().size(), tries);
  EXPECT_GE(t.b.announces().size(), 10u);
}

TEST(Announcer, WhenAllFailTheRoundIsRepeatedAtDoublingPauses) {
  Tracked t;
  t.a.error = "no";
  t.track({{t.a.url()}});
  t.run(10min);
  const auto times = t.a.announce_times();
  ASSERT_GE(times.size(), 5u);
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(std::chrono::round<std::chrono::seconds>(times[i] - times[i - 1]), 15s * (1 << (i - 1)));
  }
}

TEST(Announcer, AbsurdIntervalsAreReplacedBySensibleOnes) {
  const std::vector<std::pair<std::int64_t, std::int64_t>> rows{{0, 1800}, {-5, 1800}, {1'000'000'000, 86400}, {120, 120}, {2, 2}};
  for (const auto& [given, used] : rows) {
    Tracked t;
    t.a.interval = std::chrono::seconds(given);
    t.track({{t.a.url()}});
    t.run(1s);
    ASSERT_EQ(t.intervals.size(), 1u) << given;
    EXPECT_EQ(t.intervals[0], std::chrono::seconds(used)) << given;
  }
}

TEST(Announcer, TellsTheTotalsOfTheMoment) {
  Tracked t;
  t.track({{t.a.url()}});
  t.run(1s);
  t.now = {11_B, 400_B, 600_B};
  t.run(60s);
  const auto request = t.a.announces().back().request;
  EXPECT_EQ(request.uploaded, 11_B);
  EXPECT_EQ(request.downloaded, 400_B);
  EXPECT_EQ(request.left, 600_B);
  EXPECT_EQ(request.port, 6881);
  EXPECT_EQ(request.key, 7u);
}

TEST(Announcer, UnusableTrackersAreNamedOnceAndLeftOut) {
  Tracked t;
  t.track({{"wss://a/announce"}, {"nonsense"}, {t.a.url()}});
  t.run(5min);
  EXPECT_EQ(t.failures.size(), 2u);
  EXPECT_EQ(t.a.events().substr(0, 7), "started");
}

TEST(Announcer, LoopbackOnlyMeansNoTrackerElsewhere) {
  Tracked t;
  t.settings.loopback_only = true;
  t.track({{t.a.url()}});
  t.run(5min);
  EXPECT_TRUE(t.a.heard.empty());
  EXPECT_EQ(t.failures.size(), 1u);
}

}  // namespace
}  // namespace swarmlab::client
