// The command line as users and scripts meet it: arguments in, text and exit status out.
#include "swarmsim/program.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int status;
  std::string out;
  std::string error;
};

Outcome run(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream error;
  Env env{std::move(arguments), out, error, false, false};
  const int status = run_program(env);
  return {status, out.str(), error.str()};
}

TEST(Program, HelpFitsAScreen) {
  const Outcome outcome = run({"--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_LE(std::ranges::count(outcome.out, '\n'), 30);
}

TEST(Program, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(run({}).status, 2);
  EXPECT_THAT(run({"rum"}).error, HasSubstr("did you mean 'run'?"));
  EXPECT_EQ(run({"run"}).status, 2);
  EXPECT_EQ(run({"run", "x.yaml", "--colour"}).status, 2);
  EXPECT_THAT(run({"run", "x.yaml"}).error, HasSubstr("x.yaml: there is no such file"));
  EXPECT_THAT(run({"run", "x.yaml", "--require", "ban"}).error, HasSubstr("did you mean 'bans'?"));
  EXPECT_THAT(run({"run", "x.yaml", "--until", "90"}).error, HasSubstr("bare number"));
  EXPECT_EQ(run({"run", "x.yaml", "--seed", "1", "--seeds", "1..2"}).status, 2);
}

TEST(Program, AClientIsForLabModeAlone) {
  const Outcome outcome = run({"run", "x.yaml", "--client=aria2"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.error, HasSubstr("--client is for real processes: --mode lab --client NAME"));
  EXPECT_THAT(run({"run", "x.yaml", "--mode", "lob"}).error, HasSubstr("did you mean 'lab'?"));
  EXPECT_THAT(run({"run", "x.yaml", "--mode", "lab", "--network", "relays", "--jobs", "2"}).error, HasSubstr("go one after another"));
}

TEST(Program, AnAdapterIsTriedOutWhereItsMessagesCanBeSeen) {
  EXPECT_THAT(run({"adapter-check"}).error, HasSubstr("which one? swarmsim adapter-check NAME|FILE"));
  EXPECT_EQ(run({"adapter-check", "aria2", "rtorrent"}).status, 2);
  EXPECT_THAT(run({"adapter-check", "aria2", "--network", "relais"}).error, HasSubstr("did you mean 'relays'?"));
  EXPECT_THAT(run({"adapter-check", "aria2", "--network", "none"}).error, HasSubstr("over none nobody can see what the client says"));
  EXPECT_THAT(run({"adapter-check", "aria2", "--colour"}).error, HasSubstr("--colour"));
}

TEST(Program, ListsAdaptersAndWritesOneToBeginWith) {
  EXPECT_THAT(run({"adapters"}).out, HasSubstr("transmission"));
  EXPECT_THAT(run({"new-adapter", "mine"}).out, HasSubstr("client: mine"));
  EXPECT_EQ(run({"new-adapter", "not a name"}).status, 2);
}

TEST(Program, SaysWhatIsWrongWithAPeer) {
  EXPECT_THAT(run({"peer", "tarpit"}).error, HasSubstr("did you mean 'tar_pit'?"));
  EXPECT_THAT(run({"peer", "tar_pit", "--torrent", "x"}).error, HasSubstr("--listen is missing"));
  EXPECT_THAT(run({"peer", "honest", "--torrent", "x", "--listen", "here"}).error, HasSubstr("an address and a port"));
  EXPECT_EQ(run({"peer", "honest", "--torrent", "x", "--listen", "127.0.0.1:0"}).status, 3) << "tests have no sockets";
}

TEST(Program, RefusalsAreJsonWhereJsonIsAskedFor) {
  const Outcome outcome = run({"run", "x.yaml", "--json"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.out, HasSubstr("\"error\": \"x.yaml: there is no such file\""));
}

TEST(Program, JudgesTracesAndRefusesWhatIsNone) {
  EXPECT_THAT(run({"judge"}).error, HasSubstr("which trace?"));
  EXPECT_THAT(run({"judge", "--chek", "bans", "t"}).error, HasSubstr("did you mean '--check'?"));
  EXPECT_THAT(run({"judge", "t", "--check"}).error, HasSubstr("--check needs a value"));
  EXPECT_THAT(run({"judge", "nowhere.trace.jsonl"}).error, HasSubstr("nowhere.trace.jsonl: cannot be read"));
  EXPECT_THAT(run({"judge", SWARMLAB_SCENARIOS "/quickstart.yaml"}).error, HasSubstr("quickstart.yaml:1: this is no trace"));
}

TEST(Program, ReadsTracesAsItIsAsked) {
  EXPECT_THAT(run({"trace"}).error, HasSubstr("one file"));
  EXPECT_THAT(run({"trace", "t", "--with", "a"}).error, HasSubstr("--with needs --peer"));
  EXPECT_THAT(run({"trace", "t", "--around", "90"}).error, HasSubstr("a time as stories have it"));
  EXPECT_THAT(run({"trace", "t", "--window", "1 s"}).error, HasSubstr("--window needs --around"));
  EXPECT_THAT(run({"trace", "t", "--kind", "unshoke"}).error, HasSubstr("did you mean 'UNCHOKE'?"));
  EXPECT_THAT(run({"diff", "t"}).error, HasSubstr("two files"));
}

TEST(Program, ShowsTheConversationOfAPeer) {
  const std::string out = ::testing::TempDir() + "/conversation_of_a_peer";
  const std::string file = SWARMLAB_SCENARIOS "/quickstart.yaml";
  EXPECT_THAT(run({"run", file, "--show", "liar", "--until", "1 s", "--out", out}).out, HasSubstr("as liar saw it"));
  EXPECT_THAT(run({"run", file, "--show", "lier", "--out", out}).error, HasSubstr("did you mean 'liar'?"));
  EXPECT_THAT(run({"run", file, "--show", "liar", "--json"}).error, HasSubstr("either --json"));
}

TEST(Program, ExcusesWhatIsKnownToFailUntilItIsMended) {
  const std::string list = ::testing::TempDir() + "/known.yaml";
  std::ofstream(list) << "format: 1\nknown:\n"
                         "  - { scenario: quickstart.yaml, check: completes, reason: a test, until: 2999-12-31 }\n";
  const std::vector<std::string> base{"run", SWARMLAB_SCENARIOS "/quickstart.yaml", "--out", ::testing::TempDir() + "/known_runs",
                                      "--set", "limit=2 s"};
  std::vector<std::string> with_list = base;
  with_list.insert(with_list.end(), {"--known", list, "--set", "checks=[ completes: { who: leech } ]"});
  const Outcome excused = run(with_list);
  EXPECT_EQ(excused.status, 0) << excused.out << excused.error;
  EXPECT_THAT(excused.out, HasSubstr("known until 2999-12-31: a test"));
  with_list.insert(with_list.end(), {"--set", "limit=3 min"});
  const Outcome mended = run(with_list);
  EXPECT_EQ(mended.status, 1) << mended.out << mended.error;
  EXPECT_THAT(mended.out, HasSubstr("take the entry out"));
  EXPECT_THAT(run({"run", base[1], "--known", "nowhere"}).error, HasSubstr("nowhere: cannot be read"));
}

TEST(Program, ATraceOfARunIsJudgedAsTheRunWas) {
  const std::string out = ::testing::TempDir() + "/trace_of_a_run";
  const Outcome ran = run({"run", SWARMLAB_SCENARIOS "/quickstart.yaml", "--trace", "--out", out});
  ASSERT_EQ(ran.status, 0) << ran.error;
  const std::size_t at = ran.out.find("  trace ") + 8;
  const std::string trace = ran.out.substr(at, ran.out.find('\n', at) - at);
  const Outcome judged = run({"judge", trace});
  EXPECT_EQ(judged.status, 0) << judged.error;
  const auto verdicts = [](const std::string& text) { return text.substr(0, text.find("  trace ")); };
  const auto without_time = [](const std::string& text) { return text.substr(0, text.find("  fingerprint")); };
  EXPECT_EQ(without_time(judged.out), verdicts(ran.out));
  EXPECT_EQ(run({"diff", trace, trace}).status, 0);
  EXPECT_EQ(run({"diff", trace, "nowhere"}).status, 2);
  EXPECT_THAT(run({"trace", trace, "--peer", "leech[0]", "--with", "liar", "--kind", "unchoke"}).out, HasSubstr("<- liar  UNCHOKE"));
  EXPECT_THAT(run({"trace", trace, "--peer", "leach[0]"}).error, HasSubstr("did you mean 'leech[0]'?"));
  EXPECT_THAT(run({"judge", trace, "--json", "--check", "bams"}).out, HasSubstr("no such check"));
}

TEST(Program, ExplainsItsChecks) {
  EXPECT_THAT(run({"explain"}).out, HasSubstr("upload_slots"));
  EXPECT_THAT(run({"explain", "bans"}).out, HasSubstr("known bugs: B44"));
  EXPECT_EQ(run({"explain", "nothing"}).status, 2);
}

TEST(Program, RunsAndListsOnlyWhatIsOfATier) {
  EXPECT_THAT(run({"run", "x.yaml", "--tier", "smok"}).error, HasSubstr("did you mean 'smoke'?"));
  EXPECT_THAT(run({"list", "x.yaml", "--tier", "weekly"}).error, HasSubstr("no such tier"));
  const std::string quick = SWARMLAB_SCENARIOS "/quickstart.yaml";
  EXPECT_THAT(run({"run", quick, "--tier", "lab"}).error, HasSubstr("--tier lab: none of the 1 scenario is of it"));
  EXPECT_EQ(run({"list", quick, "--tier", "lab"}).out, "");
  EXPECT_THAT(run({"list", quick, "--tier", "pr"}).out, HasSubstr("quickstart.yaml"));
  EXPECT_THAT(run({"list", quick, "--json"}).out, HasSubstr("\"subjects\": ["));
  EXPECT_THAT(run({"explain", "--json"}).out, HasSubstr("\"name\": \"bans\""));
  EXPECT_EQ(run({"explain", "bans", "--json"}).status, 2);
}

TEST(Program, LeavesWhatIsForTheNightToWhoNamesIt) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "for_the_night";
  std::filesystem::create_directories(folder);
  std::ostringstream quick;
  quick << std::ifstream(SWARMLAB_SCENARIOS "/quickstart.yaml").rdbuf();
  std::string text = quick.str();
  text.replace(text.find("tier: smoke"), 11, "tier: nightly");
  std::ofstream(folder / "long.yaml") << text;
  EXPECT_THAT(run({"run", folder.string()}).error, HasSubstr("--tier pr: none of the 1 scenario is of it"));
  const Outcome named = run({"run", (folder / "long.yaml").string(), "--until", "1 s", "--out", (folder / "out").string()});
  EXPECT_EQ(named.error, "");
  EXPECT_THAT(named.out, HasSubstr("long.yaml"));
}

TEST(Program, ToGitBisectWhatCannotRunIsAVersionToSkip) {
  EXPECT_EQ(run({"run", "nowhere.yaml", "--bisect"}).status, 125);
  EXPECT_EQ(run({"run", "nowhere.yaml", "--bisect", "--no-such-option"}).status, 125);
  EXPECT_EQ(status_after_exception({"run", "x.yaml", "--bisect"}), 125);
  EXPECT_EQ(status_after_exception({"run", "x.yaml"}), 3);
}

}  // namespace
}  // namespace swarmlab::swarmsim
