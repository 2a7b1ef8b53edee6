#include "tracker/fault.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace swarmlab::tracker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Endpoint kAsker{IpAddress::v4(10, 0, 0, 9), 6881};

std::vector<bool> swallowed(Faults& faults, int requests) {
  std::vector<bool> pattern;
  for (int i = 0; i < requests; ++i) pattern.push_back(faults.swallows_next());
  return pattern;
}

Faults with(std::string_view spec) { return Faults({parse_fault(spec).value()}); }

TEST(FaultSpec, IsReadAndWrittenAlike) {
  for (const std::string_view spec :
       {"refuse:go away: now", "drop:1/3", "drop:2/2", "truncate", "malformed", "slow:10", "dead:20", "interval:-5", "mirror"}) {
    const auto fault = parse_fault(spec);
    ASSERT_TRUE(fault.has_value()) << spec;
    EXPECT_EQ(to_string(*fault), spec);
  }
}

TEST(FaultSpec, SaysWhatWouldBeRight) {
  EXPECT_THAT(parse_fault("explode").error(), HasSubstr("there are refuse[:REASON], drop:N/M, "
                                                          "truncate, malformed, slow:S, dead:N, interval:S and mirror"));
  for (const std::string_view spec : {"drop", "drop:", "drop:3", "drop:0/3", "drop:4/3", "drop:1/x", "drop:-1/3"}) {
    ASSERT_FALSE(parse_fault(spec).has_value()) << spec;
    EXPECT_THAT(parse_fault(spec).error(), HasSubstr("0 < N <= M")) << spec;
  }
  for (const std::string_view spec : {"interval", "interval:", "interval:1s", "interval:99999999999"}) {
    ASSERT_FALSE(parse_fault(spec).has_value()) << spec;
    EXPECT_THAT(parse_fault(spec).error(), HasSubstr("32-bit number of seconds")) << spec;
  }
  EXPECT_FALSE(parse_fault("truncate:half").has_value());
  EXPECT_FALSE(parse_fault("malformed:very").has_value());
  for (const std::string_view spec : {"slow", "slow:0", "slow:3601", "slow:1s"})
    EXPECT_THAT(parse_fault(spec).error(), HasSubstr("1 to 3600 seconds")) << spec;
  for (const std::string_view spec : {"dead", "dead:0", "dead:201"})
    EXPECT_THAT(parse_fault(spec).error(), HasSubstr("1 to 200 peers")) << spec;
}

TEST(Faults, DoNothingUnlessTold) {
  Faults faults;
  protocol::AnnounceReply reply;
  reply.interval = 30s;
  std::vector<std::byte> bytes(10);
  faults.distort(reply, kAsker);
  faults.distort(bytes);
  EXPECT_THAT(swallowed(faults, 3), ElementsAre(false, false, false));
  EXPECT_EQ(faults.refusal(), std::nullopt);
  EXPECT_EQ(reply.interval, 30s);
  EXPECT_EQ(bytes.size(), 10u);
  EXPECT_EQ(faults.bites(), 0u);
}

TEST(Faults, SwallowTheFirstRequestsOfEachRound) {
  Faults faults = with("drop:2/3");
  EXPECT_THAT(swallowed(faults, 7), ElementsAre(true, true, false, true, true, false, true));
  EXPECT_EQ(faults.bites(), 5u);
}

TEST(Faults, RefuseWithTheReasonGiven) {
  EXPECT_EQ(with("refuse:go away").refusal()->reason, "go away");
  EXPECT_EQ(with("refuse").refusal()->reason, "refused by --fault refuse");
}

TEST(Faults, CutRepliesInHalf) {
  std::vector<std::byte> bytes(9);
  with("truncate").distort(bytes);
  EXPECT_EQ(bytes.size(), 4u);
}

TEST(Faults, AnswerRubbishOfTheSameLength) {
  std::vector<std::byte> bytes(9, std::byte{'d'});
  with("malformed").distort(bytes);
  EXPECT_EQ(bytes, std::vector<std::byte>(9, std::byte{'?'}));
}

TEST(Faults, KeepRepliesBack) {
  Faults slow = with("slow:10");
  EXPECT_EQ(slow.delay(), 10s);
  EXPECT_EQ(slow.bites(), 1u);
  EXPECT_EQ(Faults().delay(), 0s);
}

TEST(Faults, NamePeersThatAreNotThere) {
  protocol::AnnounceReply reply;
  reply.peers.push_back({{IpAddress::v4(10, 0, 0, 1), 1}});
  with("dead:2").distort(reply, kAsker);
  ASSERT_EQ(reply.peers.size(), 3u);
  EXPECT_EQ(to_string(reply.peers[0].endpoint), "192.0.2.1:6881");
  EXPECT_EQ(to_string(reply.peers[1].endpoint), "192.0.2.2:6881");
  EXPECT_EQ(to_string(reply.peers[2].endpoint), "10.0.0.1:1");
}

TEST(Faults, LieAboutTheInterval) {
  protocol::AnnounceReply reply;
  reply.interval = 30s;
  reply.min_interval = 10s;
  with("interval:-5").distort(reply, kAsker);
  EXPECT_EQ(reply.interval, -5s);
  EXPECT_EQ(reply.min_interval, std::nullopt);
}

TEST(Faults, ShowTheAskerItself) {
  protocol::AnnounceReply reply;
  reply.peers.push_back({{IpAddress::v4(10, 0, 0, 1), 1}});
  with("mirror").distort(reply, kAsker);
  ASSERT_EQ(reply.peers.size(), 2u);
  EXPECT_EQ(reply.peers.front().endpoint, kAsker);
}

}  // namespace
}  // namespace swarmlab::tracker
