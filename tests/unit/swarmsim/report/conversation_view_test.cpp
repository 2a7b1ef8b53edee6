#include "swarmsim/report/conversation_view.hpp"

#include <gmock/gmock.h>

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kNames{"leech", "near", "far", "tracker"};
constexpr HostId kLeech(0);
constexpr HostId kNear(1);
constexpr HostId kFar(2);

// A conversation written down by hand: who sent what when, and how long it took.
class Talk {
 public:
  explicit Talk(ConversationOptions options) : view_(options, kNames, 16) {}

  Talk& says(Duration at, HostId from, HostId to, MessageKind kind, std::optional<Duration> takes = 10ms, std::uint32_t piece = 0,
             Authentic authentic = Authentic::unknown, Duration waited = 0s) {
    WireEvent event;
    event.kind = WireEventKind::sent;
    event.at = kStart + at;
    event.decided_earliest = event.decided_latest = event.at - waited;
    event.from = from;
    event.to = to;
    event.connection = ConnectionId(from.value() + to.value());
    event.direction = from < to ? Direction::from_dialler : Direction::from_acceptor;
    event.message = {kind, authentic, PieceIndex(piece), BlockBegin(0), 16384};
    add(event);
    if (!takes) return *this;
    event.kind = WireEventKind::received;
    event.at += *takes;
    add(event);
    return *this;
  }
  std::string text() {
    for (const WireEvent& event : events_) view_.on_event(event);
    return view_.text();
  }

 private:
  void add(const WireEvent& event) {
    events_.insert(std::ranges::upper_bound(events_, event.at, {}, &WireEvent::at), event);
  }

  ConversationView view_;
  std::vector<WireEvent> events_;   // in order of time
};

using K = MessageKind;

TEST(ConversationView, APeerSeesTheOthersMessagesWhenTheyCome) {
  Talk talk({.peer = kLeech});
  talk.says(100ms, kFar, kLeech, K::unchoke, 80ms);        // sent first, known last
  talk.says(120ms, kNear, kLeech, K::choke, 5ms);
  talk.says(150ms, kLeech, kFar, K::interested, 80ms);
  EXPECT_EQ(talk.text(),
            "00:00.125  <- near  CHOKE                                             had been sent 5 ms before\n"
            "00:00.150  -> far   INTERESTED                                        arrived 80 ms later\n"
            "00:00.180  <- far   UNCHOKE                                           had been sent 80 ms before\n");
}

TEST(ConversationView, SeenFromNowhereEachMessageStandsWhereItWasSent) {
  Talk talk({});
  talk.says(100ms, kFar, kLeech, K::unchoke, 80ms).says(120ms, kNear, kLeech, K::choke, 5ms);
  const std::string text = talk.text();
  EXPECT_LT(text.find("far -> leech"), text.find("near -> leech"));
}

TEST(ConversationView, BlocksThatPassAreFoldedAndNothingElse) {
  Talk talk({.peer = kLeech, .with = kFar});
  for (std::uint32_t piece : {3u, 5u, 6u, 7u}) {
    talk.says(1s + piece * 10ms, kLeech, kFar, K::request, 10ms, piece);
    talk.says(1s + piece * 10ms + 5ms, kFar, kLeech, K::piece, 10ms, piece, Authentic::yes);
  }
  talk.says(1100ms, kFar, kLeech, K::piece, 10ms, 9, Authentic::no);
  talk.says(1110ms, kFar, kLeech, K::choke);
  talk.says(1200ms, kLeech, kNear, K::interested);
  const std::string text = talk.text();
  EXPECT_THAT(text, HasSubstr("REQUEST x 4, pieces 3, 5..7"));
  EXPECT_THAT(text, HasSubstr("PIECE x 4, pieces 3, 5..7"));
  EXPECT_THAT(text, HasSubstr("PIECE piece 9, begin 0, length 16 KiB (corrupt)"));
  EXPECT_THAT(text, HasSubstr("CHOKE"));
  EXPECT_THAT(text, Not(HasSubstr("near")));
  EXPECT_EQ(std::ranges::count(text, '\n'), 4);
}

TEST(ConversationView, AFoldCoversSomeSecondsAtMost) {
  Talk talk({.peer = kLeech});
  for (std::uint32_t i = 0; i < 12; ++i) talk.says(i * 1s, kLeech, kFar, K::request, 10ms, i);
  EXPECT_EQ(std::ranges::count(talk.text(), '\n'), 2);
}

TEST(ConversationView, EveryMessageHasALineWhereThatIsAskedFor) {
  Talk talk({.peer = kLeech, .fold = false});
  for (std::uint32_t i = 0; i < 12; ++i) talk.says(i * 1s, kLeech, kFar, K::request, 10ms, i);
  EXPECT_EQ(std::ranges::count(talk.text(), '\n'), 12);
}

TEST(ConversationView, ShowsOneKindOrWhatIsAroundATime) {
  Talk kind({.peer = kLeech, .kind = K::choke});
  kind.says(1s, kFar, kLeech, K::choke).says(2s, kFar, kLeech, K::unchoke);
  EXPECT_EQ(std::ranges::count(kind.text(), '\n'), 1);
  Talk around({.peer = kLeech, .around = kStart + 5s, .window = 1s});
  around.says(1s, kFar, kLeech, K::choke).says(5500ms, kFar, kLeech, K::unchoke).says(7s, kFar, kLeech, K::choke);
  EXPECT_THAT(around.text(), HasSubstr("UNCHOKE"));
  Talk nothing({.peer = kLeech, .around = kStart + 50s});
  nothing.says(1s, kFar, kLeech, K::choke);
  EXPECT_EQ(nothing.text(), "nothing of that kind happened\n");
}

TEST(ConversationView, SaysWhatNeverArrivedAndWhatWaitedToBeSent) {
  Talk talk({.peer = kLeech});
  talk.says(1s, kLeech, kFar, K::choke, std::nullopt, 0, Authentic::unknown, 300ms);
  EXPECT_THAT(talk.text(), HasSubstr("never arrived, written 300 ms before it was sent"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
