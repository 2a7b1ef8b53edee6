// Who plays whom in a lab run, and what checks may know of a client that is not ours.
#include "swarmsim/lab/lab_cast.hpp"

#include <gmock/gmock.h>

#include "protocol/assert.hpp"
#include "swarmsim/checks/catalogue.hpp"
#include "swarmsim/checks/judge.hpp"
#include "swarmsim/lab/lab_campaign.hpp"
#include "swarmsim/lab/parse_adapter.hpp"
#include "swarmsim/run/declared_facts.hpp"
#include "swarmsim/scenario/parse.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Scenario scenario(const std::string& more = "", const std::string& torrent = "size: 2 MiB") {
  const std::string text = R"(format: 1
scenario: A client is looked at
limit: 60 s
torrent: { piece_length: 64 KiB, )" + torrent + R"( }
peers:
  seed: { have: all, settings: { upload_slots: 3 } }
  liar: { have: all, behaviour: [ { corrupt_blocks: 20% } ] }
  you:  { subject: true, settings: { upload_slots: 2, end_game: false } }
)" + more + R"(checks:
  - completes: { who: you }
  - upload_slots: { who: you }
)";
  Diagnostics diagnostics;
  auto parsed = parse_scenario(text, {}, diagnostics);
  SWARM_ASSERT(parsed.has_value(), diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return std::move(*parsed);
}

Adapter adapter(const std::string& more = "") {
  Diagnostics diagnostics;
  auto parsed = parse_adapter("adapter: 1\nclient: mine\nleech: [mine, '{source}']\n" + more, diagnostics);
  SWARM_ASSERT(parsed.has_value(), diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return std::move(*parsed);
}

Adapter tracker_adapter(const std::string& words) {
  Diagnostics diagnostics;
  auto parsed = parse_adapter("adapter: 1\nclient: other\ntracker: " + words + "\ndeclares: { interval: 20 min }\n", diagnostics);
  SWARM_ASSERT(parsed.has_value(), diagnostics.empty() ? "" : diagnostics.sorted().front().what);
  return std::move(*parsed);
}

LabCast cast(const Scenario& scenario, const Adapter* client, const Adapter* tracker = nullptr) {
  return {scenario, client, tracker, {"/bin/swarmsim", "/bin/bttracker", "/usr/bin:/bin"},
          LabAddresses::of_namespaces(host_names(scenario.cast), scenario.cast.peer_count())};
}

HostId named(const Scenario& scenario, const std::string& name) { return scenario.cast.select(name)->front(); }

TEST(LabCast, TheClientPlaysTheSubjectsAndOursTheOthers) {
  const Scenario story = scenario();
  const Adapter mine = adapter();
  const LabCast who = cast(story, &mine);
  EXPECT_EQ(who.adapter_of(named(story, "you")).client, "mine");
  EXPECT_THAT(who.adapter_of(named(story, "seed")).leech, Contains("/bin/swarmsim"));
  EXPECT_THAT(who.adapter_of(named(story, "liar")).leech, Contains(R"([{"corrupt_blocks": "20%"}])"));
  EXPECT_THAT(who.adapter_of(named(story, "seed")).leech, Contains(R"({"upload_slots": "3"})"));
  EXPECT_EQ(cast(story, nullptr).adapter_of(named(story, "you")).client, "swarmsim peer");
}

TEST(LabCast, WhatAClientDoesNotDeclareIsUnknown) {
  const Scenario story = scenario();
  const Adapter mine = adapter("declares: { rechoke_interval: 5 s }\n"
                               "settings: { upload_slots: { default: 8, words: [--slots, '{value}'] } }\n");
  const RunFacts facts = cast(story, &mine).facts(1);
  const PeerFacts& you = facts.peers[named(story, "you").value()];
  EXPECT_EQ(you.upload_slots, 2u) << "as the scenario says, since it can be told";
  EXPECT_EQ(you.rechoke_interval, 5s);
  EXPECT_THAT(you.undeclared, Not(Contains("upload_slots")));
  EXPECT_THAT(you.undeclared, Contains("optimistic"));
  EXPECT_FALSE(you.speaks.has(Feature::fast));
  EXPECT_TRUE(facts.peers[named(story, "seed").value()].undeclared.empty()) << "ours says everything";
}

TEST(LabCast, ASettingThatItCannotBeToldIsUnknownEvenIfDeclared) {
  const Scenario story = scenario();
  const Adapter mine = adapter("declares: { upload_slots: 4 }\n");
  EXPECT_THAT(cast(story, &mine).facts(1).peers[named(story, "you").value()].undeclared, Contains("upload_slots"));
}

TEST(LabCast, ASettingThatItCannotBeToldIsKnownIfItDeclaresTheSame) {
  const Scenario story = scenario();   // with two slots
  const Adapter mine = adapter("declares: { upload_slots: 2 }\n");
  const LabCast who = cast(story, &mine);
  const HostId you = named(story, "you");
  EXPECT_THAT(who.facts(1).peers[you.value()].undeclared, Not(Contains("upload_slots")));
  EXPECT_EQ(who.facts(1).peers[you.value()].upload_slots, 2u);
  EXPECT_THAT(who.settings_of(you).unmapped, Not(Contains("upload_slots"))) << "and nobody needs to be told";
}

TEST(LabCast, WhatItDeclaresIsComparedByValueAndByTheNameOfTheSetting) {
  const Scenario story = scenario("  other: { subject: true, settings: { rechoke_interval: 1 min, sequential: true } }\n");
  const auto undeclared = [&](const Adapter& client) {
    return cast(story, &client).facts(1).peers[named(story, "other").value()].undeclared;
  };
  const Adapter mine = adapter("declares: { rechoke_interval: 60 s, in_order: true }\n");
  EXPECT_THAT(undeclared(mine), AllOf(Not(Contains("rechoke_interval")), Not(Contains("in_order"))));
  const Adapter different = adapter("declares: { rechoke_interval: 10 s, in_order: false }\n");
  EXPECT_THAT(undeclared(different), AllOf(Contains("rechoke_interval"), Contains("in_order")));
}

TEST(LabCast, ACheckThatJudgesByWhatIsNotDeclaredDoesNotApply) {
  class NoDisks final : public Disks {
    bool is_whole(HostId) override { return false; }
    std::string problem(HostId) override { return "nothing is there"; }
    std::optional<ByteCount> bytes_read(HostId) override { return std::nullopt; }
    std::optional<std::uint64_t> storage_bites(HostId) override { return std::nullopt; }
    std::optional<std::vector<std::string>> strays(HostId) override { return std::nullopt; }
  } disks;
  const Scenario story = scenario();
  const Adapter mine = adapter();
  const RunFacts facts = cast(story, &mine).facts(1);
  Judge judge(facts);
  for (const CheckSpec& check : story.checks) judge.add(*check.manual, check.arguments);
  const auto judgements = judge.conclude({kStart + 60s, false}, disks);
  EXPECT_NE(judgements[0].verdict, Verdict::not_applicable) << "completion needs no declaration";
  EXPECT_EQ(judgements[1].verdict, Verdict::not_applicable);
  EXPECT_THAT(judgements[1].summary, HasSubstr("judges by rechoke_interval, which the client of you does not declare"));
}

TEST(LabCast, WhatRealProcessesCannotPlayIsSaid) {
  const Adapter mine = adapter();
  const Scenario plain = scenario();
  EXPECT_EQ(cast(plain, &mine).why_not(), "");
  const Scenario choosy = scenario("timeline: [ { at: 5 s, selection: ['*'], of: you } ]\n", "files: [ { path: a, size: 2 MiB } ]");
  EXPECT_THAT(cast(choosy, &mine).why_not(), HasSubstr("'selection' in a timeline needs a simulated client"));
}

TEST(LabCast, AnotherTrackerTellsItsOwnIntervalUnlessItIsToldOne) {
  const Scenario story = scenario("tracker: { interval: 10 s }\n");
  const HostId tracker(story.cast.peer_count());
  const Adapter other = tracker_adapter("[other, '{port}']");
  const LabCast with_other = cast(story, nullptr, &other);
  EXPECT_EQ(with_other.adapter_of(tracker).client, "other");
  EXPECT_EQ(with_other.facts(1).trackers[0].interval, 20min);
  EXPECT_THAT(with_other.settings_of(tracker).unmapped, Contains("interval")) << "which is noted";
  const Adapter obedient = tracker_adapter("[other, '{port}', '{interval}']");
  const LabCast with_obedient = cast(story, nullptr, &obedient);
  EXPECT_EQ(with_obedient.facts(1).trackers[0].interval, 10s);
  EXPECT_TRUE(with_obedient.settings_of(tracker).unmapped.empty());
  EXPECT_EQ(cast(story, nullptr).adapter_of(tracker).client, "bttracker");
}

TEST(LabCast, FaultsOfATrackerNeedOurs) {
  const Scenario story = scenario("tracker: { faults: [mirror] }\n");
  const Adapter other = tracker_adapter("[other]");
  EXPECT_EQ(cast(story, nullptr).why_not(), "");
  EXPECT_EQ(cast(story, nullptr, &other).why_not(), "tracker has faults, which other does not have");
}

TEST(LabCast, WhatRelaysCannotDoIsSaid) {
  const auto why_not = [](const Scenario& story, const Adapter& client, bool peers_meet = false) {
    const auto addresses = *LabAddresses::of_relays(story.cast.host_count(), story.cast.peer_count(), peers_meet);
    return LabCast(story, &client, nullptr, {}, addresses).why_not();
  };
  const Adapter mine = adapter();
  EXPECT_EQ(why_not(scenario(), mine), "");
  EXPECT_EQ(why_not(scenario("network: { link: { loss: 1% } }\n"), mine), "liar loses packets, which takes network namespaces");
  EXPECT_EQ(why_not(scenario("timeline: [ { at: 5 s, link: { nat: symmetric }, of: you } ]\n"), mine),
            "a link is behind a NAT from 5 s on, which takes network namespaces");
  EXPECT_THAT(why_not(scenario(), adapter("refuses: [loopback]\n")), HasSubstr("mine takes nobody at a loopback address for a peer"));
  const Scenario cut = scenario("timeline: [ { at: 5 s, partition: [[seed], [you]], for: 5 s } ]\n");
  EXPECT_EQ(why_not(cut, mine), "");
  EXPECT_EQ(why_not(cut, mine, true), "'partition' in a timeline needs a network between peers");
}

TEST(LabCast, AClientWithoutUdpTrackersIsNotJudgedByThem) {
  const Adapter old = adapter("refuses: [udp_trackers]\n");
  const Scenario udp = scenario("tracker: { kind: udp }\n");
  EXPECT_EQ(cast(udp, &old).why_not(), "mine asks no tracker that speaks UDP");
  EXPECT_EQ(cast(scenario("tracker: { kind: http }\n"), &old).why_not(), "");
  const Adapter mine = adapter();
  EXPECT_EQ(cast(udp, &mine).why_not(), "");
}

TEST(LabCast, NobodySpeaksPeerExchangeThroughRelays) {
  const Adapter mine = adapter("speaks: [ext, pex]\n");
  const Scenario story = scenario();
  const auto addresses = *LabAddresses::of_relays(story.cast.host_count(), story.cast.peer_count(), false);
  const RunFacts facts = LabCast(story, &mine, nullptr, {}, addresses).facts(1);
  for (const PeerFacts& peer : facts.peers) EXPECT_FALSE(peer.speaks.has(Feature::pex)) << peer.name;
  EXPECT_TRUE(facts.peers[named(story, "you").value()].speaks.has(Feature::ext));
  EXPECT_EQ(facts.peers[0].listens, addresses.own(HostId(0)));
}

TEST(LabCampaign, AViolationStaysIfTwoMoreRunsSeeItAndIsUnstableOtherwise) {
  const auto run = [](Verdict verdict) {
    RunResult result;
    Judgement judgement;
    judgement.verdict = verdict;
    judgement.summary = "it was late";
    result.checks.push_back({check_manuals().front(), "you", judgement, "", 9});
    return result;
  };
  RunResult bad = run(Verdict::violated);
  confirm_violations(bad, {run(Verdict::violated), run(Verdict::violated)});
  EXPECT_EQ(bad.checks[0].judgement.verdict, Verdict::violated);
  EXPECT_EQ(bad.checks[0].judgement.summary, "it was late (3 of 3)");
  RunResult odd = run(Verdict::violated);
  confirm_violations(odd, {run(Verdict::held), run(Verdict::held)});
  EXPECT_EQ(odd.checks[0].judgement.verdict, Verdict::undecided);
  EXPECT_EQ(odd.checks[0].judgement.summary, "it was late (1 of 3, unstable)");
  RunResult doubtful = run(Verdict::violated);
  confirm_violations(doubtful, {run(Verdict::undecided), run(Verdict::violated)});
  EXPECT_EQ(doubtful.checks[0].judgement.summary, "it was late (2 of 2)");
}

}  // namespace
}  // namespace swarmlab::swarmsim
