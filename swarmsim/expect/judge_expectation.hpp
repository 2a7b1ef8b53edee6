// What becomes of an expectation once its metrics have values: the verdict, with what was measured beside the bar.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "swarmsim/checks/run_facts.hpp"
#include "swarmsim/checks/verdict.hpp"
#include "swarmsim/expect/expression.hpp"
#include "swarmsim/expect/measurements.hpp"

namespace swarmlab::swarmsim {

// Where an expression gets its values from.
class Operands {
 public:
  // Of a metric: the value of its peer at `index` (0 for metrics of the run).
  virtual Number metric(const Expression& metric, std::size_t index) const = 0;
  // Of over_seeds(): all its values.
  virtual std::vector<Number> over_seeds(const Expression& list) const = 0;
  // Whose value stands at `index` of a list: "leech[2]", "seed 7".
  virtual std::string label(const Expression& list, std::size_t index) const = 0;

 protected:
  ~Operands() = default;
};

// One value, or one per member of a list.
std::vector<Number> evaluate(const Expression& expression, const Operands& operands);

// Held, violated, or vacuous where what it compares did not happen.
Judgement judge_expectation(const Expectation& expectation, const Operands& operands);

// The values of one run.
class RunOperands final : public Operands {
 public:
  RunOperands(const RunFacts& facts, const Measurements& measurements, Time end)
      : facts_(facts), measurements_(measurements), end_(end) {}
  Number metric(const Expression& metric, std::size_t index) const override;
  std::vector<Number> over_seeds(const Expression&) const override { return {}; }
  std::string label(const Expression& list, std::size_t index) const override;

 private:
  const RunFacts& facts_;
  const Measurements& measurements_;
  Time end_;
};

// What one run contributes to an expectation over seeds: the values of each over_seeds() in it, in the order of the text.
using SeedSamples = std::vector<std::vector<Number>>;
SeedSamples samples_of(const Expectation& expectation, const Operands& run);

// The values of several runs.
class SeedOperands final : public Operands {
 public:
  explicit SeedOperands(const Expectation& expectation);
  void add(std::uint64_t seed, const SeedSamples& samples);
  Number metric(const Expression&, std::size_t) const override { return {}; }
  std::vector<Number> over_seeds(const Expression& list) const override;
  std::string label(const Expression& list, std::size_t index) const override;

 private:
  struct List {
    const Expression* node;
    std::vector<Number> values;
    std::vector<std::uint64_t> seeds;
  };
  const List* list_of(const Expression& within) const;
  std::vector<List> lists_;
};

}  // namespace swarmlab::swarmsim
