#include "swarmsim/network/nat.hpp"

#include <gtest/gtest.h>

namespace swarmlab::swarmsim {
namespace {

const Endpoint kTracker{IpAddress::v4(10, 0, 0, 1), 6969};
const Endpoint kOtherPort{IpAddress::v4(10, 0, 0, 1), 6970};
const Endpoint kStranger{IpAddress::v4(10, 0, 0, 2), 6881};
constexpr std::uint16_t kInner = 6881;

TEST(Nat, OpenTakesEverything) {
  const Nat nat(NatKind::open);
  EXPECT_EQ(nat.receive(kInner, kStranger, kStart), kInner);
  EXPECT_TRUE(nat.takes_connections());
}

TEST(Nat, NobodyGetsInBeforeSomethingWentOut) {
  for (const NatKind kind : {NatKind::full_cone, NatKind::port_restricted, NatKind::symmetric, NatKind::no_inbound}) {
    const Nat nat(kind);
    EXPECT_EQ(nat.receive(kInner, kTracker, kStart), std::nullopt);
    EXPECT_FALSE(nat.takes_connections());
  }
}

TEST(Nat, FullConeTakesAnybodyAtAPortThatWasUsed) {
  Nat nat(NatKind::full_cone);
  EXPECT_EQ(nat.send(kInner, kTracker, kStart), kInner);
  EXPECT_EQ(nat.receive(kInner, kStranger, kStart), kInner);
  EXPECT_EQ(nat.receive(kInner + 1, kStranger, kStart), std::nullopt);
}

TEST(Nat, PortRestrictedTakesOnlyWhoWasSpokenTo) {
  Nat nat(NatKind::port_restricted);
  EXPECT_EQ(nat.send(kInner, kTracker, kStart), kInner);
  EXPECT_EQ(nat.receive(kInner, kTracker, kStart), kInner);
  EXPECT_EQ(nat.receive(kInner, kOtherPort, kStart), std::nullopt);
  EXPECT_EQ(nat.receive(kInner, kStranger, kStart), std::nullopt);
}

TEST(Nat, SymmetricShowsEachDestinationAnotherPort) {
  Nat nat(NatKind::symmetric);
  const std::uint16_t to_tracker = nat.send(kInner, kTracker, kStart);
  const std::uint16_t to_stranger = nat.send(kInner, kStranger, kStart);
  EXPECT_NE(to_tracker, to_stranger);
  EXPECT_EQ(nat.send(kInner, kTracker, kStart), to_tracker);
  EXPECT_EQ(nat.receive(to_tracker, kTracker, kStart), kInner);
  EXPECT_EQ(nat.receive(to_tracker, kStranger, kStart), std::nullopt);   // what the tracker saw helps nobody else
}

TEST(Nat, AMappingIsForgottenUnlessItIsUsed) {
  Nat nat(NatKind::port_restricted);
  nat.send(kInner, kTracker, kStart);
  EXPECT_EQ(nat.receive(kInner, kTracker, kStart + 119s), kInner);
  EXPECT_EQ(nat.receive(kInner, kTracker, kStart + 120s), std::nullopt);
  nat.send(kInner, kTracker, kStart + 100s);
  EXPECT_EQ(nat.receive(kInner, kTracker, kStart + 219s), kInner);
  Nat firewall(NatKind::no_inbound);
  firewall.send(kInner, kTracker, kStart);
  EXPECT_EQ(firewall.receive(kInner, kTracker, kStart + 31s), std::nullopt);
}

}  // namespace
}  // namespace swarmlab::swarmsim
