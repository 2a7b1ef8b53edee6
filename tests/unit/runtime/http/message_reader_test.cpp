#include "runtime/http/message_reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "protocol/ids.hpp"

namespace swarmlab::runtime::http {
namespace {

constexpr MessageLimits kLimits{.header = 1_KiB, .body = 256_B};

ReplyReader reply(std::string_view text) {
  ReplyReader reader(kLimits);
  reader.feed(as_bytes(text));
  return reader;
}

TEST(ReplyReader, TakesStatusCodesFromAHundredOn) {
  const ReplyReader right = reply("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(right.state(), ReadState::complete);
  EXPECT_EQ(right.status(), 404u);
  const ReplyReader wrong = reply("HTTP/1.1 010 Continue\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(wrong.state(), ReadState::failed);
  EXPECT_EQ(wrong.failure(), ReadFailure::malformed);
  ReplyReader until_the_end = reply("HTTP/1.0 000 Nothing\r\n\r\nbody");
  until_the_end.feed_end();
  EXPECT_EQ(until_the_end.state(), ReadState::failed);
}

TEST(ReplyReader, TakesTheAnswerBehindInterimOnes) {
  const ReplyReader reader = reply("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_EQ(reader.state(), ReadState::complete);
  EXPECT_EQ(reader.status(), 204u);
}

TEST(ReplyReader, TakesChunksByteByByte) {
  ReplyReader reader(kLimits);
  constexpr std::string_view text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
  for (const char& c : text) {
    EXPECT_EQ(reader.state(), ReadState::needs_more);
    reader.feed(as_bytes(std::string_view(&c, 1)));
  }
  ASSERT_EQ(reader.state(), ReadState::complete);
  EXPECT_EQ(as_text(reader.body()), "hi");
  ReplyReader empty(kLimits);
  for (const char& c : std::string_view("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
    empty.feed(as_bytes(std::string_view(&c, 1)));
  EXPECT_EQ(empty.state(), ReadState::complete);
}

TEST(RequestReader, KeepsWhatComesBehindAMessageForTheNext) {
  RequestReader reader(kLimits);
  reader.feed(as_bytes(std::string_view("GET /a HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b?c HTTP/1.0\r\n\r\n")));
  ASSERT_EQ(reader.state(), ReadState::complete);
  EXPECT_EQ(reader.request().target, "/a");
  reader.next();
  ASSERT_EQ(reader.state(), ReadState::complete);
  EXPECT_EQ(reader.request().query(), "c");
  EXPECT_TRUE(reader.is_http_1_0());
}

TEST(RequestReader, NoticesBrokenHeadersAtTheLatestAtTheirLimit) {
  RequestReader reader(kLimits);
  for (int i = 0; i < 1100 && reader.state() == ReadState::needs_more; ++i) reader.feed(as_bytes(std::string_view("x")));
  EXPECT_EQ(reader.state(), ReadState::failed);
}

TEST(RequestReader, BoundsHeadersTheSameHoweverTheyCome) {
  for (const std::size_t length : {1024u, 1025u, 1027u}) {
    std::string text = "GET / HTTP/1.1\r\nHost: ";
    text += std::string(length - text.size() - 4, 'a') + "\r\n\r\n";
    RequestReader whole(kLimits);
    whole.feed(as_bytes(text));
    RequestReader cut(kLimits);
    for (const char& c : text) cut.feed(as_bytes(std::string_view(&c, 1)));
    const ReadState expected = length <= 1024 ? ReadState::complete : ReadState::failed;
    EXPECT_EQ(whole.state(), expected) << length;
    EXPECT_EQ(cut.state(), expected) << length;
  }
}

}  // namespace
}  // namespace swarmlab::runtime::http
