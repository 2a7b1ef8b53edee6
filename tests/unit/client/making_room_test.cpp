// A full torrent and those who want to get in (BEP 40).
#include <gtest/gtest.h>

#include <algorithm>

#include "client/peer_priority.hpp"
#include "tests/unit/client/town.hpp"

namespace swarmlab::client {
namespace {

// A hub with two places, and five others, lowest priority first, who know nobody.
class Crowd {
 public:
  explicit Crowd(Citizen of_hub = {}, Citizen of_others = {}) : town({.size = 16_MiB, .tracker = ""}) {
    of_hub.settings.max_peers = 2;
    of_hub.settings.peer_exchange = false;
    of_others.settings.peer_exchange = false;
    hub = &town.add("hub", of_hub);
    for (const char* name : {"a", "b", "c", "d", "e"}) others.push_back(&town.add(name, of_others));
    std::ranges::sort(others, {}, [&](Town::Resident* one) { return peer_priority(hub->endpoint(), one->endpoint()); });
    town.start();
  }
  // Comes to the hub.
  void comes(std::size_t i) { others[i]->session().add_peer(TorrentId(0), hub->endpoint()); }
  bool is_with_hub(std::size_t i) const { return others[i]->status().peers == 1; }
  std::string who_is_there() const {
    std::string there;
    for (std::size_t i = 0; i < others.size(); ++i) there += is_with_hub(i) ? '#' : '.';
    return there;
  }

  Town town;
  Town::Resident* hub;
  std::vector<Town::Resident*> others;
};

TEST(MakingRoom, AHigherPeerTakesThePlaceOfTheLowestWhoIsOfNoUse) {
  Crowd crowd;
  crowd.comes(0);
  crowd.comes(2);
  crowd.town.run_for(2min);
  ASSERT_EQ(crowd.who_is_there(), "#.#..");
  crowd.comes(1);
  crowd.town.run_for(10s);
  EXPECT_EQ(crowd.who_is_there(), ".##..");
  EXPECT_EQ(crowd.hub->status().peers, 2u);
}

TEST(MakingRoom, ALowerPeerFindsTheDoorShut) {
  Crowd crowd;
  crowd.comes(1);
  crowd.comes(2);
  crowd.town.run_for(2min);
  crowd.comes(0);
  crowd.town.run_for(5min);
  EXPECT_EQ(crowd.who_is_there(), ".##..");
}

TEST(MakingRoom, WhoHasJustComeIsNotThrownOut) {
  Crowd crowd;
  crowd.comes(0);
  crowd.comes(1);
  crowd.town.run_for(10s);
  crowd.comes(4);
  crowd.town.run_for(10s);
  EXPECT_EQ(crowd.who_is_there(), "##...");
}

TEST(MakingRoom, WhoIsServedStaysHoweverLow) {
  Citizen seed{.has = Town::kAll};
  seed.settings.upload_slots = 1;
  seed.settings.seed_turn_time = 1h;
  seed.link.up = BytesPerSecond(16 << 10);   // hours for the content
  Crowd crowd(seed);
  crowd.comes(0);
  crowd.town.run_for(1s);
  crowd.comes(1);
  crowd.town.run_for(2min);
  ASSERT_EQ(crowd.who_is_there(), "##...");
  crowd.comes(3);
  crowd.town.run_for(10s);
  EXPECT_EQ(crowd.who_is_there(), "#..#.") << "the lowest is being served; the next lowest waits for a slot";
}

TEST(MakingRoom, AFullTorrentDialsWhoRanksHigher) {
  Crowd crowd;
  crowd.comes(0);
  crowd.comes(1);
  crowd.town.run_for(2min);
  ASSERT_EQ(crowd.who_is_there(), "##...");
  crowd.hub->session().add_peer(TorrentId(0), crowd.others[3]->endpoint());
  crowd.hub->session().add_peer(TorrentId(0), crowd.others[4]->endpoint());
  crowd.town.run_for(40s);
  EXPECT_EQ(crowd.who_is_there(), "...##");
  crowd.town.run_for(5min);
  EXPECT_EQ(crowd.who_is_there(), "...##") << "those who went know that they need not come back soon";
}

TEST(MakingRoom, APeerThatDoesNotAnswerCostsNobodyItsPlace) {
  Crowd crowd;
  crowd.comes(0);
  crowd.comes(1);
  crowd.town.run_for(2min);
  crowd.town.end(*crowd.others[4]);
  crowd.hub->session().add_peer(TorrentId(0), crowd.others[4]->endpoint());
  crowd.town.run_for(1min);
  EXPECT_EQ(crowd.hub->status().peers, 2u);
  EXPECT_EQ(crowd.others[0]->status().peers + crowd.others[1]->status().peers, 2u);
}

TEST(MakingRoom, WithoutPriorityWhoCameFirstStays) {
  Citizen hub;
  hub.settings.peer_priority = false;
  Crowd crowd(hub);
  crowd.comes(0);
  crowd.comes(1);
  crowd.town.run_for(2min);
  crowd.comes(4);
  crowd.hub->session().add_peer(TorrentId(0), crowd.others[3]->endpoint());
  crowd.town.run_for(5min);
  EXPECT_EQ(crowd.who_is_there(), "##...");
}

}  // namespace
}  // namespace swarmlab::client
