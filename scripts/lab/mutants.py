"""./lab mutants: the kill matrix.  Does some scenario turn red for each deliberate break?

A mutant is tests/mutants/NAME.patch: a small diff of the engine under a header of

    Class: correctness
    Expected: contents_match
    Scenarios: scenarios/correctness/liar_is_dropped.yaml

Each is applied to a copy of the sources (build/mutants/NAME), built there (the compiler cache
makes all but the changed file cheap), and judged by its scenarios with many seeds; without the line
`Scenarios:` by all stock ones.  It is caught when in every seed some scenario turns red, and caught as
it should be when the check it names does so.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lab import build, packages, tree
from lab.console import Exit, LabError, progress, say

_SOURCES = ("CMakeLists.txt", "CMakePresets.json", "protocol", "runtime", "client", "tracker", "torrentgen",
            "swarmsim", "scenarios")
_BUILD_LIMIT = 1800.0  # seconds
_RUN_LIMIT = 1200.0
_DEFAULT_SEEDS = 20

_EXAMPLES = """\
examples:
  ./lab mutants                          all of tests/mutants
  ./lab mutants never_ban skip_hash      only these
  ./lab mutants --seeds 3                quicker, and less of a proof

exit status: 0 every mutant was caught by the check it names; 1 some were not; 3 a patch does not apply"""


@dataclass(frozen=True)
class Mutant:
    name: str
    patch: Path
    kind: str  # "B44: the corrupter is never dropped"
    expected: str
    scenarios: tuple[str, ...]

    @property
    def bug(self) -> str:
        return self.kind.partition(":")[0]


@dataclass(frozen=True)
class Outcome:
    mutant: Mutant
    seeds: int
    red: Counter[str]  # check -> in how many seeds it was violated in some scenario
    red_seeds: int     # in how many seeds any was
    crashed: str = ""

    @property
    def is_caught(self) -> bool:
        return bool(self.crashed) or self.red_seeds == self.seeds

    @property
    def is_as_expected(self) -> bool:
        return self.red[self.mutant.expected] == self.seeds


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("mutants", help="break the engine on purpose and see which check notices",
                                 description="Applies each patch of tests/mutants to a copy of the sources, builds "
                                             "it, runs its scenarios and prints which checks turned red.",
                                 epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=_DEFAULT_SEEDS, metavar="N",
                        help=f"judge each scenario with seeds 1..N (default: {_DEFAULT_SEEDS})")
    parser.set_defaults(command=mutants)


def mutants(options: argparse.Namespace) -> int:
    chosen = _all_mutants()
    unknown = set(options.names) - {m.name for m in chosen}
    if unknown:
        raise LabError(f"no such mutant: {', '.join(sorted(unknown))}", Exit.USAGE)
    if options.names:
        chosen = [m for m in chosen if m.name in options.names]
    if not chosen:
        raise LabError("there are no patches in tests/mutants", Exit.USAGE)
    packages.ensure(packages.BUILD + packages.MUTANTS)
    if options.seeds < 1:
        raise LabError("--seeds: at least 1", Exit.USAGE)
    _check_sound(chosen, options.seeds)
    outcomes = []
    for number, mutant in enumerate(chosen, 1):
        progress(f"mutant {number} of {len(chosen)}: {mutant.name}")
        outcome = _judge(mutant, options.seeds)
        outcomes.append(outcome)
        say(_line(outcome, max(len(m.name) for m in chosen)))
    missed = [o.mutant.name for o in outcomes if not o.is_caught]
    elsewhere = [o.mutant.name for o in outcomes if o.is_caught and not o.is_as_expected]
    print(f"{len(outcomes) - len(missed)} of {len(outcomes)} mutants caught in {options.seeds} of {options.seeds} seeds"
          + (f"; not: {', '.join(missed)}" if missed else "")
          + (f"; not always by the check named: {', '.join(elsewhere)}" if elsewhere else ""))
    return Exit.VIOLATED if missed or elsewhere else Exit.HELD


def _all_mutants() -> list[Mutant]:
    return [_read(patch) for patch in sorted((tree.ROOT / "tests" / "mutants").glob("*.patch"))]


def _read(patch: Path) -> Mutant:
    header: dict[str, str] = {}
    for line in patch.read_text().splitlines():
        if line.startswith(("diff ", "--- ")):
            break
        key, colon, value = line.partition(":")
        if colon:
            header[key.strip()] = value.strip()
    missing = [key for key in ("Class", "Expected") if not header.get(key)]
    if missing:
        raise LabError(f"{patch}: the header lacks {' and '.join(missing)}", Exit.USAGE)
    scenarios = tuple(re.split(r"[,\s]+", header["Scenarios"])) if header.get("Scenarios") else ("scenarios",)
    return Mutant(patch.stem, patch, header["Class"], header["Expected"], scenarios)


def _check_sound(chosen: list[Mutant], seeds: int) -> None:
    """A scenario that is red without any mutant would prove nothing."""
    program = build.build("release", ["swarmsim"]) / "swarmsim"
    scenarios = tuple(sorted({s for m in chosen for s in m.scenarios}))
    red, crashed = _run(program, tree.ROOT, scenarios, seeds)
    if red or crashed:
        found = ", ".join(f"{check} (seed {seed})" for seed, check in sorted(red))
        raise LabError(f"red without any mutant: {found or crashed}", Exit.VIOLATED)


def _judge(mutant: Mutant, seeds: int) -> Outcome:
    folder = tree.ROOT / "build" / "mutants" / mutant.name
    _copy_sources(folder)
    applied = subprocess.run(["patch", "-p1", "--batch", "--input", str(mutant.patch)], cwd=folder,
                             capture_output=True, text=True, timeout=60, check=False)
    if applied.returncode != 0:
        raise LabError(f"{mutant.patch} does not apply:\n{applied.stdout}{applied.stderr}")
    for command in (
        ["cmake", "--preset", "release", "-DSWARMLAB_TESTS=OFF"],
        ["ninja", "-C", str(folder / "build" / "release"), "swarmsim"],
    ):
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=_BUILD_LIMIT, check=False, env=build.environment(folder))
        if done.returncode != 0:
            raise LabError(f"{mutant.name} does not build:\n{done.stdout[-8000:]}{done.stderr[-2000:]}")
    red, crashed = _run(folder / "build" / "release" / "bin" / "swarmsim", folder, mutant.scenarios, seeds)
    return Outcome(mutant, seeds, Counter(check for _, check in red), len({seed for seed, _ in red}), crashed)


def _copy_sources(folder: Path) -> None:
    """A fresh copy and no build of last time: a file of an older patch would look up to date there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _SOURCES:
        source, copy = tree.ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, copy)
        else:
            shutil.copy2(source, copy)


def _run(program: Path, folder: Path, scenarios: tuple[str, ...], seeds: int) -> tuple[set[tuple[int, str]], str]:
    """Seed and name of each violated check, and how it crashed when it did."""
    try:
        done = subprocess.run([program, "run", *scenarios, "--seeds", f"1..{seeds}", "--jobs", str(os.cpu_count() or 1),
                               "--json", "--out", folder / "build" / "runs"], cwd=folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_RUN_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return set(), f"still running after {_RUN_LIMIT:.0f} s"
    if done.returncode < 0:
        return set(), (done.stderr.strip().splitlines() or [f"signal {-done.returncode}"])[-1]
    try:
        runs = json.loads(done.stdout)["runs"]
    except (ValueError, KeyError):
        raise LabError(f"{program} gave no verdicts (status {done.returncode}):\n{done.stderr[-2000:]}") from None
    return {(run["seed"], check["check"]) for run in runs for check in run["checks"]
            if check["verdict"] == "violated"}, ""


def _line(outcome: Outcome, width: int) -> str:
    expected = outcome.mutant.expected
    how = f"{expected} red in {outcome.red[expected]} of {outcome.seeds} seeds"
    others = [f"{check} {count}" for check, count in sorted(outcome.red.items()) if check != expected]
    if others:
        how += f"; also {', '.join(others)}"
    if outcome.crashed:
        how = f"crashed: {outcome.crashed}"
    elif not outcome.red:
        how = f"SURVIVED; expected {expected}"
    return f"{outcome.mutant.name:<{width}}  {outcome.mutant.bug:<4}  {how}"
