"""./lab variations: legal engines that differ from ours.  Does any check accuse one?

A variation is tests/variations/NAME.patch: a small diff of the engine after which it is a correct client still, as the
header's first line says with its source:

    Legal: libtorrent rechokes every 15 s; it declares it
    Set: peers.*.declares.request_size=8 KiB
    Unlike: scenarios/endgame/some.yaml: completes; it says 21 s, which this client needs not keep

`Set` (may be missing) is what the client declares of itself that is no setting of ours.  `Unlike` names, separated by `|`,
what is excepted and why: a scenario's check that is about our client alone.  An exception that was not needed in any seed of
its scenario is said to be stale: it excuses what nobody does any more, and would hide what comes next.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

from lab import packages, patched
from lab.console import Exit, LabError, human_time, progress, say
from lab.patched import Patch

_EXAMPLES = """\
examples:
  ./lab variations                      all of tests/variations; what is known already is not run again
  ./lab variations sticky_interest      only this one
  ./lab variations --seeds 20           a stronger proof

exit status: 0 no check accused any of them; 1 some did; 3 a patch does not apply"""

_DEFAULT_SEEDS = 3
_ALL_SCENARIOS = ["scenarios"]


@dataclass
class Outcome:
    runs: int
    differing: int             # runs that are not what they were without the patch
    accused: list[str]         # "file: check in 3 of 3 seeds: how it said it"
    excepted: list[str]        # "file: check" that was red, and may be
    stale: list[str]           # the same, of exceptions that nothing needed though their scenario was judged
    seconds: float


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("variations", help="change the engine within the rules and see whether a check complains",
                                 description="Applies each patch of tests/variations to a copy of the sources, builds it and "
                                             "judges all stock scenarios: none may turn red.",
                                 epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=_DEFAULT_SEEDS, metavar="N",
                        help=f"judge each scenario with seeds 1..N (default: {_DEFAULT_SEEDS})")
    parser.add_argument("--scenarios", nargs="+", default=_ALL_SCENARIOS, metavar="FILE|DIR", help="instead of all stock ones")
    parser.add_argument("--again", action="store_true", help="run also what is known already")
    parser.set_defaults(command=variations)


def variations(options: argparse.Namespace) -> int:
    chosen = patched.choose(all_variations(), options.names, "variation")
    if not chosen:
        raise LabError("there are no patches in tests/variations", Exit.USAGE)
    if options.seeds < 1:
        raise LabError("--seeds: at least 1", Exit.USAGE)
    packages.ensure(packages.BUILD + packages.MUTANTS)
    with patched.alone():
        return _judge_all(chosen, options)


def _judge_all(chosen: list[Patch], options: argparse.Namespace) -> int:
    notebook = patched.Notebook("variations", f"seeds {options.seeds}, {options.scenarios}, also what is stale")
    clean = {(run.scenario, run.seed): run.fingerprint
             for run in patched.judge(patched.built(None), options.scenarios, f"1..{options.seeds}").runs}
    accused: list[str] = []
    idle: list[str] = []
    stale = 0
    for number, variation in enumerate(chosen, 1):
        progress(f"variation {number} of {len(chosen)}: {variation.name}")
        noted = None if options.again else notebook.find(variation)
        outcome = Outcome(**noted) if noted else _judge(variation, options, clean)
        if not noted:
            notebook.note(variation, outcome)
        say(_line(variation, outcome, max(len(v.name) for v in chosen)))
        for line in outcome.accused:
            say(f"  {line}")
        for line in outcome.stale:
            say(f"  stale exception, nothing needs it: {line}")
        stale += len(outcome.stale)
        if outcome.accused:
            accused.append(variation.name)
        if outcome.differing == 0:
            idle.append(variation.name)
    print(f"{len(chosen) - len(accused)} of {len(chosen)} legal variations accused by nobody, {options.seeds} seeds"
          + (f"; accused: {', '.join(accused)}" if accused else "") + (f"; change nothing: {', '.join(idle)}" if idle else "")
          + (f"; {stale} stale exceptions" if stale else ""))
    return Exit.VIOLATED if accused or idle else Exit.HELD


def all_variations() -> list[Patch]:
    return patched.read_all("variations", ("Legal",))


def exceptions(variation: Patch) -> dict[tuple[str, str], str]:
    """Scenario file and check -> why it is about our client alone."""
    found: dict[tuple[str, str], str] = {}
    for entry in filter(None, (part.strip() for part in variation.header.get("Unlike", "").split("|"))):
        where, _, rest = entry.partition(":")
        check, _, reason = rest.partition(";")
        if not reason.strip():
            raise LabError(f"{variation.path}: Unlike: FILE: CHECK; REASON", Exit.USAGE)
        found[where.strip(), check.strip()] = reason.strip()
    return found


def _judge(variation: Patch, options: argparse.Namespace, clean: dict[tuple[str, int], str]) -> Outcome:
    started = time.monotonic()
    settings = [part.strip() for part in variation.header.get("Set", "").split("|") if part.strip()]
    found = patched.judge(patched.built(variation), options.scenarios, f"1..{options.seeds}", settings)
    if found.crashed:
        raise LabError(f"{variation.name} crashed: {found.crashed}", Exit.VIOLATED)
    excepted = exceptions(variation)
    is_whole = options.scenarios == _ALL_SCENARIOS   # then an exception of a scenario that is no more is stale too
    judged = {run.scenario for run in found.runs}
    red: dict[tuple[str, str], list[str]] = {}
    for run in found.runs:
        for fault in run.faults:
            red.setdefault((run.scenario, "an internal error"), []).append(fault)
        for check in run.red:
            red.setdefault((run.scenario, check), []).append(run.story[check])
    accused = [f"{where}: {check} in {len(stories)} of {options.seeds} seeds: {stories[0]}"
               for (where, check), stories in sorted(red.items()) if (where, check) not in excepted]
    return Outcome(runs=len(found.runs),
                   differing=sum(clean.get((run.scenario, run.seed)) != run.fingerprint for run in found.runs),
                   accused=accused, excepted=[f"{where}: {check}" for where, check in sorted(red) if (where, check) in excepted],
                   stale=[f"{where}: {check}" for where, check in sorted(excepted)
                          if (where, check) not in red and (is_whole or where in judged)],
                   seconds=time.monotonic() - started)


def _line(variation: Patch, outcome: Outcome, width: int) -> str:
    how = f"{len(outcome.accused)} accusations" if outcome.accused else "accused by nobody"
    if outcome.excepted:
        how += f" but for {len(outcome.excepted)} named exceptions"
    return (f"{variation.name:<{width}}  {how} in {outcome.runs} runs, of which {outcome.differing} differ from ours "
            f"({human_time(outcome.seconds)})")
