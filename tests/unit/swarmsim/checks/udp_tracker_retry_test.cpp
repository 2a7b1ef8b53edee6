#include "swarmsim/checks/udp_tracker_retry.hpp"

#include <gmock/gmock.h>

#include "protocol/udp_tracker.hpp"
#include "tests/unit/swarmsim/checks/tracker_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace udp = protocol::udp;
using ::testing::HasSubstr;

// Datagrams of "a" and of the tracker; a transaction id is the number of the question.
class UdpTrackerRetryTest : public ::testing::Test {
 protected:
  void SetUp() override { begin(2); }
  void begin(std::uint64_t retries) {
    CheckArguments arguments = who({kA});
    arguments.set("retries", retries);
    stage.begin("udp_tracker_retry", std::move(arguments));
  }
  void say(Duration at, HostId from, HostId to, MessageKind kind, const std::vector<std::byte>& payload) {
    WireEvent event;
    event.kind = kind == MessageKind::tracker_request ? WireEventKind::sent : WireEventKind::received;
    event.at = event.decided_earliest = event.decided_latest = kStart + at;
    event.from = from;
    event.to = to;
    event.message.kind = kind;
    event.payload = payload;
    stage.judge->on_event(event);
  }
  void connect(Duration at) {
    say(at, kA, kTracker, MessageKind::tracker_request, udp::encode(udp::ConnectRequest{udp::TransactionId(++asked_)}));
  }
  void announce(Duration at, std::uint64_t id, protocol::AnnounceEvent event = protocol::AnnounceEvent::started) {
    const udp::AnnouncePacket packet{udp::ConnectionId(id), udp::TransactionId(++asked_), stage.request(kA, event, 1_MiB)};
    say(at, kA, kTracker, MessageKind::tracker_request, udp::encode(packet));
  }
  void connected(Duration at, std::uint64_t id, std::uint32_t foreign = 0) {
    const udp::ConnectReply reply{udp::TransactionId(asked_ + foreign), udp::ConnectionId(id)};
    say(at, kTracker, kA, MessageKind::tracker_reply, udp::encode(udp::Reply(reply), udp::Family::v4));
  }
  void announced(Duration at) {
    const udp::AnnouncedReply reply{udp::TransactionId(asked_), {}};
    say(at, kTracker, kA, MessageKind::tracker_reply, udp::encode(udp::Reply(reply), udp::Family::v4));
  }
  void expect_violated(Duration end, const char* summary) {
    const Judgement judgement = stage.conclude(end);
    EXPECT_EQ(judgement.verdict, Verdict::violated);
    EXPECT_THAT(judgement.summary, HasSubstr(summary));
    EXPECT_THAT(judgement.story.back(), HasSubstr("look at "));
  }
  TrackerStage stage;
  std::uint32_t asked_ = 0;
};

// The second example of BEP 15, "time outs": the id dies on the way, and the waits go on growing.
TEST_F(UdpTrackerRetryTest, HoldsForTheExampleOfTheBep) {
  connect(0s);
  connected(1s, 7);
  announce(2s, 7);
  announce(17s, 7);
  announce(47s, 7);
  connect(107s);
  connected(108s, 8);
  announce(108s, 8);
  announced(109s);
  const Judgement judgement = stage.conclude(300s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "3 retries, the longest id used 46 s after it came");
}

TEST_F(UdpTrackerRetryTest, SeesABackOffThatShrinks) {
  connect(0s);
  connect(15s);
  connect(16s);
  expect_violated(20s, "a repeats an unanswered question after 1 s; the 2. wait is 30 s");
}

TEST_F(UdpTrackerRetryTest, SeesARetryThatComesTooLate) {
  connect(0s);
  connect(30s);
  expect_violated(31s, "a does not repeat a question that was not answered within 17 s");
}

TEST_F(UdpTrackerRetryTest, SeesARetryThatNeverComes) {
  connect(0s);
  connect(15s);
  EXPECT_FALSE(stage.is_ready(40s));
  EXPECT_EQ(stage.conclude(40s).verdict, Verdict::held);
  expect_violated(60s, "does not repeat a question");
}

TEST_F(UdpTrackerRetryTest, AfterTheDeclaredRetriesWhoLikesMayGiveUp) {
  connect(0s);
  connect(15s);
  connect(45s);
  connect(600s);   // another round
  connect(615s);
  EXPECT_EQ(stage.conclude(616s).verdict, Verdict::held);
}

TEST_F(UdpTrackerRetryTest, SeesAnIdThatIsUsedAfterItsMinute) {
  connect(0s);
  connected(1s, 7);
  announce(2s, 7);
  announced(3s);
  announce(62s, 7, protocol::AnnounceEvent::none);
  expect_violated(63s, "uses a connection id 1 min 1 s after it came");
}

TEST_F(UdpTrackerRetryTest, SeesAnIdThatNobodyGaveIt) {
  connect(0s);
  connected(1s, 7);
  announce(2s, 8);
  expect_violated(3s, "uses a connection id that the tracker has not given it");
}

TEST_F(UdpTrackerRetryTest, AForeignTransactionAnswersNothing) {
  connect(0s);
  connected(1s, 7, 1000);
  expect_violated(20s, "does not repeat a question");
}

TEST_F(UdpTrackerRetryTest, ALateAnswerToAnEarlierRetryIsAnAnswer) {
  connect(0s);
  connect(15s);
  asked_ -= 1;
  connected(16s, 7);
  asked_ += 1;
  announce(16s, 7);
  announced(17s);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::held);
}

TEST_F(UdpTrackerRetryTest, WhoIsToldToStopMaySpeakAtOnce) {
  connect(0s);
  connect(15s);
  stage.lifecycle(WireEventKind::stopped, 16s, kA);
  connect(16s);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::held);
}

TEST_F(UdpTrackerRetryTest, IsVacuousWhenEverythingIsAnswered) {
  connect(0s);
  connected(1s, 7);
  announce(2s, 7);
  announced(3s);
  EXPECT_EQ(stage.conclude(100s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
