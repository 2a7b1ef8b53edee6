// Every behaviour of the catalogue in a whole run: at rate 0 % nobody can tell, at its default it bites and the
// others cope.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "swarmsim/peers/catalogue.hpp"
#include "swarmsim/run/sim_run.hpp"
#include "tests/unit/swarmsim/run/stories.hpp"

namespace swarmlab::swarmsim {
namespace {

using ::testing::HasSubstr;

// A small swarm in which the liar is one source among others; it has everything, or half of it.
RunResult run_with(const std::string& behaviour, const std::string& have) {
  constexpr std::string_view kQuick =
      "settings: { upload_slots: 1, optimistic: 1, rechoke_interval: 500 ms, optimistic_interval: 500 ms, "
      "seed_turn_time: 2 s, seed_turn_bytes: 64 KiB }";   // chokes are frequent
  const Scenario scenario = a_story({{"peers.liar", fmt::format("{{ have: {}{}, {} }}", have, behaviour, kQuick)},
                                     {"peers.leech", fmt::format("{{ count: 3, {} }}", kQuick)},
                                     {"torrent.size", "6 MiB"}});
  return run_in_virtual_time(scenario, {.seed = 5});
}

class EveryBehaviour : public ::testing::TestWithParam<const BehaviourManual*> {
 protected:
  // Some need a peer that lacks something itself.
  std::string have() const {
    for (const std::string_view name : {"lying_bitfield", "lying_have", "disconnect_on_unchoke", "ignores_choke", "request_flood",
                                        "cancel_storm"})
      if (GetParam()->name == name) return "50%";
    return "all";
  }
};

TEST_P(EveryBehaviour, AtRateZeroIsAnHonestPeerToTheByte) {
  const RunResult honest = run_with("", have());
  const RunResult idle = run_with(fmt::format(", behaviour: [ {{ {}: {{ rate: 0% }} }} ]", GetParam()->name), have());
  if (GetParam()->kind == BehaviourKind::box) {
    EXPECT_EQ(idle.fingerprint, honest.fingerprint);
  }
  ASSERT_EQ(idle.misdeeds.size(), 1u);
  EXPECT_EQ(idle.misdeeds.front().count, 0u);
  EXPECT_TRUE(idle.notes.empty()) << idle.notes.front();
  EXPECT_EQ(idle.verdict(), RunVerdict::held);
}

TEST_P(EveryBehaviour, AtItsDefaultBitesAndTheOthersComplete) {
  const RunResult honest = run_with("", have());
  const RunResult faulty = run_with(fmt::format(", behaviour: [ {} ]", GetParam()->name), have());
  ASSERT_EQ(faulty.misdeeds.size(), 1u);
  EXPECT_GT(faulty.misdeeds.front().count, 0u);
  EXPECT_NE(faulty.fingerprint, honest.fingerprint);
  EXPECT_EQ(faulty.verdict(), RunVerdict::held) << faulty.checks.front().judgement.summary;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryBehaviour, ::testing::ValuesIn(behaviour_manuals().begin(), behaviour_manuals().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST(Behaviours, AreSortedAndSayWhatTheyProvoke) {
  EXPECT_TRUE(std::ranges::is_sorted(behaviour_manuals(), {}, &BehaviourManual::name));
  for (const BehaviourManual* manual : behaviour_manuals()) {
    EXPECT_FALSE(manual->claim.empty()) << manual->name;
    EXPECT_TRUE(manual->bugs.starts_with('B')) << manual->name;
    EXPECT_GT(manual->text.size(), 100u) << manual->name;
    EXPECT_THAT(explain(*manual), HasSubstr("  rate "));
    static_cast<void>(BehaviourSpec(*manual));   // asserts that its defaults are values
  }
}

TEST(Behaviours, TheirPageIsUpToDate) {
  std::ifstream file(SWARMLAB_ROOT "/docs/behaviours.md");
  std::ostringstream page;
  page << file.rdbuf();
  EXPECT_TRUE(page.str() == behaviours_page()) << "docs/behaviours.md is stale: swarmsim explain behaviours > docs/behaviours.md";
}

TEST(Behaviours, ComposeInTheOrderInWhichTheyAreListed) {
  // The tar pit nearest to the engine swallows what the other one has let through, and leaves it nothing to spoil.
  const RunResult both = run_with(", behaviour: [ { tar_pit: { after: 4 } }, corrupt_blocks ]", "all");
  ASSERT_EQ(both.misdeeds.size(), 2u);
  EXPECT_EQ(both.misdeeds[0].behaviour, "tar_pit");
  EXPECT_GT(both.misdeeds[0].count, 0u);
  EXPECT_GT(both.misdeeds[1].count, 0u);
  EXPECT_LE(both.misdeeds[1].count, 4u * 10) << "four blocks on each of few connections";
}

}  // namespace
}  // namespace swarmlab::swarmsim
