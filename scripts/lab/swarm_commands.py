"""./lab ps, logs, shell, down: what one does with a swarm that `./lab up` started."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from lab import standing, swarm as swarms, swarm_look
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

    shell = add("shell", "open a shell in the folder of a swarm, or on the host of a peer",
                "  ./lab shell\n  ./lab shell btclient --dir extra --exit-when complete swarm.torrent\n"
                "  ./lab shell leecher-1            of a swarm with namespaces: on its host\n"
                "  ./lab shell leecher-1 ss -tin\n\n"
                "set there: TRACKER, TORRENT, and PATH with the programs; on a host LISTEN_IP, PORT, DIR, NAME, too")
    shell.add_argument("words", nargs=argparse.REMAINDER, metavar="[PEER] [COMMAND...]",
                       help="whose host; what to run instead of a shell")
    shell.set_defaults(command=_shell)

    down = add("down", "end a swarm and remove what it downloaded",
               "  ./lab down\n  ./lab down --keep      leave the downloads\n  ./lab down --all")
    down.add_argument("--all", action="store_true", help="every swarm that runs")
    down.add_argument("--keep", action="store_true", help="keep what was generated and downloaded")
    down.set_defaults(command=_down)


def _ps(options: argparse.Namespace) -> int:
    if options.all:
        for swarm in swarms.all_swarms():
            clients = "a lab" if swarm.is_lab else f"{len(swarm.clients())} clients"
            print(f"{swarm.folder.name}  {'running' if swarm.is_running() else 'ended  '}  {clients}  {swarm.tracker_url}")
        return Exit.HELD
    swarm = swarms.pick(options.swarm)
    print(f"{swarm.folder.name}  {swarm.tracker_url}  {swarm.torrent}")
    print("\n".join(swarm_look.looker(swarm)().rows))
    return Exit.HELD


def _logs(options: argparse.Namespace) -> int:
    swarm = swarms.pick(options.swarm)
    if options.name is None:
        if options.follow:
            raise LabError("logs --follow wants the name of one process", Exit.USAGE)
        for name in swarm.names():
            for path in swarm.outputs(name):
                _show_end(path)
        return Exit.HELD
    if options.name not in swarm.names():
        raise LabError(f"{options.name} is not in this swarm: {', '.join(swarm.names())}", Exit.USAGE)
    # Of a lab the whole is one process of ours; what becomes of each of its clients, it says itself.
    member = next((m for m in swarm.members if m.name == options.name), swarm.members[0])
    files = [path.open("rb") for path in swarm.outputs(options.name) if path.exists()]
    while True:
        alive = member.process.is_alive()  # asked before reading: what it wrote last is not missed
        for file in files:
            sys.stdout.buffer.write(file.read())
        sys.stdout.flush()
        if not options.follow or not alive:
            return Exit.HELD
        time.sleep(_FOLLOW_PAUSE)


def _show_end(path: Path) -> None:
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    if lines:
        print(f"--- {path.name}" + (f" (last 10 of {len(lines)} lines)" if len(lines) > 10 else ""))
        print("\n".join(lines[-10:]))


def _shell(options: argparse.Namespace) -> int:
    swarm = swarms.pick(options.swarm)
    if swarm.is_lab:
        return _shell_on_host(swarm, options.words)
    environment = dict(os.environ, TRACKER=swarm.tracker_url, TORRENT=swarm.torrent,
                       PATH=f"{swarm.programs}:{os.environ.get('PATH', '/usr/bin:/bin')}")
    words = options.words or [os.environ.get("SHELL", "/bin/sh")]
    try:
        return subprocess.run(words, cwd=swarm.folder, env=environment, check=False).returncode
    except OSError as error:
        raise LabError(f"{words[0]}: {error.strerror}", Exit.USAGE) from None


def _shell_on_host(swarm: Swarm, words: list[str]) -> int:
    with swarm.talk() as talk:
        if not words:
            names = [host["name"] for host in talk.ask(show="all")["hosts"]]
            raise LabError(f"on whose host? {', '.join(names)}", Exit.USAGE)
        host = talk.ask(enter=words[0])
        return standing.run_inside(talk.pid(), host, words[1:] or [os.environ.get("SHELL", "/bin/sh")],
                                   standing.environment(host, swarm.programs))


def _down(options: argparse.Namespace) -> int:
    chosen = [s for s in swarms.all_swarms() if s.is_running()] if options.all else [swarms.pick(options.swarm)]
    for swarm in chosen:
        swarm.end(keep_data=options.keep)
        if not wait_until(lambda swarm=swarm: not swarm.is_running(), 5.0):  # type: ignore[misc]
            raise LabError(f"{swarm.folder.name}: some processes could not be ended")
        say(f"ended {swarm.folder.name}; its logs: {swarm.lab_folder if swarm.is_lab else swarm.logs}")
    return Exit.HELD
