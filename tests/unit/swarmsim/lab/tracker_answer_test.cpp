// A tracker's answers with other addresses in them.
#include "swarmsim/lab/tracker_answer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "protocol/big_endian.hpp"
#include "protocol/compact_peers.hpp"
#include "protocol/http_tracker.hpp"

namespace swarmlab::swarmsim {
namespace {

Endpoint elsewhere(const Endpoint& known) { return {IpAddress::v4(127, 77, 1, known.address.octets()[3]), 20'000}; }

protocol::AnnounceReply reply(std::initializer_list<std::string_view> peers) {
  protocol::AnnounceReply reply{.interval = std::chrono::seconds(30), .complete = 1, .incomplete = 2};
  for (const std::string_view peer : peers) reply.peers.push_back({.endpoint = *Endpoint::parse(peer)});
  return reply;
}

std::string over_http(const std::vector<std::byte>& body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}", body.size(), as_text(body));
}

std::string text_of(const std::vector<std::byte>& bytes) { return std::string(as_text(bytes)); }

TEST(TrackerAnswer, ACompactListHasTheAddressesThatTheClientCanReach) {
  const auto before = reply({"127.77.0.1:6881", "127.77.0.9:7000"});
  const std::string message = over_http(encode_announce_reply(before, true, true));
  const auto after = reply({"127.77.1.1:20000", "127.77.1.9:20000"});
  EXPECT_EQ(text_of(with_other_peers(as_bytes(message), elsewhere)), over_http(encode_announce_reply(after, true, true)));
}

TEST(TrackerAnswer, AListOfDictionariesTooAndTheLengthFollows) {
  const std::string message = over_http(encode_announce_reply(reply({"127.77.0.1:688"}), false, true));
  const std::string expected = over_http(encode_announce_reply(reply({"127.77.1.1:20000"}), false, true));
  EXPECT_NE(message.size(), expected.size());
  EXPECT_EQ(text_of(with_other_peers(as_bytes(message), elsewhere)), expected);
}

TEST(TrackerAnswer, WhatCannotBeUnderstoodStaysAsItIs) {
  for (const std::string_view body : {"rubbish", "d8:intervali30e5:peers6:ab", "d14:failure reason4:busye", ""}) {
    const std::string message = over_http({as_bytes(body).begin(), as_bytes(body).end()});
    EXPECT_EQ(text_of(with_other_peers(as_bytes(message), elsewhere)), message);
  }
}

TEST(TrackerAnswer, AStreamMayComeInAnyPieces) {
  const std::string one = over_http(encode_announce_reply(reply({"127.77.0.1:6881"}), true, true));
  const std::string expected = over_http(encode_announce_reply(reply({"127.77.1.1:20000"}), true, true));
  const std::string two = one + one;
  for (std::size_t size = 1; size < two.size(); size += 7) {
    TrackerAnswers answers(elsewhere);
    std::string out;
    for (std::size_t at = 0; at < two.size(); at += size) out += text_of(answers.take(as_bytes(two.substr(at, size))));
    EXPECT_EQ(out, expected + expected) << size;
    EXPECT_TRUE(answers.rest().empty());
  }
}

TEST(TrackerAnswer, WhatNeverBecameWholeGoesOnAtTheEnd) {
  TrackerAnswers answers(elsewhere);
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
  EXPECT_TRUE(answers.take(as_bytes(half)).empty());
  EXPECT_EQ(text_of(answers.rest()), half);
}

TEST(TrackerAnswer, WhoDoesNotSpeakHttpIsNotWaitedFor) {
  TrackerAnswers answers(elsewhere);
  const std::string endless(2 << 20, 'x');
  EXPECT_EQ(answers.take(as_bytes(endless)).size(), endless.size());
}

TEST(TrackerAnswer, ADatagramHasThemToo) {
  std::vector<std::byte> datagram;
  for (const std::uint32_t word : {1u, 7u, 30u, 2u, 1u}) protocol::append_be(datagram, word);
  std::vector<std::byte> expected = datagram;
  protocol::append_compact(*Endpoint::parse("127.77.0.3:6881"), datagram);
  protocol::append_compact(*Endpoint::parse("127.77.1.3:20000"), expected);
  EXPECT_EQ(datagram_with_other_peers(datagram, elsewhere), expected);
  datagram[3] = std::byte{2};   // an answer to a scrape
  EXPECT_EQ(datagram_with_other_peers(datagram, elsewhere), datagram);
}

}  // namespace
}  // namespace swarmlab::swarmsim
