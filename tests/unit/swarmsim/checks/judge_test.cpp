#include "swarmsim/checks/judge.hpp"

#include <gmock/gmock.h>

#include "swarmsim/checks/catalogue.hpp"
#include "tests/unit/swarmsim/checks/stage.hpp"

namespace swarmlab::swarmsim {
namespace {

// Of a run in which nothing happened.
Judgement verdict_on_nothing(std::string_view check, const RunFacts& facts) {
  Judge judge(facts);
  judge.add(*find_check_manual(check), who({kA, kB}));
  FakeDisks disks;
  return judge.conclude({.at = Time(60s)}, disks).front();
}

TEST(Judge, ACheckOfWhatNobodySpeaksIsNotApplicable) {
  Stage stage;
  EXPECT_EQ(verdict_on_nothing("fast_choke_semantics", stage.facts).verdict, Verdict::vacuous);
  stage.facts.peers[0].speaks = {Feature::ext};
  EXPECT_EQ(verdict_on_nothing("fast_choke_semantics", stage.facts).verdict, Verdict::vacuous) << "b speaks it";
  stage.facts.peers[1].speaks = {};
  const Judgement judgement = verdict_on_nothing("fast_choke_semantics", stage.facts);
  EXPECT_EQ(judgement.verdict, Verdict::not_applicable);
  EXPECT_EQ(judgement.summary, "none of the peers declares to speak what this is about (fast)");
}

TEST(Judge, ACheckThatMaySeeNothingIsNotApplicableWhereItDoes) {
  Stage stage;
  CheckArguments arguments;
  arguments.may_be_vacuous = true;
  Judge judge(stage.facts);
  judge.add(*find_check_manual("fast_choke_semantics"), std::move(arguments));
  FakeDisks disks;
  const Judgement judgement = judge.conclude({.at = Time(60s)}, disks).front();
  EXPECT_EQ(judgement.verdict, Verdict::not_applicable);
  EXPECT_TRUE(judgement.summary.ends_with(", which the scenario allows")) << judgement.summary;
}

TEST(Judge, NeedsAllOfWhatACheckNeeds) {
  Stage stage;
  for (PeerFacts& peer : stage.facts.peers) peer.speaks = {Feature::ext};
  EXPECT_EQ(verdict_on_nothing("metadata_served", stage.facts).summary,
            "none of the peers declares to speak what this is about (ext, magnet)");
}

TEST(Judge, ACheckOfTitForTatIsNotApplicableToOtherPolicies) {
  for (const CheckManual* manual : check_manuals()) {
    if (!manual->of_tit_for_tat) continue;
    Stage stage;
    for (const std::size_t other : {0u, 1u}) stage.facts.peers[other].tit_for_tat = false;
    const Judgement judgement = verdict_on_nothing(manual->name, stage.facts);
    EXPECT_EQ(judgement.verdict, Verdict::not_applicable) << manual->name;
    EXPECT_EQ(judgement.summary, "all of the peers declare to choke by another policy than tit for tat, which this is about");
    stage.facts.peers[1].tit_for_tat = true;
    EXPECT_EQ(verdict_on_nothing(manual->name, stage.facts).verdict, Verdict::vacuous) << manual->name << ": b does";
  }
}

TEST(Judge, LeavesThoseWithAnotherPolicyOutOfACheckOfTitForTat) {
  for (const bool tit_for_tat : {true, false}) {
    Stage stage;
    stage.facts.peers[0].tit_for_tat = tit_for_tat;
    stage.begin("prompt_unchoke", who({kA, kB}));
    stage.received(1s, kB, kA, MessageKind::interested);
    EXPECT_EQ(stage.conclude(60s).verdict, tit_for_tat ? Verdict::violated : Verdict::vacuous);
  }
}

}  // namespace
}  // namespace swarmlab::swarmsim
