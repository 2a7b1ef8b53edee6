"""The commands of ./lab and how they end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lab import format_command, lab_commands, mutants, run, scoreboard, swarm_commands, test, up, variations
from lab.console import Exit, LabError, say

_EXAMPLES = """\
examples:
  ./lab run scenarios/quickstart.yaml       judge a small swarm in virtual time
  ./lab run scenarios --seeds 1..20         all stock scenarios, each with twenty seeds
  ./lab up                                  a private swarm of real processes: 1 seeder, 3 leechers
  ./lab up --json --wait photo.iso          the same with your file, for scripts
  ./lab test                                everything that continuous integration runs

What is missing is installed first (apt-get, never removing anything) and the programs are built.
exit status: 0 all held; 1 violated or incomplete; 2 usage; 3 the environment; 4 nothing was judged"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="./lab", description="Swarmlab: a laboratory for BitTorrent swarms.", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in (run, test, up, swarm_commands, lab_commands, mutants, variations, scoreboard, format_command):
        module.add_commands(commands)
    # What follows `run` belongs to swarmsim, options that look like ours included.
    if arguments[:1] == ["run"] and arguments[1:2] not in (["-h"], ["--help"]):
        command, options = run.run, argparse.Namespace(arguments=list(arguments[1:]))
    else:
        options = parser.parse_args(arguments)
        command = options.command
    try:
        return int(command(options))
    except LabError as error:
        say(str(error))
        return error.status
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; do not complain about it again at exit.
        sys.stdout = None  # type: ignore[assignment]
        return Exit.ENVIRONMENT
