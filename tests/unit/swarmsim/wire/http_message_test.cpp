#include "swarmsim/wire/http_message.hpp"

#include <gtest/gtest.h>

#include <string>

#include "protocol/ids.hpp"

namespace swarmlab::swarmsim {
namespace {

TEST(HttpMessageLength, CountsHeadAndBody) {
  const std::string_view request = "GET /announce?a=b HTTP/1.1\r\nHost: t\r\n\r\n";
  EXPECT_EQ(**http_message_length(as_bytes(request)), request.size());
  EXPECT_EQ(**http_message_length(as_bytes("HTTP/1.1 200 OK\r\ncontent-LENGTH: 12\r\n\r\nbody")), 39u + 12u);
}

TEST(HttpMessageLength, WaitsForTheEndOfTheHead) {
  const std::string_view request = "GET / HTTP/1.1\r\nHost: t\r\n\r\n";
  for (std::size_t n = 0; n < request.size(); ++n)
    EXPECT_FALSE(http_message_length(as_bytes(request.substr(0, n)))->has_value()) << n;
}

TEST(HttpMessageLength, RefusesAbsurdLengthsAndEndlessHeads) {
  EXPECT_FALSE(http_message_length(as_bytes("A\r\nContent-Length: 99999999999999999999\r\n\r\n")));
  EXPECT_FALSE(http_message_length(as_bytes("A\r\nContent-Length: -1\r\n\r\n")));
  EXPECT_FALSE(http_message_length(as_bytes(std::string(kMaxHttpHeadBytes, 'a'))));
}

}  // namespace
}  // namespace swarmlab::swarmsim
