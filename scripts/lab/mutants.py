"""./lab mutants: the kill matrix.  Does some scenario turn red for each deliberate break?

A mutant is tests/mutants/NAME.patch: a small diff of the engine under a header of

    Class: correctness
    Expected: contents_match
    Scenarios: scenarios/correctness/liar_is_dropped.yaml

Each is applied to a copy of the sources (build/mutants/NAME), built there (the compiler cache
makes all but the changed file cheap), and judged by its scenarios; without the line `Scenarios:`
by all stock ones.  A mutant that no check turns red for has survived.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab import build, packages, tree
from lab.console import Exit, LabError, progress, say

_SOURCES = ("CMakeLists.txt", "CMakePresets.json", "protocol", "runtime", "client", "tracker", "torrentgen",
            "swarmsim", "scenarios")
_BUILD_LIMIT = 1800.0  # seconds
_RUN_LIMIT = 600.0

_EXAMPLES = """\
examples:
  ./lab mutants                          all of tests/mutants
  ./lab mutants never_ban skip_hash      only these

exit status: 0 every mutant was caught by the check it names; 1 some survived; 3 a patch does not apply"""


@dataclass(frozen=True)
class Mutant:
    name: str
    patch: Path
    kind: str
    expected: str
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    mutant: Mutant
    violated: tuple[str, ...]  # names of checks, sorted
    crashed: str = ""

    @property
    def caught(self) -> bool:
        return bool(self.violated or self.crashed)

    @property
    def as_expected(self) -> bool:
        return self.mutant.expected in self.violated


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("mutants", help="break the engine on purpose and see which check notices",
                                 description="Applies each patch of tests/mutants to a copy of the sources, builds "
                                             "it, runs its scenarios and prints which checks turned red.",
                                 epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
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
    _check_sound(chosen)
    outcomes = []
    for number, mutant in enumerate(chosen, 1):
        progress(f"mutant {number} of {len(chosen)}: {mutant.name}")
        outcome = _judge(mutant)
        outcomes.append(outcome)
        say(_line(outcome, max(len(m.name) for m in chosen)))
    survived = [o.mutant.name for o in outcomes if not o.caught]
    elsewhere = [o.mutant.name for o in outcomes if o.caught and not o.as_expected]
    print(f"{len(outcomes) - len(survived)} of {len(outcomes)} mutants caught"
          + (f"; survived: {', '.join(survived)}" if survived else "")
          + (f"; caught by another check than named: {', '.join(elsewhere)}" if elsewhere else ""))
    return Exit.VIOLATED if survived or elsewhere else Exit.HELD


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


def _check_sound(chosen: list[Mutant]) -> None:
    """A scenario that is red without any mutant would prove nothing."""
    program = build.build("release", ["swarmsim"]) / "swarmsim"
    scenarios = tuple(sorted({s for m in chosen for s in m.scenarios}))
    violated, crashed = _run(program, tree.ROOT, scenarios)
    if violated or crashed:
        raise LabError(f"red without any mutant: {', '.join(violated) or crashed}", Exit.VIOLATED)


def _judge(mutant: Mutant) -> Outcome:
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
    violated, crashed = _run(folder / "build" / "release" / "bin" / "swarmsim", folder, mutant.scenarios)
    return Outcome(mutant, violated, crashed)


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


def _run(program: Path, folder: Path, scenarios: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The violated checks, and how it crashed when it did."""
    try:
        done = subprocess.run([program, "run", *scenarios, "--json", "--out", folder / "build" / "runs"], cwd=folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_RUN_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return (), f"still running after {_RUN_LIMIT:.0f} s"
    if done.returncode < 0:
        return (), (done.stderr.strip().splitlines() or [f"signal {-done.returncode}"])[-1]
    try:
        runs = json.loads(done.stdout)["runs"]
    except (ValueError, KeyError):
        raise LabError(f"{program} gave no verdicts (status {done.returncode}):\n{done.stderr[-2000:]}") from None
    red = {check["check"] for run in runs for check in run["checks"] if check["verdict"] == "violated"}
    return tuple(sorted(red)), ""


def _line(outcome: Outcome, width: int) -> str:
    if outcome.violated:
        how = f"red: {', '.join(outcome.violated)}"
    elif outcome.crashed:
        how = f"crashed: {outcome.crashed}"
    else:
        how = "SURVIVED"
    return f"{outcome.mutant.name:<{width}}  {outcome.mutant.kind:<12}  expected {outcome.mutant.expected}; {how}"
