#include "swarmsim/checks/bitfield_wellformed.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

class BitfieldWellformedTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("bitfield_wellformed", who({kA, kB})); }
  Stage stage;   // four pieces
};

TEST_F(BitfieldWellformedTest, HoldsForTheHighBitsOfOneByte) {
  stage.bitfield(1s, kB, kA, "f0");
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held);
  EXPECT_EQ(judgement.measured, "0 of 1 bitfields");
}

TEST_F(BitfieldWellformedTest, IsViolatedByAWrongLength) {
  stage.bitfield(1s, kB, kA, "f000");
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("b sends a a bitfield of 2 bytes for 4 pieces; 1 byte would be right"));
}

TEST_F(BitfieldWellformedTest, IsViolatedByASpareBit) {
  stage.bitfield(1s, kB, kA, "f8");
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("with spare bit 4 set; the torrent's last piece is 3"));
  EXPECT_EQ(judgement.story.front(), "00:01.000  b -> a  BITFIELD f8");
}

TEST_F(BitfieldWellformedTest, IsViolatedByAPieceThatTheSenderCannotHave) {
  stage.whole_piece(500ms, kB, kA, 2);
  stage.bitfield(1s, kA, kC, "20");
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
  stage.bitfield(1s, kA, kC, "40");
  EXPECT_THAT(stage.conclude(60s).summary, HasSubstr("claims piece 1, which it cannot have"));
}

TEST_F(BitfieldWellformedTest, OthersMaySendWhatTheyLike) {
  stage.bitfield(1s, kC, kA, "ffff");
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
