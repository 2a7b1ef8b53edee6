#include "swarmsim/report/junit_report.hpp"

#include <fmt/format.h>

#include <map>

#include "swarmsim/wire/fingerprint.hpp"

namespace swarmlab::swarmsim {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        // XML 1.0 has no way to write control characters.
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

bool is_failure(const CheckResult& check) {
  const Verdict verdict = check.judgement.verdict;
  return (verdict == Verdict::violated && check.known.empty()) || verdict == Verdict::vacuous;
}

std::string suite_of_complaints(std::span<const std::string> complaints) {
  std::string text = fmt::format("  <testsuite name=\"known failures\" tests=\"{0}\" failures=\"{0}\" errors=\"0\" skipped=\"0\">\n",
                                 complaints.size());
  for (const std::string& complaint : complaints)
    text += fmt::format("    <testcase classname=\"known failures\" name=\"{0}\"><failure message=\"{0}\"/></testcase>\n",
                        escaped(complaint));
  return text + "  </testsuite>\n";
}

// `name`: that of the case; within a suite no two are the same.
struct Origin {
  const std::string& scenario;   // the title
  const std::string& file;
  const std::string& again;
};
std::string case_of(const CheckResult& check, const Origin& origin, const std::string& name, double seconds) {
  const Judgement& judgement = check.judgement;
  std::string body = fmt::format("measured: {}\nlimit: {}\n", judgement.measured, judgement.limit);
  for (const std::string& line : judgement.story) body += line + "\n";
  std::string text = fmt::format("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.3f}\">\n",
                                 escaped(origin.scenario), escaped(name), escaped(origin.file), check.line, seconds);
  if (is_failure(check))
    text += fmt::format("      <failure type=\"{}\" message=\"{}\">{}again: {}</failure>\n", to_string(judgement.verdict),
                        escaped(judgement.summary), escaped(body), escaped(origin.again));
  else if (!check.known.empty())
    text += fmt::format("      <skipped message=\"known {}: {}\"/>\n", escaped(check.known), escaped(judgement.summary));
  else if (judgement.verdict != Verdict::held)
    text += fmt::format("      <skipped message=\"{}: {}\"/>\n", to_string(judgement.verdict), escaped(judgement.summary));
  else
    text += fmt::format("      <system-out>{}</system-out>\n", escaped(body));
  return text + "    </testcase>\n";
}

struct Counts {
  std::size_t failures = 0;
  std::size_t skipped = 0;
};

Counts count(std::span<const CheckResult> checks) {
  Counts counts;
  for (const CheckResult& check : checks) {
    if (is_failure(check)) ++counts.failures;
    else if (check.judgement.verdict != Verdict::held) ++counts.skipped;
  }
  return counts;
}

std::string cases_of(std::span<const CheckResult> checks, const Origin& origin, double seconds) {
  std::string text;
  std::map<std::string, int> times;
  for (const CheckResult& check : checks) {
    std::string name = fmt::format("{} of {}", check.manual->name, check.who);
    if (const int time = ++times[name]; time > 1) name += fmt::format(", {}", time);
    text += case_of(check, origin, name, seconds);
  }
  return text;
}

std::string over_seeds_suite(const OverSeedsResult& result) {
  const auto [failures, skipped] = count(result.checks);
  return fmt::format("  <testsuite name=\"{} over seeds {}..{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
      "skipped=\"{}\">\n{}  </testsuite>\n",
                     escaped(result.file), result.seeds.first, result.seeds.last, result.checks.size(), failures, skipped,
                     cases_of(result.checks, {result.scenario, result.file, result.again}, 0));
}

}  // namespace

std::string junit_report(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                         std::span<const std::string> complaints) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const RunResult& run : runs) {
    const double seconds = std::chrono::duration<double>(run.wall_time).count();
    const auto [failures, skipped] = count(run.checks);
    const bool is_invalid = !run.invalid.empty();
    text += fmt::format("  <testsuite name=\"{} seed {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n",
                        escaped(run.file), run.seed, run.checks.size() + run.faults.size() + (is_invalid ? 1u : 0u),
                        failures + run.faults.size(),
                        is_invalid ? 1 : 0, skipped, seconds);
    text += fmt::format("    <properties><property name=\"seed\" value=\"{}\"/><property name=\"fingerprint\" value=\"{}\"/>"
                        "<property name=\"again\" value=\"{}\"/></properties>\n",
                        run.seed, fingerprint_text(run.fingerprint), escaped(run.again));
    text += cases_of(run.checks, {run.scenario, run.file, run.again}, seconds);
    for (std::size_t i = 0; i < run.faults.size(); ++i)
      text += fmt::format("    <testcase classname=\"{}\" name=\"fault {}\"><failure message=\"{}\"/></testcase>\n",
                          escaped(run.scenario), i + 1, escaped(run.faults[i]));
    if (is_invalid)
      text += fmt::format("    <testcase classname=\"{}\" name=\"run\"><error message=\"{}\"/></testcase>\n",
                          escaped(run.scenario), escaped(run.invalid));
    text += "  </testsuite>\n";
  }
  for (const OverSeedsResult& result : over_seeds) text += over_seeds_suite(result);
  if (!complaints.empty()) text += suite_of_complaints(complaints);
  return text + "</testsuites>\n";
}

}  // namespace swarmlab::swarmsim
