#include "client/super_seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace swarmlab::client {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr PeerKey kAnna(1);
constexpr PeerKey kBert(2);
constexpr PeerKey kCleo(3);

constexpr Time at(Duration since_start) { return kStart + since_start; }

// A super-seed and the peers that it has heard of.
struct Seed {
  explicit Seed(std::uint32_t pieces, SuperSeed::Rules rules = {}) : policy(pieces, rules) {}

  void join(PeerKey peer, Time now = kStart) {
    policy.peer_joined(peer, now);
    policy.peer_heard(peer);
  }
  std::vector<SuperSeed::Reveal> reveal(Time now = kStart) { return policy.reveal(now, random); }
  // What this peer alone is shown now.
  std::vector<PieceIndex> shown_to(PeerKey peer, Time now = kStart) {
    std::vector<PieceIndex> pieces;
    for (const SuperSeed::Reveal& one : reveal(now)) {
      if (one.peer == peer) pieces.push_back(one.piece);
    }
    return pieces;
  }

  SuperSeed policy;
  runtime::Random random{3};
};

TEST(SuperSeed, ShowsEachPeerOnePieceAndEachAnotherOne) {
  Seed seed(8);
  for (const PeerKey peer : {kAnna, kBert, kCleo}) seed.join(peer);
  std::set<PieceIndex> pieces;
  const auto reveals = seed.reveal();
  for (const SuperSeed::Reveal& one : reveals) pieces.insert(one.piece);
  EXPECT_THAT(reveals, SizeIs(3));
  EXPECT_THAT(pieces, SizeIs(3));
  EXPECT_THAT(seed.reveal(), IsEmpty());
}

TEST(SuperSeed, ShowsTheNextPieceWhenTheLastIsSeenAtSomebodyElse) {
  Seed seed(8);
  seed.join(kAnna);
  seed.join(kBert);
  const auto first = seed.reveal();
  seed.policy.peer_has(first[0].peer, first[0].piece, at(1s));
  EXPECT_THAT(seed.reveal(at(1s)), IsEmpty());          // Anna has it, but has she passed it on?
  seed.policy.peer_has(kBert, first[0].piece, at(2s));
  EXPECT_THAT(seed.shown_to(kAnna, at(2s)), SizeIs(1));
  EXPECT_THAT(seed.shown_to(kBert, at(2s)), IsEmpty());
}

TEST(SuperSeed, AsksNoProofOfAPeerThatIsAlone) {
  Seed seed(4);
  seed.join(kAnna);
  for (int i = 0; i < 3; ++i) {
    const auto shown = seed.shown_to(kAnna);
    ASSERT_THAT(shown, SizeIs(1)) << i;
    seed.policy.peer_has(kAnna, shown.front(), kStart);
  }
}

TEST(SuperSeed, GoesOnWithAPeerThatIsLeftAlone) {
  Seed seed(4);
  seed.join(kAnna);
  seed.join(kBert);
  const auto first = seed.shown_to(kAnna);
  seed.policy.peer_has(kAnna, first.front(), at(1s));
  EXPECT_THAT(seed.reveal(at(1s)), IsEmpty());
  seed.policy.peer_left(kBert);
  EXPECT_THAT(seed.shown_to(kAnna, at(2s)), SizeIs(1));
}

TEST(SuperSeed, ShowsNoPieceThatThePeerHasAndNoneTwice) {
  Seed seed(4);
  seed.policy.peer_joined(kAnna, kStart);
  seed.policy.peer_has(kAnna, PieceIndex(1), kStart);
  seed.policy.peer_has(kAnna, PieceIndex(2), kStart);
  seed.policy.peer_heard(kAnna);
  std::set<PieceIndex> shown;
  for (int i = 0; i < 2; ++i) {
    const auto now = seed.shown_to(kAnna);
    ASSERT_THAT(now, SizeIs(1));
    shown.insert(now.front());
    seed.policy.peer_has(kAnna, now.front(), kStart);
  }
  EXPECT_EQ(shown, (std::set{PieceIndex(0), PieceIndex(3)}));
  EXPECT_THAT(seed.reveal(), IsEmpty()) << "bug B56: there is nothing left to show";
}

TEST(SuperSeed, WaitsForTheFirstWordOfAPeerButNotLong) {
  Seed seed(4);
  seed.policy.peer_joined(kAnna, kStart);
  EXPECT_THAT(seed.reveal(at(1s)), IsEmpty());
  EXPECT_EQ(seed.policy.next_look(), at(SuperSeed::kFirstWord));
  EXPECT_THAT(seed.shown_to(kAnna, at(SuperSeed::kFirstWord)), SizeIs(1));
}

TEST(SuperSeed, ShowsElsewhereWhatALeaverTookAlong) {
  Seed seed(1);
  seed.join(kAnna);
  ASSERT_THAT(seed.shown_to(kAnna), SizeIs(1));
  seed.policy.peer_left(kAnna);
  seed.join(kBert);
  EXPECT_THAT(seed.shown_to(kBert), SizeIs(1));
  EXPECT_FALSE(seed.policy.is_over());
}

TEST(SuperSeed, GivesAnotherPieceToWhoGotNowhereWithTheFirst) {
  Seed seed(8, {.patience = 60s});
  seed.join(kAnna);
  seed.join(kBert);
  const auto first = seed.reveal();
  ASSERT_THAT(first, SizeIs(2));
  seed.policy.peer_served(kBert, at(30s));              // Bert is slow, but on his way
  EXPECT_EQ(seed.policy.next_look(), at(60s));
  const auto later = seed.reveal(at(60s));
  ASSERT_THAT(later, SizeIs(1));
  EXPECT_EQ(later.front().peer, kAnna);
  EXPECT_NE(later.front().piece, first.front().piece);
}

TEST(SuperSeed, DoesNotTakeForPassedOnWhatOthersHadBefore) {
  Seed seed(2);
  seed.policy.peer_joined(kBert, kStart);
  seed.policy.peer_has(kBert, PieceIndex(0), kStart);
  seed.policy.peer_joined(kAnna, kStart);
  seed.policy.peer_has(kAnna, PieceIndex(1), kStart);   // nothing is new to the swarm any more
  EXPECT_TRUE(seed.policy.is_over());
}

TEST(SuperSeed, EndsWhenTheSwarmHasEverything) {
  Seed seed(2);
  seed.join(kAnna);
  seed.join(kBert);
  for (const SuperSeed::Reveal& one : seed.reveal()) {
    EXPECT_FALSE(seed.policy.is_over());
    seed.policy.peer_has(one.peer, one.piece, at(1s));
  }
  EXPECT_TRUE(seed.policy.is_over());
}

TEST(SuperSeed, LetsAPeerAskOnlyForWhatItWasShown) {
  Seed seed(4);
  seed.join(kAnna);
  const auto shown = seed.shown_to(kAnna);
  for (PieceIndex piece; piece.value() < 4; ++piece) {
    EXPECT_EQ(seed.policy.is_shown(kAnna, piece), piece == shown.front());
  }
}

TEST(SuperSeed, ShowsSeveralPiecesAtATimeIfItIsToldTo) {
  Seed seed(16, {.open = 3});
  seed.join(kAnna);
  seed.join(kBert);
  EXPECT_THAT(seed.reveal(), SizeIs(6));
}

// A model of the swarm: whatever happens, nobody is shown what it has or was shown, or more than one piece that went nowhere.
TEST(SuperSeed, KeepsItsPromisesInARandomSwarm) {
  for (std::uint64_t number = 0; number < 30; ++number) {
    SCOPED_TRACE(number);
    runtime::Random random(number);
    const auto pieces = static_cast<std::uint32_t>(1 + random.below(40));
    Seed seed(pieces);
    std::map<PeerKey, std::set<PieceIndex>> knows;
    std::map<PeerKey, std::set<PieceIndex>> has;
    std::uint32_t next = 0;
    Time now = kStart;
    for (int step = 0; step < 600 && !seed.policy.is_over(); ++step) {
      now += 100ms;
      if (has.empty() || random.chance(1, 20)) {
        seed.join(PeerKey(next), now);
        knows[PeerKey(next)];
        has[PeerKey(next++)];
      }
      auto one = has.begin();
      std::advance(one, static_cast<std::ptrdiff_t>(random.below(has.size())));
      const PeerKey key = one->first;
      if (random.chance(1, 30) && has.size() > 1) {
        seed.policy.peer_left(key);
        knows.erase(key);
        has.erase(key);
      } else {
        // It gets a piece from us or from somebody else.
        std::set<PieceIndex> there = knows[key];
        for (const auto& [other, theirs] : has) there.insert(theirs.begin(), theirs.end());
        for (const PieceIndex piece : there) {
          if (!has[key].insert(piece).second) continue;
          knows[key].insert(piece);
          seed.policy.peer_has(key, piece, now);
          break;
        }
      }
      for (const SuperSeed::Reveal& reveal : seed.reveal(now)) {
        ASSERT_LT(reveal.piece.value(), pieces);
        ASSERT_TRUE(knows.at(reveal.peer).insert(reveal.piece).second) << "known already";
      }
    }
    EXPECT_TRUE(seed.policy.is_over()) << "the swarm never got a whole copy";
  }
}

}  // namespace
}  // namespace swarmlab::client
