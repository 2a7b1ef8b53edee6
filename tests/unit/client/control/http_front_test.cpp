// The control tree over HTTP, in virtual time: a leecher that is watched and told what to do while it downloads.
#include "client/control/http_front.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "client/control/ctl.hpp"
#include "tests/unit/client/town.hpp"

namespace swarmlab::client::control {
namespace {

using Json = nlohmann::json;

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";
constexpr std::uint16_t kPort = 6880;

// A stream of bytes, by hand.
struct RawClient final : runtime::StreamHandler {
  RawClient(runtime::Network& given, const Endpoint& to, std::string text, bool reads = true)
      : network(given), request(std::move(text)), is_reading(reads), stream(network.connect(to, std::nullopt, *this)) {}
  ~RawClient() {
    if (!is_closed) network.reset(stream);
  }
  void on_connected(runtime::StreamId id) override { network.write(id, as_bytes(request)); }
  void on_readable(runtime::StreamId id) override {
    while (is_reading && !is_closed) {
      const runtime::ReadResult result = network.read(id, 65536);
      if (result.state == runtime::ReadResult::State::nothing_yet) return;
      if (result.state == runtime::ReadResult::State::end_of_stream) {
        is_closed = true;
        network.close(id);
        return;
      }
      answer += as_text(result.slice.bytes());
    }
  }
  void on_writable(runtime::StreamId) override {}
  void on_closed(runtime::StreamId, runtime::NetworkError) override { is_closed = true; }

  runtime::Network& network;
  std::string request;
  std::string answer;
  bool is_reading;
  bool is_closed = false;
  runtime::StreamId stream;
};

// A seed, and a leecher whose tree a watcher on a third host looks at.
struct Controlled : TreeOwner, SessionEvents {
  explicit Controlled(ByteCount size = 16_MiB, std::vector<ByteCount> files = {})
      : town({.size = size, .files = std::move(files)}), watcher(town.world().add_host({"watcher", {IpAddress::v4(10, 0, 2, 1)}, {}, {}})) {
    town.add("seed", {.has = Town::kAll});
    town.start();
    town.run_for(2s);                            // the tracker knows the seed
    host = town.world().add_host({"leech", {address}, {BytesPerSecond(1 << 20), BytesPerSecond(4 << 20), 10ms, 256_KiB}, {}});
    const runtime::Outside outside = town.world().outside(host);
    session = std::make_unique<Session>(outside, Settings{}, this);
    EXPECT_TRUE(session->listen({address, Town::kPort}));
    tree = std::make_unique<Tree>(*session, outside.clock, *this);
    AddTorrent add;
    add.metainfo = std::make_shared<protocol::Metainfo>(town.metainfo());
    session->add(std::move(add));
    auto listening = HttpFront::listen(outside, {{address, kPort}, kToken, true}, *tree);
    EXPECT_TRUE(listening);
    front = std::move(*listening);
  }
  void on_event(TorrentId torrent, const Event& event) override { tree->on_event(torrent, event); }
  std::expected<TorrentId, std::string> add(std::string_view source) override {
    return std::unexpected(std::string(source) + ": cannot be opened");
  }
  void quit() override { has_quit = true; }

  Endpoint at() const { return {address, kPort}; }
  runtime::Network& network() { return town.world().outside(watcher).network; }
  bool run_until(const std::function<bool()>& condition) { return town.run_until(condition, 60s); }

  struct Answer { unsigned status = 0; Json json; };
  Answer exchange(const std::string& text) {
    RawClient client(network(), at(), text);
    EXPECT_TRUE(run_until([&] { return client.is_closed; })) << text;
    Answer answer;
    if (client.answer.starts_with("HTTP/1.1 ")) answer.status = static_cast<unsigned>(std::stoul(client.answer.substr(9, 3)));
    const std::size_t body = client.answer.find("\r\n\r\n");
    if (body != std::string::npos) answer.json = Json::parse(client.answer.substr(body + 4), nullptr, false);
    return answer;
  }
  std::string head(std::string_view line, std::string_view rest = "") const {
    return std::string(line) + " HTTP/1.1\r\nHost: 10.0.3.1:6880\r\nAuthorization: Bearer " + kToken +
           "\r\nConnection: close\r\n" + std::string(rest) + "\r\n";
  }
  Answer get(std::string_view path) { return exchange(head("GET " + std::string(path))); }
  Answer post(std::string_view path, std::string_view body) {
    return exchange(head("POST " + std::string(path), "Content-Length: " + std::to_string(body.size()) + "\r\n") + std::string(body));
  }
  std::uint32_t pieces_have() { return session->status(TorrentId(0)).pieces_have; }

  IpAddress address = IpAddress::v4(10, 0, 3, 1);
  Town town;
  swarmsim::HostId watcher;
  swarmsim::HostId host;
  std::unique_ptr<Session> session;
  std::unique_ptr<Tree> tree;
  std::unique_ptr<HttpFront> front;
  bool has_quit = false;
};

TEST(HttpFront, ShowsTheTreeWhileItDownloads) {
  Controlled leech;
  ASSERT_TRUE(leech.run_until([&] { return leech.pieces_have() >= 50; }));
  EXPECT_EQ(leech.get("/").json["entries"], Json({"ctl", "stats", "torrents/"}));
  EXPECT_EQ(leech.get("/torrents/").json["torrents"][0]["name"], "content");
  EXPECT_EQ(leech.get("/torrents/0").json["entries"], Json({"ctl", "events", "files/", "peers/", "pieces", "stats"}));

  const Json stats = leech.get("/torrents/0/stats").json;
  ASSERT_TRUE(stats.contains("state")) << stats;
  EXPECT_EQ(stats["state"], "downloading");
  EXPECT_EQ(stats["pieces_total"], 256);
  EXPECT_GE(stats["pieces_have"], 50);
  EXPECT_GT(stats["download_rate"], 100'000);
  EXPECT_GT(stats["eta_s"], 0);
  EXPECT_EQ(stats["swarm"], Json({{"seeds", 1}, {"leechers", 1}})) << "as the tracker said";
  EXPECT_EQ(leech.get("/stats").json["states"]["downloading"], 1);

  const Json pieces = leech.get("/torrents/0/pieces").json;
  ASSERT_TRUE(pieces.contains("picture")) << pieces;
  const std::string picture = pieces["picture"];
  EXPECT_EQ(picture.size(), 256u);
  EXPECT_EQ(std::ranges::count(picture, '#'), pieces["have"].get<std::int64_t>());
  EXPECT_EQ(pieces["bitfield"].get<std::string>().size(), 64u);

  const Json list = leech.get("/torrents/0/peers/list").json;
  ASSERT_TRUE(list.contains("connected") && !list["from_trackers"].empty()) << list;
  ASSERT_EQ(list["connected"].size(), 1u);
  EXPECT_EQ(list["from_trackers"][0]["url"], "http://tracker:80/announce");
  EXPECT_GE(list["from_trackers"][0]["peers"].size(), 1u);
  const std::string peer = "/torrents/0/peers/" + std::to_string(list["connected"][0]["id"].get<int>());
  const Json state = leech.get(peer + "/state").json;
  ASSERT_TRUE(state.contains("client")) << state;
  EXPECT_EQ(state["client"], "Swarmlab/0.1");
  EXPECT_EQ(state["local"], Json({{"interested", true}, {"choking", true}}));
  EXPECT_EQ(state["remote"], Json({{"interested", false}, {"choking", false}, {"snubbing", false}}));
  EXPECT_GT(state["requests"]["open"], 0);
  EXPECT_EQ(leech.get(peer + "/ctl").json["commands"].size(), 1u);
}

TEST(HttpFront, FilesAreShownAndChosenOneByOneOrByGlob) {
  Controlled leech(3_MiB, {1_MiB, 1_MiB, 1_MiB});
  EXPECT_EQ(leech.post("/torrents/0/ctl", "priority skip *\npriority high 1").status, 200u);
  ASSERT_TRUE(leech.run_until([&] { return leech.session->status(TorrentId(0)).state == TorrentState::seeding; }));
  EXPECT_EQ(leech.get("/torrents/0/files").json["entries"], Json({"list", "0/", "1/", "2/"}));
  EXPECT_EQ(leech.get("/torrents/0/files/1/state").json,
            Json({{"id", 1}, {"path", "content/1"}, {"length", 1 << 20}, {"have", 1 << 20}, {"priority", "high"}}));
  EXPECT_EQ(leech.get("/torrents/0/files/list").json["files"][0],
            Json({{"id", 0}, {"path", "content/0"}, {"length", 1 << 20}, {"have", 0}, {"priority", "skip"}}));
  EXPECT_EQ(leech.post("/torrents/0/files/2/ctl", "priority low").status, 200u);
  EXPECT_EQ(leech.get("/torrents/0/stats").json["state"], "downloading") << "it is interested again";
  ASSERT_TRUE(leech.run_until([&] { return leech.session->status(TorrentId(0)).state == TorrentState::seeding; }));
  EXPECT_EQ(leech.get("/torrents/0/files/2/state").json["have"], 1 << 20);
  EXPECT_EQ(leech.get("/torrents/0/files/3/state").status, 404u);
  EXPECT_EQ(leech.post("/torrents/0/ctl", "priority low *.avi").status, 409u);
}

TEST(HttpFront, CommandsAreObeyed) {
  Controlled leech(64_MiB);
  ASSERT_TRUE(leech.run_until([&] { return leech.pieces_have() >= 10; }));
  EXPECT_EQ(leech.post("/torrents/0/ctl", "down 64 KiB/s").status, 200u);
  EXPECT_EQ(leech.session->limits(TorrentId(0)).down, BytesPerSecond(65536));
  EXPECT_EQ(leech.post("/ctl", "up 1 MiB/s\ndown unlimited\n").json, Json({{"done", 2}}));
  EXPECT_EQ(leech.session->limits().up, BytesPerSecond(1 << 20));
  const std::string key = std::to_string(leech.session->peers(TorrentId(0)).front().key.value());
  EXPECT_EQ(leech.post("/torrents/0/peers/" + key + "/ctl", "disconnect").status, 200u);
  EXPECT_EQ(leech.get("/torrents/0/peers/" + key + "/state").status, 404u) << "it is gone";
  EXPECT_EQ(leech.post("/torrents/0/ctl", "stop").status, 200u);
  EXPECT_TRUE(leech.run_until([&] { return leech.session->status(TorrentId(0)).state == TorrentState::stopped; }));
  EXPECT_EQ(leech.post("/torrents/0/ctl", "start").status, 200u);
  EXPECT_TRUE(leech.run_until([&] { return leech.session->status(TorrentId(0)).state == TorrentState::downloading; }));
  EXPECT_EQ(leech.post("/ctl", "quit").status, 200u);
  EXPECT_TRUE(leech.has_quit);
  EXPECT_EQ(leech.post("/torrents/0/ctl", "remove").status, 200u);
  EXPECT_TRUE(leech.run_until([&] { return leech.session->torrents().empty(); }));
  EXPECT_EQ(leech.get("/torrents/0/stats").status, 404u);
}

TEST(HttpFront, WhatCannotBeDoneIsAnsweredWithItsReason) {
  Controlled leech;
  struct Row { Controlled::Answer answer; unsigned status; };
  const Row rows[] = {
      {leech.get("/torrents/7/stats"), 404}, {leech.get("/torrents/0/peers/77/state"), 404}, {leech.get("/../x"), 404},
      {leech.post("/torrents/0/stats", "stop"), 405}, {leech.post("/torrents/0/ctl", "dance"), 400},
      {leech.post("/torrents/0/ctl", "disconnect 99"), 409}, {leech.post("/ctl", "add /no/such.torrent"), 409},
      {leech.exchange(leech.head("DELETE /torrents/0/ctl")), 405}, {leech.exchange(leech.head("HEAD /torrents/0/events")), 405}};
  for (const Row& row : rows) {
    EXPECT_EQ(row.answer.status, row.status) << row.answer.json;
    if (row.answer.status == 405 && row.answer.json.is_discarded()) continue;   // HEAD has no body
    EXPECT_TRUE(row.answer.json["error"].is_string());
  }
  EXPECT_EQ(leech.post("/ctl", std::string(kMaxCommandBytes + 1, 'x')).status, 413u);
}

TEST(HttpFront, WithoutTheTokenOrUnderAnotherNameNothingIsAnswered) {
  Controlled leech;
  const auto with = [&](std::string_view fields) {
    return leech.exchange("GET /stats HTTP/1.1\r\nConnection: close\r\n" + std::string(fields) + "\r\n").status;
  };
  const std::string host = "Host: 10.0.3.1:6880\r\n";
  const std::string token = std::string("Authorization: Bearer ") + kToken;
  EXPECT_EQ(with(host + token + "\r\n"), 200u);
  EXPECT_EQ(with("Host: localhost:6880\r\n" + token + "\r\n"), 200u);
  EXPECT_EQ(with(host), 401u);
  EXPECT_EQ(with(host + token + "0\r\n"), 401u);
  EXPECT_EQ(with(host + token.substr(0, token.size() - 1) + "\r\n"), 401u);
  EXPECT_EQ(with(host + "Authorization: Basic " + kToken + "\r\n"), 401u);
  EXPECT_EQ(with("Host: evil.example:6880\r\n" + token + "\r\n"), 403u) << "DNS rebinding";
  EXPECT_EQ(with("Host: 10.0.3.1:80\r\n" + token + "\r\n"), 403u);
  EXPECT_EQ(with(token + "\r\n"), 403u) << "no Host at all";
}

TEST(HttpFront, AddressesOfOthersAreRefusedUnlessMeant) {
  Controlled leech;
  const auto refused = HttpFront::listen(leech.town.world().outside(leech.host), {{leech.address, 7000}, kToken, false}, *leech.tree);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("--control-beyond-loopback"), std::string::npos);
}

std::vector<Json> events_in(const std::string& answer) {
  std::vector<Json> events;
  std::size_t at = 0;
  while ((at = answer.find("data: ", at)) != std::string::npos) {
    const std::size_t end = answer.find("\n\n", at);
    if (end == std::string::npos) break;
    events.push_back(Json::parse(answer.substr(at + 6, end - at - 6)));
    at = end;
  }
  return events;
}

TEST(HttpFront, EventsBeginWithTheWholeBitfieldAndTellEveryPiece) {
  Controlled leech;
  ASSERT_TRUE(leech.run_until([&] { return leech.pieces_have() >= 10; }));
  RawClient follower(leech.network(), leech.at(), leech.head("GET /torrents/0/events"));
  ASSERT_TRUE(leech.run_until([&] { return leech.front->followers() == 1; }));
  leech.session->reannounce(TorrentId(0));
  ASSERT_TRUE(leech.run_until([&] { return leech.session->status(TorrentId(0)).state == TorrentState::seeding; }));
  leech.town.run_for(1s);
  const std::vector<Json> events = events_in(follower.answer);
  ASSERT_GT(events.size(), 3u);
  EXPECT_EQ(events[0]["event"], "pieces");
  EXPECT_EQ(events[1]["event"], "status");
  EXPECT_EQ(events[2]["event"], "peer_connected") << "who is here already";
  const std::int64_t had = events[0]["pieces_have"];
  const auto count = [&](std::string_view name) {
    return std::ranges::count_if(events, [&](const Json& event) { return event["event"] == name; });
  };
  EXPECT_EQ(had + count("piece_verified"), 256);
  EXPECT_EQ(count("completed"), 1);
  EXPECT_EQ(count("peer_dropped"), 1) << "the seed has nothing to give any more";
  EXPECT_EQ(count("new_peers"), 1) << "with the announce in between";
}

TEST(HttpFront, AFollowerEndsWithItsTorrentOrItsClientAndIsForgotten) {
  Controlled leech(64_MiB);
  auto leaving = std::make_unique<RawClient>(leech.network(), leech.at(), leech.head("GET /torrents/0/events"));
  RawClient staying(leech.network(), leech.at(), leech.head("GET /torrents/0/events"));
  ASSERT_TRUE(leech.run_until([&] { return leech.front->followers() == 2; }));
  leech.network().close(leaving->stream);
  leaving->is_closed = true;
  EXPECT_TRUE(leech.run_until([&] { return leech.front->followers() == 1; })) << "its end was seen";
  EXPECT_EQ(leech.post("/torrents/0/ctl", "remove").status, 200u);
  EXPECT_TRUE(leech.run_until([&] { return staying.is_closed; }));
  EXPECT_EQ(events_in(staying.answer).back()["event"], "removed");
}

TEST(HttpFront, AFollowerThatDoesNotReadIsDroppedAndNotBufferedFor) {
  Controlled leech(1_GiB);                       // 16384 pieces: far more events than fit into its window and ours
  leech.session->set_limits({});
  RawClient sleeper(leech.network(), leech.at(), leech.head("GET /torrents/0/events"), false);
  ASSERT_TRUE(leech.run_until([&] { return leech.front->followers() == 1; }));
  EXPECT_TRUE(leech.town.run_until([&] { return sleeper.is_closed; }, 30min));
}

// What btclient ctl would print, and how it would end.
struct Ctl {
  Ctl(Controlled& controlled, std::vector<std::string> words, std::string token = kToken) {
    auto parsed = parse_ctl_options(words, "/here");
    EXPECT_TRUE(parsed) << parsed.error();
    CtlOptions options = std::get<CtlOptions>(*parsed);
    options.at = controlled.at();
    request = std::make_unique<CtlRequest>(controlled.network(), options, std::move(token),
                                           [this](std::string_view text) { printed += text; },
                                           [this](std::expected<void, CtlRequest::Error> how) { ended = std::move(how); });
  }
  std::string printed;
  std::optional<std::expected<void, CtlRequest::Error>> ended;
  std::unique_ptr<CtlRequest> request;
};

TEST(Ctl, ReadsAndWritesTheTree) {
  Controlled leech;
  Ctl stats(leech, {"torrents/0/stats"});
  ASSERT_TRUE(leech.run_until([&] { return stats.ended.has_value(); }));
  ASSERT_TRUE(stats.ended->has_value()) << stats.ended->error().what;
  EXPECT_EQ(Json::parse(stats.printed)["name"], "content");
  Ctl limit(leech, {"torrents/0/ctl", "down", "1", "MiB/s"});
  ASSERT_TRUE(leech.run_until([&] { return limit.ended.has_value(); }));
  EXPECT_EQ(leech.session->limits(TorrentId(0)).down, BytesPerSecond(1 << 20));
}

TEST(Ctl, FollowsEventsUntilTheTorrentLeaves) {
  Controlled leech;
  Ctl follow(leech, {"--follow", "torrents/0/events"});
  ASSERT_TRUE(leech.run_until([&] { return leech.pieces_have() == 256; }));
  leech.session->remove(TorrentId(0));
  ASSERT_TRUE(leech.run_until([&] { return follow.ended.has_value(); }));
  EXPECT_TRUE(follow.ended->has_value());
  EXPECT_TRUE(follow.printed.starts_with(R"({"event":"pieces")")) << follow.printed.substr(0, 60);
  EXPECT_TRUE(follow.printed.ends_with("\"torrent\":\"content\"}\n"));
}

TEST(Ctl, SaysWhyItWasRefused) {
  Controlled leech;
  Ctl gone(leech, {"torrents/0/peers/44/state"});
  Ctl stranger(leech, {"stats"}, "another token altogether");
  ASSERT_TRUE(leech.run_until([&] { return gone.ended && stranger.ended; }));
  EXPECT_EQ(gone.ended->error().what, "peer 44 is not connected");
  EXPECT_EQ(gone.ended->error().failure, CtlRequest::Failure::refused);
  EXPECT_NE(stranger.ended->error().what.find("token"), std::string::npos);
}

TEST(Ctl, UnderstandsItsCommandLine) {
  const auto options = [](std::vector<std::string> words) { return std::get<CtlOptions>(*parse_ctl_options(words, "/here")); };
  EXPECT_EQ(options({"--control", "[::1]:7000", "--token-file=t", "stats"}).at, *Endpoint::parse("[::1]:7000"));
  EXPECT_EQ(options({"--token-file=t", "stats"}).token_file, "t");
  EXPECT_EQ(options({"ctl", "add", "my file.torrent"}).command, "add /here/my file.torrent");
  EXPECT_EQ(options({"ctl", "add", "/there/f"}).command, "add /there/f");
  EXPECT_TRUE(options({"torrents/0/events"}).follow) << "a stream cannot be had otherwise";
  EXPECT_TRUE(std::holds_alternative<CtlHelp>(*parse_ctl_options({"--help"}, "/")));
  for (const std::vector<std::string>& wrong : std::initializer_list<std::vector<std::string>>{
           {}, {"--control"}, {"--control", "nowhere", "stats"}, {"--verbose", "stats"}, {"nonsense"},
           {"stats", "stop"}, {"torrents/0/ctl", "dance"}, {"--follow", "stats"}}) {
    EXPECT_FALSE(parse_ctl_options(wrong, "/here"));
  }
}

}  // namespace
}  // namespace swarmlab::client::control
