// How streams end: half-close, close, reset, and connections that never come to be.
#include "tests/conformance/stream_ends.hpp"

namespace swarmlab::conformance {
namespace {

using runtime::NetworkError;
using runtime::ReadResult;

TEST_P(StreamEndConformance, ShowsTheEndAfterTheLastByteAndGoesOnTheOtherWay) {
  Pair pair(world());
  pair.a.write("last words");
  a().network.shutdown_write(pair.a.id);
  ASSERT_TRUE(run_until([&] { return pair.b.ended; }));
  EXPECT_EQ(pair.b.text(), "last words");
  EXPECT_EQ(b().network.read(pair.b.id, 10).state, ReadResult::State::end_of_stream) << "and again";

  const auto answer = pattern(100'000);
  pair.b.write(answer);
  b().network.shutdown_write(pair.b.id);
  ASSERT_TRUE(run_until([&] { return pair.a.ended; }));
  EXPECT_EQ(pair.a.received, answer);
  world().settle();
  EXPECT_FALSE(pair.a.closed || pair.b.closed) << "both halves closed is for the owners to close()";
  a().network.close(pair.a.id);
  b().network.close(pair.b.id);
}

TEST_P(StreamEndConformance, SendsAllThatWasQueuedBeforeItCloses) {
  Pair pair(world());
  const auto data = pattern(3'000'000);
  pair.a.write(data);
  pair.a.call([&] { a().network.close(pair.a.id); });
  ASSERT_TRUE(run_until([&] { return pair.b.ended; }));
  EXPECT_TRUE(pair.b.received == data);
  EXPECT_FALSE(pair.a.closed) << "no event after close()";
  EXPECT_FALSE(pair.b.closed);
}

TEST_P(StreamEndConformance, LosesNothingWhenItClosesWhileTheOtherSideStillSends) {
  Pair pair(world());
  pair.a.reads_all = false;
  pair.b.write(pattern(10'000, 3));
  ASSERT_TRUE(run_until([&] { return pair.a.readable > 0; }));
  const auto data = pattern(500'000);
  pair.a.write(data);
  a().network.close(pair.a.id);
  ASSERT_TRUE(run_until([&] { return pair.b.ended || pair.b.closed; }));
  EXPECT_TRUE(pair.b.received == data);
}

TEST_P(StreamEndConformance, TellsTheOtherSideOfAReset) {
  Pair pair(world());
  pair.a.call([&] { a().network.reset(pair.a.id); });
  ASSERT_TRUE(run_until([&] { return pair.b.closed.has_value(); }));
  EXPECT_EQ(pair.b.closed, NetworkError::reset);
  EXPECT_FALSE(pair.b.ended) << "a reset is no orderly end";
  EXPECT_FALSE(pair.a.closed) << "whoever resets hears no more of it";
}

TEST_P(StreamEndConformance, DropsWhatIsQueuedWhenReset) {
  Pair pair(world());
  pair.b.reads_all = false;
  pair.a.write(pattern(32 << 20));
  world().settle();
  a().network.reset(pair.a.id);
  ASSERT_TRUE(run_until([&] { return pair.b.closed.has_value(); }));
  EXPECT_EQ(pair.b.closed, NetworkError::reset);
}

TEST_P(StreamEndConformance, TellsAWriterThatDoesNotReadOfAReset) {
  Pair pair(world());
  pair.b.reads_all = false;
  pair.a.write("unread");
  ASSERT_TRUE(run_until([&] { return pair.b.readable == 1; }));
  a().network.reset(pair.a.id);
  pair.b.write(pattern(1000));
  ASSERT_TRUE(run_until([&] { return pair.b.closed.has_value(); }));
  EXPECT_EQ(pair.b.closed, NetworkError::reset);
}

TEST_P(StreamEndConformance, IsRefusedWhereNobodyListens) {
  Acceptor acceptor(b().network);
  const auto listener = b().network.listen({world().address(Side::b), 0}, acceptor);
  ASSERT_TRUE(listener);
  const Endpoint at = b().network.local_endpoint(*listener);
  b().network.close(*listener);
  StreamEnd end(a().network);
  end.call([&] { end.id = a().network.connect(at, world().address(Side::a), end); });
  EXPECT_FALSE(end.closed) << "never inside connect()";
  ASSERT_TRUE(run_until([&] { return end.closed.has_value(); }));
  EXPECT_EQ(end.closed, NetworkError::refused);
  EXPECT_FALSE(end.connected);
}

TEST_P(StreamEndConformance, CannotConnectToNowhere) {
  StreamEnd end(a().network);
  end.call([&] { end.id = a().network.connect(world().nowhere(), world().address(Side::a), end); });
  EXPECT_FALSE(end.closed);
  ASSERT_TRUE(run_until([&] { return end.closed.has_value(); }, 300s));
  EXPECT_TRUE(end.closed == NetworkError::unreachable || end.closed == NetworkError::timed_out);
}

TEST_P(StreamEndConformance, CannotConnectFromAnAddressOfAnotherHost) {
  StreamEnd end(a().network);
  const IpAddress strange = IpAddress::v4(192, 0, 2, 77);
  end.call([&] { end.id = a().network.connect({world().address(Side::b), 9}, strange, end); });
  EXPECT_FALSE(end.closed);
  ASSERT_TRUE(run_until([&] { return end.closed.has_value(); }));
  EXPECT_EQ(end.closed, NetworkError::address_unavailable);
}

TEST_P(StreamEndConformance, CanBeGivenUpWhileItConnects) {
  StreamEnd end(a().network);
  end.id = a().network.connect(world().nowhere(), world().address(Side::a), end);
  a().network.close(end.id);
  StreamEnd other(a().network);
  other.id = a().network.connect(world().nowhere(), world().address(Side::a), other);
  a().network.reset(other.id);
  world().settle();
  EXPECT_FALSE(end.closed || end.connected || other.closed || other.connected);
}

TEST_P(StreamEndConformance, IsResetWhenNobodyTakesIt) {
  StreamEnd end(a().network);
  Acceptor acceptor(b().network);      // takes none
  const auto listener = b().network.listen({world().address(Side::b), 0}, acceptor);
  ASSERT_TRUE(listener);
  end.id = a().network.connect(b().network.local_endpoint(*listener), world().address(Side::a), end);
  ASSERT_TRUE(run_until([&] { return end.closed.has_value(); }));
  EXPECT_EQ(end.closed, NetworkError::reset);
  EXPECT_EQ(acceptor.accepted, 1);
}

TEST_P(StreamEndConformance, OutlivesItsListener) {
  Pair pair(world());
  b().network.close(pair.listener);
  pair.a.write("still here");
  EXPECT_TRUE(run_until([&] { return pair.b.text() == "still here"; }));
}

TEST_P(StreamEndConformance, NamesAPortThatIsTaken) {
  Acceptor acceptor(b().network);
  const auto first = b().network.listen({world().address(Side::b), 0}, acceptor);
  ASSERT_TRUE(first);
  const auto second = b().network.listen(b().network.local_endpoint(*first), acceptor);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), NetworkError::address_in_use);
  const auto strange = b().network.listen({IpAddress::v4(192, 0, 2, 77), 0}, acceptor);
  ASSERT_FALSE(strange);
  EXPECT_EQ(strange.error(), NetworkError::address_unavailable);
}

TEST_P(StreamEndConformance, FreesThePortOfAListenerThatClosed) {
  Acceptor acceptor(b().network);
  const auto first = b().network.listen({world().address(Side::b), 0}, acceptor);
  ASSERT_TRUE(first);
  const Endpoint at = b().network.local_endpoint(*first);
  EXPECT_NE(at.port, 0);
  b().network.close(*first);
  EXPECT_TRUE(b().network.listen(at, acceptor));
}

// Ends its stream from within each kind of callback.
struct Quitter : StreamEnd {
  using StreamEnd::StreamEnd;
  void on_readable(runtime::StreamId stream) override {
    ++readable;
    network.close(stream);
  }
  void on_writable(runtime::StreamId stream) override {
    ++writable;
    network.reset(stream);
  }
};

TEST_P(StreamEndConformance, MayBeEndedFromWithinItsOwnCallbacks) {
  Pair pair(world());
  Quitter closes(b().network);
  closes.id = pair.b.id;
  b().network.set_handler(pair.b.id, closes);
  pair.a.write("anything");
  EXPECT_TRUE(run_until([&] { return pair.a.ended; }));
  EXPECT_EQ(closes.readable, 1);

  Pair other(world());
  Quitter resets(a().network);
  resets.id = other.a.id;
  a().network.set_handler(other.a.id, resets);
  a().network.write(other.a.id, runtime::Slice::copy_of(pattern(200'000)));
  EXPECT_TRUE(run_until([&] { return other.b.closed.has_value(); }));
  EXPECT_EQ(resets.writable, 1);
}

}  // namespace
}  // namespace swarmlab::conformance
