"""./lab ps, logs, shell, down: what one does with a swarm that `./lab up` started."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from lab import swarm as swarms, table
from lab.console import Exit, LabError, say
from lab.processes import wait_until
from lab.swarm import Swarm

_FOLLOW_PAUSE = 0.2


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    def add(name: str, summary: str, examples: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".",
                                     epilog="examples:\n" + examples,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--swarm", metavar="NAME", help="which one (default: the newest that runs)")
        return parser

    ps = add("ps", "show the processes of a swarm", "  ./lab ps\n  ./lab ps --all")
    ps.add_argument("--all", action="store_true", help="name every swarm that has a folder, ended ones too")
    ps.set_defaults(command=_ps)

    logs = add("logs", "show what the processes of a swarm wrote",
               "  ./lab logs                 the end of everybody's log\n"
               "  ./lab logs leecher-1       all of one log\n  ./lab logs tracker -f      as it grows")
    logs.add_argument("name", nargs="?", metavar="NAME")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C, or until the process ends")
    logs.set_defaults(command=_logs)

    shell = add("shell", "open a shell in the folder of a swarm",
                "  ./lab shell\n  ./lab shell btclient --dir extra --exit-when complete swarm.torrent\n\n"
                "set there: SWARMLAB_TRACKER, SWARMLAB_TORRENT, and PATH with the programs")
    shell.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND",
                       help="run this instead of a shell")
    shell.set_defaults(command=_shell)

    down = add("down", "end a swarm and remove what it downloaded",
               "  ./lab down\n  ./lab down --keep      leave the downloads\n  ./lab down --all")
    down.add_argument("--all", action="store_true", help="every swarm that runs")
    down.add_argument("--keep", action="store_true", help="keep what was generated and downloaded")
    down.set_defaults(command=_down)


def _ps(options: argparse.Namespace) -> int:
    if options.all:
        for swarm in swarms.all_swarms():
            print(f"{swarm.folder.name}  {'running' if swarm.is_running() else 'ended  '}  "
                  f"{len(swarm.clients())} clients  {swarm.tracker_url}")
        return Exit.HELD
    swarm = swarms.pick(options.swarm)
    print(f"{swarm.folder.name}  {swarm.tracker_url}  {swarm.torrent}")
    states = {m.name: swarm.view(m).update() for m in swarm.clients()}
    print("\n".join(table.rows(swarm, states)))
    return Exit.HELD


def _logs(options: argparse.Namespace) -> int:
    swarm = swarms.pick(options.swarm)
    if options.name is None:
        if options.follow:
            raise LabError("logs --follow wants the name of one process", Exit.USAGE)
        for member in swarm.members:
            for kind in ("out", "err"):
                _show_end(swarm, member.name, kind)
        return Exit.HELD
    member = next((m for m in swarm.members if m.name == options.name), None)
    if member is None:
        raise LabError(f"{options.name} is not in this swarm: {', '.join(m.name for m in swarm.members)}", Exit.USAGE)
    paths = [swarm.logs / f"{member.name}.{kind}" for kind in ("out", "err")]
    files = [path.open("rb") for path in paths if path.exists()]
    while True:
        alive = member.process.is_alive()  # asked before reading: what it wrote last is not missed
        for file in files:
            sys.stdout.buffer.write(file.read())
        sys.stdout.flush()
        if not options.follow or not alive:
            return Exit.HELD
        time.sleep(_FOLLOW_PAUSE)


def _show_end(swarm: Swarm, name: str, kind: str) -> None:
    path = swarm.logs / f"{name}.{kind}"
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    if lines:
        print(f"--- {path.name}" + (f" (last 10 of {len(lines)} lines)" if len(lines) > 10 else ""))
        print("\n".join(lines[-10:]))


def _shell(options: argparse.Namespace) -> int:
    swarm = swarms.pick(options.swarm)
    environment = dict(os.environ, SWARMLAB_TRACKER=swarm.tracker_url, SWARMLAB_TORRENT=swarm.torrent,
                       PATH=f"{swarm.programs}:{os.environ.get('PATH', '/usr/bin:/bin')}")
    words = options.words or [os.environ.get("SHELL", "/bin/sh")]
    try:
        return subprocess.run(words, cwd=swarm.folder, env=environment, check=False).returncode
    except OSError as error:
        raise LabError(f"{words[0]}: {error.strerror}", Exit.USAGE) from None


def _down(options: argparse.Namespace) -> int:
    chosen = [s for s in swarms.all_swarms() if s.is_running()] if options.all else [swarms.pick(options.swarm)]
    for swarm in chosen:
        swarm.end(keep_data=options.keep)
        if not wait_until(lambda swarm=swarm: not swarm.is_running(), 5.0):  # type: ignore[misc]
            raise LabError(f"{swarm.folder.name}: some processes could not be ended")
        say(f"ended {swarm.folder.name}; its logs: {swarm.logs}")
    return Exit.HELD
