#include "torrentgen/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace swarmlab::torrentgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CreateOptions create(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"create", "album", "-o", "a.torrent"});
  return std::get<CreateOptions>(parse_options(arguments).value());
}
std::string refusal(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  return options ? "accepted" : options.error().what;
}
std::string refusal_of_create(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"create", "album", "-o", "a.torrent"});
  return refusal(arguments);
}

TEST(Options, OfCreateAreReadIntoPlainValues) {
  const auto options = create({"--announce", "http://a/announce", "--announce", "udp://b:1,udp://c:2", "--private",
                               "--web-seed", "http://w/", "--comment", "hello there", "--source", "lab",
                               "--piece-length", "1MiB", "--threads", "3", "--date", "7", "--mode", "v1",
                               "--follow-links", "--force", "--json"});
  EXPECT_EQ(options.path, "album");
  EXPECT_EQ(options.output, "a.torrent");
  EXPECT_THAT(options.trackers, ElementsAre(ElementsAre("http://a/announce"), ElementsAre("udp://b:1", "udp://c:2")));
  EXPECT_THAT(options.web_seeds, ElementsAre("http://w/"));
  EXPECT_EQ(options.piece_length, 1_MiB);
  EXPECT_EQ(options.comment, "hello there");
  EXPECT_EQ(options.source, "lab");
  EXPECT_EQ(options.date, 7);
  EXPECT_EQ(options.threads, 3u);
  EXPECT_EQ(options.links, Links::follow);
  EXPECT_TRUE(options.is_private && options.overwrites && options.json);
}

TEST(Options, OfCreateHaveDefaultsThatDependOnNothing) {
  const auto options = create({"--piece-length", "auto"});
  EXPECT_EQ(options.piece_length, std::nullopt);
  EXPECT_EQ(options.date, std::nullopt);
  EXPECT_EQ(options.links, Links::refuse);
  EXPECT_FALSE(options.is_private || options.overwrites || options.json);
}

TEST(Options, RefuseV2AndHybridUntilTheyExist) {
  EXPECT_THAT(refusal_of_create({"--mode", "v2"}), HasSubstr("comes with BitTorrent v2 support"));
  EXPECT_THAT(refusal_of_create({"--mode", "hybrid"}), HasSubstr("comes with BitTorrent v2 support"));
  EXPECT_THAT(refusal_of_create({"--mode", "v3"}), HasSubstr("there are v1, v2 and hybrid"));
}

TEST(Options, SayWhatIsWrong) {
  EXPECT_THAT(refusal({}), HasSubstr("create, show, verify or magnet"));
  EXPECT_THAT(refusal({"make"}), HasSubstr("unknown command 'make'"));
  EXPECT_THAT(refusal({"create", "-o", "x"}), HasSubstr("PATH"));
  EXPECT_THAT(refusal({"create", "album"}), HasSubstr("-o FILE"));
  EXPECT_THAT(refusal({"create", "album", "more", "-o", "x"}), HasSubstr("too many arguments"));
  EXPECT_THAT(refusal({"verify", "a.torrent"}), HasSubstr("PATH"));
  EXPECT_THAT(refusal({"show"}), HasSubstr("torrent FILE"));
  EXPECT_THAT(refusal({"magnet", "a", "b"}), HasSubstr("too many arguments"));
  EXPECT_THAT(refusal_of_create({"--announce", "ftp://a:21/"}), HasSubstr("ftp is not among http, https, udp"));
  EXPECT_THAT(refusal_of_create({"--announce", "127.0.0.1"}), HasSubstr("--announce '127.0.0.1'"));
  EXPECT_THAT(refusal_of_create({"--announce", ""}), HasSubstr("--announce"));
  EXPECT_THAT(refusal_of_create({"--web-seed", "udp://a:1"}), HasSubstr("udp is not among"));
  EXPECT_THAT(refusal_of_create({"--piece-length", "huge"}), HasSubstr("256KiB"));
  EXPECT_THAT(refusal_of_create({"--threads", "0"}), HasSubstr("1 to 256"));
  EXPECT_THAT(refusal_of_create({"--date", "-1"}), HasSubstr("--date"));
  EXPECT_THAT(refusal_of_create({"--priv"}), HasSubstr("--priv")) << "no abbreviations";
}

TEST(Options, HelpFitsAScreenAndHasExamples) {
  for (const auto& arguments : {std::vector<std::string>{"--help"}, {"create", "-h"}, {"help"}}) {
    const auto text = std::get<TextWanted>(parse_options(arguments).value()).text;
    EXPECT_LE(std::ranges::count(text, '\n'), 40);
    EXPECT_THAT(text, HasSubstr("Examples:\n"));
  }
}

TEST(Options, KnowThatJsonIsWantedAlsoWhereTheyAreWrong) {
  EXPECT_TRUE(wants_json({"show", "--json"}));
  EXPECT_FALSE(wants_json({"show", "--", "--json"}));
}

}  // namespace
}  // namespace swarmlab::torrentgen
