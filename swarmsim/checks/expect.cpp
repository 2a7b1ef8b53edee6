#include "swarmsim/checks/expect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/assert.hpp"
#include "swarmsim/expect/judge_expectation.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::array kParameters{
    ParameterManual{"that", ParameterKind::expectation, Need::required,
                    "the comparison, behind the colon: expect: median(leech.download_time) < 60 s"},
};

class Expect final : public Check {
 public:
  explicit Expect(const CheckContext& context)
      : facts_(context.facts), measurements_(context.measurements), expectation_(context.arguments.expectation("that")) {
    SWARM_ASSERT(expectation_ != nullptr);
    for_each_part(expectation_->claim, [&](const Expression& part) {
      if (part.kind == Expression::Kind::metric) measurements_.want(part.metric);
    });
  }

  EventSet interest() const override { return {}; }   // the measurements have theirs
  void on_event(const WireEvent&) override {}

  bool is_ready(Time now, Disks&) override {
    bool is_ready = true;
    for_each_part(expectation_->claim, [&](const Expression& part) {
      if (part.kind == Expression::Kind::metric)
        is_ready = is_ready && std::ranges::all_of(part.peers, [&](HostId peer) {
          return measurements_.is_settled(part.metric, peer, now);
        });
    });
    return is_ready;
  }

  Judgement conclude(const EndOfRun& end, Disks&) override {
    const RunOperands operands(facts_, measurements_, end.at);
    Judgement judgement = judge_expectation(*expectation_, operands);
    if (!end.was_cut_short) return judgement;
    judgement.verdict = Verdict::undecided;
    judgement.summary = "the run was ended early, so no metric had its final value";
    judgement.story.clear();
    return judgement;
  }

 private:
  const RunFacts& facts_;
  Measurements& measurements_;
  std::shared_ptr<const Expectation> expectation_;
};

}  // namespace

constinit const CheckManual kExpect{
    .name = "expect",
    .claim = "what the scenario expects of its metrics is so",
    .level = CheckLevel::house,
    .maturity = CheckMaturity::stable,
    .bugs = "B33 and whatever shows in numbers",
    .parameters = kParameters,
    .text = R"(The comparison is made when the run is over, with exact numbers; the language is that of docs/scenarios.md, the metrics
are those of docs/metrics.md.  A comparison of several peers' values is claimed of each of them, and the worst one is
reported.  What never happened is later than everything: it violates an upper bound; where it alone would make the
comparison true (never > 30 s), or where a value does not exist, the expectation is vacuous.  A run that was ended
early (--until) leaves it undecided.  With over_seeds() it is judged once, over all runs of the scenario in one
invocation, and undecided when these are fewer than the scenario's `seeds` says.  It is a weak judge like all numbers:
it says that something is off and not what, so put it beside checks that do.)",
};

std::unique_ptr<Check> make_expect(const CheckContext& context) { return std::make_unique<Expect>(context); }

}  // namespace swarmlab::swarmsim
