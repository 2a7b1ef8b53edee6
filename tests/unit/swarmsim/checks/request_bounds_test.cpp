#include "swarmsim/checks/request_bounds.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

// Three pieces of 50,000 bytes and one of 100.
class RequestBoundsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.facts.geometry = protocol::PieceGeometry(ByteCount(150'100), ByteCount(50'000));
    stage.begin("request_bounds", who({kA}));
  }
  Stage stage;
};

TEST_F(RequestBoundsTest, HoldsForWholeBlocksAndTheRemainders) {
  stage.request_range(1s, kA, kB, 0, 0, 16384);
  stage.request_range(1s, kA, kB, 0, 49152, 848);
  stage.request_range(1s, kA, kB, 3, 0, 100);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 3 requests, 2 of them at the end of a piece");
}

TEST_F(RequestBoundsTest, AllowsAPieceInEqualParts) {
  for (const std::uint32_t begin : {0u, 12500u, 37500u}) stage.request_range(1s, kA, kB, 0, begin, 12500);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  stage.request_range(61s, kA, kB, 0, 100, 12500);
  EXPECT_EQ(stage.conclude(120s).verdict, Verdict::violated);
}

TEST_F(RequestBoundsTest, IsViolatedAcrossTheEndOfAPiece) {
  stage.request_range(1s, kA, kB, 0, 49152, 16384);
  EXPECT_EQ(stage.conclude(60s).summary, "a asks b for 16384 bytes from 49152 on, beyond the end of the piece at 50000");
}

TEST_F(RequestBoundsTest, IsViolatedByTheLengthOfAWholePieceInTheLastOne) {
  stage.request_range(1s, kA, kB, 3, 0, 16384);
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("beyond the end of the piece at 100"));
}

TEST_F(RequestBoundsTest, IsViolatedByOddLengthsAndPiecesThatDoNotExist) {
  for (const auto& [piece, begin, length, what] :
       {std::tuple{0u, 0u, 8192u, "asks b for 8192 bytes from 0 on; 16384 would be right"},
        std::tuple{0u, 0u, 32768u, "16384 would be right"}, std::tuple{0u, 0u, 0u, "a length of 0"},
        std::tuple{4u, 0u, 100u, "piece 4 of a torrent with 4 pieces"}}) {
    Stage other;
    other.facts.geometry = stage.facts.geometry;
    other.begin("request_bounds", who({kA}));
    other.request_range(1s, kA, kB, piece, begin, length);
    EXPECT_THAT(other.conclude(60s).summary, HasSubstr(what));
  }
}

TEST_F(RequestBoundsTest, AClientMayDeclareAnotherSize) {
  CheckArguments arguments = who({kA});
  arguments.set("size", std::uint64_t{32768});
  Stage other;
  other.begin("request_bounds", std::move(arguments));
  other.request_range(1s, kA, kB, 0, 0, 32768);
  EXPECT_EQ(other.conclude(60s).verdict, Verdict::held);
}

TEST_F(RequestBoundsTest, IsVacuousWithoutRequests) { EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous); }

TEST_F(RequestBoundsTest, EachPeerIsHeldToWhatItDeclares) {
  Stage other;
  other.facts.geometry = stage.facts.geometry;
  other.facts.peers[0].request_size = ByteCount(8192);
  other.begin("request_bounds", who({kA, kB}));
  other.request_range(1s, kA, kB, 0, 0, 8192);
  other.request_range(1s, kB, kA, 0, 0, 16384);
  EXPECT_EQ(other.conclude(60s).verdict, Verdict::held);
  other.request_range(2s, kA, kB, 0, 0, 16384);
  EXPECT_THAT(other.conclude(60s).summary, HasSubstr("8192 would be right"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
