"""Does a run depend on anything but its scenario and its seed?

    python3 tests/golden/determinism.py --swarmsim build/release/bin/swarmsim

A run is a value.  So the same scenarios are run again under all that could leak into them: another layout of the heap,
another environment, locale, time zone and working directory, several runs at once, with a trace and a capture
beside, and with the groups of peers written in another order.  Fingerprints and what the checks measured must stay.
(That compilers and levels of optimisation agree is compare.py's business.)

Where a run differs, both are run again with a trace, and the first event in which they part is shown.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from compare import ROOT, written

LIMIT = 600.0  # seconds for the runs under one circumstance
# Every kind of thing that a scenario can have: trackers of both kinds, real bytes, faults of lines, disks and peers,
# raw peers, chance in arrivals and pieces, and a timeline.
SCENARIOS = tuple(f"scenarios/{name}.yaml" for name in (
    "quickstart",
    "choking/newcomers_find_an_open_door",
    "choking/regular_slots_follow_useful_rates",
    "correctness/liar_is_dropped_and_nobody_else",
    "correctness/partial_peers_say_what_they_have",
    "correctness/pieces_of_an_odd_length_end_with_a_short_block",
    "endgame/last_blocks_do_not_wait_for_a_slow_holder",
    "network/a_flash_crowd_is_served",
    "network/a_killed_client_resumes_from_its_disk",
    "network/a_lossy_line_slows_but_breaks_nothing",
    "network/a_partition_heals",
    "network/nobody_dials_into_a_nat",
    "robustness/bad_handshakes_take_no_place",
    "robustness/malformed_messages_hurt_nobody_else",
    "tracker/udp_announces_over_lopsided_lines",
))
# What a shell may have set is no part of "as usual".
LEAKY = ("GLIBC_TUNABLES", "LANG", "LANGUAGE", "TZ")


@dataclass(frozen=True)
class Circumstance:
    """Something that must make no difference."""

    name: str
    arguments: tuple[str, ...] = ()
    set: dict[str, str] = field(default_factory=dict)
    inherits: bool = True  # the environment of whoever runs this; else there is nothing but `set`
    folder: Path = ROOT  # the working directory
    reversed_groups: bool = False


USUAL = Circumstance("as usual")
CIRCUMSTANCES = (
    Circumstance("once more"),
    Circumstance("heap without thread cache", set={"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}),
    Circumstance("heap of single mappings", set={"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4096"}),
    Circumstance("heap filled with a pattern", set={"GLIBC_TUNABLES": "glibc.malloc.perturb=165"}),
    Circumstance("empty environment", inherits=False),
    Circumstance("large environment", set={f"FILLER_{i}": "x" * 1000 for i in range(200)}),
    Circumstance("another working directory", folder=Path("/")),
    Circumstance("locale C", set={"LC_ALL": "C"}),
    Circumstance("locale de_DE.UTF-8", set={"LC_ALL": "de_DE.UTF-8"}),
    Circumstance("locale tr_TR.UTF-8", set={"LC_ALL": "tr_TR.UTF-8"}),
    Circumstance("time zone Pacific/Kiritimati", set={"TZ": "Pacific/Kiritimati"}),
    Circumstance("time zone America/St_Johns", set={"TZ": "America/St_Johns"}),
    Circumstance("two runs at once", arguments=("--jobs", "2")),
    Circumstance("one run per core", arguments=("--jobs", "0")),
    Circumstance("with a trace", arguments=("--trace",)),
    Circumstance("with a capture", arguments=("--pcap",)),
    Circumstance("groups in reverse order", reversed_groups=True),
)


@dataclass(frozen=True)
class Outcome:
    """What must stay the same."""

    fingerprint: str
    virtual_s: float
    checks: tuple[tuple[str, str, str], ...]


def reverse_groups(text: str) -> str:
    """The scenario with its groups of peers in reverse order; each takes the comments above it along."""
    head, found, rest = text.partition("\npeers:\n")
    body = re.match(r"(?:[ #][^\n]*\n|\n)*", rest)
    if not found or not body:
        raise SystemExit(f"no groups of peers, one below the other, in:\n{text}")
    groups: list[str] = []
    comments = ""
    for line in body.group().splitlines(keepends=True):
        if line.startswith("  #"):
            comments += line
        elif re.match(r"  \S", line):
            groups.append(comments + line)
            comments = ""
        else:  # what is indented deeper goes on with the group above it
            groups[-1] += line
    groups[-1] += comments
    return head + found + "".join(reversed(groups)) + rest[body.end():]


class Laboratory:
    def __init__(self, swarmsim: str, seed: int, scratch: Path) -> None:
        self.swarmsim = str(Path(swarmsim).resolve())
        self.seed = seed
        self.scratch = scratch
        self.reversed = scratch / "reversed"
        for name in SCENARIOS:
            copy = self.reversed / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(reverse_groups((ROOT / name).read_text()))

    def command(self, circumstance: Circumstance, scenarios: tuple[str, ...], out: Path, *more: str) -> list[str]:
        files = [str((self.reversed if circumstance.reversed_groups else ROOT) / name) for name in scenarios]
        return [self.swarmsim, "run", *files, "--seed", str(self.seed), "--out", str(out), *circumstance.arguments, *more]

    def environment(self, circumstance: Circumstance) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key not in LEAKY and not key.startswith("LC_")}
        return (kept if circumstance.inherits else {}) | circumstance.set

    def run(self, circumstance: Circumstance) -> dict[str, Outcome]:
        with tempfile.TemporaryDirectory(dir=self.scratch) as out:
            done = subprocess.run(self.command(circumstance, SCENARIOS, Path(out), "--json"),
                                  cwd=circumstance.folder, env=self.environment(circumstance),
                                  capture_output=True, text=True, timeout=LIMIT, check=False)
        try:
            runs = json.loads(done.stdout)["runs"]
        except (ValueError, KeyError):
            runs = []
        if len(runs) != len(SCENARIOS):
            raise SystemExit(f"'{circumstance.name}': {len(runs)} of {len(SCENARIOS)} scenarios ran; swarmsim ended with "
                             f"{done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return {name: Outcome(run["fingerprint"], run["virtual_s"],
                              tuple((check["check"], check["verdict"], check["measured"]) for check in run["checks"]))
                for name, run in zip(SCENARIOS, runs, strict=True)}

    def show_difference(self, circumstance: Circumstance, scenario: str, usual: Outcome, other: Outcome) -> None:
        print(f"\n{scenario} at seed {self.seed} depends on more than its seed:")
        print(f"  {USUAL.name}: {usual.fingerprint} after {usual.virtual_s} s")
        print(f"  {circumstance.name}: {other.fingerprint} after {other.virtual_s} s")
        if usual.fingerprint == other.fingerprint:
            for one, two in zip(usual.checks, other.checks, strict=True):
                if one != two:
                    print(f"  The network carried the same, but {one[0]} says '{one[2]}' ({one[1]}) and '{two[2]}' ({two[1]})")
            return
        folder = Path(tempfile.mkdtemp(prefix="swarmlab-determinism-"))  # stays, to be looked at
        self.reversed = Path(shutil.copytree(self.reversed, folder / "reversed", dirs_exist_ok=True))
        traces: list[Path] = []
        print("To see both again:")
        for each, name in ((USUAL, "usual"), (circumstance, "other")):
            command = self.command(each, (scenario,), folder / name, "--trace")
            settings = [f"{key}={value}" for key, value in each.set.items()]
            if sum(map(len, settings)) > 1000:
                settings = [f"<{len(settings)} more variables>"]
            if settings or not each.inherits:
                settings = ["env", *([] if each.inherits else ["-i"]), *settings]
            print(f"  cd {each.folder} && " + " ".join([*settings, shlex.join(command)]))
            subprocess.run(command, cwd=each.folder, env=self.environment(each), stdout=subprocess.DEVNULL,
                           timeout=LIMIT, check=False)
            traces += (folder / name).glob("latest/*.trace.jsonl")
        print("  " + shlex.join([self.swarmsim, "diff", *map(str, traces)]))
        diff = subprocess.run([self.swarmsim, "diff", *map(str, traces)], capture_output=True, text=True, timeout=LIMIT,
                              check=False)
        print("which says:\n  " + (diff.stdout + diff.stderr).strip().replace("\n", "\n  "))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swarmsim", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="swarmlab-determinism-") as scratch:
        laboratory = Laboratory(options.swarmsim, options.seed, Path(scratch))
        usual = laboratory.run(USUAL)
        if options.seed == 1:
            golden = written()
            wrong += [f"{name}: {golden.get(name, 'nothing')} is written down, {outcome.fingerprint} it is"
                      for name, outcome in usual.items() if golden.get(name) != outcome.fingerprint]
        width = max(len(each.name) for each in CIRCUMSTANCES)
        for circumstance in CIRCUMSTANCES:
            started = time.monotonic()
            other = laboratory.run(circumstance)
            differing = [name for name in SCENARIOS if other[name] != usual[name]]
            print(f"{circumstance.name:<{width}}  {len(SCENARIOS) - len(differing):>2} of {len(SCENARIOS)} equal  "
                  f"{time.monotonic() - started:5.1f} s", flush=True)
            wrong += [f"{name}: '{circumstance.name}' is not '{USUAL.name}'" for name in differing]
            if differing:
                name = differing[0]
                laboratory.show_difference(circumstance, name, usual[name], other[name])
    for line in wrong:
        print(line)
    print(f"{len(SCENARIOS)} scenarios under {len(CIRCUMSTANCES)} circumstances: "
          + ("runs depend on nothing but scenario and seed" if not wrong else f"{len(wrong)} differences"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
