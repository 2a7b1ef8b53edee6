#include "swarmsim/checks/dialogues.hpp"

#include <gtest/gtest.h>

#include "protocol/handshake.hpp"
#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

using enum MessageKind;
using Fate = Dialogues::Fate;

// a dials b over connection 0 and c over connection 1.
class DialoguesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const std::uint32_t connection : {0u, 1u}) {
      WireEvent opened = event(WireEventKind::opened, 0s, connection, true, {});
      dialogues.on_event(opened);
    }
  }
  static WireEvent event(WireEventKind kind, Duration at, std::uint32_t connection, bool from_a, const WireMessage& what) {
    WireEvent event;
    event.kind = kind;
    event.at = event.decided_earliest = event.decided_latest = kStart + at;
    event.connection = ConnectionId(connection);
    event.direction = from_a ? Direction::from_dialler : Direction::from_acceptor;
    const HostId other = connection == 0 ? kB : kC;
    event.from = from_a ? kA : other;
    event.to = from_a ? other : kA;
    event.message = what;
    return event;
  }
  static WireMessage block(MessageKind kind, std::uint32_t piece, std::uint32_t begin = 0) {
    WireMessage what;
    what.kind = kind;
    what.piece = PieceIndex(piece);
    what.begin = BlockBegin(begin);
    what.length = 16384;
    return what;
  }
  void asks(Duration at, std::uint32_t piece, std::uint32_t connection = 0) {
    dialogues.on_event(event(WireEventKind::sent, at, connection, true, block(request, piece)));
  }
  void hears(Duration at, const WireMessage& what, std::uint32_t connection = 0) {
    dialogues.on_event(event(WireEventKind::received, at, connection, false, what));
  }
  void both_are_fast() {
    const auto handshake = protocol::encode(protocol::Handshake{.features = {.fast = true}, .info_hash = {}, .peer_id = {}});
    for (const bool from_a : {true, false}) {
      WireEvent shaken = event(WireEventKind::sent, 0s, 0, from_a, block(MessageKind::handshake, 0));
      shaken.payload = handshake;
      dialogues.on_event(shaken);
    }
  }
  const Dialogue& with_b() { return *dialogues.find(ConnectionId(0), Direction::from_dialler); }
  Fate fate() const { return dialogues.ended().front().fate; }

  Stage stage;
  Announced heard{stage.facts.geometry.piece_count(), Announced::Moment::received};
  Dialogues dialogues{stage.facts, heard};
};

TEST_F(DialoguesTest, ARequestIsOpenUntilItsAnswer) {
  hears(1s, block(unchoke, 0));
  asks(2s, 3);
  asks(2s, 2);
  EXPECT_EQ(with_b().open.size(), 2u);
  EXPECT_TRUE(dialogues.ended().empty());
  hears(3s, block(piece, 3));
  ASSERT_EQ(dialogues.ended().size(), 1u);
  EXPECT_EQ(fate(), Fate::answered);
  EXPECT_EQ(dialogues.ended().front().request.block, block(request, 3).block());
  hears(4s, block(reject, 2));
  EXPECT_EQ(fate(), Fate::rejected);
  EXPECT_TRUE(with_b().open.empty());
  EXPECT_EQ(with_b().idle_since, kStart + 4s);
  EXPECT_TRUE(with_b().has_given_back(PieceIndex(2)));
  EXPECT_FALSE(with_b().has_given_back(PieceIndex(3)));
}

TEST_F(DialoguesTest, AChokeVoidsEverythingWithoutFastAndNothingWithIt) {
  hears(1s, block(unchoke, 0));
  asks(2s, 3);
  hears(3s, block(choke, 0));
  EXPECT_EQ(fate(), Fate::choked);
  EXPECT_TRUE(with_b().open.empty());

  both_are_fast();
  hears(4s, block(unchoke, 0));
  asks(5s, 3);
  hears(6s, block(choke, 0));
  EXPECT_TRUE(dialogues.ended().empty());
  EXPECT_EQ(with_b().open.size(), 1u);
  hears(7s, block(reject, 3));
  EXPECT_FALSE(with_b().has_given_back(PieceIndex(3))) << "that was the choke, no refusal";
}

TEST_F(DialoguesTest, ARequestThatWasDecidedBeforeTheChokeAndSentAfterItIsVoidAtOnce) {
  hears(1s, block(unchoke, 0));
  hears(3s, block(choke, 0));
  WireEvent late = event(WireEventKind::sent, 4s, 0, true, block(request, 1));
  late.decided_earliest = late.decided_latest = kStart + 2s;
  dialogues.on_event(late);
  ASSERT_EQ(dialogues.ended().size(), 1u);
  EXPECT_EQ(fate(), Fate::choked);
  asks(5s, 2);
  EXPECT_TRUE(with_b().open.empty()) << "a request while choked is nobody's duty";
}

TEST_F(DialoguesTest, ACancelTakesTheRequestBack) {
  hears(1s, block(unchoke, 0));
  asks(2s, 3);
  dialogues.on_event(event(WireEventKind::sent, 3s, 0, true, block(cancel, 3)));
  EXPECT_EQ(fate(), Fate::cancelled);
  dialogues.on_event(event(WireEventKind::sent, 3s, 0, true, block(cancel, 3)));
  EXPECT_TRUE(dialogues.ended().empty());
}

TEST_F(DialoguesTest, TheEndOfTheConnectionEndsItAll) {
  hears(1s, block(unchoke, 0));
  asks(2s, 3);
  EXPECT_EQ(dialogues.of(kA).size(), 2u);
  dialogues.on_event(event(WireEventKind::ended, 3s, 0, false, {}));
  EXPECT_EQ(fate(), Fate::closed);
  EXPECT_EQ(dialogues.of(kA).size(), 1u);
  EXPECT_FALSE(with_b().can_be_asked());
}

TEST_F(DialoguesTest, AResetOfWhoIsLongGoneComesFromNobody) {
  hears(1s, block(unchoke, 0));
  asks(2s, 3);
  WireEvent gone;
  gone.kind = WireEventKind::stopped;
  gone.from = kB;
  gone.at = kStart + 3s;
  dialogues.on_event(gone);
  EXPECT_TRUE(dialogues.is_gone(kB));
  WireEvent ended = event(WireEventKind::ended, 9s, 0, false, {});
  ended.how = StreamEnd::reset;
  dialogues.on_event(ended);
  EXPECT_EQ(fate(), Fate::vanished);
}

TEST_F(DialoguesTest, CountsWhereABlockIsAskedFor) {
  for (const std::uint32_t connection : {0u, 1u}) {
    hears(1s, block(unchoke, 0), connection);
    asks(2s, 3, connection);
  }
  EXPECT_EQ(dialogues.askings(kA, block(request, 3).block()), 2u);
  EXPECT_EQ(dialogues.askings(kA, block(request, 3).block(), ConnectionId(0)), 1u);
  EXPECT_EQ(dialogues.askings(kA, block(request, 2).block()), 0u);
}

TEST_F(DialoguesTest, NotesWhenAPieceIsBegunThatNobodyWasAskedForBefore) {
  for (const std::uint32_t connection : {0u, 1u}) hears(1s, block(unchoke, 0), connection);
  asks(2s, 3, 1);
  asks(3s, 3, 0);
  EXPECT_EQ(with_b().began_piece_at, kStart) << "c had been asked for it";
  asks(4s, 2, 0);
  EXPECT_EQ(with_b().began_piece_at, kStart + 4s);
  EXPECT_EQ(with_b().began_piece, PieceIndex(2));
}

}  // namespace
}  // namespace swarmlab::swarmsim
