#include "swarmsim/report/github_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostRows = 100;     // of a table: a summary holds 1 MiB
constexpr std::size_t kMostSeedsNamed = 5;

// What a workflow command takes as it is.  A property ends at a comma or a colon, data at the end of the line.
enum class Part { property, data };
std::string escaped(std::string_view text, Part part) {
  std::string out;
  for (const char c : text) {
    if (c == '%') out += "%25";
    else if (c == '\r') out += "%0D";
    else if (c == '\n') out += "%0A";
    else if (part == Part::property && c == ':') out += "%3A";
    else if (part == Part::property && c == ',') out += "%2C";
    else out += c;
  }
  return out;
}

std::string in_workspace(const std::string& file, const GithubWorkflow& workflow) {
  if (workflow.workspace.empty() || file.empty()) return file;
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error);
  if (error) return file;
  const fs::path relative = absolute.lexically_normal().lexically_relative(fs::path(workflow.workspace).lexically_normal());
  return relative.empty() || *relative.begin() == ".." ? file : relative.string();
}

struct Annotation {
  std::string_view level;   // error, warning, notice
  std::string file;
  int line = 0;             // 0: none
  std::string title;
  std::string what;
};

std::string command(const Annotation& annotation, const GithubWorkflow& workflow) {
  std::string place;
  if (!annotation.file.empty()) place += fmt::format("file={},", escaped(in_workspace(annotation.file, workflow), Part::property));
  if (annotation.line > 0) place += fmt::format("line={},", annotation.line);
  return fmt::format("::{} {}title={}::{}\n", annotation.level, place, escaped(annotation.title, Part::property),
                     escaped(annotation.what, Part::data));
}

// "" where a check is nobody's concern.
std::string_view level_of(const CheckResult& check, std::span<const std::string> required) {
  const bool counts = check.manual->maturity == CheckMaturity::stable;
  switch (check.judgement.verdict) {
    case Verdict::held: return "";
    case Verdict::violated: return !check.known.empty() ? "notice" : counts ? "error" : "warning";
    case Verdict::vacuous: return counts ? "error" : "warning";
    case Verdict::undecided:
    case Verdict::not_applicable: break;
  }
  return std::ranges::find(required, check.manual->name) != required.end() ? "error" : "";
}

std::string_view word_of(const CheckResult& check) { return check.known.empty() ? to_string(check.judgement.verdict) : "known"; }

// Runs in which one thing went wrong: the first of them tells the story.
struct Finding {
  const std::string* file = nullptr;
  const std::string* scenario = nullptr;
  const CheckResult* check = nullptr;
  std::string_view level;
  std::string again;
  std::vector<std::uint64_t> seeds;   // none: over seeds
};

std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
  if (seeds.empty()) return "all together";
  std::string text;
  for (std::size_t i = 0; i < seeds.size() && i < kMostSeedsNamed; ++i) text += fmt::format("{}{}", i == 0 ? "" : ", ", seeds[i]);
  if (seeds.size() > kMostSeedsNamed) text += fmt::format(" and {} more", seeds.size() - kMostSeedsNamed);
  return text;
}

// In the order in which they came; one check of one scenario and verdict is one finding.
std::vector<Finding> findings_of(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                                 std::span<const std::string> required) {
  std::vector<Finding> findings;
  for (const RunResult& run : runs) {
    for (const CheckResult& check : run.checks) {
      const std::string_view level = level_of(check, required);
      if (level.empty()) continue;
      const auto same = std::ranges::find_if(findings, [&](const Finding& finding) {
        return *finding.file == run.file && finding.check->manual == check.manual && finding.check->who == check.who &&
               finding.check->line == check.line && finding.check->judgement.verdict == check.judgement.verdict && finding.level == level;
      });
      if (same == findings.end()) findings.push_back({&run.file, &run.scenario, &check, level, run.again, {run.seed}});
      else same->seeds.push_back(run.seed);
    }
  }
  for (const OverSeedsResult& result : over_seeds)
    for (const CheckResult& check : result.checks)
      if (const std::string_view level = level_of(check, required); !level.empty())
        findings.push_back({&result.file, &result.scenario, &check, level, result.again, {}});
  return findings;
}

// What is wrong with a run as a whole.
struct Trouble {
  std::string_view kind;
  std::string what;
};
std::vector<Trouble> troubles_of(const RunResult& run) {
  std::vector<Trouble> troubles;
  for (const std::string& fault : run.faults) troubles.push_back({"a client broke an invariant of its own", fault});
  if (!run.invalid.empty()) troubles.push_back({"invalid run", run.invalid});
  const bool names_a_check = std::ranges::any_of(run.checks, [](const CheckResult& check) { return level_of(check, {}) == "error"; });
  if (run.verdict() == RunVerdict::vacuous && !names_a_check) troubles.push_back({"vacuous run", "no check came to a verdict"});
  return troubles;
}

// The number in front of a colon, which is taken off with it.
std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data() + text.size() || *end != ':') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

// A name of a file may hold colons itself: the first that is followed by a line's number ends it.
Annotation of_line(std::string_view line) {
  for (std::size_t at = line.find(':'); at != std::string_view::npos; at = line.find(':', at + 1)) {
    std::string_view rest = line.substr(at + 1);
    const auto number = take_number(rest);
    if (!number) continue;
    take_number(rest);   // the column
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    return {"error", std::string(line.substr(0, at)), *number, "swarmsim", std::string(rest)};
  }
  return {"error", "", 0, "swarmsim", std::string(line)};
}

std::string table_cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += "\\|";
    else if (c == '<') out += "&lt;";
    else if (c == '\n') out += "<br>";
    else out += c;
  }
  return out;
}

std::string_view headline(ExitStatus status) {
  switch (status) {
    case ExitStatus::held: return "held";
    case ExitStatus::violated: return "VIOLATED";
    case ExitStatus::vacuous: return "VACUOUS";
    case ExitStatus::environment: return "INVALID";
    case ExitStatus::usage: return "REFUSED";
    case ExitStatus::not_judged: return "NOT JUDGED";
  }
  return "";
}

std::string table_of_findings(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                              std::span<const std::string> required, std::span<const std::string> complaints) {
  std::vector<std::string> rows;
  for (const Finding& finding : findings_of(runs, over_seeds, required))
    rows.push_back(fmt::format("| {} | {}:{} | {} | {} of {} | {} | {} | `{}` |\n", word_of(*finding.check),
                               table_cell(*finding.file), finding.check->line, seeds_text(finding.seeds),
                               finding.check->manual->name, table_cell(finding.check->who),
                               table_cell(finding.check->judgement.summary), table_cell(finding.check->judgement.limit),
                               table_cell(finding.again)));
  for (const RunResult& run : runs) {
    for (const auto& [kind, what] : troubles_of(run))
      rows.push_back(fmt::format("| {} | {} | {} | | {} | | `{}` |\n", kind, table_cell(run.file), run.seed, table_cell(what),
                                 table_cell(run.again)));
  }
  for (const std::string& complaint : complaints) rows.push_back(fmt::format("| known failures | | | | {} | | |\n", table_cell(complaint)));
  if (rows.empty()) return {};
  std::string text = "| verdict | scenario | seeds | check | what | limit | again |\n|---|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < rows.size() && i < kMostRows; ++i) text += rows[i];
  if (rows.size() > kMostRows) text += fmt::format("\n{} more are in verdict.json.\n", rows.size() - kMostRows);
  return text + "\n";
}

struct ScenarioRow {
  const RunResult* first = nullptr;
  std::size_t runs = 0;
  std::size_t held = 0;
  Duration longest{};   // virtual
  Duration real{};
};

std::string table_of_scenarios(std::span<const RunResult> runs) {
  std::vector<ScenarioRow> rows;
  for (const RunResult& run : runs) {
    auto row = std::ranges::find_if(rows, [&](const ScenarioRow& known) { return known.first->file == run.file; });
    if (row == rows.end()) {
      rows.push_back({.first = &run});
      row = rows.end() - 1;
    }
    ++row->runs;
    row->held += run.verdict() == RunVerdict::held ? 1u : 0u;
    row->longest = std::max(row->longest, run.virtual_time);
    row->real += run.wall_time;
  }
  std::string text = fmt::format("<details><summary>{}</summary>\n\n", counted(rows.size(), "scenario"));
  text += "| scenario | | held | virtual time | real time |\n|---|---|---|---|---|\n";
  for (const ScenarioRow& row : rows)
    text += fmt::format("| {} | {} | {} of {} | {:.1f} s | {:.2f} s |\n", table_cell(row.first->file),
                        table_cell(row.first->scenario), row.held, row.runs,
                        std::chrono::duration<double>(row.longest).count(), std::chrono::duration<double>(row.real).count());
  return text + "\n</details>\n";
}

}  // namespace

std::string annotations(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                        std::span<const std::string> required, std::span<const std::string> complaints,
                        const GithubWorkflow& workflow) {
  std::string text;
  for (const Finding& finding : findings_of(runs, over_seeds, required)) {
    std::string what = finding.check->judgement.summary;
    if (!finding.check->known.empty()) what += fmt::format("\nknown {}", finding.check->known);
    what += fmt::format("\nseeds: {}\nagain: {}", seeds_text(finding.seeds), finding.again);
    text += command({finding.level, *finding.file, finding.check->line,
                     fmt::format("{} of {}: {}", finding.check->manual->name, finding.check->who, word_of(*finding.check)), what},
                    workflow);
  }
  for (const RunResult& run : runs) {
    for (const auto& [kind, what] : troubles_of(run))
      text += command({"error", run.file, 0, std::string(kind), fmt::format("{}\nagain: {}", what, run.again)}, workflow);
  }
  for (const std::string& complaint : complaints) text += annotations_of_text(complaint, workflow);
  return text;
}

std::string annotations_of_text(std::string_view text, const GithubWorkflow& workflow) {
  std::string commands;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (!line.empty()) commands += command(of_line(line), workflow);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return commands;
}

std::string markdown_summary(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds, ExitStatus status,
                             std::span<const std::string> required, std::span<const std::string> complaints) {
  const auto held = std::ranges::count_if(runs, [](const RunResult& run) { return run.verdict() == RunVerdict::held; });
  return fmt::format("### Swarmlab: {}\n\n{} of {} held\n\n{}{}", headline(status), held, counted(runs.size(), "run"),
                     table_of_findings(runs, over_seeds, required, complaints), table_of_scenarios(runs));
}

}  // namespace swarmlab::swarmsim
