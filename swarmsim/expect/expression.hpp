// Expression: what a scenario expects, parsed: a tree over metrics, with the unit and the shape of every part.
//
//   expect: newcomer.first_piece_at - newcomer.joined_at < 90 s
//   expect: median(leech.download_time) <= 1.2 * content / seeder.link_up
//   expect: share(leech.download_time < 60 s) >= 90%
//   expect: p95(over_seeds(max(leech.download_time))) < 2 min
//
// A metric of several peers is a list with one member per peer; arithmetic works member by member, and a comparison of a
// list claims it of every member.  over_seeds() makes a list over all runs of a campaign.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "swarmsim/expect/metric.hpp"
#include "swarmsim/expect/number.hpp"
#include "swarmsim/wire/stream_tap.hpp"

namespace swarmlab::swarmsim {

enum class Comparison : std::uint8_t { less, at_most, more, at_least, equal, unequal };
// "<="
std::string_view to_string(Comparison comparison);
// True or false, or nothing where a side is.  What never happened is later than everything; where that alone
// makes a comparison true, it says nothing.
Number compare(const Number& left, Comparison comparison, const Number& right);

// `percentile` by nearest rank: the smallest member that at least so many percent of them do not exceed.
enum class Aggregate : std::uint8_t { median, percentile, min, max, mean, sum, jain, share };

// A list into one number; nothing where it is empty, or where a member is that matters.
Number aggregate(Aggregate kind, int percent, std::vector<Number> list);

struct Shape {
  enum class Kind : std::uint8_t { one, per_peer, per_seed } kind = Kind::one;
  std::vector<HostId> peers;            // per_peer: whose, in this order
  bool is_list() const { return kind != Kind::one; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

struct Expression {
  enum class Kind : std::uint8_t { literal, metric, negation, sum, difference, product, quotient, comparison, aggregate, over_seeds };
  Kind kind = Kind::literal;
  Unit unit = Unit::number;
  Shape shape;
  std::string text;                     // as it was written
  std::vector<Expression> operands;     // two of a binary operator; one or more of an aggregate
  Number value;                         // literal
  Metric metric = Metric::content;      // metric
  std::vector<HostId> peers;            // of a metric of peers: whose, one or more
  std::vector<HostId> others;           // metric that takes peers; sorted
  Comparison comparison = Comparison::less;
  Aggregate aggregate = Aggregate::median;
  int percent = 50;                     // percentile
};

// A whole expectation: a comparison.
struct Expectation {
  Expression claim;                     // of Kind::comparison
  std::string text;
  std::string who;                      // the peers that it names, for reports
  bool is_over_seeds = false;           // judged once, when all runs of the campaign are over
  std::uint64_t seeds_stated = 1;       // by the scenario
  int line = 0;                         // of the scenario's file
};

// Calls `each` for every part of the tree, operands after what they belong to.
template <class Each>
void for_each_part(const Expression& whole, const Each& each) {
  each(whole);
  for (const Expression& operand : whole.operands) for_each_part(operand, each);
}

}  // namespace swarmlab::swarmsim
