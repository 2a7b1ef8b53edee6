"""./lab scoreboard: every scenario of a tier with every client, as real processes, in one table.

Real time cannot be hurried, so runs go side by side: as many as --jobs, each in a sandbox of its own.  What has been judged is kept in
build/scoreboard and asked for again only where the scenario, the adapter or the programs have changed; so an interrupted board goes on
where it was."""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import json
import subprocess
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from lab import build, lab_verdict, tree
from lab.console import Exit, LabError, progress, say

_CLIENTS = ("btclient", "transmission", "rtorrent", "aria2", "libtorrent", "qbittorrent")
_PAGE = tree.ROOT / "docs" / "scoreboard.md"
_NOTES = tree.ROOT / "build" / "scoreboard"

_DESCRIPTION = """\
Runs every scenario of a tier with every client as real processes (swarmsim run --mode lab --client NAME) and prints the table.
Needs root or namespaces; a client that is not installed has an empty column."""


@dataclass(frozen=True)
class Board:
    """What one client came to in one scenario."""

    scenario: str
    client: str
    verdict: str                       # of the run: held, violated, vacuous, invalid
    counts: dict[str, int]             # verdicts of its checks
    violated: list[str]                # "check: summary" of each violation
    why: str                           # where it is invalid


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("scoreboard", help="every lab scenario with every client", description=_DESCRIPTION,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tier", choices=("lab", "lab-smoke"), default="lab")
    parser.add_argument("--clients", default=",".join(_CLIENTS), metavar="NAME,...", help="adapters (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side (default: %(default)s)")
    parser.add_argument("--again", action="store_true", help="also what has been judged already")
    parser.add_argument("--noted", action="store_true", help="run nothing: the table of what has been judged")
    parser.add_argument("--write", action="store_true", help=f"write {_PAGE.relative_to(tree.ROOT)}")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    programs = build.programs(targets=["swarmsim", "bttracker", "btclient"])
    clients = [name for name in options.clients.split(",") if name]
    scenarios = _scenarios(programs, options.tier)
    pairs = [(file, client) for file in scenarios for client in clients]
    if options.noted:
        return _show(scenarios, clients, {pair: board for pair in pairs if (board := _noted(programs, *pair))}, options)
    boards: dict[tuple[str, str], Board] = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
        waiting = {pool.submit(_judged, programs, file, client, options.again): (file, client) for file, client in pairs}
        for number, done in enumerate(concurrent.futures.as_completed(waiting), 1):
            board = done.result()
            boards[waiting[done]] = board
            progress(f"{number} of {len(pairs)}")
            say(f"{board.client:<13} {board.verdict:<9} {board.scenario}")
    return _show(scenarios, clients, boards, options)


def _show(scenarios: list[str], clients: list[str], boards: dict[tuple[str, str], Board], options: argparse.Namespace) -> int:
    page = _page(scenarios, clients, boards, options.tier)
    if options.write:
        _PAGE.write_text(page)
    print(page, end="")
    return Exit.VIOLATED if any(board.verdict == "violated" for board in boards.values()) else Exit.HELD


def _scenarios(programs: Path, tier: str) -> list[str]:
    listed = subprocess.run([programs / "swarmsim", "list", "scenarios", "--tier", tier, "--json"], cwd=tree.ROOT, capture_output=True,
                            text=True, check=False)
    if listed.returncode != 0:
        raise LabError(listed.stderr or listed.stdout)
    return [entry["file"] for entry in json.loads(listed.stdout)["scenarios"]]


def _judged(programs: Path, file: str, client: str, again: bool) -> Board:
    if not again and (noted := _noted(programs, file, client)):
        return noted
    board = _judge(programs, file, client)
    if board.verdict != "invalid":       # what the machine could not show today it may show tomorrow
        _NOTES.mkdir(parents=True, exist_ok=True)
        note = _note(file, client)
        fresh = note.with_suffix(".new")
        fresh.write_text(json.dumps({"key": _key(programs, file, client), "board": asdict(board)}))
        fresh.replace(note)
    return board


def _note(file: str, client: str) -> Path:
    return _NOTES / f"{Path(file).stem}.{client}.json"


def _noted(programs: Path, file: str, client: str) -> Board | None:
    try:
        noted = json.loads(_note(file, client).read_text())
        return Board(**noted["board"]) if noted["key"] == _key(programs, file, client) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key(programs: Path, file: str, client: str) -> str:
    digest = hashlib.sha256((tree.ROOT / file).read_bytes())
    for part in (programs / "swarmsim", tree.ROOT / "swarmsim" / "adapters" / f"{client}.yaml"):
        digest.update(part.read_bytes() if part.exists() else b"")
    return digest.hexdigest()


def _judge(programs: Path, file: str, client: str) -> Board:
    told = lab_verdict.judge(programs, file, client, _NOTES / "runs" / client / Path(file).stem, ["--trace"])
    violated = [f"{check['check']}: {check['story'][0]}" for check in lab_verdict.violated(told)]
    return Board(file, client, told["verdict"], dict(Counter(check["verdict"] for check in told["checks"])),
                 violated + told.get("faults", []), told.get("invalid", ""))


def _cell(board: Board | None) -> str:
    if board is None:
        return ""
    if board.verdict == "invalid":
        return "invalid"
    letters = {"held": "held", "violated": "**violated**", "vacuous": "vacuous", "not applicable": "n/a", "undecided": "undecided"}
    return ", ".join(f"{board.counts[name]} {word}" for name, word in letters.items() if board.counts.get(name))


def _page(scenarios: list[str], clients: list[str], boards: dict[tuple[str, str], Board], tier: str) -> str:
    lines = ["# Scoreboard", "",
             f"Every scenario of tier `{tier}` with real, unmodified clients: how many of its checks held, were violated (three times",
             "out of three), had nothing to look at, do not apply to the client, or could not be decided. Made by",
             "`./lab scoreboard --write`; [deviations.md](deviations.md) has what was found out about each violation.", "",
             "| scenario | " + " | ".join(clients) + " |", "|---|" + "---|" * len(clients)]
    for file in scenarios:
        cells = [_cell(boards.get((file, client))) for client in clients]
        lines.append(f"| [{Path(file).stem}](../{file}) | " + " | ".join(cells) + " |")
    lines += ["", "## Violations", ""]
    told = [f"* {client}, {Path(file).stem}: {what}" for (file, client), board in sorted(boards.items()) for what in board.violated]
    lines += told or ["None."]
    invalid = [f"* {client}, {Path(file).stem}: {board.why}" for (file, client), board in sorted(boards.items()) if board.why]
    if invalid:
        lines += ["", "## Runs that say nothing", "", *invalid]
    return "\n".join(lines) + "\n"
