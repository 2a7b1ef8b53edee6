// Streams while they live: order, pull, back-pressure, low-water marks.
#include "tests/conformance/stream_ends.hpp"

namespace swarmlab::conformance {
namespace {

using runtime::ReadResult;
using runtime::Slice;

TEST_P(StreamConformance, ConnectsAndKnowsBothAddresses) {
  Pair pair(world());
  EXPECT_EQ(pair.acceptor.last_from, a().network.local_endpoint(pair.a.id));
  EXPECT_EQ(a().network.local_endpoint(pair.a.id).address, world().address(Side::a));
  EXPECT_EQ(a().network.peer_endpoint(pair.a.id), b().network.local_endpoint(pair.listener));
  EXPECT_EQ(b().network.peer_endpoint(pair.b.id), a().network.local_endpoint(pair.a.id));
}

TEST_P(StreamConformance, CarriesBytesInOrderBothWays) {
  Pair pair(world());
  const auto there = pattern(300'000, 1);
  const auto back = pattern(200'000, 2);
  pair.a.write(there);
  pair.b.write(back);
  EXPECT_TRUE(run_until([&] {
    return pair.b.received.size() >= there.size() && pair.a.received.size() >= back.size();
  }));
  EXPECT_EQ(pair.b.received, there);
  EXPECT_EQ(pair.a.received, back);
}

TEST_P(StreamConformance, KeepsTheOrderOfSmallWritesAndSlices) {
  Pair pair(world());
  std::vector<std::byte> expected;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const auto part = pattern(1 + i * 7 % 500, i);
    expected.insert(expected.end(), part.begin(), part.end());
    if (i % 3 == 0) {
      pair.a.write(part);
    } else {
      pair.a.write(as_text(part));
    }
  }
  EXPECT_TRUE(run_until([&] { return pair.b.received.size() >= expected.size(); }));
  EXPECT_EQ(pair.b.received, expected);
}

TEST_P(StreamConformance, SendsWhatWasWrittenBeforeItConnected) {
  StreamEnd end(a().network);
  StreamEnd other(b().network);
  Acceptor acceptor(b().network);
  acceptor.next = &other;
  const auto listener = b().network.listen({world().address(Side::b), 0}, acceptor);
  ASSERT_TRUE(listener);
  end.id = a().network.connect(b().network.local_endpoint(*listener), world().address(Side::a), end);
  end.write("hello");
  EXPECT_TRUE(run_until([&] { return other.text() == "hello"; }));
  EXPECT_TRUE(end.connected);
}

TEST_P(StreamConformance, ReadsNoMoreThanAskedFor) {
  Pair pair(world());
  pair.b.reads_all = false;
  pair.a.write("abcdefgh");
  ASSERT_TRUE(run_until([&] { return pair.b.readable > 0; }));
  const ReadResult first = b().network.read(pair.b.id, 3);
  ASSERT_EQ(first.state, ReadResult::State::data);
  EXPECT_EQ(as_text(first.slice.bytes()), "abc");
  const ReadResult second = b().network.read(pair.b.id, 100);
  ASSERT_EQ(second.state, ReadResult::State::data);
  EXPECT_EQ(as_text(second.slice.bytes()), "defgh");
}

TEST_P(StreamConformance, TellsOnceThatItIsReadableUntilAReadGaveNothing) {
  Pair pair(world());
  pair.b.reads_all = false;
  pair.a.write("one");
  ASSERT_TRUE(run_until([&] { return pair.b.readable > 0; }));
  pair.a.write("two");
  world().settle();
  EXPECT_EQ(pair.b.readable, 1) << "nothing was read since";

  const ReadResult result = b().network.read(pair.b.id, 1);
  EXPECT_EQ(result.state, ReadResult::State::data);
  pair.a.write("three");
  world().settle();
  EXPECT_EQ(pair.b.readable, 1) << "the read gave something";

  EXPECT_EQ(pair.b.read_all(), ReadResult::State::nothing_yet);
  world().settle();
  EXPECT_EQ(pair.b.readable, 1) << "there is nothing to read";
  pair.a.write("four");
  EXPECT_TRUE(run_until([&] { return pair.b.readable == 2; }));
  pair.b.read_all();
  EXPECT_EQ(pair.b.text(), "netwothreefour");
}

TEST_P(StreamConformance, TellsTheNewHandlerWhatComesAfterItTookOver) {
  Pair pair(world());
  pair.a.write("first");
  ASSERT_TRUE(run_until([&] { return pair.b.text() == "first"; }));
  StreamEnd heir(b().network);
  heir.id = pair.b.id;
  b().network.set_handler(pair.b.id, heir);
  pair.a.write("second");
  EXPECT_TRUE(run_until([&] { return heir.text() == "second"; }));
  EXPECT_EQ(pair.b.text(), "first");
}

TEST_P(StreamConformance, StallsAWriterWhoseReaderDoesNotRead) {
  Pair pair(world());
  pair.b.reads_all = false;
  // Far beyond what socket buffers or windows hold.
  const auto data = pattern(64 << 20);
  std::size_t written = 0;
  const auto fill = [&] {
    while (written < data.size() && a().network.unsent(pair.a.id) < 32_KiB) {
      const std::size_t part = std::min<std::size_t>(16384, data.size() - written);
      pair.a.call([&] { a().network.write(pair.a.id, Slice::copy_of({data.data() + written, part})); });
      written += part;
    }
  };
  fill();
  for (int seen = -1; seen != pair.a.writable;) {
    seen = pair.a.writable;
    world().settle();
    fill();
  }
  EXPECT_LT(written, data.size()) << "nothing held the writer back";
  EXPECT_GE(a().network.unsent(pair.a.id), 32_KiB);

  pair.b.reads_all = true;
  pair.b.read_all();
  int handled = pair.a.writable;
  EXPECT_TRUE(run_until([&] {
    if (std::exchange(handled, pair.a.writable) != pair.a.writable) fill();
    return pair.b.received.size() == data.size();
  }, 120s));
  EXPECT_TRUE(pair.b.received == data);
}

TEST_P(StreamConformance, TellsOnceWhenUnsentFallsBelowTheMark) {
  Pair pair(world());
  a().network.set_low_water(pair.a.id, 64_KiB);
  pair.a.write(pattern(1 << 20));
  EXPECT_EQ(pair.a.writable, 0) << "never inside write()";
  EXPECT_TRUE(run_until([&] { return pair.a.writable > 0; }));
  EXPECT_LT(pair.a.unsent_at_writable, 64_KiB);
  EXPECT_TRUE(run_until([&] { return pair.b.received.size() == 1 << 20; }));
  world().settle();
  EXPECT_EQ(pair.a.writable, 1);
  EXPECT_EQ(a().network.unsent(pair.a.id), 0_B);
}

TEST_P(StreamConformance, SaysNothingOfTheMarkToAWriterThatStaysBelow) {
  Pair pair(world());
  for (int i = 0; i < 50; ++i) {
    pair.a.write(pattern(1000));
    const std::size_t expected = static_cast<std::size_t>(i + 1) * 1000;
    ASSERT_TRUE(run_until([&] { return pair.b.received.size() == expected; }));
  }
  EXPECT_EQ(pair.a.writable, 0);
}

TEST_P(StreamConformance, HoldsAtMostTheMarkAheadOfALateControlMessage) {
  // The reader takes nothing, so that windows fill; what is written last must then wait only behind
  // what its owner had written before, and the owner stopped at the mark.
  Pair pair(world());
  pair.b.reads_all = false;
  int steps = 0;
  for (int seen = -1; seen != pair.a.writable && steps < 10'000;) {
    seen = pair.a.writable;
    while (a().network.unsent(pair.a.id) < 32_KiB) {
      pair.a.write(pattern(8192));
      ++steps;
    }
    world().settle();
  }
  const ByteCount ahead = a().network.unsent(pair.a.id);
  EXPECT_GE(ahead, 32_KiB);
  EXPECT_LT(ahead, 32_KiB + 8_KiB);
  pair.a.write("choke");
  EXPECT_EQ(a().network.unsent(pair.a.id), ahead + 5_B);
}

TEST_P(StreamConformance, MeasuresARoundTripTime) {
  Pair pair(world());
  pair.a.write(pattern(20'000));
  ASSERT_TRUE(run_until([&] { return pair.b.received.size() == 20'000; }));
  world().settle();
  const auto time = a().network.round_trip_time(pair.a.id);
  ASSERT_TRUE(time);
  EXPECT_GT(*time, 0ns);
  EXPECT_LT(*time, 5s);
}

struct FileKeeper : runtime::FileHandler {
  void on_file(const runtime::FileResult& result) override {
    EXPECT_EQ(result.error, runtime::FileError::none);
    file = result.file;
    ++answers;
  }
  runtime::FileId file;
  int answers = 0;
};

TEST_P(StreamConformance, SendsRangesOfFilesInTheirPlace) {
  Pair pair(world());
  const auto content = pattern(700'000);
  FileKeeper keeper;
  a().files.open("content", runtime::OpenMode::create, keeper, 0);
  ASSERT_TRUE(run_until([&] { return keeper.answers == 1; }));
  const Slice data = Slice::copy_of(content);
  a().files.write(keeper.file, 0_B, std::span(&data, 1), keeper, 0);
  ASSERT_TRUE(run_until([&] { return keeper.answers == 2; }));

  std::vector<std::byte> expected;
  const auto expect = [&](Bytes bytes) { expected.insert(expected.end(), bytes.begin(), bytes.end()); };
  for (std::size_t i = 0; i < 20; ++i) {
    const std::size_t offset = i * 30'000;
    const std::size_t length = i % 4 == 0 ? 100'000 : 16'384;
    pair.a.write("[header]");
    expect(as_bytes("[header]"));
    a().network.write(pair.a.id, Slice::of_file(keeper.file, ByteCount::from_size(offset),
                                                ByteCount::from_size(length)));
    expect(Bytes(content).subspan(offset, length));
  }
  // Closing does not take away what was written.
  a().files.close(keeper.file);
  EXPECT_TRUE(run_until([&] { return pair.b.received.size() >= expected.size(); }));
  EXPECT_TRUE(pair.b.received == expected);
}

}  // namespace
}  // namespace swarmlab::conformance
