#include "swarmsim/report/junit_report.hpp"

#include <fmt/format.h>

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

std::string case_of(const CheckResult& check, const RunResult& run, double seconds) {
  const Judgement& judgement = check.judgement;
  std::string body = fmt::format("measured: {}\nlimit: {}\n", judgement.measured, judgement.limit);
  for (const std::string& line : judgement.story) body += line + "\n";
  std::string text = fmt::format("    <testcase classname=\"{}\" name=\"{} of {}\" time=\"{:.3f}\">\n", escaped(run.scenario),
                                 check.manual->name, escaped(check.who), seconds);
  if (is_failure(check))
    text += fmt::format("      <failure type=\"{}\" message=\"{}\">{}again: {}</failure>\n", to_string(judgement.verdict),
                        escaped(judgement.summary), escaped(body), escaped(run.again));
  else if (!check.known.empty())
    text += fmt::format("      <skipped message=\"known {}: {}\"/>\n", escaped(check.known), escaped(judgement.summary));
  else if (judgement.verdict != Verdict::held)
    text += fmt::format("      <skipped message=\"{}: {}\"/>\n", to_string(judgement.verdict), escaped(judgement.summary));
  else
    text += fmt::format("      <system-out>{}</system-out>\n", escaped(body));
  return text + "    </testcase>\n";
}

}  // namespace

std::string junit_report(std::span<const RunResult> runs, std::span<const std::string> complaints) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const RunResult& run : runs) {
    const double seconds = std::chrono::duration<double>(run.wall_time).count();
    std::size_t failures = 0;
    std::size_t skipped = 0;
    for (const CheckResult& check : run.checks) {
      if (is_failure(check)) ++failures;
      else if (check.judgement.verdict != Verdict::held) ++skipped;
    }
    const bool is_invalid = !run.invalid.empty();
    text += fmt::format("  <testsuite name=\"{} seed {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n",
                        escaped(run.file), run.seed, run.checks.size() + (is_invalid ? 1u : 0u), failures,
                        is_invalid ? 1 : 0, skipped, seconds);
    text += fmt::format("    <properties><property name=\"fingerprint\" value=\"{}\"/></properties>\n",
                        fingerprint_text(run.fingerprint));
    for (const CheckResult& check : run.checks) text += case_of(check, run, seconds);
    if (is_invalid)
      text += fmt::format("    <testcase classname=\"{}\" name=\"run\"><error message=\"{}\"/></testcase>\n",
                          escaped(run.scenario), escaped(run.invalid));
    text += "  </testsuite>\n";
  }
  if (!complaints.empty()) text += suite_of_complaints(complaints);
  return text + "</testsuites>\n";
}

}  // namespace swarmlab::swarmsim
