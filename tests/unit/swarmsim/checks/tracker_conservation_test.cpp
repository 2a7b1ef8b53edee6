#include "swarmsim/checks/tracker_conservation.hpp"

#include <gmock/gmock.h>

#include "protocol/udp_tracker.hpp"
#include "tests/unit/swarmsim/checks/tracker_stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum protocol::AnnounceEvent;
using ::testing::HasSubstr;

protocol::AnnounceReply counts(std::uint32_t complete, std::uint32_t incomplete, std::vector<HostId> listed = {}) {
  protocol::AnnounceReply reply;
  reply.interval = std::chrono::seconds(30);
  reply.complete = complete;
  reply.incomplete = incomplete;
  for (const HostId peer : listed)
    reply.peers.push_back({{IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(peer.value() + 1)), 6881}, {}});
  return reply;
}

class TrackerConservationTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("tracker_conservation"); }
  void announce(Duration at, HostId peer, protocol::AnnounceEvent event, ByteCount left, const protocol::AnnounceReply& reply) {
    stage.announce(at, peer, stage.request(peer, event, left), reply);
  }
  void expect_violated(const char* summary) {
    const Judgement judgement = stage.conclude(5min);
    EXPECT_EQ(judgement.verdict, Verdict::violated);
    EXPECT_THAT(judgement.summary, HasSubstr(summary));
  }
  TrackerStage stage;
};

TEST_F(TrackerConservationTest, HoldsWhereEveryoneIsCountedOnce) {
  announce(0s, kB, started, 0_B, counts(1, 0));
  announce(1s, kA, started, 128_KiB, counts(1, 1, {kB}));
  announce(20s, kA, completed, 0_B, counts(2, 0));
  announce(25s, kB, stopped, 0_B, counts(1, 0));
  announce(40s, kA, none, 0_B, counts(1, 0));
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "5 answers with up to 2 peers in the swarm");
}

TEST_F(TrackerConservationTest, TheChangeThatIsAnsweredMayCountOrNot) {
  announce(0s, kB, started, 0_B, counts(0, 0));
  announce(1s, kA, started, 128_KiB, counts(1, 0, {kB}));
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(TrackerConservationTest, SeesASeedThatIsCountedAsALeecher) {
  announce(0s, kB, started, 0_B, counts(0, 1));
  expect_violated("the tracker says 1 incomplete; there are 0");
}

TEST_F(TrackerConservationTest, SeesACountThatDrifts) {
  announce(0s, kB, started, 0_B, counts(1, 0));
  announce(1s, kC, started, 0_B, counts(3, 0));
  expect_violated("the tracker says 3 complete; there are 1 or 2");
}

TEST_F(TrackerConservationTest, SeesTheAskerInItsOwnList) {
  announce(0s, kB, started, 0_B, counts(1, 0));
  announce(1s, kA, started, 128_KiB, counts(1, 1, {kB, kA}));
  expect_violated("the tracker sends a its own address, 10.0.0.1:6881");
}

TEST_F(TrackerConservationTest, SeesWhoStoppedInAList) {
  announce(0s, kB, started, 0_B, counts(1, 0));
  announce(5s, kB, stopped, 0_B, counts(0, 0));
  announce(9s, kA, started, 128_KiB, counts(0, 1, {kB}));
  expect_violated("the tracker lists b, whom it heard say 'stopped' 4 s earlier");
}

TEST_F(TrackerConservationTest, WhoIsSilentForAnIntervalMayBeForgottenAndMustBeAfterTheDeclaredTime) {
  announce(0s, kB, started, 0_B, counts(1, 0));
  announce(50s, kA, started, 128_KiB, counts(0, 1));
  announce(60s, kA, none, 128_KiB, counts(1, 1, {kB}));
  EXPECT_EQ(stage.conclude(61s).verdict, Verdict::held);
  announce(80s, kA, none, 128_KiB, counts(1, 1));
  expect_violated("the tracker says 1 complete; there are 0");
}

TEST_F(TrackerConservationTest, ARefusedAnnounceMayCountOrNot) {
  announce(0s, kB, started, 0_B, counts(1, 0));
  stage.refuse(1s, kC, stage.request(kC, started, 0_B));
  announce(2s, kA, started, 128_KiB, counts(1, 1, {kB}));
  announce(3s, kA, none, 128_KiB, counts(2, 1, {kB, kC}));
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(TrackerConservationTest, ANewIdAtAnOldAddressLeavesAtMostAGhost) {
  announce(0s, kB, started, 0_B, counts(1, 0));
  protocol::AnnounceRequest again = stage.request(kB, started, 0_B);
  again.peer_id = id_of(kD);
  stage.announce(5s, kB, again, counts(1, 0));
  stage.announce(6s, kB, again, counts(2, 0));
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(TrackerConservationTest, SeesARaggedCompactList) {
  announce(0s, kB, started, 0_B, counts(1, 0));
  stage.ask(1s, kA, stage.request(kA, started, 128_KiB));
  stage.tell(1s, kA, "d8:completei1e10:incompletei1e8:intervali30e5:peers7:1234567e");
  expect_violated("a compact list of 7 bytes, which is no multiple of 6");
}

TEST_F(TrackerConservationTest, SeesAnAnswerThatIsNoTrackers) {
  stage.ask(1s, kA, stage.request(kA, started, 128_KiB));
  stage.tell(1s, kA, "<html>");
  expect_violated("an answer that is no tracker's");
}

TEST_F(TrackerConservationTest, ReadsUdpToo) {
  namespace udp = protocol::udp;
  const auto say = [&](Duration at, HostId from, HostId to, MessageKind kind, const std::vector<std::byte>& packet) {
    WireEvent event;
    event.from = from;
    event.to = to;
    event.message.kind = kind;
    event.payload = packet;
    for (const WireEventKind moment : {WireEventKind::sent, WireEventKind::received}) {
      event.kind = moment;
      event.at = event.decided_earliest = event.decided_latest = kStart + at;
      stage.judge->on_event(event);
    }
  };
  const auto announce_udp = [&](Duration at, HostId peer, std::uint32_t transaction, const protocol::AnnounceReply& reply) {
    const udp::TransactionId id(transaction);
    say(at, peer, kTracker, MessageKind::tracker_request,
        udp::encode(udp::AnnouncePacket{udp::ConnectionId(7), id, stage.request(peer, started, peer == kA ? 128_KiB : 0_B)}));
    say(at, kTracker, peer, MessageKind::tracker_reply, udp::encode(udp::Reply(udp::AnnouncedReply{id, reply}), udp::Family::v4));
  };
  announce_udp(1s, kB, 11, counts(1, 0));
  announce_udp(2s, kA, 12, counts(1, 1, {kB}));
  EXPECT_EQ(stage.conclude(20s).verdict, Verdict::held);
  announce_udp(3s, kC, 13, counts(2, 7, {kB}));   // all peers as leechers
  expect_violated("the tracker says 7 incomplete; there are 1");
}

TEST_F(TrackerConservationTest, AScrapeCountsADownloadOnce) {
  const auto scrape = [&](Duration at, std::uint32_t downloaded) {
    WireEvent event;
    event.from = kC;
    event.to = kTracker;
    event.connection = ConnectionId(500 + static_cast<std::uint32_t>(at.count() / 1'000'000'000));
    event.message.kind = MessageKind::tracker_request;
    event.kind = WireEventKind::received;
    event.at = kStart + at;
    const std::string request = "GET /scrape?info_hash=aaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n\r\n";
    event.payload = as_bytes(std::string_view(request));
    stage.judge->on_event(event);
    std::string reply = "HTTP/1.1 200 OK\r\n\r\n";
    reply += as_text(protocol::encode_scrape_reply({{{.info_hash = {}, .complete = 2, .downloaded = downloaded, .incomplete = 0}}}));
    event.kind = WireEventKind::sent;
    event.from = kTracker;
    event.to = kC;
    event.message.kind = MessageKind::tracker_reply;
    event.payload = as_bytes(std::string_view(reply));
    stage.judge->on_event(event);
  };
  announce(0s, kB, started, 0_B, counts(1, 0));
  announce(1s, kA, started, 128_KiB, counts(1, 1));
  announce(2s, kA, completed, 0_B, counts(2, 0));
  announce(3s, kA, completed, 0_B, counts(2, 0));
  scrape(4s, 1);
  EXPECT_EQ(stage.conclude(20s).verdict, Verdict::held);
  scrape(5s, 2);
  expect_violated("the tracker says 2 downloads; 1 peers said 'completed'");
}

TEST_F(TrackerConservationTest, IsVacuousWithOnePeer) {
  announce(0s, kB, started, 0_B, counts(1, 0));
  announce(20s, kB, none, 0_B, counts(1, 0));
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
