"""./lab mutants --lab: is a broken client noticed when it is a real process?

A patch with a line `Lab: FILE` in its header is also built as btclient and plays the subjects of that scenario in lab mode, beside
a swarmsim and a bttracker that are whole.  It is caught when some check is violated in three runs of three, or when it crashes.
First of all each scenario has to hold with btclient as it is.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import build, lab_verdict, patched
from lab.console import Exit, LabError, progress, say
from lab.patched import Patch


@dataclass
class LabOutcome:
    verdict: str               # of the run: held, violated, vacuous, invalid
    red: list[str]             # violated checks
    story: str                 # what the first of them says, a fault, or why the run is invalid

    @property
    def is_caught(self) -> bool:
        return self.verdict == "violated"


def scenario(mutant: Patch) -> str:
    return mutant.header.get("Lab", "")


def run(chosen: list[Patch], again: bool) -> int:
    mutants = [mutant for mutant in chosen if scenario(mutant)]
    if not mutants:
        raise LabError("none of these has a line 'Lab: FILE' in its header", Exit.USAGE)
    whole = build.programs(targets=["swarmsim", "bttracker", "btclient"])
    with patched.alone():
        notebook = patched.Notebook("lab-mutants", "lab")
        noted = {} if again else {mutant.name: LabOutcome(**found) for mutant in mutants if (found := notebook.find(mutant))}
        _must_hold(whole, sorted({scenario(mutant) for mutant in mutants if mutant.name not in noted}))
        outcomes = {mutant.name: _told(mutant, noted.get(mutant.name) or _outcome(whole, mutant, notebook)) for mutant in mutants}
    return _verdict(mutants, outcomes)


def _must_hold(whole: Path, files: list[str]) -> None:
    for file in files:
        progress(f"btclient as it is: {file}")
        outcome = _judged(whole, file)
        if outcome.verdict != "held":
            raise LabError(f"{file} is {outcome.verdict} without any mutant: {outcome.story}",
                           Exit.ENVIRONMENT if outcome.verdict == "invalid" else Exit.VIOLATED)


def _outcome(whole: Path, mutant: Patch, notebook: patched.Notebook) -> LabOutcome:
    progress(f"mutant {mutant.name}")
    client = patched.built(mutant, "btclient")
    with tempfile.TemporaryDirectory(prefix="swarmlab-") as folder:
        for program in (whole / "swarmsim", whole / "bttracker", client):   # clients are looked for beside swarmsim first
            shutil.copy(program, folder)
        outcome = _judged(Path(folder), scenario(mutant))
    if outcome.verdict != "invalid":   # what the machine could not show today it may show tomorrow
        notebook.note(mutant, outcome)
    return outcome


def _told(mutant: Patch, outcome: LabOutcome) -> LabOutcome:
    say(f"{mutant.name}: {', '.join(outcome.red) or outcome.verdict}; {outcome.story}")
    return outcome


def _first_lines(checks: list[dict[str, Any]]) -> list[str]:
    return [check["story"][0] for check in checks if check.get("story")]


def _judged(programs: Path, file: str) -> LabOutcome:
    with tempfile.TemporaryDirectory(prefix="swarmlab-") as folder:
        told = lab_verdict.judge(programs, file, "btclient", Path(folder))
    red = lab_verdict.violated(told)
    others = [check for check in told["checks"] if check["verdict"] not in ("held", "violated")]
    stories = [*_first_lines(red), *told.get("faults", []), *_first_lines(others), told.get("invalid", "")]
    # What could not be decided (the machine did not keep up, or three runs differ) is no proof of anything.
    is_open = told["verdict"] != "violated" and any(check["verdict"] == "undecided" for check in others)
    return LabOutcome("invalid" if is_open else told["verdict"], sorted({check["check"] for check in red}), stories[0])


def _verdict(mutants: list[Patch], outcomes: dict[str, LabOutcome]) -> int:
    invalid = [m.name for m in mutants if outcomes[m.name].verdict == "invalid"]
    missed = [m.name for m in mutants if not outcomes[m.name].is_caught and m.name not in invalid]
    print(f"{len(mutants) - len(missed) - len(invalid)} of {len(mutants)} mutants caught as real processes"
          + (f"; not: {', '.join(missed)}" if missed else "")
          + (f"; no valid run: {', '.join(invalid)}" if invalid else ""))
    if missed:
        return Exit.VIOLATED
    return Exit.ENVIRONMENT if invalid else Exit.HELD
