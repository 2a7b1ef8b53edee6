// The HTTP server and client over each world's streams.
#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/http/http_client.hpp"
#include "runtime/http/http_server.hpp"
#include "tests/conformance/stream_ends.hpp"

namespace swarmlab::conformance {
namespace {

using namespace runtime::http;

struct Answerer : RequestHandler {
  void on_request(RequestId id, const Request& request, const Endpoint&) override {
    targets.emplace_back(request.target);
    bodies.emplace_back(as_text(request.body));
    if (is_slow) {
      waiting.push_back(id);
      return;
    }
    server->respond(id, answer);
  }
  void on_request_gone(RequestId id) override { gone.push_back(id); }

  std::unique_ptr<HttpServer> server;
  Response answer = Response::text(200, "hello");
  bool is_slow = false;
  std::vector<std::string> targets;
  std::vector<std::string> bodies;
  std::vector<RequestId> waiting;
  std::vector<RequestId> gone;
};

struct Asker : HttpClientHandler {
  void on_http(runtime::Tag, std::expected<HttpReply, HttpError> reply) override {
    EXPECT_FALSE(answer.has_value());
    answer = std::move(reply);
  }
  std::optional<std::expected<HttpReply, HttpError>> answer;
};

// A server on host b that test code speaks to by hand, or with the client, from host a.
struct Served {
  explicit Served(World& given, const HttpServer::Limits& limits = {})
      : world(given), client(given.at(Side::a)), raw(given.at(Side::a).network) {
    auto listening = HttpServer::listen(world.at(Side::b), {world.address(Side::b), 0}, limits, answerer);
    EXPECT_TRUE(listening);
    answerer.server = std::move(*listening);
  }
  protocol::Url url(std::string target) {
    const Endpoint at = answerer.server->local_endpoint();
    return {"http", to_string(at.address), at.port, std::move(target)};
  }
  std::expected<HttpReply, HttpError> get(std::string target, const HttpClient::Options& options = {}) {
    Asker asker;
    client.get(url(std::move(target)), options, asker, 7);
    EXPECT_FALSE(asker.answer) << "never inside get()";
    EXPECT_TRUE(world.run_until([&] { return asker.answer.has_value(); }, 60s));
    return *asker.answer;
  }
  void connect() {
    raw.id = raw.network.connect(answerer.server->local_endpoint(), world.address(Side::a), raw);
  }
  // What the server says, by hand, until it has said `until` or ended.
  std::string say(std::string_view text, std::string_view until) {
    raw.write(text);
    EXPECT_TRUE(world.run_until([&] { return raw.text().ends_with(until) || raw.ended || raw.closed; }, 60s));
    return raw.text();
  }

  World& world;
  Answerer answerer;
  HttpClient client;
  StreamEnd raw;
};

TEST_P(HttpConformance, GetsWhatTheServerAnswers) {
  Served served(world());
  const auto reply = served.get("/announce?info_hash=%00&port=1");
  ASSERT_TRUE(reply) << to_string(reply.error());
  EXPECT_EQ(reply->status, 200U);
  EXPECT_EQ(as_text(reply->body), "hello");
  EXPECT_EQ(served.answerer.targets, std::vector<std::string>{"/announce?info_hash=%00&port=1"});
}

TEST_P(HttpConformance, CarriesBodiesOfAnySizeUpToTheLimit) {
  Served served(world());
  served.answerer.answer.body = pattern(900'000);
  const auto reply = served.get("/");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, served.answerer.answer.body);

  const auto refused = served.get("/", {.max_body = 800'000_B});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, HttpError::Kind::body_too_large);
}

TEST_P(HttpConformance, ServesSeveralRequestsOnOneConnectionInOrder) {
  Served served(world());
  served.connect();
  served.say("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
             "POST /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
             "hello");
  ASSERT_TRUE(world().run_until([&] { return served.answerer.targets.size() == 3; }));
  EXPECT_EQ(served.answerer.targets, (std::vector<std::string>{"/1", "/2", "/3"}));
  EXPECT_EQ(served.answerer.bodies.back(), "abc");
  EXPECT_FALSE(served.raw.ended);
  served.say("GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "never");
  EXPECT_TRUE(served.raw.ended);
  EXPECT_EQ(served.answerer.targets.back(), "/4");
}

TEST_P(HttpConformance, UnderstandsARequestThatComesByteByByte) {
  Served served(world());
  served.connect();
  const std::string_view request = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const char c : request) {
    served.raw.write(std::string_view(&c, 1));
    world().run_for(1ms);
  }
  EXPECT_TRUE(run_until([&] { return served.raw.text().ends_with("hello"); }));
}

TEST_P(HttpConformance, AnswersLaterWhenTheHandlerTakesItsTime) {
  Served served(world());
  served.answerer.is_slow = true;
  served.connect();
  served.raw.write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return served.answerer.waiting.size() == 1; }));
  world().settle();
  EXPECT_EQ(served.answerer.waiting.size(), 1U) << "the next request waits for the answer to the first";
  served.answerer.server->respond(served.answerer.waiting[0], Response::text(200, "one"));
  EXPECT_EQ(served.answerer.waiting.size(), 1U) << "no callback inside respond()";
  ASSERT_TRUE(run_until([&] { return served.answerer.waiting.size() == 2; }));
  EXPECT_TRUE(run_until([&] { return served.raw.text().ends_with("one"); }));
}

TEST_P(HttpConformance, TellsTheHandlerThatAWaitingClientHasGone) {
  Served served(world());
  served.answerer.is_slow = true;
  served.connect();
  served.raw.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return served.answerer.waiting.size() == 1; }));
  world().at(Side::a).network.reset(served.raw.id);
  ASSERT_TRUE(run_until([&] { return !served.answerer.gone.empty(); }));
  EXPECT_EQ(served.answerer.gone, served.answerer.waiting);
}

TEST_P(HttpConformance, AStreamGoesOnUntilTheServerEndsIt) {
  Served served(world());
  served.answerer.is_slow = true;
  served.connect();
  served.raw.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return served.answerer.waiting.size() == 1; }));
  const RequestId id = served.answerer.waiting[0];
  HttpServer& server = *served.answerer.server;
  server.begin_stream(id, Response::text(200, "one"));
  ASSERT_TRUE(run_until([&] { return served.raw.text().ends_with("one"); }));
  EXPECT_EQ(served.raw.text().find("Content-Length"), std::string::npos) << "nobody knows it";
  EXPECT_TRUE(server.send(id, as_bytes("two")));
  ASSERT_TRUE(run_until([&] { return served.raw.text().ends_with("onetwo"); }));
  EXPECT_FALSE(served.raw.ended);
  server.end_stream(id);
  EXPECT_TRUE(run_until([&] { return served.raw.ended; }));
  EXPECT_TRUE(served.answerer.gone.empty()) << "the server ended it itself";
}

TEST_P(HttpConformance, TellsTheHandlerThatAStreamsClientHasGone) {
  Served served(world());
  served.answerer.is_slow = true;
  served.connect();
  served.raw.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return served.answerer.waiting.size() == 1; }));
  served.answerer.server->begin_stream(served.answerer.waiting[0], Response::text(200, "one"));
  ASSERT_TRUE(run_until([&] { return served.raw.text().ends_with("one"); }));
  world().at(Side::a).network.close(served.raw.id);
  ASSERT_TRUE(run_until([&] { return !served.answerer.gone.empty(); }));
  EXPECT_EQ(served.answerer.gone, served.answerer.waiting);
}

TEST_P(HttpConformance, DropsAStreamsClientThatDoesNotRead) {
  Served served(world(), {.stream_backlog = 64_KiB});
  served.answerer.is_slow = true;
  StreamEnd sleeper(world().at(Side::a).network);
  sleeper.reads_all = false;
  sleeper.id = sleeper.network.connect(served.answerer.server->local_endpoint(), world().address(Side::a), sleeper);
  sleeper.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return served.answerer.waiting.size() == 1; }));
  const RequestId id = served.answerer.waiting[0];
  served.answerer.server->begin_stream(id, Response::text(200, ""));
  const std::string chunk(16384, 'x');
  // Both ends' buffers and windows fill up first: some MiB in the real world.
  std::size_t sent = 0;
  while (sent < 4096 && served.answerer.server->send(id, as_bytes(chunk))) {
    ++sent;
    world().run_for(1ms);
  }
  EXPECT_LT(sent, 4096U);
  EXPECT_EQ(served.answerer.server->connections(), 0U);
  EXPECT_TRUE(served.answerer.gone.empty()) << "send() has said it";
}

TEST_P(HttpConformance, AnswersHeadWithoutABody) {
  Served served(world());
  served.connect();
  const std::string text = served.say("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n");
  EXPECT_NE(text.find("Content-Length: 5\r\n"), std::string::npos);
}

TEST_P(HttpConformance, RefusesWhatItCannotServe) {
  struct Row { std::string_view rule; std::string request; std::string_view status; };
  const std::string long_field(9000, 'x');
  const Row rows[] = {
      {"not HTTP", "\x13" "BitTorrent protocol\r\n\r\n", " 400 "},
      {"no version", "GET /\r\n\r\n", " 400 "},
      {"header over the limit", "GET / HTTP/1.1\r\nA: " + long_field + "\r\n\r\n", " 431 "},
      {"target over the limit", "GET /" + long_field + " HTTP/1.1\r\n\r\n", " 431 "},
      {"body over the limit", "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", " 413 "},
      {"body over the limit, begun", "POST / HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\nabc", " 413 "},
      {"chunk over the limit", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\nabc", " 413 "},
      {"length that is none", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", " 400 "},
      {"a proxy's method", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", " 405 "},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.rule);
    Served served(world());
    served.connect();
    const std::string text = served.say(row.request, "never");
    EXPECT_EQ(text.substr(8, 5), row.status) << text;
    EXPECT_TRUE(served.raw.ended) << "and closes";
    EXPECT_TRUE(served.answerer.targets.empty());
  }
}

TEST_P(HttpConformance, AClientThatHasGoneIsNotWaitedFor) {
  Served served(world(), {.idle = 100ms});
  served.connect();
  EXPECT_THAT(served.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "hello"), testing::HasSubstr(" 200 "));
  world().at(Side::a).network.shutdown_write(served.raw.id);
  ASSERT_TRUE(run_until([&] { return served.answerer.server->connections() == 0; }));
  EXPECT_FALSE(world().run_until([] { return false; }, 300ms));   // in which nothing else happens
  EXPECT_TRUE(served.get("/").has_value());
}

TEST_P(HttpConformance, DropsClientsThatAreTooSlowOrTooMany) {
  Served served(world(), {.connections = 1, .idle = 300ms, .request = 300ms});
  served.connect();
  EXPECT_EQ(served.say("GET / HT", "never").substr(8, 5), " 408 ");

  StreamEnd idle(world().at(Side::a).network);
  idle.id = idle.network.connect(served.answerer.server->local_endpoint(), world().address(Side::a), idle);
  ASSERT_TRUE(run_until([&] { return served.answerer.server->connections() == 1; }));
  StreamEnd second(world().at(Side::a).network);
  second.id = second.network.connect(served.answerer.server->local_endpoint(), world().address(Side::a), second);
  EXPECT_TRUE(run_until([&] { return second.ended; }));
  EXPECT_EQ(second.text().substr(8, 5), " 503 ");
  EXPECT_TRUE(run_until([&] { return idle.ended; })) << "nobody may stay idle";
  EXPECT_EQ(idle.text(), "");
}

// A server by hand: says `reply` to whatever it is asked, then closes.
std::expected<HttpReply, HttpError> answer_to_get(World& world, std::string_view reply, bool ends = true,
                                                  const HttpClient::Options& options = {}) {
  StreamEnd end(world.at(Side::b).network);
  Acceptor acceptor(end.network);
  acceptor.next = &end;
  const auto listener = end.network.listen({world.address(Side::b), 0}, acceptor);
  HttpClient client(world.at(Side::a));
  Asker asker;
  const Endpoint at = end.network.local_endpoint(*listener);
  client.get({"http", to_string(at.address), at.port, "/"}, options, asker, 0);
  EXPECT_TRUE(world.run_until([&] { return end.text().ends_with("\r\n\r\n"); }));
  end.write(reply);
  if (ends) end.network.shutdown_write(end.id);
  EXPECT_TRUE(world.run_until([&] { return asker.answer.has_value(); }, 60s));
  end.network.close(*listener);
  if (!end.closed) end.network.reset(end.id);
  return *asker.answer;
}

TEST_P(HttpConformance, ReadsEveryKindOfBody) {
  const auto chunked = answer_to_get(
      world(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", false);
  ASSERT_TRUE(chunked) << to_string(chunked.error());
  EXPECT_EQ(as_text(chunked->body), "abcde");
  const auto until_closed = answer_to_get(world(), "HTTP/1.0 200 OK\r\n\r\nall of it");
  ASSERT_TRUE(until_closed) << to_string(until_closed.error());
  EXPECT_EQ(as_text(until_closed->body), "all of it");
  const auto after_interim = answer_to_get(
      world(), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
  ASSERT_TRUE(after_interim);
  EXPECT_EQ(as_text(after_interim->body), "ok");
}

TEST_P(HttpConformance, HandsOverRedirectsInsteadOfFollowingThem) {
  const auto reply =
      answer_to_get(world(), "HTTP/1.1 302 Found\r\nLocation: http://other/\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 302U);
  EXPECT_EQ(reply->location, "http://other/");
}

TEST_P(HttpConformance, NamesWhatWentWrong) {
  using Kind = HttpError::Kind;
  struct Row { std::string_view rule; std::string reply; Kind kind; };
  const Row rows[] = {
      {"nothing", "", Kind::connection_lost},
      {"half a header", "HTTP/1.1 200 O", Kind::connection_lost},
      {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", Kind::connection_lost},
      {"not HTTP", "220 welcome\r\n\r\n", Kind::malformed},
      {"chunk without a length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Kind::malformed},
      {"endless header", "HTTP/1.1 200 OK\r\nA: " + std::string(20'000, 'a'), Kind::header_too_large},
      {"too large from the start", "HTTP/1.1 200 OK\r\nContent-Length: 4611686018427387904\r\n\r\nx", Kind::body_too_large},
      {"announced too large", "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", Kind::body_too_large},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.rule);
    const auto reply = answer_to_get(world(), row.reply);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, row.kind) << to_string(reply.error());
  }
  const auto silent = answer_to_get(world(), "HTTP/1.1 200 OK\r\n", false, {.timeout = 300ms});
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().kind, Kind::timed_out);
}

TEST_P(HttpConformance, FailsByNameBeforeThereIsAConnection) {
  Served served(world());
  protocol::Url url = served.url("/");
  served.answerer.server.reset();
  Asker refused;
  served.client.get(url, {}, refused, 0);
  url.scheme = "https";
  Asker https;
  served.client.get(url, {}, https, 0);
  EXPECT_FALSE(https.answer) << "never inside get()";
  ASSERT_TRUE(run_until([&] { return refused.answer && https.answer; }));
  EXPECT_EQ(refused.answer->error().kind, HttpError::Kind::cannot_connect);
  EXPECT_EQ(refused.answer->error().network, runtime::NetworkError::refused);
  EXPECT_EQ(https.answer->error().kind, HttpError::Kind::unsupported_scheme);
}

TEST_P(HttpConformance, ForgetsWhoeverDoesNotWantToKnow) {
  Served served(world());
  Asker one;
  Asker other;
  const HttpGetId id = served.client.get(served.url("/"), {}, one, 0);
  served.client.get(served.url("/"), {}, other, 0);
  served.client.cancel(id);
  served.client.forget(other);
  world().settle();
  EXPECT_FALSE(one.answer || other.answer);
}

}  // namespace
}  // namespace swarmlab::conformance
