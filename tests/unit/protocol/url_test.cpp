#include "protocol/url.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

TEST(Url, IsTakenApart) {
  struct Row {
    const char* text;
    Url url;
  };
  for (const auto& [text, url] : std::initializer_list<Row>{
           {"http://tracker.example/announce", {"http", "tracker.example", 80, "/announce"}},
           {"HTTPS://tracker.example", {"https", "tracker.example", 443, "/"}},
           {"http://10.77.0.1:6969/announce?passkey=s3cret",
            {"http", "10.77.0.1", 6969, "/announce?passkey=s3cret"}},
           {"udp://tracker.example:1337", {"udp", "tracker.example", 1337, "/"}},
           {"udp://[2001:db8::1]:1337/announce", {"udp", "2001:db8::1", 1337, "/announce"}},
           {"http://[::1]/a", {"http", "::1", 80, "/a"}},
           {"http://host?x=1", {"http", "host", 80, "/?x=1"}},
           {"http://host:/a", {"http", "host", 80, "/a"}},
           {"http://host/a#fragment", {"http", "host", 80, "/a"}},
           {"http://host#fragment", {"http", "host", 80, "/"}},
           {"http://host/a%20b/c d/é", {"http", "host", 80, "/a%20b/c%20d/%C3%A9"}},
           {"http://host/a:b@c", {"http", "host", 80, "/a:b@c"}},
           {"ws://host:1/a", {"ws", "host", 1, "/a"}},
           {"http://a_b.example/x", {"http", "a_b.example", 80, "/x"}},
       }) {
    const auto read = parse_url(text);
    ASSERT_TRUE(read) << text << ": " << read.error().what;
    EXPECT_EQ(*read, url) << text;
    EXPECT_EQ(parse_url(to_string(*read)), *read) << to_string(*read);
  }
}

TEST(Url, IsPutTogether) {
  for (const auto* text : {"http://host/a", "https://host:80/", "udp://[::1]:6969/announce",
                           "http://host:8080/?a=b"}) {
    EXPECT_EQ(to_string(*parse_url(text)), text);
  }
}

TEST(Url, IsRefusedWithPlaceAndReason) {
  struct Row {
    std::string text;
    std::size_t at;
    const char* what;
  };
  for (const auto& [text, at, what] : std::initializer_list<Row>{
           {"", 0, "has no scheme"},
           {"host/announce", 0, "has no scheme"},
           {"http:/host", 0, "has no scheme"},
           {"://host", 0, "has no valid scheme"},
           {"4http://host", 0, "has no valid scheme"},
           {"ht tp://host", 0, "has no valid scheme"},
           {"http://", 7, "has no host"},
           {"http:///announce", 7, "has no host"},
           {"http://:80/", 7, "has no host"},
           {"udp://host/announce", 10, "has no port"},
           {"udp://host:", 11, "has no port"},
           {"wss://host", 10, "has no port"},
           {"http://host:0/", 12, "has a port that is no number"},
           {"http://host:65536/", 12, "has a port that is no number"},
           {"http://host:-1/", 12, "has a port that is no number"},
           {"http://host:80a/", 12, "has a port that is no number"},
           {"http://user:pass@host/", 7, "has user information"},
           {"http://ho st/", 9, "has a host with the character ' '"},
           {"http://h\xc3\xb6st/", 8, "has a host with the character"},
           {"http://a:b:80/", 8, "has a host with the character ':'"},
           {"http://[::1/", 7, "has no valid IPv6 address"},
           {"http://[host]/", 7, "has no valid IPv6 address"},
           {"http://[1.2.3.4]/", 7, "has no valid IPv6 address"},
           {"http://[::1]80/", 12, "has something other than a port"},
           {"http://host/a\r\nX-Header: 1", 13, "has a control character"},
           {"http://host/" + std::string(9000, 'a'), 8192, "is longer than 8 KiB"},
       }) {
    const auto read = parse_url(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().at, at) << text;
    EXPECT_EQ(read.error().what.substr(0, std::string_view(what).size()), what) << text;
  }
}

TEST(PercentEncoding, EscapesEverythingButUnreserved) {
  EXPECT_EQ(percent_encode(as_bytes("AZaz09-._~")), "AZaz09-._~");
  EXPECT_EQ(percent_encode(test::hex("00 20 25 26 2b 2f 3d 7f 80 ff")),
            "%00%20%25%26%2B%2F%3D%7F%80%FF");
}

TEST(PercentEncoding, SurvivesTheWayThereAndBackForEveryByte) {
  std::vector<std::byte> all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::byte>(i));
  EXPECT_EQ(percent_decode(percent_encode(all)), test::text_of(all));
}

TEST(PercentEncoding, IsReadInEitherCaseAndRefusedWhereItIsBroken) {
  EXPECT_EQ(percent_decode("%c3%A9+"), "é+");
  for (const auto* text : {"%", "%1", "a%", "%g0", "%0g", "%%41", "% 1", "%-1"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
}

}  // namespace
}  // namespace swarmlab::protocol
