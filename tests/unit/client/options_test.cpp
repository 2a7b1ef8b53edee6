#include "client/options.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace swarmlab::client {
namespace {

Options read(std::vector<std::string> arguments) {
  arguments.push_back("file.torrent");
  auto parsed = parse_options(arguments);
  if (!parsed) {
    ADD_FAILURE() << parsed.error().what;
    return {};
  }
  return std::get<Options>(*parsed);
}

std::string refusal(std::vector<std::string> arguments, bool with_torrent = true) {
  if (with_torrent) arguments.push_back("file.torrent");
  auto parsed = parse_options(arguments);
  return parsed ? "" : parsed.error().what;
}

TEST(Options, DefaultsStayOnThisMachine) {
  const Options options = read({});
  EXPECT_EQ(options.torrents, std::vector<std::string>{"file.torrent"});
  EXPECT_EQ(options.directory, ".");
  EXPECT_TRUE(options.listen.empty());
  EXPECT_FALSE(options.exit_when);
  EXPECT_TRUE(options.peers.empty());
  EXPECT_FALSE(options.trust_data || options.check_only || options.json);
  EXPECT_TRUE(options.settings.loopback_only);
  EXPECT_EQ(options.settings.upload_slots, 4u);
}

TEST(Options, EveryOptionReachesItsSetting) {
  EXPECT_EQ(read({"--dir", "/x y"}).directory, "/x y");
  EXPECT_EQ(read({"--listen", "10.0.0.5:6881", "--listen", "[2001:db8::5]:6881"}).listen,
            (std::vector{*Endpoint::parse("10.0.0.5:6881"), *Endpoint::parse("[2001:db8::5]:6881")}));
  EXPECT_EQ(read({"--peer", "10.0.0.5:1", "--peer=[::1]:2"}).peers.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<ExitWhenComplete>(*read({"--exit-when", "complete"}).exit_when));
  EXPECT_TRUE(read({"--trust-data"}).trust_data);
  EXPECT_TRUE(read({"--check-only"}).check_only);
  EXPECT_TRUE(read({"--json"}).json);
  EXPECT_EQ(read({}).settings.allocate, Allocation::sparse);
  EXPECT_EQ(read({"--allocate", "full"}).settings.allocate, Allocation::full);
  EXPECT_EQ(read({"--upload-slots", "7"}).settings.upload_slots, 7u);
  EXPECT_FALSE(read({"--upload-slots", "7"}).settings.auto_upload_slots);
  EXPECT_TRUE(read({"--upload-slots", "auto"}).settings.auto_upload_slots);
  EXPECT_EQ(read({"--session-slots", "9"}).settings.session_upload_slots, 9u);
  EXPECT_EQ(read({}).settings.session_upload_slots, std::nullopt);
  EXPECT_EQ(read({"--choker", "bittyrant", "--up-limit", "1MiB/s"}).settings.choker, LeechPolicy::bittyrant);
  EXPECT_EQ(read({"--choker", "propshare", "--up-limit", "1MiB/s"}).settings.choker, LeechPolicy::propshare);
  EXPECT_EQ(read({"--choker", "tit-for-tat"}).settings.choker, LeechPolicy::tit_for_tat);
  EXPECT_EQ(read({"--seed-choker", "fastest-upload"}).settings.seed_choker, SeedPolicy::fastest_upload);
  EXPECT_EQ(read({"--seed-choker", "anti-leech"}).settings.seed_choker, SeedPolicy::anti_leech);
  EXPECT_EQ(read({"--seed-choker", "new-seed"}).settings.seed_choker, SeedPolicy::new_seed);
  EXPECT_EQ(read({"--seed-choker", "time-quota"}).settings.seed_choker, SeedPolicy::time_quota);
  EXPECT_EQ(read({"--rechoke-interval", "2s"}).settings.rechoke_interval, 2s);
  EXPECT_EQ(read({"--optimistic-interval", "1 min"}).settings.optimistic_interval, 60s);
  EXPECT_EQ(read({"--max-peers", "12"}).settings.max_peers, 12u);
  EXPECT_EQ(read({"--up-limit", "1MiB/s"}).settings.up_limit, BytesPerSecond(1 << 20));
  EXPECT_EQ(read({"--down-limit", "4Mbit/s"}).settings.down_limit, BytesPerSecond(500'000));
}

TEST(Options, ControlAndWatchBringTorrentsLater) {
  const Options options = read({"--control", "127.0.0.1:0", "--control-token", "t", "--control-beyond-loopback"});
  EXPECT_EQ(options.control, Endpoint::parse("127.0.0.1:0"));
  EXPECT_EQ(options.control_token_file, "t");
  EXPECT_TRUE(options.control_beyond_loopback);
  EXPECT_EQ(read({"--watch", "inbox"}).watch, "inbox");
  EXPECT_EQ(read({"--mount", "m"}).mount, "m");
  EXPECT_EQ(refusal({"--watch", "inbox"}, false), "") << "no torrent needed: they come later";
  EXPECT_EQ(refusal({"--control", "127.0.0.1:0"}, false), "");
  EXPECT_NE(refusal({}, false), "");
  EXPECT_NE(refusal({"--control-token", "t"}), "") << "an option that nothing would read";
  EXPECT_NE(refusal({"--control", "nowhere"}), "");
}

TEST(Options, RestartsAreBoundedByNumberAndTime) {
  const auto policy = [](const std::string& text) { return read({"--restart", text}).settings.restart; };
  EXPECT_EQ(read({}).settings.restart.strategy, RestartStrategy::never);
  EXPECT_EQ(policy("never").strategy, RestartStrategy::never);
  EXPECT_EQ(policy("one-for-one").strategy, RestartStrategy::one_for_one);
  EXPECT_EQ(policy("one-for-one:5/1h").max_restarts, 5u);
  EXPECT_EQ(policy("one-for-one:5/1h").within, 1h);
  for (const char* wrong : {"always", "one-for-one:", "one-for-one:3", "one-for-one:x/1h", "one-for-one:3/10"}) {
    EXPECT_NE(refusal({"--restart", wrong}), "") << wrong;
  }
}

TEST(Options, ListeningElsewhereOpensTheDoorToElsewhere) {
  EXPECT_TRUE(read({"--listen", "127.0.0.2:0"}).settings.loopback_only);
  EXPECT_TRUE(read({"--listen", "[::1]:0"}).settings.loopback_only);
  EXPECT_FALSE(read({"--listen", "10.0.0.5:0"}).settings.loopback_only);
  EXPECT_FALSE(read({"--listen", "127.0.0.1:0", "--listen", "10.0.0.5:0"}).settings.loopback_only);
  EXPECT_FALSE(read({"--listen", "0.0.0.0:6881"}).settings.loopback_only);
}

TEST(Options, RatiosHaveUpToThreeDecimals) {
  const auto ratio = [](const std::string& text) {
    return std::get<ExitAtRatio>(*read({"--exit-when", "ratio:" + text}).exit_when).thousandths;
  };
  EXPECT_EQ(ratio("1"), 1000u);
  EXPECT_EQ(ratio("1.5"), 1500u);
  EXPECT_EQ(ratio("0.25"), 250u);
  EXPECT_EQ(ratio("2.0625"), 2062u);
  EXPECT_EQ(std::get<ExitWhenIdle>(*read({"--exit-when", "idle:30s"}).exit_when).silence, 30s);
}

TEST(Options, NeverMoreOptimisticSlotsThanSlots) {
  EXPECT_EQ(read({"--upload-slots", "1"}).settings.optimistic, 1u);
}

TEST(Options, RefusalsNameTheOptionAndWhatIsWrong) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> rows{
      {{"--listen", "nowhere"}, "--listen: "},      {{"--listen", "10.0.0.1"}, "--listen: "},
      {{"--listen", "10.0.0.1:65536"}, "--listen: "}, {{"--peer", "10.0.0.1:0"}, "--peer: "},
      {{"--peer", "x"}, "--peer: "},                 {{"--exit-when", "later"}, "--exit-when: "},
      {{"--exit-when", "ratio:"}, "--exit-when: "},  {{"--exit-when", "ratio:1."}, "--exit-when: "},
      {{"--exit-when", "ratio:-1"}, "--exit-when: "}, {{"--exit-when", "ratio:1.x"}, "--exit-when: "},
      {{"--exit-when", "idle:30"}, "--exit-when: "}, {{"--upload-slots", "0"}, "--upload-slots: "},
      {{"--upload-slots", "-1"}, "--upload-slots: "}, {{"--upload-slots", "many"}, "--upload-slots: "},
      {{"--session-slots", "0"}, "--session-slots: "}, {{"--seed-choker", "fair"}, "--seed-choker: "},
      {{"--choker", "generous"}, "--choker: "}, {{"--choker", "bittyrant"}, "--choker: "},
      {{"--max-peers", "0"}, "--max-peers: "},       {{"--up-limit", "100"}, "--up-limit: "},
      {{"--up-limit", "0B/s"}, "--up-limit: "},      {{"--down-limit", "fast"}, "--down-limit: "},
      {{"--rechoke-interval", "500ms"}, "--rechoke-interval: "}, {{"--rechoke-interval", "soon"}, "--rechoke-interval: "},
      {{"--optimistic-interval", "5s"}, "--optimistic-interval: "}, {{"--allocate", "some"}, "--allocate: "}};
  for (const auto& [arguments, begins] : rows) {
    const std::string what = refusal(arguments);
    EXPECT_EQ(what.substr(0, begins.size()), begins) << arguments[0] << " " << arguments[1] << ": " << what;
    EXPECT_GT(what.size(), begins.size());
    EXPECT_EQ(what.find('\n'), std::string::npos);
  }
}

TEST(Options, UsageErrorsAreRefused) {
  EXPECT_NE(refusal({}, false).find("--help"), std::string::npos);
  EXPECT_NE(refusal({"--trust-data", "--check-only"}), "");
  EXPECT_NE(refusal({"--no-such-option"}).find("no-such-option"), std::string::npos);
  EXPECT_NE(refusal({"--uplim", "1MiB/s"}), "") << "no guessing of abbreviations";
  EXPECT_NE(refusal({"--dir"}, false), "") << "a value is missing";
  EXPECT_NE(refusal({"--dir", "a", "--dir", "b"}), "") << "given twice";
}

TEST(Options, HelpFitsAScreenAndNamesEveryOption) {
  const auto parsed = parse_options({"--help"});
  ASSERT_TRUE(parsed.has_value());
  const std::string& text = std::get<TextWanted>(*parsed).text;
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 110u) << line;
  EXPECT_LE(count, 52);
  for (const char* option : {"--dir", "--listen", "--peer", "--exit-when", "--trust-data", "--check-only", "--upload-slots",
                             "--max-peers", "--up-limit", "--down-limit",
                             "--control", "--control-token", "--watch", "--mount", "--restart",
                             "--plain", "--json", "--help"}) {
    EXPECT_NE(text.find(option), std::string::npos) << option;
  }
}

}  // namespace
}  // namespace swarmlab::client
