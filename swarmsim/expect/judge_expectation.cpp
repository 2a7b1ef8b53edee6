#include "swarmsim/expect/judge_expectation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "protocol/assert.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMembersTold = 5;
constexpr std::size_t kListsTold = 3;
constexpr std::size_t kHintsTold = 2;

const Expression& left_of(const Expression& claim) { return claim.operands[0]; }
const Expression& right_of(const Expression& claim) { return claim.operands[1]; }
const Number& member(const std::vector<Number>& values, std::size_t index) { return values[values.size() == 1 ? 0 : index]; }

Number combined(const Expression& expression, const Number& a, const Number& b) {
  const Unit of_a = expression.operands[0].unit;
  const Unit of_b = expression.operands[1].unit;
  switch (expression.kind) {
    case Expression::Kind::sum: return a + b;
    case Expression::Kind::difference: return a - b;
    case Expression::Kind::product: return product(a, of_a, b, of_b);
    case Expression::Kind::quotient: return quotient(a, of_a, b, of_b);
    case Expression::Kind::comparison: return compare(a, expression.comparison, b);
    case Expression::Kind::literal:
    case Expression::Kind::metric:
    case Expression::Kind::negation:
    case Expression::Kind::aggregate:
    case Expression::Kind::over_seeds: break;
  }
  return {};
}

// How far the left side is beyond what is allowed; the largest is the worst.
Number excess(Comparison comparison, const Number& left, const Number& right) {
  const Number more = left - right;
  switch (comparison) {
    case Comparison::less:
    case Comparison::at_most: return more;
    case Comparison::more:
    case Comparison::at_least: return -more;
    case Comparison::equal: return is_less(more, Number::of(std::int64_t{0})) ? -more : more;
    case Comparison::unequal: return is_less(more, Number::of(std::int64_t{0})) ? more : -more;
  }
  return {};
}

// Among those of the worst verdict the one that is farthest off.
std::size_t worst_member(const Expression& claim, const std::vector<Number>& left, const std::vector<Number>& right,
                         const std::vector<Number>& truths) {
  const auto rank = [](const Number& truth) { return truth.is_zero() ? 2 : truth.is_nothing() ? 1 : 0; };
  std::size_t worst = 0;
  for (std::size_t i = 1; i < truths.size(); ++i) {
    const Number a = excess(claim.comparison, member(left, worst), member(right, worst));
    const Number b = excess(claim.comparison, member(left, i), member(right, i));
    if (rank(truths[i]) > rank(truths[worst]) || (rank(truths[i]) == rank(truths[worst]) && is_less(a, b))) worst = i;
  }
  return worst;
}

// What an expression is made of, as a reader thinks of it: single metrics and aggregates.
void collect_operands(const Expression& expression, std::vector<const Expression*>& operands) {
  if (expression.kind == Expression::Kind::metric || expression.kind == Expression::Kind::aggregate ||
      expression.kind == Expression::Kind::over_seeds) {
    if (std::ranges::none_of(operands, [&](const Expression* known) { return known->text == expression.text; }))
      operands.push_back(&expression);
    return;
  }
  for (const Expression& operand : expression.operands) collect_operands(operand, operands);
}

class Wording {
 public:
  Wording(const Expectation& expectation, const Operands& operands, std::size_t worst)
      : claim_(expectation.claim), operands_(operands), worst_(worst) {}

  std::string value_of(const Expression& side) const {
    return number_text(member(evaluate(side, operands_), worst_), side.unit);
  }

  // "leech.completed_at - leech.joined_at = 41.2 s at leech[3], the worst of 5 (leech.completed_at = ..., ...)"
  std::string measured() const {
    const Expression& left = left_of(claim_);
    std::string text = fmt::format("{} = {}{}", left.text, value_of(left), whose(", the worst of"));
    std::vector<const Expression*> parts;
    collect_operands(left, parts);
    if (parts.size() == 1 && parts.front() == &left) return text;
    std::string list;
    for (const Expression* part : parts)
      list += fmt::format("{}{} = {}", list.empty() ? "" : ", ", part->text, value_of(*part));
    return fmt::format("{} ({})", text, list);
  }

  std::string limit() const {
    const Expression& right = right_of(claim_);
    const std::string bar = fmt::format("{} {}", to_string(claim_.comparison), right.text);
    return right.kind == Expression::Kind::literal ? bar : fmt::format("{} = {}", bar, value_of(right));
  }

  std::string whose(std::string_view remark) const {
    const Expression& list = left_of(claim_).shape.is_list() ? left_of(claim_) : right_of(claim_);
    if (!list.shape.is_list()) return {};
    return fmt::format(" at {}{} {}", operands_.label(list, worst_), remark, evaluate(list, operands_).size());
  }

  std::vector<std::string> story() const {
    std::vector<std::string> lines;
    for_each_part(claim_, [&](const Expression& part) {
      const bool is_list = part.shape.is_list() && (part.kind == Expression::Kind::metric || part.kind == Expression::Kind::over_seeds);
      if (is_list && lines.size() < kListsTold && !is_inside_over_seeds(part)) lines.push_back(members(part));
    });
    std::vector<std::string_view> hints;
    for_each_part(claim_, [&](const Expression& part) {
      if (part.kind != Expression::Kind::metric || hints.size() == kHintsTold) return;
      const std::string_view hint = manual_of(part.metric).look_at;
      if (!hint.starts_with("the scenario") && std::ranges::find(hints, hint) == hints.end()) hints.push_back(hint);
    });
    for (const std::string_view hint : hints) lines.push_back(fmt::format("look at: {}", hint));
    return lines;
  }

 private:
  // The largest first: "leech.download_time: leech[3] 71.3 s, leech[0] 50 s, ... 41 s".
  std::string members(const Expression& list) const {
    const std::vector<Number> values = evaluate(list, operands_);
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
      return is_less(values[b], values[a]) || (!is_less(values[a], values[b]) && a < b);
    });
    std::string text = list.text + ":";
    for (std::size_t i = 0; i < order.size() && i < kMembersTold; ++i)
      text += fmt::format("{} {} {}", i == 0 ? "" : ",", operands_.label(list, order[i]), number_text(values[order[i]], list.unit));
    if (order.size() > kMembersTold)
      text += fmt::format(", and {} more down to {}", order.size() - kMembersTold, number_text(values[order.back()], list.unit));
    return text;
  }

  bool is_inside_over_seeds(const Expression& list) const {
    bool is = false;
    for_each_part(claim_, [&](const Expression& part) {
      if (part.kind == Expression::Kind::over_seeds)
        for_each_part(part.operands.front(), [&](const Expression& inner) { is = is || &inner == &list; });
    });
    return is;
  }

  const Expression& claim_;
  const Operands& operands_;
  std::size_t worst_;
};

}  // namespace

std::vector<Number> evaluate(const Expression& expression, const Operands& operands) {
  switch (expression.kind) {
    case Expression::Kind::literal: return {expression.value};
    case Expression::Kind::over_seeds: return operands.over_seeds(expression);
    case Expression::Kind::metric: {
      std::vector<Number> values;
      for (std::size_t i = 0; i < std::max<std::size_t>(1, expression.peers.size()); ++i)
        values.push_back(operands.metric(expression, i));
      return values;
    }
    case Expression::Kind::negation: {
      std::vector<Number> values = evaluate(expression.operands.front(), operands);
      for (Number& value : values) value = -value;
      return values;
    }
    case Expression::Kind::aggregate: {
      std::vector<Number> all;
      for (const Expression& operand : expression.operands) {
        const std::vector<Number> values = evaluate(operand, operands);
        all.insert(all.end(), values.begin(), values.end());
      }
      return {aggregate(expression.aggregate, expression.percent, std::move(all))};
    }
    case Expression::Kind::sum:
    case Expression::Kind::difference:
    case Expression::Kind::product:
    case Expression::Kind::quotient:
    case Expression::Kind::comparison: break;
  }
  const std::vector<Number> left = evaluate(expression.operands[0], operands);
  const std::vector<Number> right = evaluate(expression.operands[1], operands);
  std::vector<Number> values;
  if (left.empty() || right.empty()) return values;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i)
    values.push_back(combined(expression, member(left, i), member(right, i)));
  return values;
}

Judgement judge_expectation(const Expectation& expectation, const Operands& operands) {
  const Expression& claim = expectation.claim;
  const std::vector<Number> truths = evaluate(claim, operands);
  Judgement judgement;
  if (truths.empty()) {
    judgement.verdict = Verdict::vacuous;
    judgement.measured = "no runs";
    judgement.limit = fmt::format("{} {}", to_string(claim.comparison), right_of(claim).text);
    judgement.summary = "there was no run to take values from";
    return judgement;
  }
  const std::size_t worst =
      worst_member(claim, evaluate(left_of(claim), operands), evaluate(right_of(claim), operands), truths);
  const Wording wording(expectation, operands, worst);
  judgement.measured = wording.measured();
  judgement.limit = wording.limit();
  judgement.number = MeasuredNumber{left_of(claim).text, member(evaluate(left_of(claim), operands), worst), left_of(claim).unit};
  if (truths[worst].is_zero()) {
    judgement.verdict = Verdict::violated;
    judgement.summary = fmt::format("{} is {}{}; it should be {}", left_of(claim).text, wording.value_of(left_of(claim)),
                                    wording.whose(", the worst of"), judgement.limit);
    judgement.story = wording.story();
  } else if (truths[worst].is_nothing()) {
    judgement.verdict = Verdict::vacuous;
    judgement.summary = fmt::format("nothing can be compared: {} is {}, {} is {}{}", left_of(claim).text,
                                    wording.value_of(left_of(claim)), right_of(claim).text, wording.value_of(right_of(claim)),
                                    wording.whose(", one of"));
  }
  return judgement;
}

Number RunOperands::metric(const Expression& metric, std::size_t index) const {
  const HostId peer = metric.peers.empty() ? HostId{} : metric.peers[index];
  return measurements_.value(metric.metric, peer, metric.others, end_);
}

std::string RunOperands::label(const Expression& list, std::size_t index) const {
  return facts_.name(list.shape.peers[index]);
}

SeedSamples samples_of(const Expectation& expectation, const Operands& run) {
  SeedSamples samples;
  for_each_part(expectation.claim, [&](const Expression& part) {
    if (part.kind == Expression::Kind::over_seeds) samples.push_back(evaluate(part.operands.front(), run));
  });
  return samples;
}

SeedOperands::SeedOperands(const Expectation& expectation) {
  for_each_part(expectation.claim, [&](const Expression& part) {
    if (part.kind == Expression::Kind::over_seeds) lists_.push_back({&part, {}, {}});
  });
}

void SeedOperands::add(std::uint64_t seed, const SeedSamples& samples) {
  SWARM_ASSERT(samples.size() == lists_.size(), samples.size());
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    lists_[i].values.insert(lists_[i].values.end(), samples[i].begin(), samples[i].end());
    lists_[i].seeds.resize(lists_[i].values.size(), seed);
  }
}

// The one over_seeds() that a list of a campaign is made from: two never meet member by member.
const SeedOperands::List* SeedOperands::list_of(const Expression& within) const {
  const List* found = nullptr;
  for_each_part(within, [&](const Expression& part) {
    for (const List& list : lists_)
      if (found == nullptr && list.node == &part) found = &list;
  });
  return found;
}

std::vector<Number> SeedOperands::over_seeds(const Expression& list) const { return list_of(list)->values; }

std::string SeedOperands::label(const Expression& list, std::size_t index) const {
  return fmt::format("seed {}", list_of(list)->seeds[index]);
}

}  // namespace swarmlab::swarmsim
