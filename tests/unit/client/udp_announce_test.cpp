#include "client/udp_announce.hpp"

#include <gtest/gtest.h>

#include "tests/unit/client/scripted_tracker.hpp"

namespace swarmlab::client {
namespace {

struct Announcing final : AnnounceHandler {
  explicit Announcing(int attempts = 9, const std::string& host = "t")
      : world(swarmsim::WorldOptions{}),
        client(world.add_host({"c", {IpAddress::v4(10, 0, 0, 1)}, {{}, {}, 5ms, 64_KiB}, {}})), tracker(world, "t", 1),
        announce(world.outside(client), *protocol::parse_url("udp://" + host + ":80/announce"), std::nullopt, attempts) {}
  void on_announced(std::expected<protocol::AnnounceReply, std::string> outcome) override {
    ended.push_back(world.now());
    outcomes.push_back(outcome ? "ok" : outcome.error());
    if (again > 0) {
      --again;
      announce.begin({.port = 6881, .event = protocol::AnnounceEvent::completed}, *this);
    }
  }
  void begin() { announce.begin({.port = 6881, .event = protocol::AnnounceEvent::started}, *this); }
  void run(Duration time) { world.run_until(world.now() + time); }

  swarmsim::World world;
  swarmsim::HostId client;
  ScriptedTracker tracker;
  UdpAnnounce announce;
  std::vector<std::string> outcomes;
  std::vector<Time> ended;
  int again = 0;
};

// Seconds between these moments, rounded.
std::vector<std::int64_t> gaps(const std::vector<Time>& times) {
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) {
    gaps.push_back(std::chrono::round<std::chrono::seconds>(times[i] - times[i - 1]).count());
  }
  return gaps;
}

TEST(UdpAnnounce, ConnectsThenAnnouncesWithTheIdItWasGiven) {
  Announcing a;
  a.begin();
  EXPECT_TRUE(a.outcomes.empty());
  a.run(1s);
  EXPECT_EQ(a.outcomes, std::vector<std::string>{"ok"});
  ASSERT_EQ(a.tracker.announces().size(), 1u);
  EXPECT_EQ(a.tracker.announces()[0].connection, protocol::udp::ConnectionId(1001));
}

struct Scraping final : ScrapeHandler {
  void on_scraped(std::expected<protocol::ScrapeEntry, std::string> outcome) override { outcomes.push_back(std::move(outcome)); }
  std::vector<std::expected<protocol::ScrapeEntry, std::string>> outcomes;
};

TEST(UdpAnnounce, ScrapesOverTheSameConnection) {
  Announcing a;
  Scraping scraping;
  a.begin();
  a.run(1s);
  a.announce.scrape(InfoHashV1{}, scraping);
  a.run(1s);
  ASSERT_EQ(scraping.outcomes.size(), 1u);
  ASSERT_TRUE(scraping.outcomes[0].has_value());
  EXPECT_EQ(scraping.outcomes[0]->complete, 3u);
  EXPECT_EQ(scraping.outcomes[0]->incomplete, 2u);
  EXPECT_EQ(scraping.outcomes[0]->downloaded, 7u);
  EXPECT_EQ(a.tracker.connects().size(), 1u);
  a.tracker.error = "no";
  a.announce.scrape(InfoHashV1{}, scraping);
  a.run(1s);
  ASSERT_EQ(scraping.outcomes.size(), 2u);
  EXPECT_EQ(scraping.outcomes[1].error(), "the tracker says: no");
}

TEST(UdpAnnounce, UnansweredRequestsAreRepeatedAfter15Times2ToTheN) {
  Announcing a(9);
  a.tracker.is_silent = true;
  a.begin();
  a.run(3h);
  EXPECT_EQ(gaps(a.tracker.connects()), (std::vector<std::int64_t>{15, 30, 60, 120, 240, 480, 960, 1920})) << "bug B66";
  ASSERT_EQ(a.outcomes.size(), 1u);
  EXPECT_NE(a.outcomes[0].find("no answer from 10.0.3.1:80"), std::string::npos);
}

TEST(UdpAnnounce, WithAnotherTrackerToTurnToItGivesUpWithin45Seconds) {
  Announcing a(2);
  a.tracker.is_silent = true;
  a.begin();
  a.run(1h);
  ASSERT_EQ(a.ended.size(), 1u);
  EXPECT_EQ(a.ended[0] - kStart, 45s);
}

TEST(UdpAnnounce, OutlivesLostDatagrams) {
  for (std::uint32_t lost = 1; lost <= 4; ++lost) {
    Announcing a;
    a.tracker.drop_next = lost;
    a.begin();
    a.run(10min);
    EXPECT_EQ(a.outcomes, std::vector<std::string>{"ok"}) << lost;
  }
}

TEST(UdpAnnounce, AConnectionIdIsUsedForAMinuteAndNoLonger) {
  Announcing a;
  a.begin();
  a.run(30s);
  a.begin();
  a.run(29s);
  EXPECT_EQ(a.tracker.connects().size(), 1u);
  EXPECT_EQ(a.tracker.announces().size(), 2u);
  a.run(2s);
  a.begin();
  a.run(1s);
  EXPECT_EQ(a.tracker.connects().size(), 2u);
  EXPECT_EQ(a.tracker.announces().back().connection, protocol::udp::ConnectionId(1002));
}

TEST(UdpAnnounce, RetriesBeyondTheLifeOfTheIdFetchANewOne) {
  Announcing a;
  a.tracker.is_mute_to_announces = true;
  a.begin();
  a.run(100s);   // announces at 0, 15, 45 s; by 105 s the id is too old
  EXPECT_EQ(a.tracker.announces().size(), 3u);
  EXPECT_EQ(a.tracker.connects().size(), 1u);
  a.run(10s);
  EXPECT_EQ(a.tracker.connects().size(), 2u);
}

TEST(UdpAnnounce, AnswersOfOtherTransactionsChangeNothing) {
  Announcing a;
  a.tracker.answers_foreign = true;
  a.begin();
  a.run(1s);
  EXPECT_EQ(a.outcomes, std::vector<std::string>{"ok"});
  EXPECT_EQ(a.tracker.announces().size(), 1u);
  a.tracker.error = "go away";
  a.begin();
  a.run(1s);
  EXPECT_EQ(a.outcomes.size(), 2u);
}

TEST(UdpAnnounce, ASecondCopyOfAnAnswerDoesNotAnswerTheNextAnnounce) {
  Announcing a;
  a.tracker.answers_twice = true;
  a.again = 1;
  a.begin();
  a.run(1s);
  EXPECT_EQ(a.outcomes.size(), 2u);
  EXPECT_EQ(a.tracker.events(), "started completed");
}

TEST(UdpAnnounce, AnErrorIsToldInTheTrackersWordsAndCostsTheConnection) {
  Announcing a;
  a.tracker.error = "not registered";
  a.begin();
  a.run(1s);
  EXPECT_EQ(a.outcomes, std::vector<std::string>{"the tracker says: not registered"});
  a.tracker.error.clear();
  a.begin();
  a.run(1s);
  EXPECT_EQ(a.tracker.connects().size(), 2u);
  EXPECT_EQ(a.outcomes.back(), "ok");
}

TEST(UdpAnnounce, AnUnknownNameIsAFailureThatNamesIt) {
  Announcing a(9, "nowhere");
  a.begin();
  a.run(1min);
  ASSERT_EQ(a.outcomes.size(), 1u);
  EXPECT_NE(a.outcomes[0].find("nowhere"), std::string::npos);
}

TEST(UdpAnnounce, NothingIsHeardAfterCancel) {
  for (const Duration after : {Duration(0), Duration(7ms), Duration(12ms), Duration(20s)}) {
    Announcing a;
    a.tracker.is_silent = after > 1s;
    a.begin();
    a.run(after);
    a.announce.cancel();
    a.run(1h);
    EXPECT_TRUE(a.outcomes.empty());
    a.tracker.is_silent = false;
    a.begin();
    a.run(1s);
    EXPECT_EQ(a.outcomes, std::vector<std::string>{"ok"});
  }
}

}  // namespace
}  // namespace swarmlab::client
