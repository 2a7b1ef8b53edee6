#include "swarmsim/capture/tcp_streams.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/swarmsim/capture/packets.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::packet;
using testing::text;

const HostId kDialler(0);
const HostId kAcceptor(1);
const HostId kTracker(2);
const Endpoint kFrom{IpAddress::v4(10, 0, 0, 1), 40000};
const Endpoint kTo{IpAddress::v4(10, 0, 0, 2), 6881};
const Endpoint kTrackerAt{IpAddress::v4(10, 0, 0, 9), 6969};
constexpr std::uint32_t kFirst = 0xffff'fff0;   // offsets soon wrap around
constexpr std::uint32_t kOtherFirst = 1000;
const std::string kHandshake = std::string("\x13") + "BitTorrent protocol" + std::string(48, 'h');

// What a tap was told, as lines.
class Lines : public BoundedTap {
 public:
  void on_connection_opened(const ConnectionInfo& c, Time at) override {
    add(at, fmt::format("opened {} {}>{}", c.id.value(), c.dialler.value(), c.acceptor.value()));
  }
  void on_decided_after(ConnectionId, Direction, Time earliest) override { decided_after.push_back(earliest - kStart); }
  void on_written(ConnectionId, Direction d, Time at, Bytes bytes) override {
    add(at, fmt::format("{} wrote {}", side(d), bytes.size() > 20 ? fmt::format("{} bytes", bytes.size()) : as_text(bytes)));
  }
  void on_written(ConnectionId, Direction, Time, const runtime::Slice&) override { FAIL(); }
  void on_sent(ConnectionId, Direction d, Time at, std::uint64_t offset) override { add(at, fmt::format("{} sent {}", side(d), offset)); }
  void on_received(ConnectionId, Direction d, Time at, std::uint64_t offset) override {
    add(at, fmt::format("{} arrived {}", side(d), offset));
  }
  void on_ended(ConnectionId, Direction d, Time at, StreamEnd how) override {
    static constexpr const char* kHow[] = {"finished", "reset", "cut"};
    add(at, fmt::format("{} {}", side(d), kHow[static_cast<int>(how)]));
  }
  void on_datagram_sent(const TappedDatagram& d, Time at) override {
    add(at, fmt::format("datagram {}>{} sent", d.from.value(), d.to.value()));
  }
  void on_datagram_received(const TappedDatagram& d, Time at) override {
    add(at, fmt::format("datagram {}>{} arrived", d.from.value(), d.to.value()));
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
  std::vector<Duration> decided_after;

 private:
  static const char* side(Direction d) { return d == Direction::from_dialler ? "dialler" : "acceptor"; }
  void add(Time at, const std::string& what) {
    lines.push_back(fmt::format("{} {}", std::chrono::duration_cast<std::chrono::milliseconds>(at - kStart).count(), what));
  }
};

class Streams : public ::testing::Test {
 protected:
  static StreamsOptions options() {
    return {.hosts = 3, .first_tracker = kTracker,
            .addresses = {{kFrom.address, kDialler}, {kTo.address, kAcceptor}, {kTrackerAt.address, kTracker}}};
  }
  static Time ms(int n) { return kStart + std::chrono::milliseconds(n); }

  struct Given {
    std::uint64_t at = 0;               // offset of the first byte
    std::string payload = {};
    std::uint64_t acknowledged = 0;     // of the other side
    std::uint8_t flags = TcpFrame::ack;
    std::uint16_t window = 0x4000;
  };
  static std::vector<std::byte> from_dialler(const Given& given) {
    const auto payload = text(given.payload);
    return packet(TcpFrame{.from = kFrom, .to = kTo, .sequence = kFirst + static_cast<std::uint32_t>(given.at),
                           .acknowledged = kOtherFirst + static_cast<std::uint32_t>(given.acknowledged), .flags = given.flags,
                           .window = given.window, .payload = payload});
  }
  static std::vector<std::byte> from_acceptor(const Given& given) {
    const auto payload = text(given.payload);
    return packet(TcpFrame{.from = kTo, .to = kFrom, .sequence = kOtherFirst + static_cast<std::uint32_t>(given.at),
                           .acknowledged = kFirst + static_cast<std::uint32_t>(given.acknowledged), .flags = given.flags,
                           .window = given.window, .payload = payload});
  }
  void dialler_sends(int at, const Given& given) { streams.on_entered(kDialler, ms(at), from_dialler(given)); }
  void acceptor_gets(int at, const Given& given) { streams.on_delivered(kAcceptor, ms(at), from_dialler(given)); }
  void acceptor_sends(int at, const Given& given) { streams.on_entered(kAcceptor, ms(at), from_acceptor(given)); }
  void dialler_gets(int at, const Given& given) { streams.on_delivered(kDialler, ms(at), from_acceptor(given)); }
  // At 0, 10 and 20 ms.  Sequence numbers of SYNs are one below those of offset 0.
  void shake_hands() {
    const Given syn{.at = ~std::uint64_t{0}, .flags = TcpFrame::syn};
    const Given answer{.at = ~std::uint64_t{0}, .flags = TcpFrame::syn | TcpFrame::ack};
    dialler_sends(0, syn);
    acceptor_gets(10, syn);
    acceptor_sends(10, answer);
    dialler_gets(20, answer);
    dialler_sends(20, {});
    acceptor_gets(30, {});
  }
  void greet() {
    shake_hands();
    dialler_sends(40, {.payload = kHandshake});
    acceptor_gets(50, {.payload = kHandshake});
    acceptor_sends(50, {.acknowledged = 68});
    dialler_gets(60, {.acknowledged = 68});
    tap.take();
    tap.decided_after.clear();
  }
  const UnreadStreams& unread(HostId host) const { return streams.report().hosts[host.value()]; }

  Lines tap;
  TcpStreams streams{options(), tap};
};

TEST_F(Streams, AConnectionIsOpenWhenTheDiallerHasItsAnswer) {
  shake_hands();
  EXPECT_THAT(tap.take(), ElementsAre("20 opened 0 0>1"));
}

TEST_F(Streams, BytesAreWrittenAndSentWhenTheyEnterAndReceivedWhenTheyAreDelivered) {
  shake_hands();
  tap.take();
  dialler_sends(40, {.payload = kHandshake});
  acceptor_gets(50, {.payload = kHandshake});
  EXPECT_THAT(tap.take(), ElementsAre("40 dialler wrote 68 bytes", "40 dialler sent 68", "50 dialler arrived 68"));
}

TEST_F(Streams, SequenceNumbersWrapAround) {
  greet();   // the handshake crossed 2^32
  dialler_sends(70, {.at = 68, .payload = "abc"});
  acceptor_gets(80, {.at = 68, .payload = "abc"});
  EXPECT_THAT(tap.take(), ElementsAre("70 dialler wrote abc", "70 dialler sent 71", "80 dialler arrived 71"));
}

TEST_F(Streams, RetransmissionsAndOverlapsAreTakenOnce) {
  greet();
  dialler_sends(70, {.at = 68, .payload = "abc"});
  dialler_sends(80, {.at = 68, .payload = "abc"});
  dialler_sends(81, {.at = 70, .payload = "cde"});
  EXPECT_THAT(tap.take(), ElementsAre("70 dialler wrote abc", "70 dialler sent 71", "81 dialler wrote de", "81 dialler sent 73"));
}

TEST_F(Streams, WhatArrivesOutOfOrderIsReceivedWithWhatWasMissing) {
  greet();
  dialler_sends(70, {.at = 68, .payload = "abc"});
  dialler_sends(71, {.at = 71, .payload = "def"});
  tap.take();
  acceptor_gets(80, {.at = 71, .payload = "def"});
  EXPECT_THAT(tap.take(), IsEmpty());
  acceptor_gets(99, {.at = 68, .payload = "abc"});
  EXPECT_THAT(tap.take(), ElementsAre("99 dialler arrived 74"));
}

TEST_F(Streams, WhatEntersOutOfOrderWaitsForTheGap) {
  greet();
  dialler_sends(70, {.at = 71, .payload = "def"});
  EXPECT_THAT(tap.take(), IsEmpty());
  dialler_sends(71, {.at = 68, .payload = "abc"});
  EXPECT_THAT(tap.take(),
              ElementsAre("71 dialler wrote abc", "71 dialler sent 71", "71 dialler wrote def", "71 dialler sent 74"));
}

TEST_F(Streams, ADirectionEndsWhenItsFinIsDelivered) {
  greet();
  dialler_sends(70, {.at = 68, .payload = "abc", .flags = TcpFrame::ack | TcpFrame::fin});
  tap.take();
  acceptor_gets(80, {.at = 68, .payload = "abc", .flags = TcpFrame::ack | TcpFrame::fin});
  EXPECT_THAT(tap.take(), ElementsAre("80 dialler arrived 71", "80 dialler finished"));
}

TEST_F(Streams, WhoHasClosedReceivesNothingMore) {
  greet();
  dialler_sends(70, {.at = 68, .payload = "abc"});
  acceptor_sends(75, {.acknowledged = 68, .flags = TcpFrame::ack | TcpFrame::fin});
  tap.take();
  acceptor_gets(80, {.at = 68, .payload = "abc"});
  EXPECT_THAT(tap.take(), IsEmpty());
  dialler_gets(85, {.acknowledged = 68, .flags = TcpFrame::ack | TcpFrame::fin});
  EXPECT_THAT(tap.take(), ElementsAre("85 acceptor finished"));
}

TEST_F(Streams, AResetEndsBothWhenItArrives) {
  greet();
  acceptor_sends(70, {.flags = TcpFrame::rst | TcpFrame::ack});
  EXPECT_THAT(tap.take(), IsEmpty());
  dialler_gets(80, {.flags = TcpFrame::rst | TcpFrame::ack});
  dialler_sends(90, {.at = 68, .payload = "late"});
  EXPECT_THAT(tap.take(), ElementsAre("80 acceptor reset"));
}

TEST_F(Streams, WhatWasOnItsWayBeforeAResetArrives) {
  greet();
  acceptor_sends(70, {.payload = kHandshake});
  acceptor_sends(71, {.at = 68, .flags = TcpFrame::rst | TcpFrame::ack});
  tap.take();
  dialler_gets(80, {.payload = kHandshake});
  dialler_gets(81, {.at = 68, .flags = TcpFrame::rst | TcpFrame::ack});
  EXPECT_THAT(tap.take(), ElementsAre("80 acceptor arrived 68", "81 acceptor reset"));
}

TEST_F(Streams, InTheVirtualTcpResetsOvertakeWhatIsOnItsWay) {
  auto given = options();
  given.resets_overtake = true;
  Lines told;
  TcpStreams overtaken(given, told);
  overtaken.on_entered(kDialler, ms(0), from_dialler({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn}));
  overtaken.on_entered(kAcceptor, ms(1), from_acceptor({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn | TcpFrame::ack}));
  overtaken.on_entered(kDialler, ms(2), from_dialler({.payload = kHandshake}));
  overtaken.on_entered(kDialler, ms(3), from_dialler({.at = 68, .flags = TcpFrame::rst}));
  overtaken.on_delivered(kAcceptor, ms(4), from_dialler({.payload = kHandshake}));
  EXPECT_THAT(told.take(), ElementsAre("2 opened 0 0>1", "2 dialler wrote 68 bytes", "2 dialler sent 68", "3 dialler reset"));
}

TEST_F(Streams, AResetThatItsSenderNeverSentIsACut) {
  greet();
  dialler_gets(70, {.flags = TcpFrame::rst | TcpFrame::ack});
  EXPECT_THAT(tap.take(), ElementsAre("70 acceptor cut"));
}

TEST_F(Streams, APairOfPortsMayBeUsedAgain) {
  greet();
  acceptor_sends(70, {.flags = TcpFrame::rst});
  tap.take();
  const auto syn = packet(TcpFrame{.from = kFrom, .to = kTo, .sequence = 5, .flags = TcpFrame::syn});
  const auto answer = packet(TcpFrame{.from = kTo, .to = kFrom, .sequence = 77, .acknowledged = 6, .flags = TcpFrame::syn | TcpFrame::ack});
  streams.on_entered(kDialler, ms(100), syn);
  streams.on_entered(kAcceptor, ms(110), answer);
  streams.on_delivered(kDialler, ms(120), answer);
  EXPECT_THAT(tap.take(), ElementsAre("100 acceptor reset", "120 opened 1 0>1")) << "a reset that was lost has ended it by then";
}

TEST_F(Streams, ARefusedConnectionNeverWas) {
  dialler_sends(0, {.at = ~std::uint64_t{0}, .flags = TcpFrame::syn});
  acceptor_sends(10, {.flags = TcpFrame::rst | TcpFrame::ack});
  EXPECT_THAT(tap.take(), IsEmpty());
  EXPECT_EQ(unread(kDialler).total(), 0u);
}

TEST_F(Streams, ConnectionsThatBeganBeforeTheCaptureArePassedOver) {
  dialler_sends(5, {.at = 100, .payload = "abc"});
  dialler_sends(6, {.at = 103, .payload = "def"});
  EXPECT_THAT(tap.take(), IsEmpty());
  EXPECT_EQ(unread(kDialler).begun_before, 1u);
  EXPECT_EQ(unread(kAcceptor).begun_before, 1u);
}

TEST_F(Streams, AStreamWithAHoleThatWasAcknowledgedIsGivenUp) {
  greet();
  dialler_sends(70, {.at = 71, .payload = "def"});   // 68 to 70 are not in the capture
  acceptor_sends(80, {.acknowledged = 74});
  EXPECT_EQ(unread(kDialler).incomplete, 0u);        // it may be on its way from another capture
  acceptor_sends(1100, {.acknowledged = 74});
  EXPECT_EQ(unread(kDialler).incomplete, 1u);
  dialler_sends(1200, {.at = 74, .payload = "ghi"});
  EXPECT_THAT(tap.take(), IsEmpty());
}

TEST_F(Streams, HostileGapsAreGivenUpBeforeTheyFillTheMemory) {
  auto small = options();
  small.most_ahead = 1_KiB;
  Lines told;
  TcpStreams bounded(small, told);
  bounded.on_entered(kDialler, ms(0), from_dialler({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn}));
  bounded.on_entered(kAcceptor, ms(1), from_acceptor({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn | TcpFrame::ack}));
  for (std::uint64_t i = 0; i < 20; ++i) bounded.on_entered(kDialler, ms(2), from_dialler({.at = 10 + 2 * i, .payload = "x"}));
  EXPECT_EQ(bounded.report().hosts[0].incomplete, 1u);
}

TEST_F(Streams, StreamsThatBeginOtherwiseAreCountedAsEncrypted) {
  shake_hands();
  tap.take();
  dialler_sends(40, {.payload = std::string(96, 'k')});
  EXPECT_EQ(unread(kDialler).encrypted, 0u) << "nobody has answered";
  acceptor_sends(50, {.payload = std::string(96, 'y')});
  EXPECT_THAT(tap.take(), IsEmpty());
  EXPECT_EQ(unread(kDialler).encrypted, 1u);
  EXPECT_EQ(unread(kAcceptor).encrypted, 1u);
}

TEST_F(Streams, AnAttemptAtEncryptionThatIsRefusedHidesNothing) {
  shake_hands();
  dialler_sends(40, {.payload = std::string(96, 'k')});
  acceptor_sends(50, {.flags = TcpFrame::fin | TcpFrame::ack});
  EXPECT_EQ(unread(kDialler).total(), 0u);
  EXPECT_EQ(unread(kDialler).refused, 1u);
}

TEST_F(Streams, NonsenseThatIsMeantIsNoEncryption) {
  auto rude = options();
  rude.rude = {true, false};
  Lines told;
  TcpStreams listening(rude, told);
  listening.on_entered(kDialler, ms(0), from_dialler({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn}));
  listening.on_entered(kAcceptor, ms(1), from_acceptor({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn | TcpFrame::ack}));
  listening.on_entered(kDialler, ms(2), from_dialler({.payload = "nonsense"}));
  EXPECT_THAT(told.take(), ElementsAre("2 opened 0 0>1", "2 dialler wrote nonsense", "2 dialler sent 8"));
}

TEST_F(Streams, TlsIsCounted) {
  shake_hands();
  dialler_sends(40, {.payload = "\x16\x03\x01hello"});
  EXPECT_EQ(unread(kDialler).tls, 1u);
}

TEST_F(Streams, WhatLeavesAnIdleStackWasDecidedJustBefore) {
  greet();
  dialler_sends(500, {.at = 68, .payload = "abc"});
  EXPECT_THAT(tap.decided_after, ElementsAre(495ms));
}

TEST_F(Streams, WhatLeavesWhileAFullPacketIsOnItsWayMayHaveWaited) {
  greet();
  const std::string block(1448, 'b');
  dialler_sends(500, {.at = 68, .payload = block});
  dialler_sends(600, {.at = 68 + 1448, .payload = "def"});
  EXPECT_THAT(tap.decided_after, ElementsAre(495ms, 495ms));
}

TEST_F(Streams, AStackThatSendsSmallPacketsBehindSmallOnesDoesNotWait) {
  greet();
  for (std::uint64_t i = 0; i < 12; ++i) dialler_sends(500 + 10 * static_cast<int>(i), {.at = 68 + 3 * i, .payload = "abc"});
  // Beyond nine packets on their way it may have had to.
  EXPECT_THAT(tap.decided_after, ElementsAre(495ms, 505ms, 515ms, 525ms, 535ms, 545ms, 555ms, 565ms, 575ms, 575ms, 575ms, 575ms));
}

TEST_F(Streams, WhatAnAcknowledgementMakesRoomForMayHaveWaited) {
  greet();
  for (std::uint64_t i = 0; i < 9; ++i) dialler_sends(500 + 10 * static_cast<int>(i), {.at = 68 + 3 * i, .payload = "abc"});
  dialler_gets(600, {.acknowledged = 68 + 9});
  tap.decided_after.clear();
  dialler_sends(600, {.at = 95, .payload = "abc"});
  dialler_sends(700, {.at = 98, .payload = "abc"});
  EXPECT_THAT(tap.decided_after, ElementsAre(575ms, 695ms));
}

TEST_F(Streams, AStackThatHadToRepeatMayHaveToWait) {
  greet();
  dialler_sends(500, {.at = 68, .payload = "abc"});
  dialler_sends(510, {.at = 71, .payload = "abc"});
  dialler_sends(800, {.at = 68, .payload = "abcabc"});
  dialler_sends(810, {.at = 74, .payload = "abc"});
  EXPECT_THAT(tap.decided_after, ElementsAre(495ms, 505ms, 505ms));
}

TEST_F(Streams, AnAcknowledgementSetsFreeWhatWaited) {
  greet();
  dialler_sends(500, {.at = 68, .payload = "abc"});
  dialler_gets(599, {.acknowledged = 71});
  dialler_sends(600, {.at = 71, .payload = "def"});   // Nagle's rule may have held it
  EXPECT_THAT(tap.decided_after, ElementsAre(495ms, 495ms));
}

TEST_F(Streams, BehindAShutWindowMessagesWait) {
  greet();
  acceptor_sends(100, {.acknowledged = 68, .window = 0});
  dialler_gets(110, {.acknowledged = 68, .window = 0});
  dialler_sends(500, {.at = 68, .payload = "abc"});
  EXPECT_THAT(tap.decided_after, ElementsAre(35ms));   // as the handshake
}

TEST_F(Streams, ALongStreamWasDecidedAfterAllButTheSendBufferWasAcknowledged) {
  greet();
  const std::string block(60'000, 'b');
  std::uint64_t at = 68;
  for (int i = 0; i < 4; ++i, at += block.size()) {
    dialler_sends(100 + 10 * i, {.at = at, .payload = block});
    if (i == 0) {
      acceptor_sends(105, {.acknowledged = 40'000});
      dialler_gets(107, {.acknowledged = 40'000});
    }
  }
  // 180 KB before it, of which 128 KiB and 17 KiB may have been under way: the first 32 KB were acknowledged at 107.
  EXPECT_THAT(tap.decided_after, ElementsAre(95ms, 95ms, 95ms, 107ms));
}

TEST_F(Streams, WhereNobodySeesArrivalsAcknowledgementsTellOfThem) {
  auto blind = options();
  blind.sights.assign(3, {.leaving = true, .arriving = false});
  Lines told;
  TcpStreams half(blind, told);
  half.on_entered(kDialler, ms(0), from_dialler({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn}));
  half.on_entered(kAcceptor, ms(10), from_acceptor({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn | TcpFrame::ack}));
  half.on_entered(kDialler, ms(20), from_dialler({}));
  half.on_entered(kDialler, ms(30), from_dialler({.payload = kHandshake, .flags = TcpFrame::ack | TcpFrame::fin}));
  half.on_entered(kAcceptor, ms(45), from_acceptor({.acknowledged = 69}));
  EXPECT_THAT(told.take(), ElementsAre("20 opened 0 0>1", "30 dialler wrote 68 bytes", "30 dialler sent 68", "45 dialler arrived 68",
                                       "45 dialler finished"));
}

TEST_F(Streams, WhereNobodySeesDeparturesArrivalsTellOfThem) {
  auto blind = options();
  blind.sights = {{.leaving = false, .arriving = false}, {.leaving = true, .arriving = true}};
  Lines told;
  TcpStreams half(blind, told);
  half.on_delivered(kAcceptor, ms(0), from_dialler({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn}));
  half.on_entered(kAcceptor, ms(0), from_acceptor({.at = ~std::uint64_t{0}, .flags = TcpFrame::syn | TcpFrame::ack}));
  half.on_delivered(kAcceptor, ms(20), from_dialler({.payload = kHandshake}));
  EXPECT_THAT(told.take(), ElementsAre("20 opened 0 0>1", "20 dialler wrote 68 bytes", "20 dialler sent 68", "20 dialler arrived 68"));
}

TEST_F(Streams, ArrivalsAreKnownByTheirHeaders) {
  greet();
  dialler_sends(70, {.at = 68, .payload = "abcdef"});
  tap.take();
  auto headers = from_dialler({.at = 68, .payload = "abcdef"});
  headers.resize(headers.size() - 6);
  streams.on_delivered(kAcceptor, ms(80), headers);
  EXPECT_THAT(tap.take(), ElementsAre("80 dialler arrived 74"));
}

TEST_F(Streams, DatagramsOfTrackersAreToldAndUtpIsCounted) {
  const auto question = text("0123456789abcdef");
  const auto announce = packet(UdpFrame{.from = kFrom, .to = kTrackerAt, .payload = question});
  streams.on_entered(kDialler, ms(1), announce);
  streams.on_delivered(kTracker, ms(2), announce);
  std::vector<std::byte> utp(20);
  utp[0] = std::byte{0x41};
  const auto between_peers = packet(UdpFrame{.from = kFrom, .to = kTo, .payload = utp});
  streams.on_entered(kDialler, ms(3), between_peers);
  EXPECT_THAT(tap.take(), ElementsAre("1 datagram 0>2 sent", "2 datagram 0>2 arrived"));
  EXPECT_EQ(unread(kAcceptor).utp, 1u);
}

TEST_F(Streams, StrangersAndRubbishAreCounted) {
  streams.on_entered(kDialler, ms(1), packet(TcpFrame{.from = kFrom, .to = {IpAddress::v4(8, 8, 8, 8), 53}, .flags = TcpFrame::syn}));
  streams.on_entered(kDialler, ms(1), text("rubbish"));
  EXPECT_EQ(streams.report().foreign, 1u);
  EXPECT_EQ(streams.report().malformed, 1u);
  EXPECT_THAT(tap.take(), IsEmpty());
}

}  // namespace
}  // namespace swarmlab::swarmsim
