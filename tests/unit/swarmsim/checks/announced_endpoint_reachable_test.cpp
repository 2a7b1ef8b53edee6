#include "swarmsim/checks/announced_endpoint_reachable.hpp"

#include <gmock/gmock.h>

#include "tests/unit/swarmsim/checks/tracker_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum protocol::AnnounceEvent;
using ::testing::HasSubstr;

class AnnouncedEndpointReachableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.begin("announced_endpoint_reachable", who({kA}));
    announce = stage.request(kA, started, 128_KiB);
  }
  TrackerStage stage;
  protocol::AnnounceRequest announce;
};

TEST_F(AnnouncedEndpointReachableTest, HoldsForTheRightPortAndAddress) {
  announce.ip = IpAddress::v4(10, 0, 0, 1);
  stage.announce(1s, kA, announce);
  EXPECT_EQ(stage.conclude(10s).verdict, Verdict::held);
}

TEST_F(AnnouncedEndpointReachableTest, SeesAPortAtWhichNobodyListens) {
  announce.port = 57626;   // 6881 with its bytes swapped
  stage.announce(1s, kA, announce);
  const Judgement judgement = stage.conclude(10s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_EQ(judgement.summary, "a announces port 57626, where nobody listens; it is reached at 10.0.0.1:6881");
}

TEST_F(AnnouncedEndpointReachableTest, SeesAnAddressInTheWrongByteOrder) {
  announce.ip = IpAddress::v4(1, 0, 0, 10);
  stage.announce(1s, kA, announce);
  EXPECT_THAT(stage.conclude(10s).summary, HasSubstr("a announces 1.0.0.10:6881, where nobody listens"));
}

TEST_F(AnnouncedEndpointReachableTest, AFarewellMayNameAnything) {
  announce.event = stopped;
  announce.port = 0;
  stage.announce(1s, kA, announce);
  EXPECT_EQ(stage.conclude(10s).verdict, Verdict::vacuous);
}

TEST_F(AnnouncedEndpointReachableTest, JudgesNobodyWhoseAddressIsUnknown) {
  stage.facts.peers[0].listens = {};
  stage.begin("announced_endpoint_reachable", who({kA}));
  stage.announce(1s, kA, announce);
  EXPECT_EQ(stage.conclude(10s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
