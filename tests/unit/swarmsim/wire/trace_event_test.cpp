// Every kind of event and every field of it comes back from a line of a trace as it was.
#include "swarmsim/wire/trace_event.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

const std::vector<std::string> kNames{"leech[0]", "seeder", "tracker"};
constexpr std::array kKinds{WireEventKind::joined,   WireEventKind::stopped, WireEventKind::opened,
                            WireEventKind::sent,     WireEventKind::received, WireEventKind::ended,
                            WireEventKind::undecodable};

std::string line_of(const WireEvent& event) {
  std::string line;
  TraceEventCodec(kNames).encode(event, line);
  return line;
}

// Every field of both, so that a new one does not compile until it is compared as well.
void expect_equal(const WireEvent& a, const WireEvent& b) {
  const auto& [kind, how, direction, at, earliest, latest, connection, from, to, message, payload, problem] = a;
  const auto& [what, authentic, piece, begin, length] = message;
  EXPECT_EQ(kind, b.kind);
  EXPECT_EQ(how, b.how);
  EXPECT_EQ(direction, b.direction);
  EXPECT_EQ(at, b.at);
  EXPECT_EQ(earliest, b.decided_earliest);
  EXPECT_EQ(latest, b.decided_latest);
  EXPECT_EQ(connection, b.connection);
  EXPECT_EQ(from, b.from);
  EXPECT_EQ(to, b.to);
  EXPECT_EQ(what, b.message.kind);
  EXPECT_EQ(authentic, b.message.authentic);
  EXPECT_EQ(piece, b.message.piece);
  EXPECT_EQ(begin, b.message.begin);
  EXPECT_EQ(length, b.message.length);
  EXPECT_TRUE(std::ranges::equal(payload, b.payload));
  EXPECT_EQ(problem, b.problem);
}

void expect_round_trip(const WireEvent& event) {
  const std::string line = line_of(event);
  SCOPED_TRACE(line);
  TraceEventCodec codec(kNames);
  const auto back = codec.decode(Json::parse(line));
  ASSERT_TRUE(back.has_value()) << back.error();
  expect_equal(event, *back);
}

WireEvent full(WireEventKind kind, MessageKind message) {
  static const std::vector<std::byte> kPayload{std::byte{0}, std::byte{0x7f}, std::byte{0xff}};
  WireEvent event;
  event.kind = kind;
  event.how = StreamEnd::reset;
  event.direction = Direction::from_acceptor;
  event.at = kStart + 40min + 1ns;
  event.decided_earliest = kStart + 39min;
  event.decided_latest = kStart + 40min;
  event.connection = ConnectionId(kMostConnections - 1);
  event.from = HostId(1);
  event.to = HostId(2);
  event.message = {message, Authentic::no, PieceIndex(0xffff'ffff), BlockBegin(0xffff'fffe), 0xffff'fffd};
  event.payload = kPayload;
  event.problem = "\"quoted\"\nand more";
  return event;
}

TEST(TraceEvent, EveryKindOfEventAndMessageComesBackWithEveryField) {
  for (const WireEventKind kind : kKinds) {
    for (std::size_t message = 0; message < kMessageKinds; ++message) {
      expect_round_trip(full(kind, static_cast<MessageKind>(message)));
      WireEvent bare;
      bare.kind = kind;
      bare.message.kind = static_cast<MessageKind>(message);
      expect_round_trip(bare);
    }
  }
}

TEST(TraceEvent, EveryWayToEndComesBack) {
  WireEvent event = full(WireEventKind::ended, MessageKind::handshake);
  for (const StreamEnd how : {StreamEnd::finished, StreamEnd::reset, StreamEnd::cut}) {
    event.how = how;
    expect_round_trip(event);
  }
}

TEST(TraceEvent, EveryKindHasAWordOfItsOwn) {
  std::vector<std::string_view> words;
  for (const WireEventKind kind : kKinds) words.push_back(to_string(kind));
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end());
  EXPECT_NE(words.front(), "");
  EXPECT_EQ(to_string(static_cast<WireEventKind>(kKinds.size())), "") << "a kind that this test does not know";
  EXPECT_EQ(to_string(static_cast<MessageKind>(kMessageKinds)), "") << "kMessageKinds is not their number";
}

TEST(TraceEvent, ReadsLikeTheConversationItIs) {
  WireEvent event;
  event.kind = WireEventKind::sent;
  event.at = event.decided_latest = event.decided_earliest = kStart + 1s;
  event.connection = ConnectionId(3);
  event.to = HostId(1);
  event.message = {MessageKind::request, Authentic::unknown, PieceIndex(21), BlockBegin(0), 16384};
  EXPECT_EQ(line_of(event),
            R"({"t":1000000000,"e":"sent","c":3,"by":"dialler","from":"leech[0]","to":"seeder",)"
            R"("decided":[1000000000,1000000000],"m":"REQUEST","piece":21,"begin":0,"length":16384})"
            "\n");
}

std::string refusal(const std::string& line) {
  TraceEventCodec codec(kNames);
  const auto event = codec.decode(Json::parse(line));
  return event ? "" : event.error();
}

TEST(TraceEvent, RefusesWhatIsNoEventAndNamesTheField) {
  EXPECT_THAT(refusal("[1]"), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("'t' is missing"));
  const std::string begin = R"({"t":5,"e":"sent","c":0,"by":"dialler",)";
  const std::string hosts = R"("from":"seeder","to":"tracker")";
  EXPECT_EQ(refusal(begin + hosts + "}"), "");
  EXPECT_THAT(refusal(R"({"t":-5,"e":"sent",)" + hosts + "}"), HasSubstr("'t' is no whole number"));
  EXPECT_THAT(refusal(R"({"t":1.5,"e":"sent",)" + hosts + "}"), HasSubstr("'t' is no whole number"));
  EXPECT_THAT(refusal(R"({"t":5,"e":"seen",)" + hosts + "}"), HasSubstr("'e' is none of joined, stopped"));
  EXPECT_THAT(refusal(begin + R"("from":"leech[1]","to":"seeder"})"), HasSubstr("'from' names nobody of this run: 'leech[1]'"));
  EXPECT_THAT(refusal(begin + hosts + R"(,"pice":3})"), HasSubstr("did you mean 'piece'?"));
  EXPECT_THAT(refusal(begin + hosts + R"(,"piece":4294967296})"), HasSubstr("'piece' is no whole number"));
  EXPECT_THAT(refusal(begin + hosts + R"(,"payload":"0g"})"), HasSubstr("'payload' is not hexadecimal"));
  EXPECT_THAT(refusal(begin + hosts + R"(,"decided":[3]})"), HasSubstr("'decided' is no pair"));
  EXPECT_THAT(refusal(begin + hosts + R"(,"decided":[4,3]})"), HasSubstr("'decided' is no pair"));
  EXPECT_THAT(refusal(begin + hosts + R"(,"decided":[3,6]})"), HasSubstr("later than the message was sent"));
  EXPECT_THAT(refusal(R"({"t":5,"e":"sent","c":16777216,)" + hosts + "}"), HasSubstr("'c' is no whole number"));
}

}  // namespace
}  // namespace swarmlab::swarmsim
