#include "swarmsim/checks/private_is_private.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/extension_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

class PrivateIsPrivateTest : public ::testing::Test {
 protected:
  void begin(HostId judged, bool is_private = true) {
    stage.facts.is_private = is_private;
    stage.ConnectionStage::begin("private_is_private", who({judged}));
  }
  void greet(Duration at, std::uint32_t connection, Direction by, std::uint8_t number) {
    stage.greet_extended(at, connection, by, {.message_ids = {{"ut_metadata", 1}, {"ut_pex", number}}});
  }
  ExtensionStage stage;
};

TEST_F(PrivateIsPrivateTest, HoldsForWhoOffersNoPeerExchangeAndIsDialled) {
  begin(kB);
  greet(1s, stage.open_and_shake(1s, kA, kB), Direction::from_acceptor, 0);
  stage.open_and_shake(60s, kB, kA);   // back
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "1 extension handshakes and 1 dials; 0 messages that tempted");
}

TEST_F(PrivateIsPrivateTest, SeesAnOfferOfPeerExchange) {
  begin(kB);
  greet(1s, stage.open_and_shake(1s, kA, kB), Direction::from_acceptor, 2);
  EXPECT_EQ(stage.conclude(100s).summary, "b offers peer exchange (ut_pex) in a private torrent, to a");
}

TEST_F(PrivateIsPrivateTest, SeesAPeerExchange) {
  begin(kB);
  stage.pex(2s, stage.open_and_shake(1s, kA, kB), Direction::from_acceptor, "de");
  EXPECT_EQ(stage.conclude(100s).summary, "b sends a peer exchange in a private torrent, to a");
}

TEST_F(PrivateIsPrivateTest, SeesADialToWhomNoTrackerNamed) {
  begin(kB);
  stage.open_and_shake(1s, kB, kC);
  const Judgement judgement = stage.conclude(100s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "b dials c, which no tracker has told it of");
}

TEST_F(PrivateIsPrivateTest, AMagnetLinkCannotKnowBeforeItHasTheMetadata) {
  begin(kA);
  const std::uint32_t connection = stage.open_and_shake(1s, kA, kB);
  greet(1s, connection, Direction::from_dialler, 2);
  stage.whole_metadata(10s, connection);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
  greet(20s, connection, Direction::from_dialler, 2);
  EXPECT_THAT(stage.conclude(100s).summary, HasSubstr("a offers peer exchange"));
}

TEST_F(PrivateIsPrivateTest, SaysNothingAboutOtherTorrents) {
  begin(kB, false);
  greet(1s, stage.open_and_shake(1s, kA, kB), Direction::from_acceptor, 2);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::not_applicable);
}

}  // namespace
}  // namespace swarmlab::swarmsim
