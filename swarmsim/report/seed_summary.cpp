#include "swarmsim/report/seed_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "protocol/quantities.hpp"
#include "swarmsim/expect/expression.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMostRows = 8;
constexpr std::size_t kTimes = 2;   // virtual and real, which are always told

Distribution distribution(std::string of, Unit unit, std::vector<Number> values) {
  return {std::move(of),
          unit,
          aggregate(Aggregate::min, 0, values),
          aggregate(Aggregate::percentile, 50, values),
          aggregate(Aggregate::percentile, 95, values),
          aggregate(Aggregate::max, 0, values)};
}

// Of the check at `index`, where its measurement is a number in some run.
void add_check(std::span<const RunResult* const> runs, std::size_t index, std::vector<Distribution>& distributions) {
  std::vector<Number> values;
  std::string of;
  Unit unit = Unit::number;
  for (const RunResult* run : runs) {
    if (index >= run->checks.size()) continue;
    const CheckResult& check = run->checks[index];
    const auto& number = check.judgement.number;
    const Verdict verdict = check.judgement.verdict;
    if (!number || number->value.is_nothing() || (verdict != Verdict::held && verdict != Verdict::violated)) continue;
    if (of.empty()) {
      of = fmt::format("{} of {}: {}", check.manual->name, check.who, number->what);
      unit = number->unit;
    }
    values.push_back(number->value);
  }
  if (!values.empty()) distributions.push_back(distribution(std::move(of), unit, std::move(values)));
}

SeedSummary summary_of(std::span<const RunResult* const> runs) {
  SeedSummary summary;
  const RunResult& first = *runs.front();
  summary.scenario = first.scenario;
  summary.file = first.file;
  const auto [least, most] = std::ranges::minmax(runs, {}, &RunResult::seed);
  summary.seeds = {least->seed, most->seed};
  summary.runs = runs.size();
  std::vector<const RunResult*> valid;
  std::vector<Number> virtual_times;
  std::vector<Number> real_times;
  for (const RunResult* run : runs) {
    ++summary.verdicts[run->verdict()];
    if (run->verdict() == RunVerdict::violated && summary.violated++ == 0) summary.first_violated = run->again;
    if (!run->invalid.empty()) continue;
    valid.push_back(run);
    virtual_times.push_back(Number::of(run->virtual_time));
    real_times.push_back(Number::of(run->wall_time));
  }
  if (valid.empty()) return summary;
  for (std::size_t i = 0; i < first.checks.size(); ++i) add_check(valid, i, summary.distributions);
  const char* const whose = first.mode == "sim" ? "virtual time" : "network time";
  summary.distributions.push_back(distribution(whose, Unit::time, std::move(virtual_times)));
  summary.distributions.push_back(distribution("real time", Unit::time, std::move(real_times)));
  return summary;
}

// Three digits after the point are enough to compare with.
std::string cell(const Number& number, Unit unit) {
  if (!number.is_finite()) return number_text(number, unit);
  const auto millionths = number.raw();
  constexpr detail::Int128 kMillisecond = detail::Int128{1'000'000} * 1'000'000;
  if (unit == Unit::time && millionths >= kMillisecond)
    return number_text(Number::of_millionths(millionths - millionths % kMillisecond), unit);
  if (unit == Unit::time) return number_text(Number::of_millionths(millionths - millionths % (kMillisecond / 1'000)), unit);
  if (unit == Unit::number || unit == Unit::share) return number_text(Number::of_millionths(millionths - millionths % 1'000), unit);
  return number_text(number, unit);
}

}  // namespace

std::vector<SeedSummary> summarise_seeds(std::span<const RunResult> runs) {
  std::vector<SeedSummary> summaries;
  std::vector<bool> is_done(runs.size(), false);
  for (std::size_t first = 0; first < runs.size(); ++first) {
    if (is_done[first]) continue;
    std::vector<const RunResult*> same;
    std::set<std::uint64_t> seeds;
    for (std::size_t i = first; i < runs.size(); ++i) {
      if (runs[i].file != runs[first].file || runs[i].scenario != runs[first].scenario) continue;
      is_done[i] = true;
      if (seeds.insert(runs[i].seed).second) same.push_back(&runs[i]);   // the same run again says nothing more
    }
    if (same.size() > 1) summaries.push_back(summary_of(same));
  }
  return summaries;
}

std::string describe_seeds(const SeedSummary& summary, Colours colours) {
  std::string counts;
  for (const auto& [verdict, count] : summary.verdicts)
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, to_string(verdict));
  if (summary.violated > 0)
    counts += fmt::format(" ({} %)", (summary.violated * 1000 / summary.runs + 5) / 10);
  const bool in_bold = colours == Colours::on;
  std::string text = fmt::format("{}{}{}\n  {} seeds {}..{}: {}\n", in_bold ? "\x1b[1m" : "", summary.scenario, in_bold ? "\x1b[0m" : "",
                                 summary.file, summary.seeds.first, summary.seeds.last, counts);
  std::vector<std::array<std::string, 5>> rows{{"", "min", "median", "p95", "max"}};
  const std::size_t checks = summary.distributions.size() - std::min(kTimes, summary.distributions.size());
  for (std::size_t i = 0; i < summary.distributions.size(); ++i) {
    if (i < checks && i >= kMostRows - kTimes) continue;
    const Distribution& row = summary.distributions[i];
    rows.push_back({row.of, cell(row.min, row.unit), cell(row.median, row.unit), cell(row.p95, row.unit), cell(row.max, row.unit)});
  }
  std::array<std::size_t, 5> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  if (rows.size() > 1)
    for (const auto& row : rows)
      text += fmt::format("  {:<{}}  {:>{}}  {:>{}}  {:>{}}  {:>{}}\n", row[0], widths[0], row[1], widths[1], row[2], widths[2], row[3],
                          widths[3], row[4], widths[4]);
  if (!summary.first_violated.empty()) text += fmt::format("  first violated: {}\n", summary.first_violated);
  return text;
}

}  // namespace swarmlab::swarmsim
