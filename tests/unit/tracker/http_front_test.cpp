#include "tracker/http_front.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tracker/builders.hpp"

namespace swarmlab::tracker {
namespace {

using test::address;
using test::torrent;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct HttpFrontTest : ::testing::Test {
  runtime::Random random{1};
  ServiceOptions options;
  std::optional<Service> service;
  Time now = kStart;

  std::optional<HttpAnswer> get(std::string_view target, std::string_view method = "GET",
                                std::string_view from = "10.0.0.9") {
    if (!service) service.emplace(options, random, nullptr);
    return HttpFront(*service).answer(method, target, address(from), now);
  }
  std::string body(std::string_view target, std::string_view from = "10.0.0.9") {
    const auto answer = get(target, "GET", from);
    return answer ? std::string(as_text(answer->body)) : "no answer";
  }
  static std::string announce(std::string_view peer, int port, std::string_view rest = "&left=5") {
    return "/announce?info_hash=%01" + std::string(19, 'h') + "&peer_id=" + std::string(peer) +
           std::string(20 - peer.size(), '-') + "&port=" + std::to_string(port) + std::string(rest);
  }
};

TEST_F(HttpFrontTest, AnswersAnAnnounceWithACompactReplyByteForByte) {
  body(announce("one", 0x1a1b, "&left=0"), "10.0.0.1");
  EXPECT_EQ(body(announce("two", 2), "10.0.0.2"),
            "d8:completei1e11:external ip4:\x0a" + std::string("\0\0\x02", 3) +
                "10:incompletei1e8:intervali1800e12:min intervali60e5:peers6:\x0a" +
                std::string("\0\0\x01\x1a\x1b", 5) + "e");
}

TEST_F(HttpFrontTest, AnswersWithDictionariesWhereTheClientWantsThem) {
  body(announce("one", 7, "&left=0"), "10.0.0.1");
  EXPECT_THAT(body(announce("two", 2, "&left=5&compact=0")),
              HasSubstr("5:peersld2:ip8:10.0.0.17:peer id20:one-----------------4:porti7eee"));
  EXPECT_THAT(body(announce("two", 2, "&left=5&compact=0&no_peer_id=1")),
              HasSubstr("5:peersld2:ip8:10.0.0.14:porti7eee"));
}

TEST_F(HttpFrontTest, PutsIpv6PeersUnderPeers6) {
  body(announce("one", 7), "fd00::1");
  EXPECT_THAT(body(announce("two", 2), "10.0.0.2"), HasSubstr("5:peers0:6:peers618:\xfd"));
}

TEST_F(HttpFrontTest, SaysWhatIsWrongInAFailureReasonWithStatus200) {
  const auto answer = get("/announce?port=1");
  EXPECT_EQ(answer->status, 200u);
  EXPECT_THAT(as_text(answer->body), StartsWith("d14:failure reason"));
  EXPECT_THAT(body(announce("one", 0)), StartsWith("d14:failure reason"));
  EXPECT_THAT(body(announce("one", 65536)), StartsWith("d14:failure reason"));
  EXPECT_THAT(body(announce("one", 1, "")), HasSubstr("left"));
  EXPECT_EQ(service->stats().malformed, 4u);
}

TEST_F(HttpFrontTest, ScrapesSeveralTorrentsAtOnce) {
  body(announce("one", 7, "&left=0&event=completed"));
  const std::string known = "%01" + std::string(19, 'h');
  const std::string unknown = "%00" + std::string(19, 'x');
  EXPECT_EQ(body("/scrape?info_hash=" + known + "&info_hash=" + unknown),
            "d5:filesd20:" + std::string(1, '\0') + std::string(19, 'x') +
                "d8:completei0e10:downloadedi0e10:incompletei0ee20:\x01" + std::string(19, 'h') +
                "d8:completei1e10:downloadedi1e10:incompletei0eeee");
}

TEST_F(HttpFrontTest, ScrapesEverythingUnlessPrivate) {
  body(announce("one", 7));
  EXPECT_THAT(body("/scrape"), HasSubstr("10:incompletei1e"));
}

TEST_F(HttpFrontTest, LetsNobodyInWithoutAPasskeyWhereOneIsWanted) {
  options.access.restrict_users({"alice"});
  EXPECT_THAT(body(announce("one", 7)), HasSubstr("a passkey is needed"));
  EXPECT_THAT(body("/eve" + announce("one", 7)), HasSubstr("unknown passkey"));
  EXPECT_THAT(body("/alice" + announce("one", 7)), HasSubstr("8:interval"));
  EXPECT_THAT(body("/scrape"), HasSubstr("a passkey is needed"));
  EXPECT_THAT(body("/alice/scrape"), HasSubstr("does not list"));
  EXPECT_THAT(body("/"), HasSubstr("1 swarm, 0 seeds, 1 leecher"));
}

TEST_F(HttpFrontTest, ShowsAStatusPage) {
  body(announce("one", 7, "&left=0"));
  body(announce("two", 8));
  const auto answer = get("/");
  EXPECT_EQ(answer->content_type, "text/plain; charset=utf-8");
  EXPECT_THAT(as_text(answer->body), HasSubstr("1 swarm, 1 seed, 1 leecher\n2 announces over HTTP"));
}

TEST_F(HttpFrontTest, KnowsNoOtherPagesAndMethods) {
  for (const std::string_view target : {"/index.html", "", "announce", "/a/b/announce", "//announce", "/announce/", "*"}) {
    EXPECT_EQ(get(target)->status, 404u) << target;
  }
  EXPECT_EQ(get("/announce", "POST")->status, 405u);
}

TEST_F(HttpFrontTest, ForgetsPeersThatFellSilentBeforeItCounts) {
  body(announce("one", 7));
  now += 2 * 1800s + kSilenceGrace;
  EXPECT_THAT(body("/"), HasSubstr("0 swarms, 0 seeds, 0 leechers"));
  EXPECT_EQ(service->stats().expired, 1u);
}

TEST_F(HttpFrontTest, LeavesUnansweredAndUnseenWhatAFaultSwallows) {
  options.faults = {parse_fault("drop:1/2").value()};
  EXPECT_EQ(body(announce("one", 7)), "no answer");
  EXPECT_THAT(body(announce("two", 8)), HasSubstr("10:incompletei1e"));
  EXPECT_EQ(service->stats().swallowed, 1u);
}

TEST_F(HttpFrontTest, CutsRepliesShortAndRefusesWhereAFaultSaysSo) {
  options.faults = {parse_fault("truncate").value(), parse_fault("refuse:no").value()};
  EXPECT_EQ(body(announce("one", 7)), "d14:failure");
}

TEST_F(HttpFrontTest, TellsTheIntervalOfAFaultButForgetsPeersByTheRealOne) {
  options.faults = {parse_fault("interval:-1").value()};
  EXPECT_THAT(body(announce("one", 7)), HasSubstr("8:intervali-1e5:peers"));
  now += 1800s;
  EXPECT_THAT(body("/"), HasSubstr("1 leecher"));
}

struct Recorder final : TrackerEvents {
  std::vector<std::string> log;
  void on_announce(const protocol::AnnounceRequest& request, const Asker& asker, const AnnounceAnswer& answer,
                   Time) override {
    log.push_back(std::string(to_string(request.event)) + " from " + to_string(asker.address) +
                  (std::holds_alternative<protocol::TrackerFailure>(answer) ? " refused" : " answered"));
  }
  void on_expired(const ExpiredPeer& peer, Time) override {
    log.push_back("expired " + to_string(peer.who.id).substr(0, 6));
  }
};

TEST_F(HttpFrontTest, LetsAnObserverSeeAnnouncesAndExpiries) {
  Recorder recorder;
  options.access.restrict_torrents({});
  Service closed(options, random, &recorder);
  HttpFront(closed).answer("GET", announce("one", 7, "&left=5&event=started"), address("10.0.0.1"), now);
  Service open({}, random, &recorder);
  HttpFront(open).answer("GET", announce("one", 7, "&left=5&event=started"), address("10.0.0.1"), now);
  open.expire(now + 3610s);
  EXPECT_THAT(recorder.log, ::testing::ElementsAre("started from 10.0.0.1 refused",
                                                   "started from 10.0.0.1 answered", "expired 6f6e65"));
}

}  // namespace
}  // namespace swarmlab::tracker
