"""./lab link, partition, heal, reset, pause, resume, stop, kill, start, join: what one does to a swarm with namespaces."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from lab import link_words, standing, swarm as swarms
from lab.console import Exit, LabError, say

_WHO = "a name, a role (leecher), or all"


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    def add(name: str, summary: str, examples: str, command: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".",
                                     epilog="examples:\n" + examples + "\n\nof a swarm that ./lab up --namespaces started; docs/up.md",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--swarm", metavar="NAME", help="which one (default: the newest that runs)")
        parser.set_defaults(command=command)
        return parser

    link = add("link", "change the link of a peer while it runs",
               "  ./lab link leecher-1 down=1Mbit/s,delay=50ms\n  ./lab link leecher loss=2%      all leechers\n"
               "  ./lab link leecher-1 --restore   as it was at the start", _link)
    link.add_argument("who", metavar="PEER", help=_WHO)
    link.add_argument("words", nargs="*", metavar="KEY=VALUE", help="as `link` in scenarios: up, down, delay, loss, ...")
    link.add_argument("--restore", action="store_true", help="as it was at the start")

    partition = add("partition", "cut the network: sides do not reach each other",
                    "  ./lab partition 'leecher-1, leecher-2 | seeder, tracker'\n  ./lab heal", _partition)
    partition.add_argument("sides", nargs="+", metavar="SIDES", help="names with '|' between the sides; who is on none reaches everybody")
    partition.add_argument("--one-way", action="store_true", help="what the first side sends is lost, what the second sends arrives")
    add("heal", "join a network again that was cut", "  ./lab heal", _heal)
    reset = add("reset", "end all connections between two peers, from outside", "  ./lab reset leecher-1 seeder", _reset)
    reset.add_argument("who", metavar="PEER", help=_WHO)
    reset.add_argument("other", metavar="OTHER", help=_WHO)
    for name, summary in (("pause", "let a host stand still"), ("resume", "let a paused host go on"),
                          ("stop", "tell a client to end"), ("kill", "kill a client"), ("start", "start a client again that has ended")):
        parser = add(name, summary, f"  ./lab {name} leecher-1", _act)
        parser.add_argument("who", metavar="PEER", help=_WHO)
        parser.set_defaults(action=name)

    join = add("join", "give a command a new host in the lab's network, until it ends",
               "  ./lab join -- btclient --dir /tmp/mine --listen {LISTEN_IP}:{PORT} {TORRENT}\n"
               "  ./lab join -- sh -c 'aria2c --listen-port=$PORT -d \"$DIR\" \"$TORRENT\"'\n\n"
               "In words {LISTEN_IP}, {PORT}, {TRACKER}, {TORRENT}, {DIR} and {NAME} are replaced; the same are in its environment.", _join)
    join.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND")


def _ask(options: argparse.Namespace, **request: object) -> int:
    with swarms.pick(options.swarm).talk() as talk:
        answer = talk.ask(**request)
    if "done" in answer:
        say(", ".join(answer["done"]))
    return Exit.HELD


def _link(options: argparse.Namespace) -> int:
    if options.restore == bool(options.words):
        raise LabError("link: what of it is to change (down=1Mbit/s), or --restore?", Exit.USAGE)
    if options.restore:
        return _ask(options, restore=options.who)
    return _ask(options, link=link_words.link(options.words), of=options.who)


def _partition(options: argparse.Namespace) -> int:
    return _ask(options, partition=link_words.sides(options.sides), one_way=options.one_way)


def _heal(options: argparse.Namespace) -> int:
    return _ask(options, heal="all")


def _reset(options: argparse.Namespace) -> int:
    return _ask(options, reset=options.who, **{"with": options.other})


def _act(options: argparse.Namespace) -> int:
    return _ask(options, **{options.action: options.who})


def _join(options: argparse.Namespace) -> int:
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise LabError("join: which command? ./lab join -- COMMAND", Exit.USAGE)
    swarm = swarms.pick(options.swarm)
    with swarm.talk() as talk:  # the host is ours as long as this connection lasts
        host = talk.ask(join="guest")
        told = standing.environment(host, swarm.programs)
        os.makedirs(host["dir"], exist_ok=True)
        return standing.run_inside(talk.pid(), host, [_filled_in(word, told) for word in words], told)


def _filled_in(word: str, told: dict[str, str]) -> str:
    for name in ("LISTEN_IP", "PORT", "TRACKER", "TORRENT", "DIR", "NAME"):
        word = word.replace("{" + name + "}", told[name])
    return word
