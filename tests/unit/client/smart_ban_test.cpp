#include "client/smart_ban.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace swarmlab::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr PeerKey kHonest(1);
constexpr PeerKey kLiar(2);
constexpr PeerKey kOther(3);

Sha1Digest digest(int content) {
  Sha1Digest out;
  out.bytes[0] = static_cast<std::byte>(content);
  return out;
}
Delivery delivery(std::uint32_t block, PeerKey peer, int content) { return {BlockIndex(block), peer, digest(content)}; }
PieceIndex piece(std::uint32_t index) { return PieceIndex(index); }

const std::vector<Sha1Digest> kGood{digest(10), digest(11), digest(12)};

TEST(SmartBan, ConvictsTheOnlySourceAtOnce) {
  SmartBan ban(4);
  EXPECT_THAT(ban.failed(piece(0), std::vector{kLiar, kLiar}), ElementsAre(Verdict{kLiar, Guilt::proven}));
  EXPECT_EQ(ban.suspicions(kLiar), 0U);
  EXPECT_FALSE(ban.wants_digests(piece(0)));
}

TEST(SmartBan, ConvictsWhoseBlockDiffersFromTheGoodOneAndClearsTheOthers) {
  SmartBan ban(4);
  EXPECT_THAT(ban.failed(piece(0), std::vector{kHonest, kLiar, kOther}), IsEmpty());
  ban.remember(piece(0), std::vector{delivery(0, kHonest, 10), delivery(1, kLiar, 99), delivery(2, kOther, 12)});
  EXPECT_EQ(ban.suspicions(kHonest), 1U);
  EXPECT_TRUE(ban.wants_digests(piece(0)));
  EXPECT_THAT(ban.verified(piece(0), kGood), ElementsAre(Verdict{kLiar, Guilt::proven}));
  EXPECT_EQ(ban.suspicions(kHonest), 0U);
  EXPECT_EQ(ban.suspicions(kOther), 0U);
  EXPECT_FALSE(ban.wants_digests(piece(0)));
  EXPECT_THAT(ban.verified(piece(0), kGood), IsEmpty());
}

TEST(SmartBan, RemembersTheDeliveriesOfEveryAttempt) {
  SmartBan ban(4);
  (void)ban.failed(piece(0), std::vector{kLiar, kHonest});
  ban.remember(piece(0), std::vector{delivery(0, kLiar, 98), delivery(1, kHonest, 11)});
  (void)ban.failed(piece(0), std::vector{kHonest, kOther});
  ban.remember(piece(0), std::vector{delivery(0, kHonest, 10), delivery(1, kOther, 97)});
  EXPECT_THAT(ban.verified(piece(0), kGood), ElementsAre(Verdict{kLiar, Guilt::proven}, Verdict{kOther, Guilt::proven}));
}

TEST(SmartBan, CountsAPieceThatFailsTwiceOnceAgainstAPeer) {
  SmartBan ban(1);
  EXPECT_THAT(ban.failed(piece(0), std::vector{kLiar, kHonest}), IsEmpty());
  EXPECT_THAT(ban.failed(piece(0), std::vector{kHonest, kLiar}), IsEmpty());
  EXPECT_EQ(ban.suspicions(kLiar), 1U);
}

TEST(SmartBan, NamesAPeerWithAPartInMoreBadPiecesThanAllowed) {
  SmartBan ban(2);
  EXPECT_THAT(ban.failed(piece(0), std::vector{kLiar, PeerKey(10)}), IsEmpty());
  EXPECT_THAT(ban.failed(piece(1), std::vector{kLiar, PeerKey(11)}), IsEmpty());
  EXPECT_THAT(ban.failed(piece(2), std::vector{PeerKey(12), kLiar}), ElementsAre(Verdict{kLiar, Guilt::suspected}));
  EXPECT_EQ(ban.suspicions(kLiar), 0U);
  EXPECT_EQ(ban.suspicions(PeerKey(12)), 1U);
}

TEST(SmartBan, NamesOnlyTheMostSuspectedOfAPiece) {
  SmartBan ban(1);
  EXPECT_THAT(ban.failed(piece(0), std::vector{kLiar, PeerKey(10)}), IsEmpty());
  EXPECT_THAT(ban.failed(piece(1), std::vector{kLiar, kHonest}), ElementsAre(Verdict{kLiar, Guilt::suspected}));
  EXPECT_THAT(ban.failed(piece(2), std::vector{kHonest, kOther}), ElementsAre(Verdict{kHonest, Guilt::suspected}));
}

TEST(SmartBan, CountsBadPiecesWithBlocksOfWhoWasNamedAgainstNobodyElse) {
  SmartBan suspects(1);
  (void)suspects.failed(piece(0), std::vector{kLiar, PeerKey(10)});
  ASSERT_THAT(suspects.failed(piece(1), std::vector{kLiar, kHonest}), ElementsAre(Verdict{kLiar, Guilt::suspected}));
  for (std::uint32_t i = 2; i < 8; ++i) EXPECT_THAT(suspects.failed(piece(i), std::vector{kLiar, kHonest}), IsEmpty()) << i;
  EXPECT_EQ(suspects.suspicions(kHonest), 1U);

  SmartBan proves(1);
  ASSERT_THAT(proves.failed(piece(0), std::vector{kLiar, kLiar}), ElementsAre(Verdict{kLiar, Guilt::proven}));
  for (std::uint32_t i = 1; i < 8; ++i) EXPECT_THAT(proves.failed(piece(i), std::vector{kLiar, kHonest}), IsEmpty()) << i;
  EXPECT_EQ(proves.suspicions(kHonest), 0U);
}

TEST(SmartBan, CountsOnAgainstWhoWasNamedAndComesBack) {
  const IpAddress den = IpAddress::v4(10, 0, 0, 7);
  SmartBan ban(1);
  ban.lives_at(kLiar, den);
  (void)ban.failed(piece(0), std::vector{kLiar, PeerKey(10)});
  ASSERT_THAT(ban.failed(piece(1), std::vector{kLiar, PeerKey(11)}), ElementsAre(Verdict{kLiar, Guilt::suspected}));
  const PeerKey again(20);
  ban.lives_at(again, den);
  (void)ban.failed(piece(2), std::vector{again, PeerKey(12)});
  EXPECT_THAT(ban.failed(piece(3), std::vector{again, PeerKey(13)}), ElementsAre(Verdict{again, Guilt::suspected}));
}

TEST(SmartBan, OfEqualsNamesNobodyBeforeFourTimesTheNumberAndThenBoth) {
  SmartBan ban(1);
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_THAT(ban.failed(piece(i), std::vector{kLiar, kHonest}), IsEmpty());
  EXPECT_THAT(ban.failed(piece(4), std::vector{kLiar, kHonest}),
              ElementsAre(Verdict{kHonest, Guilt::suspected}, Verdict{kLiar, Guilt::suspected}));
}

TEST(SmartBan, OfEqualsNamesBothAtOnceWhereNobodyIsPutOnParole) {
  SmartBan ban(1, 1);
  (void)ban.failed(piece(0), std::vector{kLiar, kHonest});
  EXPECT_THAT(ban.failed(piece(1), std::vector{kLiar, kHonest}),
              ElementsAre(Verdict{kHonest, Guilt::suspected}, Verdict{kLiar, Guilt::suspected}));
}

TEST(SmartBan, CountsAgainstTheAddressSoThatALiarWhoDialsAgainAndAgainDoesNotLeaveTheSteadyOnesTheMostSuspected) {
  const IpAddress den = IpAddress::v4(10, 0, 0, 7);
  SmartBan ban(3);
  for (std::uint32_t i = 0; i < 10; ++i) {
    const PeerKey liar(100 + i);   // a new connection each time
    ban.lives_at(liar, den);
    ban.lives_at(kHonest, IpAddress::v4(10, 0, 0, 8));
    EXPECT_THAT(ban.failed(piece(i), std::vector{liar, kHonest}), IsEmpty()) << "they are equals, after " << i;
    ban.left(liar, den);
    EXPECT_EQ(ban.suspicions(liar), i + 1);
  }
  const PeerKey last(200);
  ban.lives_at(last, den);
  EXPECT_THAT(ban.failed(piece(20), std::vector{last, PeerKey(100), kOther}),
              ElementsAre(Verdict{PeerKey(100), Guilt::suspected}, Verdict{last, Guilt::suspected}))
      << "more than anybody else's; both connections from there are named";
  EXPECT_EQ(ban.suspicions(last), 0U);
  EXPECT_EQ(ban.suspicions(kHonest), 10U);
}

TEST(SmartBan, ForgivesSuspicionWhenThePieceIsClearedUp) {
  SmartBan ban(1);
  for (std::uint32_t i = 0; i < 20; ++i) {   // an honest peer beside a liar, cleared each time
    EXPECT_THAT(ban.failed(piece(i), std::vector{kHonest, PeerKey(100 + i)}), IsEmpty());
    EXPECT_THAT(ban.verified(piece(i), {}), IsEmpty());
  }
  EXPECT_EQ(ban.suspicions(kHonest), 0U);
}

TEST(SmartBan, ProvesNothingWhenABlockIsOfUnknownOrigin) {
  SmartBan ban(4);
  EXPECT_THAT(ban.failed(piece(0), std::vector{kHonest, kNobody}), IsEmpty());
  EXPECT_EQ(ban.suspicions(kHonest), 1U);
  EXPECT_THAT(ban.failed(piece(1), std::vector{kNobody, kNobody}), IsEmpty());
  EXPECT_EQ(ban.remembered_pieces(), 1U);
}

TEST(SmartBan, KeepsABoundedMemoryAndForgetsTheOldestPiece) {
  SmartBan ban(1000);
  for (std::uint32_t i = 0; i < SmartBan::kMaxPieces + 1; ++i) {
    (void)ban.failed(piece(i), std::vector{kHonest, kLiar});
    ban.remember(piece(i), std::vector{delivery(0, kHonest, 10), delivery(1, kLiar, 99)});
  }
  EXPECT_EQ(ban.remembered_pieces(), SmartBan::kMaxPieces);
  EXPECT_FALSE(ban.wants_digests(piece(0)));
  EXPECT_TRUE(ban.wants_digests(piece(1)));
}

TEST(SmartBan, KeepsFourDeliveriesOfABlock) {
  SmartBan ban(1000);
  for (std::uint32_t i = 0; i < 6; ++i) {
    (void)ban.failed(piece(0), std::vector{PeerKey(10 + i), PeerKey(50)});
    ban.remember(piece(0), std::vector{delivery(0, PeerKey(10 + i), 60 + static_cast<int>(i))});
  }
  EXPECT_EQ(ban.verified(piece(0), kGood).size(), SmartBan::kMaxDeliveriesPerBlock);
}

TEST(SmartBan, PutsEverySourceOfABadPieceOnParoleAndNobodyElse) {
  SmartBan ban(4);
  (void)ban.failed(piece(0), std::vector{kHonest, kLiar, kNobody});
  EXPECT_TRUE(ban.is_on_parole(kHonest));
  EXPECT_TRUE(ban.is_on_parole(kLiar));
  EXPECT_FALSE(ban.is_on_parole(kOther));
  EXPECT_FALSE(ban.is_on_parole(kNobody));
}

TEST(SmartBan, EndsParoleWithAGoodPieceOfThePeersOwnButForgetsNoSuspicion) {
  SmartBan ban(4);
  (void)ban.failed(piece(0), std::vector{kHonest, kLiar});
  ban.passed_alone(kHonest);
  EXPECT_FALSE(ban.is_on_parole(kHonest));
  EXPECT_TRUE(ban.is_on_parole(kLiar));
  EXPECT_EQ(ban.suspicions(kHonest), 1U);
}

TEST(SmartBan, EndsParoleWhenAllThatThePeerIsSuspectedOfIsClearedUp) {
  SmartBan ban(4);
  (void)ban.failed(piece(0), std::vector{kHonest, kLiar});
  (void)ban.failed(piece(1), std::vector{kHonest, kOther});
  EXPECT_THAT(ban.verified(piece(0), {}), IsEmpty());
  EXPECT_TRUE(ban.is_on_parole(kHonest)) << "piece 1 is still open";
  EXPECT_THAT(ban.verified(piece(1), {}), IsEmpty());
  EXPECT_FALSE(ban.is_on_parole(kHonest));
}

TEST(SmartBan, ConvictsAPeerOnParoleByItsNextWholePiece) {
  SmartBan ban(4);
  (void)ban.failed(piece(0), std::vector{kHonest, kLiar});
  EXPECT_THAT(ban.failed(piece(1), std::vector{kLiar, kLiar}), ElementsAre(Verdict{kLiar, Guilt::proven}));
  EXPECT_EQ(ban.suspicions(kHonest), 1U) << "which says nothing about the other source of piece 0";
}

TEST(SmartBan, KeepsAnAddressOnParoleWhenItsPeerHangsUpAndComesBack) {
  const IpAddress home = IpAddress::v4(10, 0, 0, 7);
  const IpAddress elsewhere = IpAddress::v4(10, 0, 0, 8);
  SmartBan ban(4);
  (void)ban.failed(piece(0), std::vector{kHonest, kLiar});
  ban.left(kLiar, home);
  EXPECT_FALSE(ban.is_on_parole(kLiar));
  ban.joined(PeerKey(20), elsewhere);
  EXPECT_FALSE(ban.is_on_parole(PeerKey(20)));
  ban.joined(PeerKey(21), home);
  EXPECT_TRUE(ban.is_on_parole(PeerKey(21)));
  ban.passed_alone(PeerKey(21));
  ban.left(PeerKey(21), home);
  ban.joined(PeerKey(22), home);
  EXPECT_FALSE(ban.is_on_parole(PeerKey(22))) << "it has proven itself";
}

TEST(SmartBan, PutsAConvictOnParoleForWhenItsBanIsOver) {
  const IpAddress cell = IpAddress::v4(10, 0, 0, 7);
  SmartBan ban(4);
  EXPECT_THAT(ban.failed(piece(0), std::vector{kLiar}), ElementsAre(Verdict{kLiar, Guilt::proven}));
  ban.left(kLiar, cell);
  ban.joined(PeerKey(20), cell);
  EXPECT_TRUE(ban.is_on_parole(PeerKey(20)));

  (void)ban.failed(piece(1), std::vector{kOther, kHonest});
  ban.remember(piece(1), std::vector{delivery(0, kOther, 99), delivery(1, kHonest, 11)});
  EXPECT_THAT(ban.verified(piece(1), kGood), ElementsAre(Verdict{kOther, Guilt::proven}));
  EXPECT_TRUE(ban.is_on_parole(kOther));
  EXPECT_FALSE(ban.is_on_parole(kHonest));
}

TEST(SmartBan, RemembersABoundedNumberOfAbsentPeers) {
  SmartBan ban(1000);
  for (std::uint32_t i = 0; i < 2 * SmartBan::kMaxAbsent; ++i) {
    (void)ban.failed(piece(i), std::vector{PeerKey(100 + i), kHonest});
    ban.left(PeerKey(100 + i), IpAddress::v4(10, 1, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)));
  }
  ban.joined(PeerKey(5000), IpAddress::v4(10, 1, 0, 255));
  EXPECT_TRUE(ban.is_on_parole(PeerKey(5000)));
  ban.joined(PeerKey(5001), IpAddress::v4(10, 1, 1, 255));
  EXPECT_FALSE(ban.is_on_parole(PeerKey(5001)));
}

TEST(SmartBan, IsNotSoftenedByAGoodHistory) {
  SmartBan ban(2);
  const auto give_good_pieces = [&](std::uint32_t from) {
    for (std::uint32_t i = from; i < from + 100; ++i) {
      ban.passed_alone(kLiar);
      EXPECT_THAT(ban.verified(piece(i), {}), IsEmpty());
    }
  };
  give_good_pieces(1000);
  EXPECT_THAT(ban.failed(piece(0), std::vector{kLiar, PeerKey(10)}), IsEmpty());
  give_good_pieces(2000);
  EXPECT_THAT(ban.failed(piece(1), std::vector{kLiar, PeerKey(11)}), IsEmpty());
  give_good_pieces(3000);
  EXPECT_THAT(ban.failed(piece(2), std::vector{kLiar, PeerKey(12)}), ElementsAre(Verdict{kLiar, Guilt::suspected}));
  give_good_pieces(4000);
  EXPECT_THAT(ban.failed(piece(3), std::vector{kLiar}), ElementsAre(Verdict{kLiar, Guilt::proven}));
}

TEST(SmartBan, NeverProvesGuiltAgainstWhoDeliveredWhatIsGood) {
  // Three liars who lie in turn, and an honest peer with a part in all of it.
  SmartBan ban(100);
  for (std::uint32_t i = 0; i < 50; ++i) {
    const PeerKey liar(10 + i % 3);
    EXPECT_THAT(ban.failed(piece(i), std::vector{kHonest, liar, kHonest}), IsEmpty());
    ban.remember(piece(i), std::vector{delivery(0, kHonest, 10), delivery(1, liar, 99), delivery(2, kHonest, 12)});
    EXPECT_THAT(ban.verified(piece(i), kGood), ElementsAre(Verdict{liar, Guilt::proven}));
  }
  EXPECT_EQ(ban.suspicions(kHonest), 0U);
  EXPECT_FALSE(ban.is_on_parole(kHonest));
}

}  // namespace
}  // namespace swarmlab::client
