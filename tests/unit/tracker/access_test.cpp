#include "tracker/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tracker/builders.hpp"

namespace swarmlab::tracker {
namespace {

using test::torrent;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(Whitelist, IsReadLineByLineWithCommentsAndBlankLinesLeftOut) {
  const auto hashes = parse_whitelist(
      "# ours\r\n\r\n  0100000000000000000000000000000000000000  # first\n"
      "02000000000000000000000000000000000000AB");
  ASSERT_TRUE(hashes.has_value());
  ASSERT_THAT(*hashes, SizeIs(2));
  EXPECT_EQ((*hashes)[0], torrent(1));
  EXPECT_EQ(to_hex((*hashes)[1].view()), "02000000000000000000000000000000000000ab");
}

TEST(Whitelist, NamesTheLineThatIsNoInfoHash) {
  const auto hashes = parse_whitelist("0100000000000000000000000000000000000000\nabc\n");
  ASSERT_FALSE(hashes.has_value());
  EXPECT_EQ(to_string(hashes.error()), "line 2: 'abc' is no info-hash of 40 hex digits");
}

TEST(Passkeys, AreWordsOfLettersDigitsDashAndUnderscore) {
  EXPECT_THAT(parse_passkeys("s3cret_Key-1\nother # of bob\n").value(), ElementsAre("s3cret_Key-1", "other"));
  EXPECT_EQ(to_string(parse_passkeys("a/b").error()),
            "line 1: 'a/b' has characters other than letters, digits, '-' and '_'");
  EXPECT_EQ(to_string(parse_passkeys("\nscrape").error()),
            "line 2: 'scrape' is the name of a page, not a passkey");
  EXPECT_EQ(to_string(parse_passkeys(std::string(65, 'x')).error()),
            "line 1: a passkey has 64 characters at most");
}

TEST(Access, IsOpenToEveryoneUnlessRestricted) {
  const Access access;
  EXPECT_TRUE(access.tracks(torrent(1)));
  EXPECT_TRUE(access.admits(""));
  EXPECT_FALSE(access.is_private());
}

TEST(Access, TracksWhatIsOnTheWhitelistOnly) {
  Access access;
  access.restrict_torrents({torrent(9), torrent(2)});
  EXPECT_TRUE(access.tracks(torrent(2)));
  EXPECT_FALSE(access.tracks(torrent(3)));
  EXPECT_TRUE(access.is_private());
}

TEST(Access, TracksNothingWithAnEmptyWhitelist) {
  Access access;
  access.restrict_torrents({});
  EXPECT_FALSE(access.tracks(torrent(2)));
}

TEST(Access, AdmitsKnownPasskeysOnly) {
  Access access;
  access.restrict_users({"bob", "alice"});
  EXPECT_TRUE(access.admits("alice"));
  EXPECT_FALSE(access.admits("eve"));
  EXPECT_FALSE(access.admits(""));
  EXPECT_TRUE(access.is_private());
}

}  // namespace
}  // namespace swarmlab::tracker
