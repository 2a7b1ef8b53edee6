// Where hosts reach each other, through relays and without them.
#include "swarmsim/lab/lab_addresses.hpp"

#include <gtest/gtest.h>

#include "swarmsim/run/swarm_torrent.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr HostId kYou{0};
constexpr HostId kSeed{1};
constexpr HostId kTracker{2};

LabAddresses relayed(bool peers_meet = false) { return *LabAddresses::of_relays(3, 2, peers_meet); }

TEST(LabAddresses, InNamespacesEverybodyReachesAHostWhereItListens) {
  const auto addresses = LabAddresses::of_namespaces(std::vector<std::string>{"you", "seed", "tracker"}, 2);
  EXPECT_FALSE(addresses.are_on_loopback());
  EXPECT_EQ(addresses.as_seen(kYou, kSeed), addresses.own(kSeed));
  EXPECT_EQ(addresses.announce_url(kYou, {}, kTracker), announce_url(TrackerSpec{}));
}

TEST(LabAddresses, ThroughRelaysAnAddressTellsWhoDialsWhom) {
  const LabAddresses addresses = relayed();
  EXPECT_NE(addresses.as_seen(kYou, kSeed), addresses.own(kSeed));
  const auto dialled = addresses.dialled(addresses.as_seen(kYou, kSeed).address);
  ASSERT_TRUE(dialled);
  EXPECT_EQ(dialled->viewer, kYou);
  EXPECT_EQ(dialled->seen, kSeed);
  EXPECT_FALSE(addresses.dialled(IpAddress::v4(127, 0, 0, 1)));
  EXPECT_FALSE(addresses.dialled(IpAddress::v4(127, 77, 1, 4))) << "there are three hosts";
}

TEST(LabAddresses, EveryHostHasAPortOfItsOwnSinceThereAreClientsThatListenAtAllAddresses) {
  const LabAddresses addresses = relayed();
  EXPECT_NE(addresses.own(kYou).port, addresses.own(kSeed).port);
  EXPECT_NE(addresses.own(kYou).port, addresses.relay_port());
}

TEST(LabAddresses, WhatATrackerSaysIsTranslatedForWhoAsked) {
  const LabAddresses addresses = relayed();
  EXPECT_EQ(addresses.translated(addresses.own(kSeed), kYou), addresses.as_seen(kYou, kSeed));
  EXPECT_EQ(addresses.translated(addresses.own(kYou), kYou), addresses.as_seen(kYou, kYou)) << "it may meet itself";
  const Endpoint wrong{addresses.own(kSeed).address, 1};
  EXPECT_EQ(addresses.translated(wrong, kYou), (Endpoint{addresses.as_seen(kYou, kSeed).address, 1})) << "a wrong port stays wrong";
  EXPECT_TRUE(addresses.translated(*Endpoint::parse("192.0.2.1:6881"), kYou).address.is_loopback()) << "nobody leaves the machine";
}

TEST(LabAddresses, WhereNothingIsBetweenPeersOnlyTheTrackerIsBehindARelay) {
  const LabAddresses addresses = relayed(true);
  EXPECT_EQ(addresses.as_seen(kYou, kSeed), addresses.own(kSeed));
  EXPECT_NE(addresses.as_seen(kYou, kTracker), addresses.own(kTracker));
}

TEST(LabAddresses, ThereIsAnEndToHosts) {
  const auto many = LabAddresses::of_relays(LabAddresses::kMostRelayed + 1, 2, false);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().reason, "relays have addresses for 250 hosts, and these are 251");
}

}  // namespace
}  // namespace swarmlab::swarmsim
