#include "protocol/magnet.hpp"

#include <gtest/gtest.h>

#include "tests/unit/protocol/bytes.hpp"

namespace swarmlab::protocol {
namespace {

const std::string kHash = "c87862f900cb73a2ea7c8e6891146e3b39beb7e0";
const std::string kLink = "magnet:?xt=urn:btih:" + kHash;

TEST(Magnet, OfLibtorrentIsRead) {
  // libtorrent 2.0.8, make_magnet_uri()
  const auto magnet = parse_magnet(
      "magnet:?xt=urn:btih:c87862f900cb73a2ea7c8e6891146e3b39beb7e0&dn=swarm.bin"
      "&tr=http%3a%2f%2f127.0.0.1%3a6969%2fannounce%3fpasskey%3ds3cret&tr=udp%3a%2f%2f127.0.0.1%"
      "3a6970%2fannounce");
  ASSERT_TRUE(magnet);
  EXPECT_EQ(to_string(magnet->info_hash), kHash);
  EXPECT_EQ(magnet->name, "swarm.bin");
  EXPECT_EQ(magnet->trackers,
            (std::vector<std::string>{"http://127.0.0.1:6969/announce?passkey=s3cret",
                                      "udp://127.0.0.1:6970/announce"}));
}

TEST(Magnet, ReadsBase32InEitherCase) {
  for (const auto* digits :
       {"ZB4GF6IAZNZ2F2T4RZUJCFDOHM435N7A", "zb4gf6iaznz2f2t4rzujcfdohm435n7a"}) {
    const auto magnet = parse_magnet(std::string("magnet:?xt=urn:btih:") + digits);
    ASSERT_TRUE(magnet) << digits;
    EXPECT_EQ(to_string(magnet->info_hash), kHash);
  }
}

TEST(Magnet, ReadsWhatLinksInTheWildHold) {
  const auto magnet =
      parse_magnet("MAGNET:?dn=My+file+%282%29&xl=10&xt.1=urn:sha1:ABC&xt.2=URN:BTIH:" + kHash +
                   "&tr.1=http://a/x&tr.2=http://b/x+y&ws=http%3A%2F%2Fseed%2F&x.pe=10.0.0.1:6881"
                   "&x.pe=[::1]:1&so=0,2-4&&=&");
  ASSERT_TRUE(magnet);
  EXPECT_EQ(magnet->name, "My file (2)");
  EXPECT_EQ(magnet->trackers, (std::vector<std::string>{"http://a/x", "http://b/x+y"}));
  EXPECT_EQ(magnet->web_seeds, (std::vector<std::string>{"http://seed/"}));
  EXPECT_EQ(magnet->peers, (std::vector<Endpoint>{*Endpoint::parse("10.0.0.1:6881"),
                                                  *Endpoint::parse("[::1]:1")}));
}

TEST(Magnet, DropsWhatItCannotUse) {
  const auto magnet = parse_magnet(
      kLink +
      "&dn=%00evil&dn=%ff&dn=&tr=wss%3A%2F%2Fhost%3A1&tr=nonsense&tr=http%3A%2F%2Fh%0D%0A"
      "&tr=%zz&ws=udp%3A%2F%2Fhost%3A1&x.pe=host:1&x.pe=10.0.0.1:0&x.pe=10.0.0.1");
  ASSERT_TRUE(magnet);
  EXPECT_EQ(*magnet, Magnet{.info_hash = magnet->info_hash});
}

TEST(Magnet, TakesTheFirstInfoHash) {
  const auto magnet =
      parse_magnet(kLink + "&xt=urn:btih:" + std::string(40, '0') + "&xt=urn:btih:broken");
  ASSERT_TRUE(magnet);
  EXPECT_EQ(to_string(magnet->info_hash), kHash);
}

TEST(Magnet, IsRefusedWithoutAUsableInfoHash) {
  struct Row {
    std::string link, what;
  };
  for (const auto& [link, what] : std::initializer_list<Row>{
           {"", "does not begin with \"magnet:?\""},
           {"http://host/", "does not begin with \"magnet:?\""},
           {"magnet:xt=urn:btih:" + kHash, "does not begin with \"magnet:?\""},
           {"magnet:?", "has no info-hash (xt=urn:btih:...)"},
           {"magnet:?dn=x", "has no info-hash (xt=urn:btih:...)"},
           {"magnet:?xt=urn:btmh:1220" + std::string(64, 'a'),
            "has no info-hash (xt=urn:btih:...)"},
           {"magnet:?xt=urn:btih:",
            "has an info-hash of neither 40 hexadecimal nor 32 base-32 digits: 'urn:btih:'"},
           {"magnet:?xt=urn:btih:12",
            "has an info-hash of neither 40 hexadecimal nor 32 base-32 digits: 'urn:btih:12'"},
           {kLink + "0",
            "has an info-hash of neither 40 hexadecimal nor 32 base-32 digits: 'urn:btih:" + kHash +
                "0'"},
           {"magnet:?xt=urn:btih:" + std::string(32, '1'),
            "has an info-hash of neither 40 hexadecimal nor 32 base-32 digits: 'urn:btih:" +
                std::string(32, '1') + "'"},
       }) {
    const auto magnet = parse_magnet(link);
    ASSERT_FALSE(magnet) << link;
    EXPECT_EQ(magnet.error().what, what);
  }
}

TEST(Magnet, SurvivesTheWayThereAndBack) {
  const Magnet magnet{
      .info_hash = test::filled<InfoHashV1>(0x5a),
      .name = "a & b + 50% é",
      .trackers = {"http://a/announce?k=v&w", "udp://b:1/"},
      .web_seeds = {"https://c/d e"},
      .peers = {*Endpoint::parse("[2001:db8::1]:9"), *Endpoint::parse("1.2.3.4:5")}};
  const auto read = parse_magnet(to_string(magnet));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, magnet);
}

}  // namespace
}  // namespace swarmlab::protocol
