#include "swarmsim/wire/trace_reader.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "swarmsim/wire/trace_writer.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TraceHeader a_header() {
  TraceHeader header;
  header.title = "A title with \"quotes\"";
  header.file = "scenarios/a.yaml";
  header.text = "format: 1\n";
  header.set = {{"peers.leech.count", "2"}};
  header.seed = ~std::uint64_t{0};
  header.geometry = protocol::PieceGeometry(1_MiB, 64_KiB);
  header.info_hash.bytes[3] = std::byte{0xab};
  for (const char* name : {"leech", "part", "seeder"}) {
    TracePeer& peer = header.peers.emplace_back();
    peer.name = name;
    peer.address = "10.77.0.1";
    peer.joins = kStart + 7s;
    peer.has = protocol::Bitfield(16);
  }
  header.peers[1].has.set(PieceIndex(5));
  header.peers[2].has.set_all();
  header.trackers = {{"tracker", "10.77.0.9"}};
  return header;
}

WireEvent an_opening() {
  WireEvent event;
  event.kind = WireEventKind::opened;
  event.at = kStart + 7s;
  event.to = HostId(2);
  return event;
}

TraceEnd an_end() {
  TraceEnd end;
  end.at = kStart + 9s;
  end.was_cut_short = true;
  end.fingerprint = 0xdead'beef;
  end.messages = 5;
  end.blocks = 6;
  end.open_connections = 7;
  end.invalid = "the machine was too slow";
  end.rough = "the router was late";
  end.notes = {"one", "two"};
  end.disks = {"a is missing", "", ""};
  end.bytes_read = {0, 77, 3};
  end.strays = {{"../a", "/mnt/b"}, {}, {}};
  end.verdicts = {{"completes", "leech", "violated", "none", "1 min", "leech is slow", {"a line", "another"}}};
  return end;
}

std::string a_trace() {
  std::ostringstream out;
  TraceWriter writer(out, a_header());
  writer.on_event(an_opening());
  writer.finish(an_end());
  return out.str();
}

// The first error, or "".
std::string error_of(const std::string& text) {
  std::istringstream in(text);
  auto reader = TraceReader::open(in, "t.jsonl");
  if (!reader) return reader.error();
  for (;;) {
    const auto line = reader->next();
    if (!line) return line.error();
    if (std::holds_alternative<TraceEnd>(*line)) return "";
  }
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  SWARM_ASSERT(at != std::string::npos, what);
  return text.replace(at, what.size(), by);
}

TEST(TraceReader, GivesBackWhatWasWritten) {
  std::istringstream in(a_trace());
  auto reader = TraceReader::open(in, "t.jsonl");
  ASSERT_TRUE(reader.has_value()) << reader.error();
  const TraceHeader wrote = a_header();
  const TraceHeader& header = reader->header();
  EXPECT_EQ(header.title, wrote.title);
  EXPECT_EQ(header.file, wrote.file);
  EXPECT_EQ(header.text, wrote.text);
  EXPECT_EQ(header.set, wrote.set);
  EXPECT_EQ(header.seed, wrote.seed);
  EXPECT_EQ(header.mode, "sim");
  EXPECT_EQ(header.info_hash, wrote.info_hash);
  EXPECT_EQ(header.geometry.total(), 1_MiB);
  EXPECT_EQ(header.geometry.piece_length(), 64_KiB);
  EXPECT_THAT(header.names(), ElementsAre("leech", "part", "seeder", "tracker"));
  ASSERT_EQ(header.trackers.size(), 1u);
  EXPECT_EQ(header.trackers[0].address, "10.77.0.9");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(header.peers[i].joins, kStart + 7s);
    EXPECT_EQ(header.peers[i].address, "10.77.0.1");
    EXPECT_EQ(header.peers[i].has, wrote.peers[i].has);
  }
  const auto first = reader->next();
  ASSERT_TRUE(first.has_value()) << first.error();
  EXPECT_EQ(std::get<WireEvent>(*first).kind, WireEventKind::opened);
  const auto last = reader->next();
  ASSERT_TRUE(last.has_value()) << last.error();
  const auto& end = std::get<TraceEnd>(*last);
  EXPECT_EQ(end.at, kStart + 9s);
  EXPECT_TRUE(end.was_cut_short);
  EXPECT_EQ(end.fingerprint, 0xdead'beefu);
  EXPECT_EQ(end.messages, 5u);
  EXPECT_EQ(end.blocks, 6u);
  EXPECT_EQ(end.open_connections, 7u);
  EXPECT_EQ(end.invalid, "the machine was too slow");
  EXPECT_EQ(end.rough, "the router was late");
  EXPECT_THAT(end.notes, ElementsAre("one", "two"));
  EXPECT_THAT(end.disks, ElementsAre("a is missing", "", ""));
  EXPECT_THAT(end.bytes_read, ElementsAre(0u, 77u, 3u));
  EXPECT_THAT(end.strays, ElementsAre(ElementsAre("../a", "/mnt/b"), ElementsAre(), ElementsAre()));
  EXPECT_EQ(end.verdicts.front().summary, "leech is slow");
  EXPECT_THAT(end.verdicts.front().story, ElementsAre("a line", "another"));
}

TEST(TraceReader, OldTracesHaveOneTracker) {
  const std::string now = R"("trackers":[{"name":"tracker","address":"10.77.0.9"}])";
  const std::string then = R"("tracker":{"name":"tracker","address":"10.77.0.9"})";
  std::istringstream in(replaced(replaced(a_trace(), now, then), "\"version\":3", "\"version\":2"));
  const auto reader = TraceReader::open(in, "t.jsonl");
  ASSERT_TRUE(reader.has_value()) << reader.error();
  EXPECT_THAT(reader->header().names(), ElementsAre("leech", "part", "seeder", "tracker"));
}

TEST(TraceReader, AFileCutOffAnywhereIsAnError) {
  const std::string trace = a_trace();
  for (std::size_t length = 0; length + 1 < trace.size(); ++length)
    EXPECT_THAT(error_of(trace.substr(0, length)), HasSubstr("t.jsonl:")) << length;
  EXPECT_EQ(error_of(trace.substr(0, trace.size() - 1)), "");   // only the last newline is missing
  EXPECT_EQ(error_of(trace), "");
}

TEST(TraceReader, ErrorsNameTheLine) {
  const std::string trace = a_trace();
  EXPECT_THAT(error_of(""), HasSubstr("t.jsonl:1: the file is empty"));
  EXPECT_THAT(error_of("hello\n"), HasSubstr("t.jsonl:1: this is no trace"));
  EXPECT_THAT(error_of(replaced(trace, "\"version\":3", "\"version\":4")), HasSubstr("this program reads versions 1 to 3"));
  EXPECT_THAT(error_of(replaced(trace, "\"from\":\"leech\"", "\"from\":\"leach\"")), HasSubstr("t.jsonl:2: 'from' names nobody"));
  EXPECT_THAT(error_of(replaced(trace, "\"end\":9", "\"end\":1")), HasSubstr("t.jsonl:3: "));
  EXPECT_THAT(error_of(trace + "{}\n"), HasSubstr("t.jsonl:4: comes after the end"));
  EXPECT_THAT(error_of(replaced(trace, "\"pieces\":16", "\"pieces\":17")), HasSubstr("'torrent' holds an error: 'pieces' is 17"));
  EXPECT_THAT(error_of(replaced(trace, "\"has\":\"none\"", "\"has\":\"ff\"")), HasSubstr("bitfield of 16 pieces"));
  EXPECT_THAT(error_of(replaced(trace, "\"disks\":[\"a is missing\",", "\"disks\":[")), HasSubstr("are 2, of 3 peers"));
  EXPECT_THAT(error_of(replaced(trace, "\"bytes_read\":[0,77,3]", "\"bytes_read\":[0,77]")), HasSubstr("no list of 3 sizes"));
  EXPECT_THAT(error_of(replaced(trace, "\"bytes_read\":[0,77,3]", "\"bytes_read\":[0,77,-3]")), HasSubstr("no list of 3 sizes"));
  EXPECT_EQ(error_of(replaced(trace, ",\"bytes_read\":[0,77,3]", "")), "");   // nobody counted
  const std::string strays = R"("strays":[["../a","/mnt/b"],[],[]])";
  EXPECT_THAT(error_of(replaced(trace, strays, R"("strays":[["../a"],[]])")), HasSubstr("no lists of paths for 3 peers"));
  EXPECT_THAT(error_of(replaced(trace, strays, R"("strays":[["../a"],[7],[]])")), HasSubstr("no lists of paths for 3 peers"));
  EXPECT_THAT(error_of(replaced(trace, strays, R"("strays":"../a")")), HasSubstr("no lists of paths for 3 peers"));
  EXPECT_EQ(error_of(replaced(trace, "," + strays, "")), "");   // nobody looked
}

TEST(TraceReader, EventsStandInTheirOrderOnConnectionsThatAre) {
  const std::string trace = a_trace();
  const std::string end = trace.substr(trace.find("{\"end\""));
  const std::string begin = trace.substr(0, trace.find("{\"end\""));
  const auto with = [&](const std::string& line) { return error_of(begin + line + "\n" + end); };
  EXPECT_EQ(with(R"({"t":7000000000,"e":"received","by":"acceptor","from":"seeder","to":"leech","m":"UNCHOKE"})"), "");
  EXPECT_THAT(with(R"({"t":6000000000,"e":"joined","from":"leech","to":"leech"})"), HasSubstr("back in time"));
  EXPECT_THAT(with(R"({"t":7000000000,"e":"sent","c":1,"from":"seeder","to":"leech"})"), HasSubstr("connection 1 was never opened"));
  EXPECT_THAT(with(R"({"t":7000000000,"e":"received","from":"seeder","to":"leech"})"), HasSubstr("leech dialled seeder"));
  EXPECT_THAT(with(R"({"t":7000000000,"e":"opened","c":0,"from":"seeder","to":"leech"})"), HasSubstr("opened before"));
  EXPECT_EQ(with(R"({"t":7000000000,"e":"sent","from":"part","to":"tracker","m":"TRACKER REQUEST"})"), "");   // a datagram
}

}  // namespace
}  // namespace swarmlab::swarmsim
