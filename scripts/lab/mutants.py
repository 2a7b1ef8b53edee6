"""./lab mutants: the kill matrix.  Does some scenario turn red for each deliberate break?

A mutant is tests/mutants/NAME.patch: a small diff of the engine under a header of

    Class: B44: the corrupter is never dropped
    Expected: bans
    Scenarios: scenarios/correctness/liar_is_dropped_and_nobody_else.yaml

Each is judged by its scenarios with many seeds; without the line `Scenarios:` by all stock ones.  It is caught when
in every seed some scenario turns red, and caught as it should be when the check it names does so.  A mutant after which no
run differs from what it was does not act, and proves nothing.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from dataclasses import dataclass

from lab import build, lab_mutants, packages, patched, tree, variations
from lab.console import Exit, LabError, human_time, progress, say
from lab.patched import Patch, Run

_DEFAULT_SEEDS = 20
_PAGE = "docs/mutants.md"

_EXAMPLES = """\
examples:
  ./lab mutants                          all of tests/mutants; what is known already is not run again
  ./lab mutants never_ban skip_hash      only these
  ./lab mutants --seeds 3                quicker, and less of a proof
  ./lab mutants --wide                   one seed of every stock scenario besides: who else notices?
  ./lab mutants --lab                    those with a scenario for it: as real processes (root, or namespaces)
  ./lab mutants --compile                only: does every patch apply, and compile?
  ./lab mutants --write                  all, and their matrix into docs/mutants.md

exit status: 0 every mutant was caught by the check it names; 1 some were not; 3 a patch does not apply"""


@dataclass
class Outcome:
    seeds: int
    red: dict[str, int]        # check -> in how many seeds it was violated in some scenario
    red_seeds: int             # in how many seeds any was
    acts_in: int               # in how many seeds some run differs from the clean one
    elsewhere: list[str]       # with --wide: checks that turned red in stock scenarios
    virtual_s: float           # of the shortest run in which the named check turned red; 0: in none
    seconds: float             # to build and judge it
    crashed: str = ""
    story: str = ""            # how the named check said it

    @property
    def is_caught(self) -> bool:
        return bool(self.crashed) or self.red_seeds == self.seeds

    def is_as_expected(self, expected: str) -> bool:
        return self.red.get(expected, 0) == self.seeds


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("mutants", help="break the engine on purpose and see which check notices",
                                 description="Applies each patch of tests/mutants to a copy of the sources, builds "
                                             "it, runs its scenarios and prints which checks turned red.",
                                 epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=_DEFAULT_SEEDS, metavar="N",
                        help=f"judge each scenario with seeds 1..N (default: {_DEFAULT_SEEDS})")
    parser.add_argument("--wide", action="store_true", help="one seed of every stock scenario besides")
    parser.add_argument("--lab", action="store_true", help="build them as btclient and judge them in lab mode")
    parser.add_argument("--compile", action="store_true", help="only apply and compile them, and the variations")
    parser.add_argument("--again", action="store_true", help="run also what is known already")
    parser.add_argument("--write", action="store_true", help=f"write the matrix into {_PAGE}")
    parser.set_defaults(command=mutants)


def mutants(options: argparse.Namespace) -> int:
    everybody = all_mutants()
    chosen = patched.choose(everybody, options.names, "mutant")
    if not chosen:
        raise LabError("there are no patches in tests/mutants", Exit.USAGE)
    if options.seeds < 1:
        raise LabError("--seeds: at least 1", Exit.USAGE)
    packages.ensure(packages.BUILD + packages.MUTANTS)
    if options.compile:
        return _compile(chosen if options.names else chosen + variations.all_variations())
    if options.lab:
        return lab_mutants.run(chosen, options.again)
    with patched.alone():
        return _matrix(everybody, chosen, options)


def _matrix(everybody: list[Patch], chosen: list[Patch], options: argparse.Namespace) -> int:
    notebook = patched.Notebook("mutants", f"seeds {options.seeds}, wide {options.wide}")
    clean = _clean_runs(chosen, options.seeds)
    outcomes: dict[str, Outcome] = {}
    for number, mutant in enumerate(chosen, 1):
        progress(f"mutant {number} of {len(chosen)}: {mutant.name}")
        noted = None if options.again else notebook.find(mutant)
        outcome = Outcome(**noted) if noted else _judge(mutant, options.seeds, options.wide, clean)
        if not noted:
            notebook.note(mutant, outcome)
        outcomes[mutant.name] = outcome
        say(_line(mutant, outcome, max(len(m.name) for m in chosen)))
    if options.write:
        if len(chosen) < len(everybody):
            raise LabError("--write: of all mutants, or of none", Exit.USAGE)
        (tree.ROOT / _PAGE).write_text(_page(chosen, outcomes))
    return _verdict(chosen, outcomes, options.seeds)


def all_mutants() -> list[Patch]:
    return patched.read_all("mutants", ("Class", "Expected"))


def expected(mutant: Patch) -> str:
    return mutant.header["Expected"]


def bug(mutant: Patch) -> str:
    return mutant.header["Class"].partition(":")[0]


def scenarios(mutant: Patch) -> tuple[str, ...]:
    named = mutant.header.get("Scenarios", "")
    return tuple(re.split(r"[,\s]+", named)) if named else ("scenarios",)


def _compile(chosen: list[Patch]) -> int:
    progress(f"compiling {len(chosen)} patches")
    wrong = patched.compile_all(chosen)
    for each in wrong:
        say(each)
    print(f"{len(chosen) - len(wrong)} of {len(chosen)} patches apply and compile")
    return Exit.ENVIRONMENT if wrong else Exit.HELD


def _clean_runs(chosen: list[Patch], seeds: int) -> dict[tuple[str, int], str]:
    """Scenario and seed -> fingerprint without any mutant; a scenario that is red anyway would prove nothing."""
    program = build.build("release", ["swarmsim"]) / "swarmsim"
    found = patched.judge(program, sorted({s for m in chosen for s in scenarios(m)}), f"1..{seeds}")
    red = sorted({(run.seed, check) for run in found.runs for check in run.red})
    if red or found.crashed:
        raise LabError("red without any mutant: " +
                       (", ".join(f"{check} (seed {seed})" for seed, check in red) or found.crashed), Exit.VIOLATED)
    return {(run.scenario, run.seed): run.fingerprint for run in found.runs}


def _judge(mutant: Patch, seeds: int, wide: bool, clean: dict[tuple[str, int], str]) -> Outcome:
    started = time.monotonic()
    program = patched.built(mutant)
    found = patched.judge(program, scenarios(mutant), f"1..{seeds}")
    red = {(run.seed, check) for run in found.runs for check in run.red}
    as_named = [run for run in found.runs if expected(mutant) in run.red]
    elsewhere: set[str] = set()
    if wide:
        for run in patched.judge(program, ["scenarios"], "1..1").runs:
            elsewhere |= run.red
    return Outcome(
        seeds=seeds, red=dict(sorted(Counter(check for _, check in red).items())), red_seeds=len({seed for seed, _ in red}),
        acts_in=len({run.seed for run in found.runs if _differs(run, clean)}), elsewhere=sorted(elsewhere),
        virtual_s=min((run.virtual_s for run in as_named), default=0.0), seconds=time.monotonic() - started,
        crashed=found.crashed or _fault(found.runs), story=as_named[0].story[expected(mutant)] if as_named else "")


def _differs(run: Run, clean: dict[tuple[str, int], str]) -> bool:
    return clean.get((run.scenario, run.seed)) != run.fingerprint


def _fault(runs: list[Run]) -> str:
    """An internal error of a client ends it and not the run, which is red then."""
    return next((f"{fault} (seed {run.seed})" for run in runs for fault in run.faults), "")


def _line(mutant: Patch, outcome: Outcome, width: int) -> str:
    named = expected(mutant)
    how = f"{named} red in {outcome.red.get(named, 0)} of {outcome.seeds} seeds"
    others = [f"{check} {count}" for check, count in outcome.red.items() if check != named]
    others += [f"{check} elsewhere" for check in outcome.elsewhere if check not in outcome.red]
    if others:
        how += f"; also {', '.join(others)}"
    if outcome.crashed and not outcome.red:
        how = f"crashed: {outcome.crashed}"
    elif not outcome.red:
        how = f"SURVIVED; expected {named}"
        if outcome.acts_in == 0:
            how += ", and no run differs from the clean one: it does not act"
    return f"{mutant.name:<{width}}  {bug(mutant):<4}  {how}"


def _verdict(chosen: list[Patch], outcomes: dict[str, Outcome], seeds: int) -> int:
    missed = [m.name for m in chosen if not outcomes[m.name].is_caught]
    elsewhere = [m.name for m in chosen if outcomes[m.name].is_caught and not outcomes[m.name].is_as_expected(expected(m))]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} mutants caught in {seeds} of {seeds} seeds"
          + (f"; not: {', '.join(missed)}" if missed else "")
          + (f"; not always by the check named: {', '.join(elsewhere)}" if elsewhere else ""))
    return Exit.VIOLATED if missed or elsewhere else Exit.HELD


def _page(chosen: list[Patch], outcomes: dict[str, Outcome]) -> str:
    seeds = max(outcome.seeds for outcome in outcomes.values())
    right = sum(outcomes[m.name].is_as_expected(expected(m)) for m in chosen)
    caught = sum(outcomes[m.name].is_caught for m in chosen)
    lines = [
        "# The kill matrix", "",
        "Every patch of [tests/mutants](../tests/mutants) breaks the engine in one way, each a bug that real clients had. This page is",
        "what `./lab mutants --write` found: which checks turned red for which mutant. *Red* counts seeds in which the check named did so",
        "in the mutant's own scenarios; *virtual* is the length of the shortest such run; *real* what it took to build and judge the",
        "mutant. Others are checks that turned red as well, with their seeds, and *elsewhere*, where `--wide` was given, in one seed of",
        "all stock scenarios.", "",
        f"{caught} of {len(chosen)} caught in {seeds} of {seeds} seeds, {right} of them in every seed by the check they name; in "
        f"{human_time(sum(o.seconds for o in outcomes.values()))} in all.", "",
        "| mutant | bug | check | red | virtual | real | others |", "|---|---|---|---|---|---|---|"]
    for mutant in chosen:
        outcome = outcomes[mutant.name]
        named = expected(mutant)
        others = [f"{check} {count}" for check, count in outcome.red.items() if check != named]
        far = [check for check in outcome.elsewhere if check not in outcome.red]
        if far:
            others.append("elsewhere " + ", ".join(far))
        if outcome.crashed:
            others.append("a client failed")
        lines.append(f"| {mutant.name} | {bug(mutant)} | {named} | {outcome.red.get(named, 0)}/{outcome.seeds} | "
                     f"{outcome.virtual_s:.0f} s | {outcome.seconds:.0f} s | {'; '.join(others)} |")
    lines += ["", "## What they say", ""]
    for mutant in chosen:
        lines.append(f"* **{mutant.name}**, {mutant.header['Class']}. {expected(mutant)}: {outcomes[mutant.name].story or '-'}")
    return "\n".join(lines) + "\n"
