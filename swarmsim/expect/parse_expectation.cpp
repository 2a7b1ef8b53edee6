#include "swarmsim/expect/parse_expectation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "protocol/quantities.hpp"
#include "protocol/spelling.hpp"
#include "swarmsim/expect/tokens.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::string_view kOverSeeds = "over_seeds";
constexpr std::array<std::string_view, 9> kFunctions{"median", "p95", "min", "max", "mean", "sum", "jain", "share", kOverSeeds};
constexpr std::array<Comparison, 6> kComparisons{Comparison::less,     Comparison::at_most, Comparison::more,
                                                 Comparison::at_least, Comparison::equal,   Comparison::unequal};

struct Function {
  Aggregate kind;
  int percent = 50;
};

std::optional<Function> function_named(std::string_view name) {
  if (name == "median") return Function{Aggregate::median};
  if (name == "min") return Function{Aggregate::min};
  if (name == "max") return Function{Aggregate::max};
  if (name == "mean") return Function{Aggregate::mean};
  if (name == "sum") return Function{Aggregate::sum};
  if (name == "jain") return Function{Aggregate::jain};
  if (name == "share") return Function{Aggregate::share};
  if (!name.starts_with('p')) return std::nullopt;
  const auto percent = parse_count(name.substr(1), 99);
  if (!percent || *percent == 0 || name[1] == '0') return std::nullopt;
  return Function{Aggregate::percentile, static_cast<int>(*percent)};
}

// Leaves the recursion at the first error; never leaves this file.
struct Refused {
  ExpectationError error;
};
[[noreturn]] void refuse(std::size_t offset, std::string what) { throw Refused{{offset, std::move(what)}}; }

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens, const Cast& cast)
      : text_(text), tokens_(std::move(tokens)), cast_(cast) {}

  Expectation whole() {
    Expectation expectation;
    expectation.claim = comparison(0);
    if (next().kind != Token::Kind::end) {
      if (operator_here()) refuse(next().offset, "a second comparison; write two expectations");
      refuse(next().offset, fmt::format("'{}' follows a complete comparison", next().text));
    }
    expectation.text = expectation.claim.text;
    std::vector<HostId> who;
    bool has_metric = false;
    for_each_part(expectation.claim, [&](const Expression& part) {
      if (part.kind == Expression::Kind::over_seeds) expectation.is_over_seeds = true;
      if (part.kind != Expression::Kind::metric) return;
      has_metric = true;
      if (!manual_of(part.metric).is_of_peers) return;
      who.insert(who.end(), part.peers.begin(), part.peers.end());
      who.insert(who.end(), part.others.begin(), part.others.end());
    });
    if (!has_metric) refuse(0, "names no metric, so it says the same of every run; for example median(leech.download_time) < 60 s");
    if (expectation.is_over_seeds && metric_outside_)
      refuse(*metric_outside_, "a metric of one run beside over_seeds(); put it into over_seeds() too");
    std::ranges::sort(who);
    who.erase(std::ranges::unique(who).begin(), who.end());
    expectation.who = who.empty() ? "the run" : cast_.describe(std::move(who));
    return expectation;
  }

 private:
  const Token& next() const { return tokens_[at_]; }
  bool is_symbol(std::string_view symbol) const { return next().kind == Token::Kind::symbol && next().text == symbol; }
  bool take_symbol(std::string_view symbol) {
    if (!is_symbol(symbol)) return false;
    ++at_;
    return true;
  }
  void require(std::string_view symbol, std::string_view after) {
    if (!take_symbol(symbol)) refuse(next().offset, fmt::format("'{}' is missing after {}", symbol, after));
  }
  std::optional<Comparison> operator_here() const {
    if (next().kind != Token::Kind::symbol) return std::nullopt;
    const auto found = std::ranges::find(kComparisons, next().text, [](Comparison c) { return to_string(c); });
    return found == kComparisons.end() ? std::nullopt : std::optional(*found);
  }

  // The text from a token's beginning to the end of the token taken last.
  std::string text_since(std::size_t first) const {
    const Token& last = tokens_[at_ - 1];
    return std::string(text_.substr(tokens_[first].offset, last.offset + last.text.size() - tokens_[first].offset));
  }

  Expression comparison(int depth) {
    const std::size_t first = at_;
    return comparison_of(sum(depth), first, depth);
  }

  // With its left side, which began at the token `first`, taken already.
  Expression comparison_of(Expression left, std::size_t first, int depth) {
    const auto how = operator_here();
    if (!how)
      refuse(next().offset, fmt::format("'{}' is compared with nothing; for example {} < {}", left.text, left.text,
                                        example_of(left.unit)));
    const std::size_t where = next().offset;
    ++at_;
    Expression right = sum(depth);
    require_alike(left, right, where, fmt::format("'{}' compares", to_string(*how)));
    Expression made;
    made.kind = Expression::Kind::comparison;
    made.unit = Unit::truth;
    made.comparison = *how;
    // What is measured stands on the left, what it is measured against on the right.
    if (!names_metric(left) && names_metric(right)) {
      std::swap(left, right);
      made.comparison = mirrored(*how);
    }
    return join(std::move(made), first, where, std::move(left), std::move(right));
  }

  Expression sum(int depth) {
    const std::size_t first = at_;
    Expression left = product_of(depth);
    while (is_symbol("+") || is_symbol("-")) {
      const bool is_sum = is_symbol("+");
      const std::size_t where = next().offset;
      ++at_;
      Expression right = product_of(depth);
      require_alike(left, right, where, is_sum ? "'+' adds" : "'-' subtracts");
      Expression made;
      made.kind = is_sum ? Expression::Kind::sum : Expression::Kind::difference;
      made.unit = left.unit;
      left = join(std::move(made), first, where, std::move(left), std::move(right));
    }
    return left;
  }

  Expression product_of(int depth) {
    const std::size_t first = at_;
    Expression left = factor(depth);
    while (is_symbol("*") || is_symbol("/")) {
      const bool is_product = is_symbol("*");
      const std::size_t where = next().offset;
      ++at_;
      Expression right = factor(depth);
      const auto unit = is_product ? unit_of_product(left.unit, right.unit) : unit_of_quotient(left.unit, right.unit);
      if (!unit)
        refuse(where, fmt::format("{} {} {} means nothing here", to_string(left.unit),
            is_product ? "times" : "divided by", to_string(right.unit)));
      Expression made;
      made.kind = is_product ? Expression::Kind::product : Expression::Kind::quotient;
      made.unit = *unit;
      left = join(std::move(made), first, where, std::move(left), std::move(right));
    }
    return left;
  }

  Expression factor(int depth) {
    if (depth > kMaxExpectationDepth) refuse(next().offset, fmt::format("nested more than {} deep", kMaxExpectationDepth));
    const std::size_t first = at_;
    if (take_symbol("-")) {
      Expression made;
      made.kind = Expression::Kind::negation;
      made.operands.push_back(factor(depth + 1));
      made.unit = made.operands.front().unit;
      made.shape = made.operands.front().shape;
      made.text = text_since(first);
      return made;
    }
    if (take_symbol("(")) {
      Expression inner = sum(depth + 1);
      require(")", fmt::format("'{}'", inner.text));
      inner.text = text_since(first);
      return inner;
    }
    switch (next().kind) {
      case Token::Kind::quantity: return literal();
      case Token::Kind::selector: return metric_of_peers();
      case Token::Kind::name: return tokens_[at_ + 1].text == "(" ? function(depth) : metric_of_run();
      case Token::Kind::symbol:
      case Token::Kind::end: break;
    }
    const std::string what = next().kind == Token::Kind::end ? "ends" : fmt::format("'{}'", next().text);
    refuse(next().offset, what + " where a metric or a quantity belongs: leech.download_time, 60 s");
  }

  Expression literal() {
    const Token& token = tokens_[at_++];
    Expression made;
    made.value = token.value;
    made.unit = token.unit;
    made.text = std::string(token.text);
    return made;
  }

  std::vector<HostId> peers(const Token& selector) const {
    const auto selected = cast_.select(selector.text);
    if (!selected) refuse(selector.offset, selected.error());
    return *selected;
  }

  const MetricManual& metric_named(const Token& token, bool of_peers) const {
    const MetricManual* const manual = find_metric_manual(token.text);
    if (manual != nullptr && manual->is_of_peers == of_peers) return *manual;
    if (manual != nullptr) refuse(token.offset, fmt::format("'{}' is a metric of the run; write it alone", token.text));
    std::vector<std::string_view> names;
    for (const MetricManual& known : metric_manuals())
      if (known.is_of_peers == of_peers) names.push_back(known.name);
    refuse(token.offset, fmt::format("'{}' is no metric{}", token.text, suggestion(token.text, names)));
  }

  Expression metric_of_peers() {
    const std::size_t first = at_;
    const Token& selector = tokens_[at_++];
    const std::vector<HostId> whose = peers(selector);
    require(".", fmt::format("'{}'", selector.text));
    if (next().kind != Token::Kind::name)
      refuse(next().offset, fmt::format("which metric of {}? For example {}.download_time", selector.text, selector.text));
    const MetricManual& manual = metric_named(next(), true);
    const Token& name = tokens_[at_++];
    Expression made = metric(manual, selector.offset);
    made.peers = whose;
    if (whose.size() > 1) made.shape = {Shape::Kind::per_peer, whose};
    if (manual.takes_peers) {
      if (!take_symbol("(")) refuse(name.offset, fmt::format("{} of whom? Write {}.{}(seeder)", manual.name, selector.text, manual.name));
      do {
        if (next().kind != Token::Kind::name && next().kind != Token::Kind::selector)
          refuse(next().offset, fmt::format("a group belongs here: {}(seeder)", manual.name));
        const std::vector<HostId> named = peers(tokens_[at_++]);
        made.others.insert(made.others.end(), named.begin(), named.end());
      } while (take_symbol(","));
      require(")", "the names of peers");
      std::ranges::sort(made.others);
      made.others.erase(std::ranges::unique(made.others).begin(), made.others.end());
    } else if (is_symbol("(")) {
      refuse(next().offset, fmt::format("{} is a metric, not a function", manual.name));
    }
    made.text = text_since(first);
    return made;
  }

  Expression metric_of_run() {
    const Token& name = next();
    if (cast_.select(name.text)) refuse(name.offset, fmt::format("what of {}? For example {}.download_time", name.text, name.text));
    if (const MetricManual* const manual = find_metric_manual(name.text); manual != nullptr && manual->is_of_peers)
      refuse(name.offset, fmt::format("{} of whom? Write {}.{}", name.text, cast_.groups().front().name, name.text));
    const std::size_t first = at_;
    Expression made = metric(metric_named(name, false), name.offset);
    ++at_;
    made.text = text_since(first);
    return made;
  }

  Expression metric(const MetricManual& manual, std::size_t where) {
    if (!is_inside_over_seeds_ && !metric_outside_) metric_outside_ = where;
    Expression made;
    made.kind = Expression::Kind::metric;
    made.metric = manual.metric;
    made.unit = manual.unit;
    return made;
  }

  Expression function(int depth) {
    const std::size_t first = at_;
    const Token& name = tokens_[at_];
    if (name.text == kOverSeeds) return over_seeds(depth);
    const auto known = function_named(name.text);
    if (!known) refuse(name.offset, fmt::format("'{}' is no function{}", name.text, suggestion(name.text, kFunctions)));
    at_ += 2;
    Expression made;
    made.kind = Expression::Kind::aggregate;
    made.aggregate = known->kind;
    made.percent = known->percent;
    do {
      const std::size_t where = next().offset;
      made.operands.push_back(known->kind == Aggregate::share ? claim_to_count(depth + 1) : sum(depth + 1));
      if (made.operands.back().unit == Unit::truth && known->kind != Aggregate::share)
        refuse(where, fmt::format("{} of comparisons; share() counts how many hold", name.text));
      if (made.operands.size() > 1)
        require_alike(made.operands.front(), made.operands.back(), where, fmt::format("{} compares", name.text));
    } while (take_symbol(","));
    require(")", fmt::format("'{}'", made.operands.back().text));
    made.text = text_since(first);
    if (made.operands.size() == 1 && !made.operands.front().shape.is_list())
      refuse(name.offset, fmt::format("{} of a single value: '{}' is one peer's, or one run's", name.text, made.operands.front().text));
    made.unit = known->kind == Aggregate::share ? Unit::share : known->kind == Aggregate::jain ? Unit::number : made.operands.front().unit;
    return made;
  }

  // A comparison, or those of several runs.
  Expression claim_to_count(int depth) {
    if (next().kind == Token::Kind::name && next().text == kOverSeeds) {
      const std::size_t where = next().offset;
      const std::size_t before = at_;
      Expression made = over_seeds(depth);
      if (made.unit == Unit::truth) return made;
      if (!operator_here()) refuse(where, "share counts how many comparisons hold: share(leech.download_time < 60 s)");
      at_ = before;
    }
    return comparison(depth);
  }

  Expression over_seeds(int depth) {
    const std::size_t first = at_;
    const std::size_t where = next().offset;
    if (is_inside_over_seeds_) refuse(where, "over_seeds() inside of over_seeds()");
    at_ += 1;
    require("(", "over_seeds");
    is_inside_over_seeds_ = true;
    const std::size_t inner = at_;
    Expression what = sum(depth + 1);
    if (operator_here()) what = comparison_of(std::move(what), inner, depth + 1);
    is_inside_over_seeds_ = false;
    require(")", fmt::format("'{}'", what.text));
    Expression made;
    made.kind = Expression::Kind::over_seeds;
    made.unit = what.unit;
    made.shape.kind = Shape::Kind::per_seed;
    made.operands.push_back(std::move(what));
    made.text = text_since(first);
    return made;
  }

  // One after the other, member by member; of lists that fit together.
  Expression join(Expression made, std::size_t first, std::size_t where, Expression left, Expression right) const {
    if (left.shape.is_list() && right.shape.is_list() && left.shape != right.shape)
      refuse(where, fmt::format("'{}' and '{}' are lists of different peers; take max(), median() or the like "
          "of one of them", left.text, right.text));
    if (left.shape.kind == Shape::Kind::per_seed && right.shape.kind == Shape::Kind::per_seed)
      refuse(where, "two lists over seeds; write over_seeds() once around both");
    made.shape = left.shape.is_list() ? left.shape : right.shape;
    made.text = text_since(first);
    made.operands.push_back(std::move(left));
    made.operands.push_back(std::move(right));
    return made;
  }

  static bool names_metric(const Expression& expression) {
    bool does = false;
    for_each_part(expression, [&](const Expression& part) { does = does || part.kind == Expression::Kind::metric; });
    return does;
  }

  static Comparison mirrored(Comparison comparison) {
    switch (comparison) {
      case Comparison::less: return Comparison::more;
      case Comparison::at_most: return Comparison::at_least;
      case Comparison::more: return Comparison::less;
      case Comparison::at_least: return Comparison::at_most;
      case Comparison::equal:
      case Comparison::unequal: break;
    }
    return comparison;
  }

  static std::string_view example_of(Unit unit) {
    switch (unit) {
      case Unit::time: return "90 s";
      case Unit::size: return "64 KiB";
      case Unit::rate: return "4 Mbit/s";
      case Unit::share: return "5%";
      case Unit::number: return "3";
      case Unit::truth: break;
    }
    return "1";
  }

  static void require_alike(const Expression& left, const Expression& right, std::size_t where, std::string_view doing) {
    if (are_alike(left.unit, right.unit)) return;
    for (const auto& [bare, other] : {std::pair(&left, &right), std::pair(&right, &left)})
      if (bare->kind == Expression::Kind::literal && bare->unit == Unit::number)
        refuse(where, fmt::format("{} is a bare number, and '{}' is {}: {}", bare->text, other->text,
            to_string(other->unit), example_of(other->unit)));
    refuse(where, fmt::format("{} {} with {}: '{}' with '{}'", doing, to_string(left.unit), to_string(right.unit), left.text, right.text));
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  const Cast& cast_;
  std::size_t at_ = 0;
  bool is_inside_over_seeds_ = false;
  std::optional<std::size_t> metric_outside_;   // the first
};

}  // namespace

std::expected<Expectation, ExpectationError> parse_expectation(std::string_view text, const Cast& cast) {
  if (text.size() > kMaxExpectationBytes)
    return std::unexpected(ExpectationError{0, fmt::format("{} bytes; an expectation has at most {}", text.size(), kMaxExpectationBytes)});
  auto tokens = split_into_tokens(text);
  if (!tokens) return std::unexpected(ExpectationError{tokens.error().offset, std::move(tokens.error().what)});
  try {
    return Parser(text, std::move(*tokens), cast).whole();
  } catch (Refused& refused) {
    return std::unexpected(std::move(refused.error));
  }
}

}  // namespace swarmlab::swarmsim
