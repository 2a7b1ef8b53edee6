// What GitHub shows of an invocation that one of its workflows made: annotations beside the lines of scenario files, and a
// summary of the job.
//
//   ::error file=scenarios/quickstart.yaml,line=20,title=bans of leech: violated::leech[2] still talks to liar ...
//
// Source: "Workflow commands for GitHub Actions" (setting an error message; adding a job summary).  Commands are read from
// both streams of a program, so they go to the error stream and leave a JSON document on the other one whole.  GitHub shows ten
// errors and ten warnings of a step, so a check that fails in many seeds gets one annotation.
#pragma once

#include <span>
#include <string>

#include "swarmsim/report/exit_status.hpp"
#include "swarmsim/run/over_seeds.hpp"
#include "swarmsim/run/run_result.hpp"

namespace swarmlab::swarmsim {

// What the environment of the process says.
struct GithubWorkflow {
  bool is_there = false;      // GITHUB_ACTIONS=true
  std::string workspace;      // GITHUB_WORKSPACE: what paths of annotations are relative to; "" where it is not said
  std::string step_summary;   // GITHUB_STEP_SUMMARY: the file that a summary is appended to; "" for none
};

// One line each.  An error for whatever makes the run red (violated, vacuous, invalid, a required check without a verdict), a
// warning for a violated experimental check, a notice for a known violation.  `complaints`: of KnownFailures.
std::string annotations(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds,
                        std::span<const std::string> required, std::span<const std::string> complaints,
                        const GithubWorkflow& workflow);
// Of text that names places: each line "FILE:LINE:COLUMN: WHAT" or "FILE:LINE: WHAT" is an error there, any other one without a place.
std::string annotations_of_text(std::string_view text, const GithubWorkflow& workflow);

// GitHub's Markdown: the verdict, a table of all that did not hold, and one row per scenario behind a fold.
std::string markdown_summary(std::span<const RunResult> runs, std::span<const OverSeedsResult> over_seeds, ExitStatus status,
                             std::span<const std::string> required, std::span<const std::string> complaints);

}  // namespace swarmlab::swarmsim
