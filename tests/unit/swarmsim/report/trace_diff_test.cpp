#include "swarmsim/report/trace_diff.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "swarmsim/wire/trace_writer.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Written {
  TraceHeader header;
  std::vector<WireEvent> events;
  TraceEnd end;
};

WireEvent have(Duration at, std::uint32_t from, std::uint32_t piece) {
  WireEvent event;
  event.kind = WireEventKind::sent;
  event.at = kStart + at;
  event.from = HostId(from);
  event.to = HostId(1 - from);
  event.direction = from == 0 ? Direction::from_dialler : Direction::from_acceptor;
  event.message = {MessageKind::have, Authentic::unknown, PieceIndex(piece), BlockBegin(0), 0};
  return event;
}

// Two peers that tell each other what they have.
Written a_run() {
  Written run;
  run.header.title = "A run";
  run.header.seed = 1;
  run.header.geometry = protocol::PieceGeometry(1_MiB, 64_KiB);
  for (const char* name : {"a", "b"}) run.header.peers.push_back({name, "", kStart, protocol::Bitfield(16)});
  run.header.trackers = {{"tracker", "10.77.0.9"}};
  WireEvent opened;
  opened.kind = WireEventKind::opened;
  opened.to = HostId(1);
  run.events = {opened, have(1s, 0, 3), have(2s, 0, 4), have(2s, 1, 7), have(3s, 1, 8)};
  run.end.at = kStart + 9s;
  run.end.disks = {"", ""};
  run.end.verdicts = {{"completes", "a", "held", "1 of 1", "1 min", "", {}}};
  return run;
}

TraceDifference compared(const Written& a, const Written& b) {
  std::vector<std::unique_ptr<std::istringstream>> files;
  std::vector<TraceReader> readers;
  for (const Written* run : {&a, &b}) {
    std::ostringstream out;
    TraceWriter writer(out, run->header);
    for (const WireEvent& event : run->events) writer.on_event(event);
    writer.finish(run->end);
    files.push_back(std::make_unique<std::istringstream>(out.str()));
    readers.push_back(TraceReader::open(*files.back(), "t").value());
  }
  return compare_traces(readers[0], readers[1]).value();
}

TEST(TraceDiff, EqualRunsAreEqual) {
  const TraceDifference difference = compared(a_run(), a_run());
  EXPECT_TRUE(difference.is_equal);
  EXPECT_EQ(difference.text, "all 5 events are alike\n");
}

TEST(TraceDiff, NamesTheFirstEventThatDiffersWithWhatStandsAroundIt) {
  Written other = a_run();
  other.events[3].message.piece = PieceIndex(6);
  const TraceDifference difference = compared(a_run(), other);
  EXPECT_FALSE(difference.is_equal);
  EXPECT_EQ(difference.text,
            "the first 3 events are alike; the last of them:\n"
            "     00:00.000  a -> b  connection 0 is open\n"
            "     00:01.000  a -> b  sent HAVE piece 3\n"
            "     00:02.000  a -> b  sent HAVE piece 4\n"
            "A: 00:02.000  b -> a  sent HAVE piece 7   (line 5)\n"
            "     00:03.000  b -> a  sent HAVE piece 8\n"
            "B: 00:02.000  b -> a  sent HAVE piece 6   (line 5)\n"
            "     00:03.000  b -> a  sent HAVE piece 8\n");
}

TEST(TraceDiff, TheOrderOfDifferentHostsAtOneMomentMeansNothing) {
  Written other = a_run();
  std::swap(other.events[2], other.events[3]);
  EXPECT_TRUE(compared(a_run(), other).is_equal);
  Written own = a_run();
  own.events.insert(own.events.begin() + 2, have(2s, 0, 5));
  Written swapped = own;
  std::swap(swapped.events[2], swapped.events[3]);
  EXPECT_FALSE(compared(own, swapped).is_equal) << "but the order at one host does";
}

TEST(TraceDiff, OneRunMayEndBeforeTheOther) {
  Written shorter = a_run();
  shorter.events.pop_back();
  EXPECT_THAT(compared(shorter, a_run()).text, HasSubstr("A: nothing more happens\nB: 00:03.000  b -> a  sent HAVE piece 8"));
}

TEST(TraceDiff, SaysWhatTheHeadersAndTheEndsSayDifferently) {
  Written other = a_run();
  other.header.seed = 2;
  other.header.text = "other";
  other.header.peers[1].name = "c";
  EXPECT_THAT(compared(a_run(), other).text,
              HasSubstr("the seeds differ: 1 and 2\nthe scenarios differ:  and \nonly A has b\nonly B has c\n"));
  Written end = a_run();
  end.end.disks[0] = "a is missing";
  end.end.verdicts[0].verdict = "violated";
  const TraceDifference difference = compared(a_run(), end);
  EXPECT_FALSE(difference.is_equal);
  EXPECT_THAT(difference.text, HasSubstr("the disks differ at the end\nverdict 1: A says completes of a held (1 of 1); B says"));
  EXPECT_THAT(difference.text, Not(HasSubstr("A:")));
}

}  // namespace
}  // namespace swarmlab::swarmsim
