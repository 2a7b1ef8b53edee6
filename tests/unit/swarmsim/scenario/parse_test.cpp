#include "swarmsim/scenario/parse.hpp"

#include <gmock/gmock.h>

#include <string>

namespace swarmlab::swarmsim {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kGood = R"(format: 1
scenario: A story
about: why
limit: 10 min
torrent: { size: 1.5 MiB, piece_length: 64 KiB }
tracker: { kind: udp, interval: 30 s }
network:
  link: { up: 4 Mbit/s, down: 20 Mbit/s, delay: 20 ms, queue: 64 KiB }
max_peers: 40
peers:
  seeder: { have: all, link: { up: 10 Mbit/s } }
  leech:  { subject: true, count: 3, join: 5 s, have: 10%, settings: { upload_slots: 2, snub_after: 30 s } }
  liar:   { have: all, behaviour: [ { corrupt_blocks: 5% } ] }
timeline:
  - { at: 1 min, stop: "leech[0]" }
checks:
  - completes: { who: ["leech[1..2]"], within: 8 min }
  - bans: { who: leech, whom: liar, within: 2 min }
)";

std::vector<std::string> errors_of(const std::string& text, const std::vector<Override>& overrides = {}) {
  Diagnostics diagnostics;
  const auto scenario = parse_scenario(text, overrides, diagnostics);
  EXPECT_EQ(scenario.has_value(), diagnostics.empty());
  std::vector<std::string> errors;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) errors.push_back(to_string("s.yaml", diagnostic));
  return errors;
}

// The good scenario with one part replaced.
std::string good_with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}
std::vector<std::string> errors_with(const std::string& from, const std::string& to) { return errors_of(good_with(from, to)); }
std::optional<Scenario> scenario_with(const std::string& from, const std::string& to) {
  Diagnostics diagnostics;
  return parse_scenario(good_with(from, to), {}, diagnostics);
}

std::vector<std::string> errors_with_files(const std::string& files) { return errors_with("size: 1.5 MiB", "files: [ " + files + " ]"); }

TEST(ParseScenario, ReadsNamesThatLeadOutOfTheFolder) {
  const auto scenario = scenario_with("size: 1.5 MiB", R"(files: [ { path: a, size: 1 MiB, told_as: [.., "", "x\0/y"] }, )"
                                                       R"({ path: b, size: 0 B, link_to: [.., b] }, { path: c, size: 1 B } ])");
  ASSERT_TRUE(scenario.has_value());
  const std::vector<TorrentSpec::File>& files = scenario->torrent.files;
  EXPECT_THAT(files[0].told_as, ::testing::ElementsAre("..", "", std::string("x\0/y", 4)));
  EXPECT_THAT(files[1].link_to, ::testing::ElementsAre("..", "b"));
  EXPECT_TRUE(scenario->torrent.misleads());
  EXPECT_FALSE(files[2].misleads());
}

TEST(ParseScenario, LetsNoNameLeadFurtherThanLabModeLooks) {
  EXPECT_THAT(errors_with_files("{ path: a, size: 1 B, told_as: [.., ../.., x] }"), IsEmpty());
  EXPECT_THAT(errors_with_files("{ path: a, size: 1 B, told_as: [.., .., .., .., x] }"), Contains(HasSubstr("leads 4 steps up")));
  EXPECT_THAT(errors_with_files("{ path: a, size: 0 B, link_to: [.., ..] }, { path: b, size: 1 B, told_as: [a, ../.., x] }"),
              Contains(HasSubstr("leads 4 steps up, by names and links together; 3 at most")));
  EXPECT_THAT(errors_with_files("{ path: a, size: 1 B, told_as: [x, /etc/passwd] }"),
              Contains(HasSubstr("'/etc/passwd' is not below /mnt")));
  EXPECT_THAT(errors_with_files("{ path: a, size: 1 B, told_as: [/mnt/x, .., .., etc] }"),
              Contains(HasSubstr("an absolute path does not go up")));
  EXPECT_THAT(errors_with_files("{ path: a, size: 0 B, link_to: [/mnt/x] }"), Contains(HasSubstr("to no absolute path")));
  EXPECT_THAT(errors_with_files("{ path: a, size: 0 B, link_to: ['', etc] }"), Contains(HasSubstr("to no absolute path")));
  EXPECT_THAT(errors_with_files("{ path: a, size: 1 B, link_to: [x] }"), Contains(HasSubstr("a link has no bytes")));
  EXPECT_THAT(errors_with_files("{ path: a, size: 1 B, told_as: [] }"), Contains(HasSubstr("told_as: a list of 1 to 8 elements")));
}

TEST(ParseScenario, ReadsEveryPart) {
  Diagnostics diagnostics;
  const auto scenario = parse_scenario(kGood, {}, diagnostics);
  ASSERT_TRUE(scenario);
  EXPECT_EQ(scenario->limit, 10min);
  EXPECT_EQ(scenario->torrent.total, ByteCount(1'572'864));
  ASSERT_THAT(scenario->trackers, SizeIs(1));
  EXPECT_EQ(scenario->trackers.front().kind, TrackerKind::udp);
  EXPECT_EQ(scenario->cast.peer_count(), 5u);
  const PeerGroup& leech = scenario->group_of(scenario->cast.select("leech")->front());
  EXPECT_EQ(leech.link.up, BytesPerSecond(500'000));
  EXPECT_EQ(leech.settings.upload_slots, 2u);
  EXPECT_EQ(leech.settings.snub_after, 30s);
  EXPECT_EQ(leech.settings.max_peers, 40u);
  EXPECT_EQ(leech.join.at, kStart + 5s);
  EXPECT_EQ(leech.have.millionths, 100'000u);
  EXPECT_TRUE(leech.is_subject);
  const PeerGroup& liar = scenario->group_of(scenario->cast.select("liar")->front());
  ASSERT_THAT(liar.behaviours, SizeIs(1));
  EXPECT_EQ(liar.behaviours[0].share("rate").millionths, 50'000u);
  ASSERT_THAT(scenario->checks, SizeIs(2));
  EXPECT_THAT(scenario->checks[0].arguments.peers("who"), SizeIs(2));
  EXPECT_EQ(scenario->checks[0].arguments.duration("within", 0s), 8min);
}

TEST(ParseScenario, ReadsHowRequestsAreDealtOut) {
  const auto scenario = scenario_with("snub_after: 30 s", "piece_affinity: dealt, partial_pieces: 2, requesters: 3, request_window: 1 MiB, "
                                                          "late_after: 8 s, late_factor: 0, parole: false");
  ASSERT_TRUE(scenario);
  const client::Settings& settings = scenario->group_of(scenario->cast.select("leech")->front()).settings;
  EXPECT_EQ(settings.piece_affinity, client::PieceAffinity::dealt);
  EXPECT_EQ(settings.partial_pieces, 2u);
  EXPECT_EQ(settings.requesters, 3u);
  EXPECT_EQ(settings.request_window, 1_MiB);
  EXPECT_EQ(settings.late_after, 8s);
  EXPECT_EQ(settings.late_factor, 0u);
  EXPECT_FALSE(settings.parole);
  EXPECT_THAT(errors_with("snub_after: 30 s", "piece_affinity: greedy"), Contains(HasSubstr("greedy")));
  EXPECT_THAT(errors_with("snub_after: 30 s", "requesters: 0"), Contains(HasSubstr("requesters: 0 is too few; at least 1")));
}

TEST(ParseScenario, ReadsWhoLacksWhatAndWhoLeavesWhen) {
  const auto scenario = scenario_with("have: 10%", "have: all, lacks: \"0, 3..4\", linger: 2 s");
  ASSERT_TRUE(scenario);
  const PeerGroup& leech = scenario->group_of(scenario->cast.select("leech")->front());
  EXPECT_TRUE(leech.lacks.has(PieceIndex(4)));
  EXPECT_FALSE(leech.lacks.has(PieceIndex(1)));
  EXPECT_EQ(leech.linger, 2s);
  EXPECT_FALSE(scenario->group_of(scenario->cast.select("seeder")->front()).linger);
  EXPECT_THAT(errors_with("have: 10%", "lacks: 24"), Contains(HasSubstr("lacks piece 24, but the torrent has the pieces 0 to 23")));
  EXPECT_THAT(errors_with("have: 10%", "lacks: all"), Contains(HasSubstr("who lacks all of them has 'have: none'")));
  EXPECT_THAT(errors_with("have: 10%", "lacks: some"), Contains(HasSubstr("pieces are numbers and ranges from 0")));
  EXPECT_THAT(errors_with("seeder: { have: all", "seeder: { have: all, linger: 1 s"), Contains(HasSubstr("it has everything")));
}

TEST(ParseScenario, ReadsWhatAProcessIsToComeToAndHowOftenItIsStartedAgain) {
  const auto scenario = scenario_with("have: 10%", "ends: failed, restart: { at_most: 2, within: 30 s }");
  ASSERT_TRUE(scenario);
  const Supervision& supervision = scenario->group_of(scenario->cast.select("leech")->front()).supervision;
  EXPECT_EQ(supervision.ends, FinalState::failed);
  ASSERT_TRUE(supervision.restart);
  EXPECT_EQ(supervision.restart->max_restarts, 2u);
  EXPECT_EQ(supervision.restart->within, 30s);
  const Supervision& usual = scenario->group_of(scenario->cast.select("seeder")->front()).supervision;
  EXPECT_EQ(usual.ends, FinalState::running);
  EXPECT_FALSE(usual.restart);
  EXPECT_THAT(errors_with("have: 10%", "ends: crashed"), Contains(HasSubstr("crashed")));
  EXPECT_THAT(errors_with("have: 10%", "restart: { at_most: 0 }"), Contains(HasSubstr("at_most: not once; leave 'restart' out")));
  EXPECT_THAT(errors_with("have: 10%", "restart: { within: 0 s }"), Contains(HasSubstr("within: no time at all")));
  EXPECT_THAT(errors_with("have: 10%", "restart: { most: 2 }"), Contains(HasSubstr("'most'")));
}

TEST(ParseScenario, ReadsWhatTheMachineGivesAProcess) {
  const auto scenario = scenario_with("have: 10%", "limits: { open_files: 64, disk: 2 MiB }");
  ASSERT_TRUE(scenario);
  const ProcessLimits& limits = scenario->group_of(scenario->cast.select("leech")->front()).limits;
  EXPECT_EQ(limits.open_files, 64u);
  EXPECT_EQ(limits.disk, ByteCount(2 << 20));
  EXPECT_FALSE(limits.file_size);
  EXPECT_FALSE(scenario->group_of(scenario->cast.select("seeder")->front()).limits.any());
  EXPECT_THAT(errors_with("have: 10%", "limits: { open_files: 3 }"), Contains(HasSubstr("open_files: fewer than 16 start no program")));
  EXPECT_THAT(errors_with("have: 10%", "limits: { disk: 0 B }"), Contains(HasSubstr("disk: no room at all")));
  EXPECT_THAT(errors_with("have: 10%", "limits: { memory: 1 MiB }"), Contains(HasSubstr("'memory'")));
}

TEST(ParseScenario, ACheckMayBeAllowedToSeeNothing) {
  const auto scenario = scenario_with("completes: {", "completes: { vacuous: allowed,");
  ASSERT_TRUE(scenario);
  EXPECT_TRUE(scenario->checks.front().arguments.may_be_vacuous);
  EXPECT_THAT(errors_with("completes: {", "completes: { vacuous: always,"), Contains(HasSubstr("always")));
}

TEST(ParseScenario, RefusesABareNumberWhereAUnitIsDue) {
  EXPECT_THAT(errors_with("limit: 10 min", "limit: 10"),
              Contains(AllOf(HasSubstr("s.yaml:4:8: limit: '10' is a bare number"), HasSubstr("30 s"))));
  EXPECT_THAT(errors_with("up: 4 Mbit/s", "up: 4"), Contains(HasSubstr("a rate has a unit")));
  EXPECT_THAT(errors_with("5%", "5"), Contains(HasSubstr("a share has a unit")));
}

TEST(ParseScenario, SuggestsTheKeyThatWasMeant) {
  EXPECT_THAT(
      errors_with("piece_length", "peice_length"),
      Contains(HasSubstr(
          "s.yaml:5:27: torrent: 'peice_length' is no key here; did you mean 'piece_length'?")));
  EXPECT_THAT(errors_with("upload_slots", "uploadslots"), Contains(HasSubstr("did you mean 'upload_slots'?")));
  EXPECT_THAT(errors_with("- bans", "- band"), Contains(HasSubstr("did you mean 'bans'?")));
  EXPECT_THAT(errors_with("kind: udp", "kind: utp"), Contains(HasSubstr("did you mean 'udp'?")));
}

TEST(ParseScenario, ReportsAllErrorsAtOnceInTheOrderOfTheFile) {
  std::string text = kGood;
  text.replace(text.find("10 min"), 6, "soon  ");
  text.replace(text.find("count: 3"), 8, "count: x");
  EXPECT_THAT(errors_of(text), SizeIs(3));   // the third: leech[1..2] of a group of one
}

TEST(ParseScenario, RefusesWhatItDoesNotSupportYetInsteadOfIgnoringIt) {
  EXPECT_THAT(errors_with("max_peers: 40", "matrix: {}"), Contains(HasSubstr("'matrix' is not supported yet")));
  EXPECT_THAT(errors_with("interval: 30 s", "url: x"), Contains(HasSubstr("'url' is not supported yet")));
  EXPECT_THAT(errors_with("have: all, behaviour", "client: aria2, behaviour"), Contains(HasSubstr("'client' is not supported yet")));
}

TEST(ParseScenario, PutsTrackersIntoTheOrderOfTheirTiers) {
  std::string text = kGood;
  const std::size_t line = text.find("tracker:");
  text.replace(line, text.find('\n', line) - line,
               "trackers: { zulu: { tier: 1 }, far: { tier: 2, kind: udp, interval: 20 s }, alpha: {} }");
  Diagnostics diagnostics;
  const auto scenario = parse_scenario(text, {}, diagnostics);
  ASSERT_TRUE(scenario);
  ASSERT_THAT(scenario->trackers, SizeIs(3));
  EXPECT_EQ(scenario->trackers[0].name, "alpha");   // of tier 1, as nothing else is said
  EXPECT_EQ(scenario->trackers[1].name, "zulu");
  EXPECT_EQ(scenario->trackers[2].name, "far");
  EXPECT_EQ(scenario->trackers[2].interval, 20s);
  EXPECT_EQ(scenario->cast.find_tracker("far"), HostId(7));
}

TEST(ParseScenario, ReadsWhatTheTrackerDoesWrong) {
  const auto scenario = scenario_with("interval: 30 s", "faults: [\"drop:1/3\", mirror]");
  ASSERT_TRUE(scenario);
  ASSERT_THAT(scenario->trackers.front().faults, SizeIs(2));
  EXPECT_EQ(to_string(scenario->trackers.front().faults.front()), "drop:1/3");
  EXPECT_THAT(errors_with("interval: 30 s", "faults: [explode]"), Contains(HasSubstr("faults: unknown fault 'explode'")));
}

TEST(ParseScenario, ReadsExpectationsAndSaysWhereTheyAreWrong) {
  Diagnostics diagnostics;
  const auto scenario = parse_scenario(kGood + "  - expect: median(leech.download_time) < 60 s\n", {}, diagnostics);
  ASSERT_TRUE(scenario);
  EXPECT_EQ(scenario->checks.back().manual->name, "expect");
  EXPECT_EQ(scenario->checks.back().who, "leech");
  EXPECT_THAT(errors_of(kGood + "  - expect: max(leach.pieces) > 3\n"),
              Contains(HasSubstr("s.yaml:19:17: expect: nobody is called 'leach'; did you mean 'leech'?")));
  EXPECT_THAT(errors_of(kGood + "  - expect: \"max(leach.pieces) > 3\"\n"), Contains(HasSubstr("s.yaml:19:18: expect: nobody")));
  EXPECT_THAT(errors_of(kGood + "  - expect: >-\n      max(leach.pieces) > 3\n"), Contains(HasSubstr("expect: nobody")));
  EXPECT_THAT(errors_of(kGood + "  - expect: { who: leech }\n"),
      Contains(HasSubstr("s.yaml:19:13: expect: a map; a comparison belongs here")));
  EXPECT_THAT(errors_of(kGood + "  - expect:\n"), Contains(HasSubstr("expect: nothing; a comparison belongs here")));
}

TEST(ParseScenario, KeepsExpectationsOverSeedsApart) {
  const std::string over_seeds = "  - expect: max(over_seeds(run_time)) < 9 min\n";
  EXPECT_THAT(errors_of(kGood + over_seeds), Contains(HasSubstr("over_seeds() in a scenario of one seed")));
  Diagnostics diagnostics;
  const auto scenario = parse_scenario("seeds: 1..20\n" + kGood + over_seeds, {}, diagnostics);
  ASSERT_TRUE(scenario);
  EXPECT_THAT(scenario->checks, SizeIs(2));
  ASSERT_THAT(scenario->over_seeds, SizeIs(1));
  EXPECT_EQ(scenario->over_seeds.front()->seeds_stated, 20u);
  const std::string alone = "seeds: 1..20\n" + kGood.substr(0, kGood.find("checks:")) + "checks:\n" + over_seeds;
  EXPECT_THAT(errors_of(alone), Contains(HasSubstr("only expectations over seeds")));
}

TEST(ParseScenario, BoundsWhatAFileCanAskFor) {
  EXPECT_THAT(errors_with("count: 3", "count: 1000000000"), Contains(HasSubstr("at most 20000")));
  EXPECT_THAT(errors_with("1.5 MiB", "900 TiB"), Contains(HasSubstr("1 B to 1 TiB")));
  EXPECT_THAT(errors_with("64 KiB }\ntracker", "1 B }\ntracker"), Contains(HasSubstr("piece_length: 1 B; 1 KiB to")));
  EXPECT_THAT(errors_with("max_peers: 40", "max_peers: 99999999999999999999999"), Contains(HasSubstr("too many")));
}

TEST(ParseScenario, RefusesWhatCannotHappen) {
  EXPECT_THAT(errors_with("join: 5 s", "join: 20 min"), Contains(HasSubstr("joins at 20 min, when the run is over")));
  EXPECT_THAT(errors_with("at: 1 min", "at: 1 s"), Contains(HasSubstr("leech[0] is to go at 1 s, before it has come")));
  EXPECT_THAT(errors_with("who: leech", "who: leach"), Contains(HasSubstr("nobody is called 'leach'; did you mean 'leech'?")));
  EXPECT_THAT(errors_with("whom: liar, ", ""), Contains(HasSubstr("'whom' is missing")));
}

TEST(ParseScenario, RefusesPathsThatLeaveTheDirectory) {
  for (const char* path : {"../x", "a//b", "/etc/passwd", "a/../b", "."})
    EXPECT_THAT(errors_with("size: 1.5 MiB", std::string("files: [ { path: \"") + path + "\", size: 1 MiB } ]"),
                Contains(HasSubstr("is no relative path")))
        << path;
  EXPECT_THAT(errors_with("size: 1.5 MiB", "files: [ { path: a, size: 1 B }, { path: a/b, size: 1 B } ]"),
              Contains(HasSubstr("is a file and a directory")));
}

TEST(ParseScenario, AppliesOverridesBeforeItUnderstands) {
  Diagnostics diagnostics;
  const auto scenario = parse_scenario(kGood, std::vector<Override>{{"peers.leech.count", "7"}, {"torrent.size", "64 MiB"}}, diagnostics);
  ASSERT_TRUE(scenario);
  EXPECT_EQ(scenario->cast.select("leech")->size(), 7u);
  EXPECT_EQ(scenario->torrent.total, 64_MiB);
}

TEST(ParseScenario, ReadsWhatAClientDeclares) {
  Diagnostics diagnostics;
  const auto scenario = parse_scenario(
      kGood, std::vector<Override>{{"peers.leech.declares", "{ request_size: 8 KiB, reaction_time: 50 ms, tit_for_tat: false }"}},
      diagnostics);
  ASSERT_TRUE(scenario);
  const Declaration& declares = scenario->group_of((*scenario->cast.select("leech"))[0]).declares;
  EXPECT_EQ(declares.request_size, 8_KiB);
  EXPECT_EQ(declares.reaction_time, 50ms);
  EXPECT_FALSE(declares.tit_for_tat);
}

TEST(ParseScenario, AChokerThatSharesOutTheUploadWantsToKnowHowMuchThereIs) {
  for (const std::string choker : {"bittyrant", "propshare"}) {
    EXPECT_THAT(errors_of(kGood, {{"peers.leech.settings.choker", choker}}),
                testing::Contains(testing::HasSubstr("needs to know how much there is: up_limit")));
    EXPECT_THAT(errors_of(kGood, {{"peers.leech.settings.choker", choker}, {"peers.leech.settings.up_limit", "50 KiB/s"}}), IsEmpty());
  }
}

TEST(ParseScenario, ARequestIsForOneByteAtLeastAnd128KiBAtMost) {
  for (const std::string size : {"0 B", "129 KiB"})
    EXPECT_THAT(errors_of(kGood, {{"peers.*.declares.request_size", size}}),
                testing::Contains(testing::HasSubstr("request_size: a request is for 1 byte")));
}

}  // namespace
}  // namespace swarmlab::swarmsim
