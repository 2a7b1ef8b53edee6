"""./lab run: installs what is missing, builds, and hands over to `swarmsim run`."""

from __future__ import annotations

import argparse
import os
import sys

from lab import build
from lab.console import LabError, Exit

_DESCRIPTION = """\
Installs what is missing, builds the simulator and runs scenarios: everything after `run` goes to
`swarmsim run`, whose exit status is passed on."""

_EXAMPLES = """\
examples:
  ./lab run scenarios/quickstart.yaml
  ./lab run scenarios/quickstart.yaml --seed 7 --trace
  ./lab run scenarios --junit verdicts.xml --jobs 2
  ./lab run scenarios/quickstart.yaml --json | jq .runs[0].fingerprint

options of `swarmsim run`: --seed N, --seeds A..B, --set KEY=VALUE, --jobs N, --out DIR, --junit FILE,
  --json, --trace, --pcap, --until TIME, --show PEER, --require CHECK and others"""


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("run", help="run scenario files and judge them", description=_DESCRIPTION,
                                 epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="FILE|DIR...")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    if not options.arguments:
        raise LabError("run: which scenario?  For a start: ./lab run scenarios/quickstart.yaml", Exit.USAGE)
    # Lab mode starts these two besides itself.
    others = ["bttracker", "btclient"] if "lab" in options.arguments or "--mode=lab" in options.arguments else []
    program = build.programs(targets=["swarmsim", *others]) / "swarmsim"
    if not program.exists():
        raise LabError(f"there is no {program}")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(program, [str(program), "run", *options.arguments])
