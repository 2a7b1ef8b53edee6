#include "swarmsim/checks/restart_is_honest.hpp"

#include <gmock/gmock.h>

#include <array>

#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using ::testing::HasSubstr;

class RestartIsHonestTest : public ::testing::Test {
 protected:
  void SetUp() override { stage.begin("restart_is_honest", who({kA})); }
  // a is ended and comes back with the pieces of `bits` on its disk.
  void restart(Duration at, StreamEnd how, std::byte bits) {
    WireEvent event;
    event.kind = WireEventKind::stopped;
    event.at = kStart + at;
    event.from = event.to = kA;
    event.how = how;
    stage.judge->on_event(event);
    for (const HostId other : {kB, kC, kD}) stage.ended(kA, other, at);
    const std::array payload{bits};
    event.kind = WireEventKind::joined;
    event.at = kStart + at + 5s;
    event.how = StreamEnd::finished;
    event.payload = payload;
    stage.judge->on_event(event);
    for (const HostId other : {kB, kC, kD}) stage.open(other, at + 5s);
  }
  Stage stage;
};

TEST_F(RestartIsHonestTest, HoldsForWhoAnnouncesItsDiskAndFetchesTheRest) {
  stage.whole_piece(1s, kB, kA, 0);
  restart(10s, StreamEnd::finished, std::byte{0x80});
  stage.bitfield(16s, kA, kB, "80");
  stage.whole_piece(20s, kB, kA, 1);
  stage.sent(21s, kA, kB, have, 1);
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::held) << judgement.summary;
  EXPECT_EQ(judgement.measured, "2 pieces announced after 1 restarts, 0 blocks asked for again at most");
}

TEST_F(RestartIsHonestTest, SeesAPieceThatIsNotThereAnyMore) {
  stage.whole_piece(1s, kB, kA, 0);
  stage.whole_piece(1s, kB, kA, 1);
  restart(10s, StreamEnd::cut, std::byte{0x80});
  stage.bitfield(16s, kA, kB, "c0");
  const Judgement judgement = stage.conclude(60s);
  EXPECT_EQ(judgement.verdict, Verdict::violated);
  EXPECT_THAT(judgement.summary, HasSubstr("a announces piece 1 after its restart, which its disk did not hold"));
  EXPECT_EQ(judgement.story[0], "00:15.000  a is started again; its disk holds 1 of 4 pieces");
}

TEST_F(RestartIsHonestTest, SeesWhoFetchesEverythingAgainAfterACleanStop) {
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(1s, kB, kA, piece);
  restart(10s, StreamEnd::finished, std::byte{0xf0});
  for (int piece = 0; piece < 4; ++piece)
    for (int block = 0; block < 2; ++block) stage.sent(20s, kA, kB, request, piece, block);
  EXPECT_THAT(stage.conclude(60s).summary,
              HasSubstr("a asks for 7 blocks again that it had when it was stopped; 0 requests were open, and 3 peers"));
}

TEST_F(RestartIsHonestTest, AKillMayCostMore) {
  for (int piece = 0; piece < 4; ++piece) stage.whole_piece(1s, kB, kA, piece);
  restart(10s, StreamEnd::cut, std::byte{0x00});
  for (int piece = 0; piece < 4; ++piece)
    for (int block = 0; block < 2; ++block) stage.sent(20s, kA, kB, request, piece, block);
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::held);
}

TEST_F(RestartIsHonestTest, IsVacuousWhenNobodyRestarts) {
  stage.bitfield(1s, kA, kB, "00");
  EXPECT_EQ(stage.conclude(60s).verdict, Verdict::vacuous);
}

}  // namespace
}  // namespace swarmlab::swarmsim
