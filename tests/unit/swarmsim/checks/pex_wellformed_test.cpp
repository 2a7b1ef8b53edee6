#include "swarmsim/checks/pex_wellformed.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/extension_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

// a tells b; it is connected to b, c and d, whose addresses are 10.0.0.2 to 4, port 6881 (0x1ae1).
class PexWellformedTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("pex_wellformed", who({kA})); }
  static std::string peer(int last, std::uint16_t port = 6881) {
    return std::string("\x0a\0\0", 3) + static_cast<char>(last) + static_cast<char>(port >> 8) + static_cast<char>(port & 0xff);
  }
  static std::string bencoded(const std::string& key, const std::string& value) {
    return std::to_string(key.size()) + ":" + key + std::to_string(value.size()) + ":" + value;
  }
  void tell(Duration at, const std::string& added, const std::string& dropped = "") {
    std::string payload = "d" + bencoded("added", added) + bencoded("added.f", std::string(added.size() / 6, '\0'));
    if (!dropped.empty()) payload += bencoded("dropped", dropped);
    stage.pex(at, 0, ExtensionStage::kFromA, payload + "e");
  }
  void expect_violated(const char* summary) {
    const Judgement judgement = stage.conclude(300s);
    EXPECT_EQ(judgement.verdict, Verdict::violated);
    EXPECT_THAT(judgement.summary, HasSubstr(summary));
    EXPECT_THAT(judgement.story.back(), HasSubstr("look at "));
  }
  ExtensionStage stage;
};

TEST_F(PexWellformedTest, HoldsForTheTruthOnceAMinute) {
  tell(10s, peer(3) + peer(4));
  stage.end(20s, 2, kD);
  tell(70s, "", peer(4));
  const Judgement judgement = stage.conclude(300s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "2 messages with 3 peers");
}

TEST_F(PexWellformedTest, SeesListsThatAreCutAndFlagsThatDoNotFit) {
  stage.pex(10s, 0, ExtensionStage::kFromA, "d5:added5:aaaaae");
  expect_violated("'added' has 5 bytes, no multiple of 6");
  SetUp();
  stage.pex(10s, 0, ExtensionStage::kFromA, "d5:added0:7:added.f1:xe");
  expect_violated("'added.f' has 1 bytes for 0 peers");
}

TEST_F(PexWellformedTest, SeesMessagesThatComeTooSoon) {
  tell(10s, peer(3));
  tell(50s, peer(4));
  expect_violated("a sends a peer exchange 40 s after the last, to b");
}

TEST_F(PexWellformedTest, SeesAddressesThatNobodyHas) {
  tell(10s, peer(77));
  expect_violated("adds 10.0.0.77:6881, which is nobody's address");
}

TEST_F(PexWellformedTest, SeesAPortAtWhichNobodyListens) {
  tell(10s, peer(3, 50000));
  expect_violated("adds 10.0.0.3:50000, where c does not listen");
}

TEST_F(PexWellformedTest, SeesWhoIsLongGone) {
  stage.end(10s, 2, kD);
  tell(60s, peer(4));
  EXPECT_EQ(stage.conclude(300s).verdict, Verdict::held) << "made up a minute ago at most";
  tell(130s, peer(4));
  expect_violated("adds d, to which it has not been connected for 1 min");
}

TEST_F(PexWellformedTest, SeesDropsOfWhatWasNeverAdded) {
  tell(10s, peer(3), peer(4));
  expect_violated("drops d, which it had not added");
}

TEST_F(PexWellformedTest, SeesWhoIsAddedAndDropped) {
  tell(10s, peer(3));
  tell(80s, peer(3), peer(3));
  expect_violated("adds and drops c in one message");
}

TEST_F(PexWellformedTest, OnlyTheFirstMayBeLong) {
  std::string many;
  for (int i = 0; i < 51; ++i) many += peer(3);
  tell(10s, many);
  EXPECT_EQ(stage.conclude(300s).verdict, Verdict::held);
  tell(80s, many);
  expect_violated("adds 51 and drops 0 peers in one peer exchange that is not its first");
}

TEST_F(PexWellformedTest, IsVacuousWhenNobodyTellsOfAnybody) {
  tell(10s, "");
  EXPECT_EQ(stage.conclude(300s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
