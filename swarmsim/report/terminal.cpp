#include "swarmsim/report/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "protocol/quantities.hpp"
#include "swarmsim/wire/fingerprint.hpp"

namespace swarmlab::swarmsim {
namespace {

std::string coloured(std::string text, std::string_view colour, Colours colours) {
  return colours == Colours::on ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : text;
}

std::string_view colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::held: return "32";
    case Verdict::violated: return "31;1";
    case Verdict::vacuous: return "33";
    case Verdict::not_applicable:
    case Verdict::undecided: return "36";
  }
  return "";
}

std::string shouted(std::string_view word) {
  std::string text(word);
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

// What went well is said quietly, and what is known as well.
std::string word_of(const CheckResult& check) {
  const Verdict verdict = check.judgement.verdict;
  if (!check.known.empty()) return "known";
  return verdict == Verdict::held ? std::string(to_string(verdict)) : shouted(to_string(verdict));
}

std::string in_seconds(Duration time) {
  return fmt::format("{:.2f} s", std::chrono::duration<double>(time).count());
}

// Namespaces are what lab mode is meant to have.
std::string_view over(std::string_view network) {
  return network == "relays" ? " over relays" : network == "none" ? " without a network between them" : "";
}

std::string describe_checks(std::span<const CheckResult> checks, const std::string& again, Colours colours) {
  std::string text;
  std::size_t widest = 0;
  for (const CheckResult& check : checks)
    widest = std::max(widest, check.manual->name.size() + check.who.size() + 4);   // " of "
  for (const CheckResult& check : checks) {
    const Judgement& judgement = check.judgement;
    text += fmt::format("  {} ", coloured(fmt::format("{:<14}", word_of(check)),
                                          check.known.empty() ? colour_of(judgement.verdict) : "36", colours));
    const std::string name = fmt::format("{} of {}", check.manual->name, check.who);
    text += judgement.limit.empty() ? name + '\n'   // it was not applied
                                    : fmt::format("{:<{}}  {}  (limit: {})\n", name, widest, judgement.measured, judgement.limit);
    if (judgement.verdict == Verdict::held) continue;
    text += fmt::format("      {}\n", judgement.summary);
    if (!check.known.empty()) {
      text += fmt::format("        known {}\n", check.known);
      continue;
    }
    for (const std::string& line : judgement.story) text += fmt::format("        {}\n", line);
    if (judgement.verdict == Verdict::violated) text += fmt::format("        again: {}\n", again);
  }
  return text;
}

bool came_to_a_verdict(const CheckResult& check) {
  return check.judgement.verdict != Verdict::undecided && check.judgement.verdict != Verdict::not_applicable;
}

std::string_view why_vacuous(std::span<const RunResult> runs) {
  const bool is_unjudged =
      std::ranges::any_of(runs, [](const RunResult& run) { return std::ranges::none_of(run.checks, came_to_a_verdict); });
  return is_unjudged ? "no check of a run came to a verdict; the reasons stand above" : "a check had nothing to look at";
}

std::string under_test(const RunResult& run) {
  if (run.client.empty()) return {};
  return fmt::format(", {}{}{} under test", run.client, run.client_version.empty() ? "" : " ", run.client_version);
}

}  // namespace

std::string describe_run(const RunResult& run, Colours colours) {
  std::string text = fmt::format("{}\n  {} seed {}\n", coloured(run.scenario, "1", colours), run.file, run.seed);
  text += describe_checks(run.checks, run.again, colours);
  for (const std::string& fault : run.faults) text += fmt::format("  {} {}\n", coloured("FAULT", "31;1", colours), fault);
  for (const std::string& note : run.notes) text += fmt::format("  note: {}\n", note);
  if (!run.rough.empty() && run.invalid.empty()) text += fmt::format("  rough: {}\n", run.rough);
  if (!run.invalid.empty()) text += fmt::format("  {} {}\n", coloured("INVALID", "31;1", colours), run.invalid);
  if (!run.trace.empty()) text += fmt::format("  trace {}\n", run.trace);
  if (!run.pcap.empty()) text += fmt::format("  capture {}\n", run.pcap);
  if (run.mode == "lab")   // no two runs are the same, so a fingerprint says nothing
    text += fmt::format("  real processes{}{}, {} of network time in {}, {} messages, {} blocks\n", over(run.network),
                        under_test(run), to_text(run.virtual_time),
                        in_seconds(run.wall_time), run.messages, run.blocks);
  else
    text += fmt::format("  fingerprint {}, {} of virtual time in {}, {} messages, {} blocks\n", fingerprint_text(run.fingerprint),
                        to_text(run.virtual_time), in_seconds(run.wall_time), run.messages, run.blocks);
  return text;
}

std::string describe_over_seeds(const OverSeedsResult& result, Colours colours) {
  return fmt::format("{}\n  {} seeds {}..{} together\n{}", coloured(result.scenario, "1", colours), result.file,
                     result.seeds.first, result.seeds.last, describe_checks(result.checks, result.again, colours));
}

std::string describe_end(std::span<const RunResult> runs, ExitStatus status, Colours colours,
                         std::span<const std::string> complaints) {
  std::map<RunVerdict, std::size_t> counts;
  for (const RunResult& run : runs) ++counts[run.verdict()];
  std::string parts;
  for (const auto& [verdict, count] : counts)
    parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", count, to_string(verdict));
  std::string text;
  if (runs.size() > 1) text += fmt::format("{} runs: {}\n", runs.size(), parts);
  for (const std::string& complaint : complaints) text += complaint + "\n";
  switch (status) {
    case ExitStatus::held: return text + coloured("HELD\n", "32;1", colours);
    case ExitStatus::violated: return text + coloured("VIOLATED\n", "31;1", colours);
    case ExitStatus::vacuous: return text + coloured(fmt::format("VACUOUS: {}\n", why_vacuous(runs)), "33;1", colours);
    case ExitStatus::environment: return text + coloured("INVALID: a run could not be carried out\n", "31;1", colours);
    case ExitStatus::not_judged: return text + coloured("NOT JUDGED: this version says nothing\n", "33;1", colours);
    case ExitStatus::usage: return text + coloured("REFUSED: see the errors above\n", "31;1", colours);
  }
  return text;
}

}  // namespace swarmlab::swarmsim
