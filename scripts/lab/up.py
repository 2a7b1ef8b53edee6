"""./lab up: a private swarm of real processes on loopback, watched, detached, or for scripts."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import sys
import time
from pathlib import Path

from lab import build, link_words, swarm as swarms, swarm_look
from lab.console import Exit, LabError, clear_progress, human_time, say
from lab.processes import tail_of
from lab.swarm import Swarm
from lab.swarm_start import LabWish, SwarmStarter, Wish

_REDRAW = 0.5  # seconds
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}
_MEMBERS_MAX = 200

_DESCRIPTION = """\
Starts a tracker, seeders and leechers as real processes on 127.0.0.1 and shows how they do.
Ctrl-C ends them all; they tell the tracker, and what they downloaded is removed (--keep).

FILE is what to share: a file, a folder, or a .torrent whose content lies beside it (or in
--data DIR).  Your file is read, never written; a torrent of yours gets the private tracker in a
copy, with the same info-hash.  Without FILE, --size bytes are generated.

With --namespaces every client has a host of its own, behind a link that can be changed while it runs
(./lab link, partition, heal, reset, pause), other clients take part (--client), and ./lab join puts yours among
them.  It takes root, or a machine on which users may make namespaces."""

_EXAMPLES = """\
examples:
  ./lab up                                     1 seeder, 3 leechers, 64 MiB
  ./lab up photo.iso --leechers 8              your file
  ./lab up --size 1GiB --up-limit 4MiB/s       slow enough to watch
  ./lab up -d; ./lab ps; ./lab logs leecher-1; ./lab down
  ./lab up --json --wait | jq -r .tracker      for scripts: when all have it; then ./lab down
  ./lab up -d --client aria2 --client rtorrent --leechers 4 --link up=2Mbit/s,down=8Mbit/s,delay=20ms

exit status: 0 all leechers complete; 1 some not; 2 usage; 3 the environment"""


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("up", usage="./lab up [options] [FILE]", help="start a private swarm of real processes",
                                 description=_DESCRIPTION, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the content of a .torrent lies")
    parser.add_argument("--seeders", type=_count, default=1, metavar="N")
    parser.add_argument("--leechers", type=_count, default=3, metavar="N")
    parser.add_argument("--size", type=_size, default=64 << 20, metavar="SIZE", help="of generated content (64MiB)")
    parser.add_argument("--udp", action="store_true", help="announce over UDP instead of HTTP")
    parser.add_argument("--up-limit", metavar="RATE", help="upload limit of each client")
    parser.add_argument("--down-limit", metavar="RATE", help="download limit of each client")
    parser.add_argument("--namespaces", action="store_true", help="a host for each; implied by all that follow")
    parser.add_argument("--client", action="append", metavar="NAME|FILE",
                        help="who leeches: a client that swarmsim knows (swarmsim adapters), or an adapter; again: in turn")
    parser.add_argument("--seeder-client", action="append", metavar="NAME|FILE", help="who seeds, likewise")
    parser.add_argument("--link", action="append", metavar="WORDS", help="of everybody but the tracker: up=2Mbit/s,delay=20ms")
    parser.add_argument("--guests", type=_spare, metavar="N", help="spare hosts for ./lab join (4)")
    parser.add_argument("--restart", metavar="N/TIME",
                        help="start a client that crashed again, at most N times within TIME: 3/1min (0)")
    parser.add_argument("-d", "--detach", action="store_true", help="return once it runs; ./lab down ends it")
    parser.add_argument("--json", action="store_true", help="print one JSON document; implies --detach")
    parser.add_argument("--wait", action="store_true", help="return once all leechers are complete; implies --detach")
    parser.add_argument("--timeout", type=float, default=600, metavar="S", help="how long --wait waits (600)")
    parser.add_argument("--keep", action="store_true", help="keep what was generated and downloaded")
    parser.set_defaults(command=up)


def up(options: argparse.Namespace) -> int:
    detached = options.detach or options.json or options.wait
    if options.file is not None and not options.file.exists():
        raise LabError(f"{options.file} does not exist", Exit.USAGE)
    limits = [word for option, value in (("--up-limit", options.up_limit), ("--down-limit", options.down_limit))
              if value for word in (option, value)]
    wish = Wish(
        file=options.file.resolve() if options.file else None,
        data=options.data.resolve() if options.data else None,
        size=options.size, seeders=options.seeders, leechers=options.leechers, udp=options.udp,
        client_options=tuple(limits), outlives_us=detached, lab=_lab_wish(options),
    )
    if wish.lab and limits:
        raise LabError("clients of a lab have no limits of their own; their links do: --link up=4MiB/s", Exit.USAGE)
    programs = build.programs(targets=["torrentgen", "bttracker", "btclient", *(["swarmsim"] if wish.lab else [])])
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # all ways to ask us to stop are Ctrl-C
    swarm = Swarm(swarms.new_folder())
    starter = SwarmStarter(wish, swarm, programs)
    left_running = False
    try:
        starter.start()
        clear_progress()
        if not detached:
            return _watch(swarm)
        if options.wait:
            _wait_complete(swarm, options.timeout)
        left_running = True
        if options.json:
            print(json.dumps(swarm.document(), indent=2), flush=True)
        else:
            more = "./lab shell PEER, ./lab link, ./lab partition, ./lab join" if swarm.is_lab else "./lab shell"
            say(f"{_title(swarm)}\n  ./lab ps, ./lab logs NAME, {more}, ./lab down")
        return Exit.HELD
    except KeyboardInterrupt:
        return _interrupted(swarm)
    finally:
        if not left_running:
            _end(swarm, keep_data=options.keep)


def _lab_wish(options: argparse.Namespace) -> LabWish | None:
    if not (options.namespaces or options.client or options.seeder_client or options.link or options.restart
            or options.guests is not None):
        return None
    return LabWish(
        clients=_adapters(options.client), seeder_clients=_adapters(options.seeder_client), link=link_words.link(options.link or []),
        guests=4 if options.guests is None else options.guests, restart=options.restart or "0")


def _adapters(names: list[str] | None) -> tuple[str, ...]:
    """Files by their whole names: the lab may look for them from elsewhere."""
    return tuple(str(Path(name).resolve()) if "/" in name or name.endswith(".yaml") else name for name in names or ["btclient"])


def _end(swarm: Swarm, *, keep_data: bool) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the end is bounded in time: let it happen
    swarm.end(keep_data=keep_data)
    say(f"the swarm has ended; its logs: {swarm.lab_folder if swarm.is_lab else swarm.logs}")


def _interrupted(swarm: Swarm) -> int:
    clear_progress()
    try:
        now = swarm_look.looker(swarm)()
    except LabError:
        now = swarm_look.Look()  # not even begun
    say(f"ending: {sum(now.complete.values())} of {len(now.complete)} leechers complete")
    return Exit.HELD if now.all_complete else Exit.VIOLATED


def _title(swarm: Swarm) -> str:
    return f"tracker {swarm.tracker_url}\n  torrent {swarm.torrent}\n  folder  {swarm.folder}"


def _wait_complete(swarm: Swarm, seconds: float) -> None:
    look = swarm_look.looker(swarm)
    deadline = time.monotonic() + seconds
    while not (now := look()).all_complete:
        if now.lost:
            raise LabError(f"{now.lost[0]} ended before all were complete\n" + _tail(swarm, now.lost[0]), Exit.VIOLATED)
        if time.monotonic() > deadline:
            late = [name for name, complete in now.complete.items() if not complete]
            raise LabError(f"not complete after {human_time(seconds)}: {', '.join(late)}\n"
                           + "\n".join(_tail(swarm, name, 5) for name in late), Exit.VIOLATED)
        time.sleep(0.05)


def _tail(swarm: Swarm, name: str, lines: int = 15) -> str:
    return tail_of(name, swarm.outputs(name), lines)


def _watch(swarm: Swarm) -> int:
    """Shows the swarm until it is interrupted or nothing of it runs; a table on a terminal, else lines."""
    say(_title(swarm))
    look = swarm_look.looker(swarm)
    started = time.monotonic()
    on_terminal = sys.stdout.isatty()
    drawn = 0
    told: dict[str, str] = {}
    everyone_complete = False
    while True:
        now = look()
        if on_terminal:
            width = shutil.get_terminal_size().columns - 1
            up = f"\x1b[{drawn}A" if drawn else ""
            sys.stdout.write(up + "".join(f"\x1b[2K{line[:width]}\n" for line in now.rows) + "\x1b[J")
            sys.stdout.flush()
            drawn = len(now.rows)
        else:
            for name, word in now.words.items():
                if told.get(name) != word:
                    print(f"{time.monotonic() - started:7.1f} s  {name:<10}  {word}", flush=True)
            told = now.words
        if not everyone_complete and now.all_complete:
            everyone_complete = True
            took = human_time(time.monotonic() - started)
            print(f"all {len(now.complete)} leechers are complete after {took}; Ctrl-C ends the swarm", flush=True)
            drawn = 0
        if not now.is_running:
            print("every process has ended", flush=True)
            return Exit.HELD if everyone_complete else Exit.VIOLATED
        time.sleep(_REDRAW)


def _size(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)", text)
    unit = _UNITS.get(match[2].upper()) if match else None
    if not match or not unit or float(match[1]) * unit < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; such as 64MiB or 1GiB")
    return int(float(match[1]) * unit)


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= _MEMBERS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MEMBERS_MAX}")
    return int(text)


def _spare(text: str) -> int:
    return 0 if text == "0" else _count(text)
