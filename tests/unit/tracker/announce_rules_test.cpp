#include "tracker/announce_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "tests/unit/tracker/builders.hpp"

namespace swarmlab::tracker {
namespace {

using protocol::AnnounceEvent;
using protocol::AnnounceReply;
using protocol::AnnounceRequest;
using protocol::TrackerFailure;
using test::address;
using test::announce;
using test::endpoints;
using test::torrent;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct AnnounceRules : ::testing::Test {
  AnnounceSettings settings;
  Access access;
  SwarmRegistry registry{allowed_silence(settings), 1};
  runtime::Random random{1};
  Time now = kStart;

  AnnounceAnswer ask(const AnnounceRequest& request, std::string_view from, Transport transport) {
    return answer_announce(request, {address(from), transport}, now, settings, access, registry, random);
  }
  AnnounceReply http(const AnnounceRequest& request, std::string_view from = "10.0.0.1") {
    return std::get<AnnounceReply>(ask(request, from, Transport::http));
  }
  AnnounceReply udp(const AnnounceRequest& request, std::string_view from = "10.0.0.1") {
    return std::get<AnnounceReply>(ask(request, from, Transport::udp));
  }
  std::string refusal(const AnnounceRequest& request) {
    const auto answer = ask(request, "10.0.0.1", Transport::http);
    const auto* failure = std::get_if<TrackerFailure>(&answer);
    return failure != nullptr ? failure->reason : "answered";
  }
  protocol::ScrapeEntry scraped(std::uint32_t number = 1) {
    const auto answer = answer_scrape({{torrent(number)}}, Transport::udp, access, registry);
    return std::get<protocol::ScrapeReply>(answer).entries.at(0);
  }
};

TEST_F(AnnounceRules, TakeAPeerWithNothingLeftForASeedWhateverItsEvent) {
  http(announce(1, 0, AnnounceEvent::started));
  http(announce(2, 0));
  const auto reply = http(announce(3, 1, AnnounceEvent::completed));
  EXPECT_EQ(reply.complete, 2u);
  EXPECT_EQ(reply.incomplete, 1u);
}

TEST_F(AnnounceRules, TellAPeerOfTheOthersAndNotOfItself) {
  http(announce(1, 5));
  http(announce(2, 0));
  const auto reply = http(announce(3, 5));
  EXPECT_THAT(endpoints(reply.peers), ElementsAre("10.0.0.1:1001", "10.0.0.1:1002"));
}

TEST_F(AnnounceRules, GiveSeedsNoSeeds) {
  http(announce(1, 0));
  http(announce(2, 5));
  EXPECT_THAT(endpoints(http(announce(3, 0)).peers), ElementsAre("10.0.0.1:1002"));
}

TEST_F(AnnounceRules, GiveSeedsToWhoBeginsWithNothingLeftWhereNobodyLeeches) {   // aria2, by magnet link
  http(announce(1, 0));
  EXPECT_THAT(endpoints(http(announce(3, 0, AnnounceEvent::started)).peers), ElementsAre("10.0.0.1:1001"));
  EXPECT_THAT(http(announce(3, 0)).peers, IsEmpty()) << "once is enough";
  http(announce(2, 5));
  EXPECT_THAT(endpoints(http(announce(4, 0, AnnounceEvent::started)).peers), ElementsAre("10.0.0.1:1002")) << "a leecher is better";
}

TEST_F(AnnounceRules, TakeAStoppedPeerOffAtOnceAndGiveItNoPeers) {
  http(announce(1, 5));
  http(announce(2, 5));
  const auto reply = http(announce(1, 5, AnnounceEvent::stopped));
  EXPECT_THAT(reply.peers, IsEmpty());
  EXPECT_EQ(reply.incomplete, 1u);
  EXPECT_THAT(http(announce(2, 5)).peers, IsEmpty());
}

TEST_F(AnnounceRules, DoNotMakeAPeerOfAStrangerThatStops) {
  http(announce(1, 5, AnnounceEvent::stopped));
  EXPECT_EQ(registry.totals(), RegistryTotals{});
}

TEST_F(AnnounceRules, RefusePort0UnlessThePeerLeaves) {
  AnnounceRequest request = announce(1, 5);
  http(request);
  request.port = 0;
  EXPECT_EQ(refusal(request), "port 0 cannot be connected to");
  request.event = AnnounceEvent::stopped;
  EXPECT_EQ(http(request).incomplete, 0u);
}

TEST_F(AnnounceRules, GiveFiftyPeersByDefaultAndTwoHundredAtMost) {
  for (std::uint32_t i = 1; i <= 300; ++i) http(announce(i, 5));
  AnnounceRequest request = announce(1, 5);
  EXPECT_THAT(http(request).peers, SizeIs(50));
  request.numwant = 7;
  EXPECT_THAT(http(request).peers, SizeIs(7));
  request.numwant = 0;
  EXPECT_THAT(http(request).peers, IsEmpty());
  request.numwant = 100'000;
  EXPECT_THAT(http(request).peers, SizeIs(200));
}

TEST_F(AnnounceRules, AnswerOneFamilyOverUdpAndBothOverHttp) {
  http(announce(1, 5), "10.0.0.1");
  http(announce(2, 5), "fd00::2");
  EXPECT_THAT(endpoints(udp(announce(3, 5), "10.0.0.3").peers), ElementsAre("10.0.0.1:1001"));
  EXPECT_THAT(endpoints(udp(announce(4, 5), "fd00::4").peers), ElementsAre("[fd00::2]:1002"));
  EXPECT_THAT(endpoints(http(announce(3, 5), "10.0.0.3").peers),
              ElementsAre("10.0.0.1:1001", "[fd00::2]:1002", "[fd00::4]:1004"));
}

TEST_F(AnnounceRules, GivePeerIdsOnlyWhereADictionaryHasRoomForThem) {
  http(announce(1, 5));
  AnnounceRequest request = announce(2, 5);
  EXPECT_EQ(http(request).peers.at(0).id, std::nullopt);
  request.compact = false;
  EXPECT_EQ(http(request).peers.at(0).id, test::peer(1));
  request.no_peer_id = true;
  EXPECT_EQ(http(request).peers.at(0).id, std::nullopt);
}

TEST_F(AnnounceRules, BelieveAClaimedAddressFromLocalAddressesOnly) {
  AnnounceRequest request = announce(1, 5);
  request.ip = address("203.0.113.9");
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"127.0.0.1", "203.0.113.9"},   {"10.1.2.3", "203.0.113.9"},    {"172.31.0.1", "203.0.113.9"},
      {"172.32.0.1", "172.32.0.1"},   {"192.168.7.7", "203.0.113.9"}, {"169.254.1.1", "203.0.113.9"},
      {"192.169.0.1", "192.169.0.1"}, {"8.8.8.8", "8.8.8.8"},         {"::1", "203.0.113.9"},
      {"fd00::1", "203.0.113.9"},     {"fe80::1", "203.0.113.9"},     {"2001:db8::1", "2001:db8::1"},
  };
  for (const auto& [from, believed] : rows) {
    EXPECT_EQ(announced_endpoint(request, {address(from), Transport::http}).address, address(believed)) << from;
  }
  request.ip = IpAddress{};   // "0.0.0.0": the sender's own, as over UDP
  EXPECT_EQ(announced_endpoint(request, {address("127.0.0.1"), Transport::http}).address, address("127.0.0.1"));
}

TEST_F(AnnounceRules, TellTheClientTheAddressItWasSeenAt) {
  EXPECT_EQ(http(announce(1, 5), "203.0.113.9").external_ip, address("203.0.113.9"));
}

TEST_F(AnnounceRules, TellTheIntervalsOfTheTracker) {
  settings.interval = 30s;
  const auto reply = http(announce(1, 5));
  EXPECT_EQ(reply.interval, 30s);
  EXPECT_EQ(reply.min_interval, 30s);
}

TEST_F(AnnounceRules, RefuseTorrentsThatAreNotOnTheWhitelist) {
  access.restrict_torrents({torrent(2)});
  EXPECT_EQ(refusal(announce(1, 5)), "torrent 0100000000000000000000000000000000000000 is not tracked here");
}

TEST_F(AnnounceRules, ScrapeSeedsLeechersAndDownloads) {
  http(announce(1, 0));
  http(announce(2, 5));
  http(announce(2, 0, AnnounceEvent::completed));
  http(announce(3, 5));
  EXPECT_EQ(scraped(), (protocol::ScrapeEntry{torrent(1), 2, 1, 1}));
}

TEST_F(AnnounceRules, ScrapeZerosForWhatNobodyHasAnnounced) {
  EXPECT_EQ(scraped(7), (protocol::ScrapeEntry{torrent(7), 0, 0, 0}));
  EXPECT_EQ(registry.totals().swarms, 0u);
}

TEST_F(AnnounceRules, ScrapeOverUdpInTheOrderAskedForWithRepeats) {
  http(announce(1, 5));
  const auto answer = answer_scrape({{torrent(3), torrent(1), torrent(3)}}, Transport::udp, access, registry);
  const auto& entries = std::get<protocol::ScrapeReply>(answer).entries;
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_EQ(entries[1].incomplete, 1u);
  EXPECT_EQ(entries[2].info_hash, torrent(3));
}

TEST_F(AnnounceRules, LeaveUntrackedTorrentsOutOfAnHttpScrape) {
  access.restrict_torrents({torrent(2)});
  const auto answer = answer_scrape({{torrent(1), torrent(2)}}, Transport::http, access, registry);
  EXPECT_THAT(std::get<protocol::ScrapeReply>(answer).entries, SizeIs(1));
}

TEST_F(AnnounceRules, ListAllTorrentsUnlessTheTrackerIsPrivate) {
  http(announce(1, 5));
  const auto open = answer_scrape({}, Transport::http, access, registry);
  EXPECT_THAT(std::get<protocol::ScrapeReply>(open).entries, SizeIs(1));
  access.restrict_users({"key"});
  const auto closed = answer_scrape({}, Transport::http, access, registry);
  EXPECT_TRUE(std::holds_alternative<TrackerFailure>(closed));
}

// BUGS B68, "tracker_conservation", over what clients see: 1,000 peers come, ask, complete and go at random.
TEST_F(AnnounceRules, KeepTheirCountsOverTenThousandRandomAnnounces) {
  struct Known { bool is_seed = false; bool has_completed = false; };
  std::map<std::uint32_t, Known> model;
  std::uint32_t downloaded = 0;
  for (int step = 0; step < 10'000; ++step) {
    const auto who = static_cast<std::uint32_t>(1 + random.below(1000));
    const bool is_seed = random.chance(1, 2);
    const auto event = static_cast<AnnounceEvent>(random.below(4));
    const std::string from = "10.0." + std::to_string(who / 250) + "." + std::to_string(who % 250);
    const auto reply = http(announce(who, is_seed ? 0 : 99, event), from);
    if (event == AnnounceEvent::stopped) {
      model.erase(who);
    } else {
      const bool is_new = !model.contains(who);
      Known& known = model[who];
      known.is_seed = is_seed;
      if (is_new) known.has_completed = is_seed && event != AnnounceEvent::completed;
      if (event == AnnounceEvent::completed && is_seed && !std::exchange(known.has_completed, true)) ++downloaded;
    }
    const auto seeds = static_cast<std::uint32_t>(
        std::ranges::count_if(model, [](const auto& entry) { return entry.second.is_seed; }));
    ASSERT_EQ(reply.complete, seeds) << "step " << step;
    ASSERT_EQ(reply.incomplete, model.size() - seeds) << "step " << step;
    ASSERT_THAT(endpoints(reply.peers), Not(Contains(from + ":" + std::to_string(1000 + who))));
    ASSERT_EQ(scraped().downloaded, downloaded) << "step " << step;
  }
  registry.check_invariants();
}

}  // namespace
}  // namespace swarmlab::tracker
