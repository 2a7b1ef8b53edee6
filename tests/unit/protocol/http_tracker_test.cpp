#include "protocol/http_tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

using test::filled;
using test::from_text;
using test::text_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kHash = "%c8xb%f9%00%cbs%a2%ea%7c%8eh%91%14n%3b9%be%b7%e0";
const std::string kBase = "info_hash=" + kHash + "&peer_id=-XX0001-abcdefghijkl&port=6881&left=7";

Url url(std::string_view text) { return *parse_url(text); }
std::string query_of(const std::string& target) { return target.substr(target.find('?') + 1); }

TEST(AnnounceQuery, OfLibtorrentIsRead) {
  // libtorrent 2.0.8, after "GET /announce?passkey=s3cret&"
  const auto request = parse_announce_query(
      "passkey=s3cret&info_hash=%c8xb%f9%00%cbs%a2%ea%7c%8eh%91%14n%3b9%be%b7%e0&peer_id=-LT2080-"
      "9Nmu5ViPd-.c"
      "&port=6971&uploaded=0&downloaded=0&left=0&corrupt=0&key=FA8F60EC&event=started&numwant=200&"
      "compact=1"
      "&no_peer_id=1&redundant=0");
  ASSERT_TRUE(request) << request.error().reason;
  EXPECT_EQ(to_string(request->info_hash), "c87862f900cb73a2ea7c8e6891146e3b39beb7e0");
  EXPECT_EQ(text_of(request->peer_id.view()), "-LT2080-9Nmu5ViPd-.c");
  EXPECT_EQ(request->port, 6971);
  EXPECT_EQ(request->left, 0_B);
  EXPECT_EQ(request->event, AnnounceEvent::started);
  EXPECT_EQ(request->key, 0xfa8f60ecu);
  EXPECT_EQ(request->numwant, 200u);
  EXPECT_TRUE(request->compact);
  EXPECT_TRUE(request->no_peer_id);
}

TEST(AnnounceQuery, OfAria2IsRead) {
  // aria2 1.36.0, whose key is no hexadecimal number
  const auto request = parse_announce_query(
      "info_hash=%C8xb%F9%00%CBs%A2%EA%7C%8Eh%91%14n%3B9%BE%B7%E0&peer_id=A2-1-36-0-%0F%D8%F9g%"
      "21o%FE%C3%F5%12"
      "&uploaded=0&downloaded=0&left=100000&compact=1&key=%F9g%21o%FE%C3%F5%12&numwant=50&no_peer_"
      "id=1&port=6974"
      "&event=started&supportcrypto=1");
  ASSERT_TRUE(request) << request.error().reason;
  EXPECT_EQ(to_string(request->info_hash), "c87862f900cb73a2ea7c8e6891146e3b39beb7e0");
  EXPECT_EQ(to_hex(request->peer_id.view()), "41322d312d33362d302d0fd8f967216ffec3f512");
  EXPECT_EQ(request->left, 100'000_B);
  EXPECT_EQ(request->numwant, 50u);
  EXPECT_NE(request->key, 0u);
}

TEST(AnnounceQuery, IsWrittenAndReadBack) {
  AnnounceRequest request{.info_hash = filled<InfoHashV1>(0x26),  // '&'
                          .peer_id = filled<PeerId>(0xff),
                          .port = 65535,
                          .uploaded = ByteCount(INT64_MAX),
                          .downloaded = 1_B,
                          .left = 0_B,
                          .event = AnnounceEvent::completed,
                          .ip = IpAddress::parse("2001:db8::1"),
                          .key = 0xdeadbeef,
                          .numwant = 0,
                          .compact = false,
                          .no_peer_id = true,
                          .tracker_id = "a&b=%"};
  EXPECT_EQ(parse_announce_query(query_of(announce_target(url("http://t/announce"), request))),
            request);
  for (const auto event : {AnnounceEvent::none, AnnounceEvent::started, AnnounceEvent::stopped}) {
    const AnnounceRequest plain{.port = 1, .event = event};
    EXPECT_EQ(parse_announce_query(query_of(announce_target(url("http://t/announce"), plain))),
              plain);
  }
}

TEST(AnnounceTarget, SaysPausedForAPartialSeed) {  // BEP 21
  const AnnounceRequest request{.port = 1, .event = AnnounceEvent::paused};
  EXPECT_NE(announce_target(*parse_url("http://t/announce"), request).find("&event=paused"), std::string::npos);
}

TEST(AnnounceTarget, KeepsTheQueryOfTheTrackersUrl) {
  const AnnounceRequest request{.port = 1};
  EXPECT_THAT(announce_target(url("http://t/announce"), request),
              testing::StartsWith("/announce?info_hash=%00"));
  EXPECT_THAT(announce_target(url("http://t/a?passkey=x"), request),
              testing::StartsWith("/a?passkey=x&info_hash="));
  EXPECT_THAT(announce_target(url("http://t/a?"), request), testing::StartsWith("/a?info_hash="));
  EXPECT_THAT(announce_target(url("http://t/a?x&"), request),
              testing::StartsWith("/a?x&info_hash="));
  EXPECT_THAT(announce_target(url("http://t"), request), testing::StartsWith("/?info_hash="));
}

TEST(AnnounceQuery, IsRefusedWithAReasonThatAUserUnderstands) {
  struct Row {
    std::string query, reason;
  };
  const std::string id = "&peer_id=-XX0001-abcdefghijkl";
  const std::string who = "info_hash=" + kHash + id;
  for (const auto& [query, reason] : std::initializer_list<Row>{
           {"", "info_hash is missing"},
           {"peer_id=x", "info_hash is missing"},
           {"info_hash=", "info_hash has 0 bytes instead of 20"},
           {"info_hash=abc" + id, "info_hash has 3 bytes instead of 20"},
           {"info_hash=" + kHash + "x" + id, "info_hash has 21 bytes instead of 20"},
           {"info_hash=%zz" + id, "info_hash has a '%' without two hexadecimal digits"},
           {"info_hash=" + kHash, "peer_id is missing"},
           {"info_hash=" + kHash + "&peer_id=short", "peer_id has 5 bytes instead of 20"},
           {who, "port is missing"},
           {who + "&port=0&left=1", "port is '0' instead of a number from 1 to 65535"},
           {who + "&port=65536&left=1", "port is '65536' instead of a number from 1 to 65535"},
           {who + "&port=-1&left=1", "port is '-1' instead of a number from 1 to 65535"},
           {who + "&port=&left=1", "port is '' instead of a number from 1 to 65535"},
           {who + "&port=1x&left=1", "port is '1x' instead of a number from 1 to 65535"},
           {who + "&event=stopped&left=1", "port is missing"},
           {who + "&port=1", "left is missing"},
           {who + "&port=1&left=", "left is '' instead of a number of bytes"},
           {who + "&port=1&left=-1", "left is '-1' instead of a number of bytes"},
           {who + "&port=1&left=1.5", "left is '1.5' instead of a number of bytes"},
           {who + "&port=1&left=9223372036854775808",
            "left is '9223372036854775808' instead of a number of bytes"},
           {who + "&port=1&left=1&uploaded=x%0a",
            "uploaded is 'x%0A' instead of a number of bytes"},
           {who + "&port=1&left=1&downloaded=-5",
            "downloaded is '-5' instead of a number of bytes"},
           {who + "&port=1&left=1&event=finished",
            "event is 'finished'; started, completed and stopped are known"},
           {who + "&port=1&left=1&numwant=many", "numwant is 'many' instead of a number"},
       }) {
    const auto request = parse_announce_query(query);
    ASSERT_FALSE(request) << query;
    EXPECT_EQ(request.error().reason, reason) << query;
  }
}

TEST(AnnounceQuery, CutAnywhereNeitherCrashesNorChangesWhoAsks) {
  const std::string whole =
      kBase +
      "&uploaded=1&downloaded=2&event=started&numwant=50&compact=1&key=0000abcd&ip=10.0.0.1";
  ASSERT_TRUE(parse_announce_query(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto request = parse_announce_query(std::string_view(whole).substr(0, size));
    if (request) {
      EXPECT_EQ(text_of(request->peer_id.view()), "-XX0001-abcdefghijkl");
    }
  }
}

TEST(AnnounceQuery, TellsLeftZeroFromLeftAbsent) {  // B68
  const std::string who = "info_hash=" + kHash + "&peer_id=-XX0001-abcdefghijkl&port=1";
  EXPECT_EQ(parse_announce_query(who + "&left=0")->left, 0_B);
  EXPECT_FALSE(parse_announce_query(who));
  EXPECT_EQ(parse_announce_query(who + "&left=9223372036854775807")->left, ByteCount(INT64_MAX));
}

TEST(AnnounceQuery, IsLenientWhereNobodyIsMisread) {
  const auto with = [](std::string_view more) {
    return parse_announce_query(kBase + std::string(more));
  };
  EXPECT_EQ(with("")->uploaded, 0_B);
  EXPECT_EQ(with("&event=")->event, AnnounceEvent::none);
  EXPECT_EQ(with("&event=empty")->event, AnnounceEvent::none);
  EXPECT_EQ(with("&event=paused")->event, AnnounceEvent::none);  // BEP 21
  EXPECT_EQ(with("&ip=tracker.example")->ip, std::nullopt);
  EXPECT_EQ(with("&ip=10.0.0.1")->ip, IpAddress::v4(10, 0, 0, 1));
  EXPECT_EQ(with("&ip=%3A%3A1")->ip, IpAddress::parse("::1"));
  EXPECT_EQ(with("")->numwant, std::nullopt);
  EXPECT_EQ(with("&numwant=-1")->numwant, std::nullopt);
  EXPECT_EQ(with("&numwant=99999999999")->numwant, UINT32_MAX);
  EXPECT_TRUE(with("")->compact);  // BEP 23 suggests so
  EXPECT_FALSE(with("&compact=0")->compact);
  EXPECT_EQ(with("&left=9&port=2&info_hash=x")->left, 7_B);  // of repeated ones the first counts
  EXPECT_EQ(with("&unknown=%zz&&=&x")->port, 6881);
  EXPECT_EQ(with("&key=%zz")->key, 0u);
  EXPECT_EQ(parse_announce_query("event=stopped&info_hash=" + kHash +
                                 "&peer_id=-XX0001-abcdefghijkl&port=0&left=1")
                ->port,
            0);
}

AnnounceReply reply_with(std::vector<TrackerPeer> peers) {
  return {.interval = 1800s,
          .min_interval = 60s,
          .complete = 3,
          .incomplete = 5,
          .peers = std::move(peers),
          .warning = "slow down",
          .tracker_id = "id",
          .external_ip = IpAddress::v4(10, 77, 0, 5)};
}

TEST(AnnounceReply, IsWrittenCompactAndReadBack) {
  const auto reply = reply_with(
      {{*Endpoint::parse("10.77.0.1:6881"), {}}, {*Endpoint::parse("[2001:db8::1]:1"), {}}});
  const auto bytes = encode_announce_reply(reply, true, false);
  EXPECT_EQ(text_of(bytes),
            "d8:completei3e11:external ip4:\x0a\x4d" + std::string("\0\x05", 2) +
                "10:incompletei5e8:intervali1800e12:min intervali60e5:peers6:\x0a\x4d" +
                std::string("\0\x01\x1a\xe1", 4) +
                "6:peers618:" + text_of(test::hex("20010db8000000000000000000000001 0001")) +
                "10:tracker id2:id15:warning message9:slow downe");
  EXPECT_EQ(decode_announce_reply(bytes), AnnounceAnswer(reply));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_announce_reply(Bytes(bytes).first(size))) << size;
  }
}

TEST(AnnounceReply, IsWrittenAsDictionariesAndReadBack) {
  const auto reply = reply_with({{*Endpoint::parse("10.77.0.1:6881"), filled<PeerId>('p')},
                                 {*Endpoint::parse("[2001:db8::1]:1"), {}}});
  EXPECT_EQ(decode_announce_reply(encode_announce_reply(reply, false, false)),
            AnnounceAnswer(reply));
  auto without_ids = reply;
  without_ids.peers[0].id.reset();
  EXPECT_EQ(decode_announce_reply(encode_announce_reply(reply, false, true)),
            AnnounceAnswer(without_ids));
  EXPECT_EQ(text_of(encode_announce_reply({.interval = 5s, .peers = {}}, true, false)),
            "d8:intervali5e5:peers0:e");
  EXPECT_EQ(text_of(encode_announce_reply({.interval = 5s, .peers = {}}, false, false)),
            "d8:intervali5e5:peerslee");
}

AnnounceReply decoded(std::string_view body) {
  const auto answer = decode_announce_reply(from_text(body));
  EXPECT_TRUE(answer) << body << to_string(answer.error());
  if (!answer) return {};
  EXPECT_TRUE(std::holds_alternative<AnnounceReply>(*answer)) << body;
  return std::get<AnnounceReply>(*answer);
}

TEST(AnnounceReply, MakesSenseOfAbsurdIntervals) {  // B67
  EXPECT_EQ(decoded("d8:intervali30ee").interval, 30s);
  EXPECT_EQ(decoded("de").interval, kDefaultInterval);
  EXPECT_EQ(decoded("d8:intervali0ee").interval, kDefaultInterval);
  EXPECT_EQ(decoded("d8:intervali-5ee").interval, kDefaultInterval);
  EXPECT_EQ(decoded("d8:interval2:10e").interval, kDefaultInterval);
  EXPECT_EQ(decoded("d8:intervali1000000000ee").interval, kMaxInterval);
  EXPECT_EQ(decoded("d8:intervali9223372036854775807ee").interval, kMaxInterval);
  EXPECT_EQ(decoded("d8:intervali30e12:min intervali-1ee").min_interval, std::nullopt);
}

TEST(AnnounceReply, LeavesOutPeersThatCannotBeReached) {
  EXPECT_THAT(decoded("d8:intervali1ee").peers, IsEmpty());
  EXPECT_THAT(decoded("d8:intervali1e5:peers0:e").peers, IsEmpty());
  const auto peers = decoded(
                         "d8:intervali1e5:peersl"
                         "d2:ip8:10.0.0.14:porti6881ee"
                         "d2:ip12:host.example4:porti6881ee"  // a name: BEP 3 allows it, we do not
                                                              // resolve for strangers
                         "d2:ip3:::14:porti6881ee"
                         "d2:ip8:10.0.0.24:porti0ee"
                         "d2:ip8:10.0.0.34:porti65536ee"
                         "d2:ip8:10.0.0.44:port4:6881e"
                         "d4:porti6881ee"
                         "i5e"
                         "d2:ip8:10.0.0.57:peer id3:abc4:porti6881ee"
                         "ee")
                         .peers;
  ASSERT_THAT(peers, SizeIs(3));
  EXPECT_EQ(to_string(peers[0].endpoint), "10.0.0.1:6881");
  EXPECT_EQ(to_string(peers[1].endpoint), "[::1]:6881");
  EXPECT_EQ(to_string(peers[2].endpoint), "10.0.0.5:6881");
  EXPECT_FALSE(peers[2].id);
}

TEST(AnnounceReply, HoldsNoMoreThanTheLimitOfPeers) {
  AnnounceReply reply{.interval = 1s, .peers = {}};
  for (std::size_t i = 0; i < kMaxTrackerPeers + 10; ++i)
    reply.peers.push_back({*Endpoint::parse("10.0.0.1:1"), {}});
  for (const bool compact : {true, false}) {
    const auto answer = decode_announce_reply(encode_announce_reply(reply, compact, true));
    ASSERT_TRUE(answer);
    EXPECT_THAT(std::get<AnnounceReply>(*answer).peers, SizeIs(kMaxTrackerPeers));
  }
}

TEST(AnnounceReply, IsRefusedWithPlaceKeyAndReason) {
  struct Row {
    std::string body, error;
  };
  for (const auto& [body, error] : std::initializer_list<Row>{
           {"", "byte 0: the reply is no bencode: the input is empty"},
           {"<html>", "byte 0: the reply is no bencode: expected a value, found '<'"},
           {"le", "byte 0: the reply is no dictionary"},
           {"d5:peers5:abcdee", "byte 8: peers has 5 bytes, which is no multiple of 6"},
           {"d5:peersi5ee", "byte 8: peers is neither string nor list"},
           {"d6:peers619:abcdefghijklmnopqrse",
            "byte 9: peers6 has 19 bytes, which is no multiple of 18"},
           {"d6:peers6lee", "byte 9: peers6 is neither string nor list"},
           {"d14:failure reasoni5ee", "byte 18: failure reason is no string"},
           {"d8:intervali-0ee", "byte 11: the reply is no bencode: an integer is -0"},
       }) {
    const auto answer = decode_announce_reply(from_text(body));
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(to_string(answer.error()), error);
  }
  const std::vector<std::byte> big(kMaxTrackerReplyBytes.size() + 1, std::byte{'l'});
  EXPECT_EQ(to_string(decode_announce_reply(big).error()),
            "byte 1048576: the reply has 1048577 bytes, 1048576 at most");
}

TEST(AnnounceReply, MayBeARefusal) {
  EXPECT_EQ(text_of(encode_failure({"no such torrent"})), "d14:failure reason15:no such torrente");
  EXPECT_EQ(decode_announce_reply(encode_failure({"no such torrent"})),
            AnnounceAnswer(TrackerFailure{"no such torrent"}));
  EXPECT_EQ(decode_announce_reply(from_text("d14:failure reason4:\x1b[2J8:intervali5ee\n")),
            AnnounceAnswer(TrackerFailure{"%1B[2J"}));
}

TEST(Scrape, UrlComesFromTheAnnounceUrlWhereThereIsOne) {  // BEP 48
  const ScrapeRequest none, one{{filled<InfoHashV1>('a')}},
      two{{filled<InfoHashV1>('a'), filled<InfoHashV1>(0)}};
  const std::string a(20, 'a');
  EXPECT_EQ(scrape_target(url("http://t/announce"), none), "/scrape");
  EXPECT_EQ(scrape_target(url("http://t/announce"), one), "/scrape?info_hash=" + a);
  EXPECT_EQ(scrape_target(url("http://t/x/announce.php?passkey=k"), one),
            "/x/scrape.php?passkey=k&info_hash=" + a);
  EXPECT_EQ(scrape_target(url("http://t/announce?x=/announce"), one),
            "/scrape?x=/announce&info_hash=" + a);
  EXPECT_THAT(*scrape_target(url("http://t/announce"), two),
              testing::HasSubstr("info_hash=" + a + "&info_hash=%00%00"));
  EXPECT_EQ(scrape_target(url("http://t/a"), one), std::nullopt);
  EXPECT_EQ(scrape_target(url("http://t/"), one), std::nullopt);
  EXPECT_EQ(scrape_target(url("http://t/announce/x"), one), std::nullopt);
  EXPECT_EQ(scrape_target(url("http://t/reannounce"), one), std::nullopt);
  EXPECT_EQ(scrape_target(url("http://t/x?y=/announce"), one), std::nullopt);
}

TEST(Scrape, QueryIsWrittenAndReadBack) {
  const ScrapeRequest request{{filled<InfoHashV1>(0x25), filled<InfoHashV1>(0xff)}};
  const auto read =
      parse_scrape_query(query_of(*scrape_target(url("http://t/announce?k=v"), request)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->info_hashes, request.info_hashes);
  EXPECT_THAT(parse_scrape_query("")->info_hashes, IsEmpty());
  EXPECT_EQ(parse_scrape_query("info_hash=abc").error().reason,
            "info_hash has 3 bytes instead of 20");
  EXPECT_EQ(parse_scrape_query("info_hash").error().reason, "info_hash has 0 bytes instead of 20");
  EXPECT_EQ(parse_scrape_query("x=1&info_hash=%").error().reason,
            "info_hash has a '%' without two hexadecimal digits");
}

TEST(Scrape, ReplyIsWrittenSortedAndReadBack) {
  const ScrapeEntry a{filled<InfoHashV1>('a'), 1, 2, 3}, b{filled<InfoHashV1>('b'), 4, 5, 6};
  const auto bytes = encode_scrape_reply({{b, a, b}});
  EXPECT_EQ(text_of(bytes),
            "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:downloadedi2e10:incompletei3ee"
            "20:bbbbbbbbbbbbbbbbbbbbd8:completei4e10:downloadedi5e10:incompletei6eeee");
  const auto answer = decode_scrape_reply(bytes);
  ASSERT_TRUE(answer);
  EXPECT_THAT(std::get<ScrapeReply>(*answer).entries, ElementsAre(a, b));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_scrape_reply(Bytes(bytes).first(size))) << size;
  }
}

TEST(Scrape, ReplyIsRefusedWithPlaceKeyAndReason) {
  struct Row {
    std::string body, error;
  };
  for (const auto& [body, error] : std::initializer_list<Row>{
           {"le", "byte 0: the reply is no dictionary"},
           {"de", "byte 0: files is missing"},
           {"d5:filesi1ee", "byte 8: files is no dictionary"},
           {"d5:filesd3:abcdeee", "byte 14: files has a key of 3 bytes instead of 20"},
       }) {
    const auto answer = decode_scrape_reply(from_text(body));
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(to_string(answer.error()), error);
  }
  EXPECT_TRUE(std::holds_alternative<TrackerFailure>(*decode_scrape_reply(encode_failure({"no"}))));
  const auto odd = decode_scrape_reply(
      from_text("d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei-1e10:downloadedi99999999999eeee"));
  ASSERT_TRUE(odd);
  EXPECT_THAT(std::get<ScrapeReply>(*odd).entries,
              ElementsAre(ScrapeEntry{filled<InfoHashV1>('a'), 0, UINT32_MAX, 0}));
}

}  // namespace
}  // namespace swarmlab::protocol
