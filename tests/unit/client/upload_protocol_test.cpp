// How a client serves a peer that asks by hand: answers, chokes, cancels, full queues, silence (BEP 3, BEP 6).
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/scripted_town.hpp"

namespace swarmlab::client {
namespace {

using namespace protocol;

const swarmsim::LinkSpec kSlowUplink{BytesPerSecond(32 << 10), {}, 10ms, 64_KiB};

std::vector<BlockRange> sorted(std::vector<BlockRange> blocks) {
  std::ranges::sort(blocks);
  return blocks;
}

std::size_t times(const std::vector<BlockRange>& blocks, const BlockRange& block) {
  return static_cast<std::size_t>(std::ranges::count(blocks, block));
}

TEST(UploadProtocol, InterestIsAnsweredWithUnchokeAtOnceWhileASlotIsFree) {
  Seeding town;
  RawPeer p(town.world(), "p");
  town.join(p);
  EXPECT_EQ(p.count<Unchoke>(), 1u) << "bug B01";
}

TEST(UploadProtocol, RequestsAreServedInTheOrderOfAsking) {
  Seeding town;
  RawPeer p(town.world(), "p");
  town.join(p);
  town.request(p, 3, 40);
  town.run_for(5s);
  EXPECT_EQ(p.blocks<PieceHeader>().size(), 37u);
  EXPECT_TRUE(std::ranges::is_sorted(p.blocks<PieceHeader>()));
  EXPECT_EQ(town.seed.status().uploaded, 16_KiB * 37);
}

TEST(UploadProtocol, BlocksOfOddSizesAreServedAsAskedFor) {
  Seeding town;
  RawPeer p(town.world(), "p");
  town.join(p);
  const std::vector<BlockRange> odd{{PieceIndex(0), BlockBegin(1), 1_B}, {PieceIndex(1), BlockBegin(100), 40000_B},
                                    {PieceIndex(2), BlockBegin(0), 64_KiB}};
  for (const BlockRange& block : odd) p.send(Request{block});
  town.run_for(1s);
  EXPECT_EQ(p.blocks<PieceHeader>(), odd);
}

TEST(UploadProtocol, AskingWhileChokedGetsSilenceOrWithFastAReject) {
  for (const bool fast : {false, true}) {
    Seeding town;
    RawPeer p(town.world(), "p");
    p.dial(town.seed.endpoint());
    p.handshake(town.metainfo().info_hash, {.fast = fast});
    town.request(p, 0, 3);
    town.run_for(1s);
    EXPECT_EQ(p.count<PieceHeader>(), 0u);
    EXPECT_EQ(p.count<Reject>(), fast ? 3u : 0u);
    EXPECT_TRUE(p.is_open());
  }
}

TEST(UploadProtocol, WithFastEveryRequestGetsExactlyOneAnswerCancelledOrNot) {
  Seeding town({.size = 8_MiB, .piece_length = 64_KiB}, {.link = kSlowUplink});
  RawPeer p(town.world(), "p");
  town.join(p, kFast);
  town.request(p, 0, 100);
  for (std::uint32_t i = 0; i < 100; i += 2) p.send(Cancel{town.block(i)});
  town.run_for(200ms);
  for (std::uint32_t i = 0; i < 100; i += 4) p.send(Cancel{town.block(i)});
  town.run_for(2min);
  const auto pieces = p.blocks<PieceHeader>();
  const auto rejects = p.blocks<Reject>();
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(times(pieces, town.block(i)) + times(rejects, town.block(i)), 1u) << "block " << i << " (bug B23)";
  }
  EXPECT_GE(rejects.size(), 45u) << "cancels reach what waits";
}

TEST(UploadProtocol, ARepeatedRequestIsRejectedAndItsFirstServed) {
  Seeding town({.size = 8_MiB, .piece_length = 64_KiB}, {.link = kSlowUplink});
  RawPeer p(town.world(), "p");
  town.join(p, kFast);
  town.request(p, 0, 10);
  town.request(p, 9, 10);
  town.run_for(30s);
  EXPECT_EQ(p.count<PieceHeader>(), 10u);
  EXPECT_EQ(p.blocks<Reject>(), std::vector{town.block(9)});
}

TEST(UploadProtocol, CancelWithoutFastIsSilent) {
  Seeding town({.size = 8_MiB, .piece_length = 64_KiB}, {.link = kSlowUplink});
  RawPeer p(town.world(), "p");
  town.join(p);
  town.request(p, 0, 20);
  p.send(Cancel{town.block(19)});
  p.send(Cancel{town.block(50)});   // never asked for
  town.run_for(1min);
  EXPECT_EQ(p.count<PieceHeader>(), 19u);
  EXPECT_EQ(p.count<Reject>(), 0u);
  EXPECT_TRUE(p.is_open());
}

TEST(UploadProtocol, NotInterestedFlushesTheQueue) {
  Seeding town({.size = 8_MiB, .piece_length = 64_KiB}, {.link = kSlowUplink});
  RawPeer p(town.world(), "p");
  town.join(p, kFast);
  town.request(p, 0, 50);
  p.send(NotInterested{});
  town.run_for(1min);
  EXPECT_LT(p.count<PieceHeader>(), 10u);
  EXPECT_EQ(p.count<PieceHeader>() + p.count<Reject>(), 50u);
}

// Two peers contend for one slot of a slow seed: the first is choked when its turn is over.
struct OneSlot : Seeding {
  explicit OneSlot(swarmsim::DiskSpec disk = {})
      : Seeding({.size = 8_MiB, .piece_length = 64_KiB}, {.settings = one_slot(), .link = kSlowUplink, .disk = disk}) {}
  static Settings one_slot() {
    Settings settings;
    settings.upload_slots = 1;
    return settings;
  }
};

TEST(UploadProtocol, WhoLosesInterestMakesRoomForTheNextAtOnce) {
  OneSlot town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p);
  town.join(q, kPlain, 'q');
  town.run_for(2s);
  ASSERT_EQ(q.count<Unchoke>(), 0u);
  p.send(NotInterested{});
  town.run_for(200ms);
  EXPECT_EQ(p.count<Choke>(), 1u);
  EXPECT_EQ(q.count<Unchoke>(), 1u);
}

TEST(UploadProtocol, WhatALeecherLacksItDoesNotServeNorFailOver) {
  for (const bool fast : {false, true}) {
    Leeching town;
    RawPeer p(town.world(), "p");
    town.join(p, {.fast = fast}, std::vector<std::uint32_t>{});
    p.send(Interested{});
    town.run_for(200ms);
    ASSERT_EQ(p.count<Unchoke>(), 1u);
    p.send(Request{{PieceIndex(3), BlockBegin(0), 16_KiB}});
    town.run_for(1s);
    EXPECT_EQ(p.count<PieceHeader>(), 0u);
    EXPECT_EQ(p.count<Reject>(), fast ? 1u : 0u);
    EXPECT_EQ(town.leech.status().state, TorrentState::downloading);
  }
}

TEST(UploadProtocol, NothingFollowsAChokeWithoutFast) {
  OneSlot town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p);
  town.request(p, 0, 200);
  town.join(q, kPlain, 'q');
  ASSERT_TRUE(town.run_until([&] { return p.count<Choke>() > 0; }, 2min));
  town.run_for(9s);
  EXPECT_TRUE(std::holds_alternative<Choke>(p.heard().back().message)) << p.transcript();
  EXPECT_EQ(q.count<Unchoke>(), 1u);
}

TEST(UploadProtocol, AChokeWithFastAnswersEveryRequestOnce) {
  OneSlot town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p, kFast);
  town.request(p, 0, 200);
  town.join(q, kPlain, 'q');
  ASSERT_TRUE(town.run_until([&] { return p.count<Choke>() > 0; }, 2min));
  town.run_for(5s);
  auto answers = p.blocks<PieceHeader>();
  const auto rejects = p.blocks<Reject>();
  answers.insert(answers.end(), rejects.begin(), rejects.end());
  EXPECT_EQ(sorted(answers), sorted(answers = [&] {
    std::vector<BlockRange> all;
    for (std::uint32_t i = 0; i < 200; ++i) all.push_back(town.block(i));
    return all;
  }())) << "bug B09";
}

TEST(UploadProtocol, RequestsAfterAnUnchokeDoNotWaitForReadsThatTheChokeVoided) {
  // Reads take 100 s: they begin under one unchoke, and end under the next.
  OneSlot town({.read_latency = 100s});
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  ASSERT_TRUE(town.run_until([&] { return town.seed.status().state == TorrentState::seeding; }, 10min));
  town.join(p);
  town.request(p, 0, 4);
  town.join(q, kPlain, 'q');
  ASSERT_TRUE(town.run_until([&] { return p.count<Choke>() > 0; }, 2min));
  q.close();
  ASSERT_TRUE(town.run_until([&] { return p.count<Unchoke>() > 1; }, 20s)) << "while the reads are under way";
  town.request(p, 10, 12);
  town.run_for(4min);
  EXPECT_EQ(p.blocks<PieceHeader>(), (std::vector{town.block(10), town.block(11)})) << p.transcript();
}

TEST(UploadProtocol, WhoIsServedFromALongQueueIsNotIdleThoughItAsksForNothingNew) {
  Settings patient;
  patient.upload_slots = 1;
  patient.seed_turn_time = 10min;
  Seeding town({.size = 8_MiB, .piece_length = 64_KiB}, {.settings = patient, .link = kSlowUplink});
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p);
  town.request(p, 0, 250);   // 125 s at that rate
  town.join(q, kPlain, 'q');
  town.run_for(110s);
  EXPECT_EQ(p.count<Choke>(), 0u) << p.transcript();
  ASSERT_TRUE(town.run_until([&] { return p.count<Choke>() > 0; }, 100s)) << "bug B06: when nothing moves any more";
  EXPECT_EQ(p.count<PieceHeader>(), 250u);
}

TEST(UploadProtocol, AFullQueueIsAnsweredWithRejectsOrWithoutFastByHangingUp) {
  Seeding town({.size = 8_MiB, .piece_length = 64_KiB}, {.link = kSlowUplink});
  RawPeer fast(town.world(), "fast", 1);
  RawPeer plain(town.world(), "plain", 2);
  town.join(fast, kFast);
  town.request(fast, 0, 400);
  town.join(plain, kPlain, 'q');
  town.request(plain, 0, 250);
  town.run_for(1s);
  EXPECT_TRUE(plain.is_open()) << "as many as we declare are kept";
  town.request(plain, 250, 400);
  town.run_for(1s);
  EXPECT_GE(fast.count<Reject>(), 100u);
  EXPECT_LE(fast.count<Reject>(), 150u);
  EXPECT_TRUE(fast.is_open());
  EXPECT_EQ(town.seed.status().peers, 1u);
  town.run_for(10s);   // the goodbye waits behind blocks
  EXPECT_FALSE(plain.is_open());
}

TEST(UploadProtocol, ASilentPeerIsKeptWhileItIsServedAndDroppedWhenItIsNot) {
  Settings slow;
  slow.up_limit = BytesPerSecond(5 * 1024);
  slow.limit_overhead = false;   // payload alone
  Seeding town({.size = 8_MiB, .piece_length = 64_KiB}, {.settings = slow});
  RawPeer p(town.world(), "p");
  town.join(p);
  town.request(p, 0, 250);   // 800 s at that rate
  town.run_for(790s);
  EXPECT_TRUE(p.is_open()) << "bug B39";
  town.run_for(20s);
  EXPECT_EQ(p.count<PieceHeader>(), 250u);
  town.run_for(Settings().idle_timeout + 10s);
  EXPECT_FALSE(p.is_open());
}

TEST(UploadProtocol, AFileThatVanishesFailsTheTorrentAndNamesItself) {
  Seeding town;
  RawPeer p(town.world(), "p");
  town.join(p);
  town.seed.disk().set_fault("content", runtime::FileError::input_output);
  town.request(p, 0, 1);
  town.run_for(1s);
  EXPECT_EQ(town.seed.status().state, TorrentState::failed);
  EXPECT_EQ(town.seed.count<StorageFailed>(), 1u);
  EXPECT_NE(town.seed.status().error.find("content"), std::string::npos);
  EXPECT_EQ(p.count<PieceHeader>(), 0u);
  town.seed.session().stop();
  town.seed.session().stop();
  EXPECT_TRUE(town.run_until([&] { return town.seed.session().is_stopped(); }, 10s));
  EXPECT_EQ(town.seed.count<Stopped>(), 1u);
}

TEST(UploadProtocol, ASeedServesANewcomerAfterHoursOfSilence) {
  Seeding town;
  RawPeer p(town.world(), "p", 1);
  RawPeer q(town.world(), "q", 2);
  town.join(p);
  town.request(p, 0, 1);
  town.run_for(1s);
  p.close();
  town.run_for(2h);
  town.join(q, kPlain, 'q');
  town.request(q, 5, 6);
  town.run_for(1s);
  EXPECT_EQ(q.count<PieceHeader>(), 1u) << "bug B54";
}

}  // namespace
}  // namespace swarmlab::client
