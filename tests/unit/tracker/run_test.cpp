// Command lines of bttracker, run in this process and in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "swarmsim/virtual/world.hpp"
#include "tracker/command_line.hpp"
#include "tracker/env.hpp"

namespace swarmlab::tracker {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Bttracker : ::testing::Test {
  swarmsim::World world{{.seed = 1}};
  swarmsim::HostId host = world.add_host({.name = "tracker",
                                          .addresses = {IpAddress::v4(127, 0, 0, 1)},
                                          .link = {.up = BytesPerSecond(1'000'000), .down = BytesPerSecond(1'000'000),
                                                   .delay = 1ms, .queue = 64_KiB},
                                          .disk = {}});
  std::string out, err;

  int run_with(const std::vector<std::string>& arguments) {
    std::ostringstream out_stream, err_stream;
    Env env{arguments, out_stream, err_stream, world.outside(host), [this] { world.run_until(world.now() + 1s); }};
    const int status = run(env);
    out = out_stream.str();
    err = err_stream.str();
    return status;
  }
  std::string file(const std::string& name, std::string_view content) {
    const auto path = std::filesystem::path(::testing::TempDir()) / ("bttracker_run_test_" + name);
    std::ofstream(path) << content;
    return path;
  }
  CommandLine parsed(const std::vector<std::string>& arguments) {
    return std::get<CommandLine>(parse_command_line(arguments).value());
  }
  std::string refusal(const std::vector<std::string>& arguments) {
    EXPECT_EQ(run_with(arguments), 2);
    return err;
  }
};

TEST_F(Bttracker, ListensOnLoopbackOnlyUnlessTold) {
  EXPECT_EQ(run_with({}), 0);
  EXPECT_EQ(out.substr(0, out.find("stopped")), "listening on http://127.0.0.1:6969/announce\n"
                                                "listening on udp://127.0.0.1:6969/announce\n");
  EXPECT_THAT(out, HasSubstr("stopped: 0 announces over HTTP"));
}

TEST_F(Bttracker, SaysWhereItListensInOneLineOfJson) {
  EXPECT_EQ(run_with({"--http", "127.0.0.1:0", "--json"}), 0);
  std::istringstream lines(out);
  std::string ready, summary;
  std::getline(lines, ready);
  std::getline(lines, summary);
  EXPECT_THAT(json::parse(ready)["http"].get<std::string>(), StartsWith("http://127.0.0.1:"));
  EXPECT_TRUE(json::parse(ready)["udp"].is_null());
  EXPECT_EQ(json::parse(summary)["seeds"], 0);
}

TEST_F(Bttracker, ReadsItsOptions) {
  const auto line = parsed({"--http", "127.0.0.1:1", "--http", "[::1]:2", "--interval", "30", "--min-interval", "7",
                            "--max-peers", "9", "--fault", "truncate", "--fault", "drop:1/2", "--verbose"});
  EXPECT_EQ(line.tracker.http.size(), 2u);
  EXPECT_TRUE(line.tracker.udp.empty());
  EXPECT_EQ(line.tracker.service.announce.interval, 30s);
  EXPECT_EQ(line.tracker.service.announce.min_interval, 7s);
  EXPECT_EQ(line.tracker.service.announce.max_peers, 9u);
  EXPECT_EQ(line.tracker.service.faults.size(), 2u);
  EXPECT_TRUE(line.verbose);
  EXPECT_EQ(parsed({"--interval", "5"}).tracker.service.announce.min_interval, 5s);
}

TEST_F(Bttracker, ReadsWhitelistAndPasskeys) {
  const auto line = parsed({"--whitelist", file("whitelist", std::string(40, 'a')), "--passkeys", file("keys", "bob\n")});
  EXPECT_FALSE(line.tracker.service.access.tracks(InfoHashV1{}));
  EXPECT_TRUE(line.tracker.service.access.admits("bob"));
  EXPECT_TRUE(line.tracker.udp.empty()) << "UDP cannot carry passkeys";
}

TEST_F(Bttracker, SaysWhatIsWrongWithItsOptions) {
  EXPECT_THAT(refusal({"--http", "localhost"}), HasSubstr("as in 127.0.0.1:6969"));
  EXPECT_THAT(refusal({"--interval", "0"}), HasSubstr("--interval takes a number from 1 to 86400"));
  EXPECT_THAT(refusal({"--interval", "soon"}), HasSubstr("interval"));
  EXPECT_THAT(refusal({"--interval", "5", "--min-interval", "6"}), HasSubstr("from 1 to 5"));
  EXPECT_THAT(refusal({"--fault", "explode"}), HasSubstr("unknown fault 'explode'"));
  EXPECT_THAT(refusal({"--whitelist", "/nowhere/list"}), HasSubstr("/nowhere/list: No such file"));
  EXPECT_THAT(refusal({"--whitelist", file("bad", "xyz")}), HasSubstr("line 1: 'xyz' is no info-hash"));
  EXPECT_THAT(refusal({"--passkeys", file("keys", "k"), "--udp", "127.0.0.1:1"}), HasSubstr("--passkeys needs --http"));
  EXPECT_THAT(refusal({"6969"}), HasSubstr("bttracker takes options only"));
  EXPECT_THAT(refusal({"--inter", "5"}), HasSubstr("--inter"));
  EXPECT_THAT(err, HasSubstr("bttracker --help"));
}

TEST_F(Bttracker, NamesThePortItCannotListenOn) {
  EXPECT_EQ(run_with({"--udp", "10.9.9.9:6969"}), 3);
  EXPECT_THAT(err, HasSubstr("bttracker: cannot listen on 10.9.9.9:6969 (UDP): not an address of this host"));
  EXPECT_EQ(out, "");
}

TEST_F(Bttracker, HasAHelpThatFitsAScreen) {
  EXPECT_EQ(run_with({"--help"}), 0);
  EXPECT_LE(std::ranges::count(out, '\n'), 40);
  EXPECT_THAT(out, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace swarmlab::tracker
