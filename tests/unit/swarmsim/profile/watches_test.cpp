// What each watch reads from a conversation, on conversations of a few lines.
#include <gtest/gtest.h>

#include "swarmsim/profile/end_game_watch.hpp"
#include "swarmsim/profile/request_watch.hpp"
#include "swarmsim/profile/silence_watch.hpp"
#include "swarmsim/profile/slot_turns.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr HostId kClient(0);
const protocol::PieceGeometry kGeometry(ByteCount(64 * 16 * 1024), ByteCount(4 * 16 * 1024));   // 16 pieces of 4 blocks

// Lines of a conversation with peers 1, 2, ..., each on the connection of its number; the client dialled all.
class Conversation {
 public:
  explicit Conversation(EventSink& to) : to_(to) {}
  Conversation& at(Duration time) {
    at_ = kStart + time;
    return *this;
  }
  Conversation& asks(std::uint32_t peer, std::uint32_t block, MessageKind kind = MessageKind::request) {
    return say(WireEventKind::sent, kind, peer, true, block);
  }
  Conversation& gets(std::uint32_t peer, std::uint32_t block, MessageKind kind = MessageKind::piece) {
    return say(WireEventKind::received, kind, peer, false, block);
  }
  Conversation& says(std::uint32_t peer, MessageKind kind) { return say(WireEventKind::sent, kind, peer, true, 0); }
  Conversation& hears(std::uint32_t peer, MessageKind kind) { return say(WireEventKind::received, kind, peer, false, 0); }
  Conversation& opens(std::uint32_t peer) { return say(WireEventKind::opened, MessageKind::keep_alive, peer, true, 0); }
  Conversation& hangs_up_on(std::uint32_t peer) { return say(WireEventKind::ended, MessageKind::keep_alive, peer, true, 0); }

 private:
  Conversation& say(WireEventKind what, MessageKind kind, std::uint32_t peer, bool by_client, std::uint32_t block) {
    WireEvent event;
    event.kind = what;
    event.at = event.decided_earliest = event.decided_latest = at_;
    event.connection = ConnectionId(peer);
    event.direction = by_client ? Direction::from_dialler : Direction::from_acceptor;
    event.from = by_client ? kClient : HostId(peer);
    event.to = by_client ? HostId(peer) : kClient;
    event.message = {.kind = kind, .authentic = Authentic::yes, .piece = PieceIndex(block / 4), .begin = BlockBegin(block % 4 * 16 * 1024),
                     .length = 16 * 1024};
    to_.on_event(event);
    return *this;
  }
  EventSink& to_;
  Time at_ = kStart;
};

template <class Watch>
struct Listener final : EventSink {
  template <class... Arguments>
  explicit Listener(Arguments&&... arguments) : watch(std::forward<Arguments>(arguments)...) {}
  void on_event(const WireEvent& event) override { watch.on_event(event); }
  Watch watch;
};

TEST(RequestWatch, CountsWhatIsOpenWhenABlockComesOnceItIsWarm) {
  Listener<RequestWatch> listener(kClient, kGeometry, 3U);
  Conversation talk(listener);
  talk.at(0s).asks(1, 0).asks(1, 1).asks(1, 2).at(1s).gets(1, 0);
  EXPECT_TRUE(listener.watch.open_at(HostId(1)).empty());   // it has only begun
  talk.at(6s).asks(1, 4).gets(1, 1).at(8s).gets(1, 2);
  const Sample& open = listener.watch.open_at(HostId(1));
  EXPECT_EQ(open.size(), 2u);
  EXPECT_EQ(open.largest(), 3);
  EXPECT_EQ(open.smallest(), 2);
  EXPECT_EQ(listener.watch.rate_of(HostId(1)), BytesPerSecond(8 * 1024));
  EXPECT_FALSE(listener.watch.rate_of(HostId(2)).has_value());
}

TEST(RequestWatch, TheSizeOfTheLastRequestOfAPieceTellsNothing) {
  Listener<RequestWatch> listener(kClient, kGeometry, 3U);
  Conversation(listener).asks(1, 0).asks(1, 1).asks(1, 3);
  EXPECT_EQ(listener.watch.sizes().size(), 2u);
}

protocol::Bitfield nothing() { return protocol::Bitfield(kGeometry.piece_count()); }

TEST(EndGameWatch, SeesFromWhenOnBlocksAreAskedOfSeveral) {
  Listener<EndGameWatch> listener(kClient, kGeometry, nothing());
  Conversation talk(listener);
  for (std::uint32_t block = 0; block < 62; ++block) talk.asks(1, block).gets(1, block);
  EXPECT_TRUE(listener.watch.requesters().empty());
  talk.asks(1, 62).asks(1, 63).asks(2, 62).asks(3, 62);
  EXPECT_EQ(listener.watch.requesters().largest(), 3);
  ASSERT_TRUE(listener.watch.beginning().has_value());
  EXPECT_EQ(listener.watch.beginning()->missing, 2);
  EXPECT_EQ(listener.watch.beginning()->unasked, 0);
  talk.at(10s).gets(2, 62).at(10'050ms).asks(1, 62, MessageKind::cancel).at(11s).gets(3, 62);
  EXPECT_EQ(listener.watch.cancels().size(), 1u);
  EXPECT_EQ(Duration(listener.watch.cancels().median()), 50ms);
  EXPECT_EQ(listener.watch.left_open(), 2);
  EXPECT_EQ(listener.watch.surplus(), 1);
}

TEST(EndGameWatch, WhatAChokeOrAnEndTookBackIsAskedAgainAndNotTwice) {
  Listener<EndGameWatch> listener(kClient, kGeometry, nothing());
  Conversation talk(listener);
  talk.asks(1, 0).hears(1, MessageKind::choke).asks(2, 0).hangs_up_on(2).asks(3, 0).gets(3, 0, MessageKind::reject).asks(1, 0);
  EXPECT_TRUE(listener.watch.requesters().empty());
}

TEST(SilenceWatch, TellsHowLongABlockWaitsUntilSomebodyElseIsAsked) {
  Listener<SilenceWatch> listener(kClient, HostId(1));
  Conversation talk(listener);
  talk.at(1s).asks(1, 0).asks(1, 1).at(5s).asks(2, 9).at(31s).asks(2, 0).at(32s).asks(3, 0).asks(1, 0, MessageKind::cancel);
  EXPECT_EQ(listener.watch.asked_elsewhere().size(), 1u);
  EXPECT_EQ(Duration(listener.watch.asked_elsewhere().median()), 30s);
  EXPECT_EQ(Duration(listener.watch.given_up().median()), 31s);
  EXPECT_EQ(listener.watch.longest_wait(kStart + 41s), 40s);
  EXPECT_FALSE(listener.watch.hung_up().has_value());
  talk.at(50s).hangs_up_on(1);
  EXPECT_EQ(*listener.watch.hung_up(), 49s);
  EXPECT_EQ(listener.watch.longest_wait(kStart + 60s), 0s);
}

RunFacts three_peers() {
  RunFacts facts;
  facts.geometry = kGeometry;
  for (const char* name : {"client", "a", "b"}) {
    PeerFacts& peer = facts.peers.emplace_back();
    peer.name = name;
    peer.has_at_start = nothing();
  }
  return facts;
}

TEST(SlotTurns, ATurnGoesFromUnchokeToChoke) {
  const RunFacts facts = three_peers();
  Listener<SlotTurns> listener(kClient, facts, kStart + 5s);
  Conversation talk(listener);
  talk.opens(1).opens(2).hears(1, MessageKind::interested).hears(2, MessageKind::interested).says(1, MessageKind::unchoke);
  talk.at(10s).says(1, MessageKind::choke).says(2, MessageKind::unchoke).at(40s).says(2, MessageKind::choke).says(1, MessageKind::unchoke);
  listener.watch.finish(kStart + 45s);
  const auto everybody = [](HostId) { return true; };
  const Sample turns = listener.watch.turns(everybody);   // the third has no end
  ASSERT_EQ(turns.size(), 2u);
  EXPECT_EQ(Duration(turns.smallest()), 10s);
  EXPECT_EQ(Duration(turns.largest()), 30s);
  EXPECT_EQ(listener.watch.in_use(everybody).median(), 1);
  EXPECT_EQ(listener.watch.in_use([](HostId host) { return host == HostId(2); }).percentile(50), 1);
  EXPECT_EQ(listener.watch.in_use([](HostId host) { return host == HostId(2); }).size(), 400u);
}

TEST(SlotTurns, WhoComesWhileSlotsAreFreeWaitsForNobody) {
  const RunFacts facts = three_peers();
  Listener<SlotTurns> listener(kClient, facts, kStart);
  Conversation talk(listener);
  talk.opens(1).opens(2).hears(1, MessageKind::interested).at(200ms).says(1, MessageKind::unchoke);
  talk.at(1s).hears(2, MessageKind::interested).at(9s).says(2, MessageKind::unchoke);
  EXPECT_EQ(listener.watch.waits_for_free_slot(1).size(), 1u);
  EXPECT_EQ(Duration(listener.watch.waits_for_free_slot(1).median()), 200ms);
  EXPECT_EQ(listener.watch.waits_for_free_slot(2).size(), 2u);
}

}  // namespace
}  // namespace swarmlab::swarmsim
