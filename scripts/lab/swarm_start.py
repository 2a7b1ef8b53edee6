"""Starting a private swarm: content, torrent, tracker, seeders, leechers, in this order."""

from __future__ import annotations

import json
import random
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab import bencode
from lab.console import Exit, LabError, progress
from lab.processes import Child, wait_until
from lab.scrape import scrape
from lab.swarm import Member, Swarm

_LOOPBACK = "127.0.0.1"
_INTERVAL = 5         # seconds between announces: the swarm is small and the reader is waiting
_CHUNK = 1 << 20
_PORT_ATTEMPTS = 20
_TRACKER_START = 10.0
_SEEDER_START = 600.0  # they hash what they have
_LAB_START = 60.0      # hosts are made, and where it cannot be otherwise the content is copied


@dataclass(frozen=True)
class LabWish:
    """What there is besides, where every client has a host of its own."""

    clients: tuple[str, ...]          # of leechers, in turn
    seeder_clients: tuple[str, ...]
    link: dict[str, str]
    guests: int
    restart: str


@dataclass(frozen=True)
class Wish:
    """What the user asked for."""

    file: Path | None
    data: Path | None
    size: int
    seeders: int
    leechers: int
    udp: bool
    client_options: tuple[str, ...]
    outlives_us: bool
    lab: LabWish | None = None    # on hosts of their own, instead of on loopback


class SwarmStarter:
    """Starts one swarm; `children` are the processes so far, for whoever has to end them."""

    def __init__(self, wish: Wish, swarm: Swarm, programs: Path) -> None:
        self._wish = wish
        self._swarm = swarm
        self._programs = programs
        self._swarm.programs = str(programs)
        self.children: dict[str, Child] = {}

    def start(self) -> None:
        if self._wish.lab:
            self._start_lab(self._wish.lab)
        else:
            self._start_on_loopback()

    def _start_lab(self, lab: LabWish) -> None:
        swarm, wish = self._swarm, self._wish
        swarm.is_lab = True
        swarm.tracker_url = f"{'udp' if wish.udp else 'http'}://tracker:6969/announce"
        content_folder = self._make_torrent()
        names = [f"{role}-{number + 1}" for role, count in (("seeder", wish.seeders), ("leecher", wish.leechers), ("guest", lab.guests))
                 for number in range(count)]
        swarm.made += [str(swarm.lab_folder / name) for name in names]

        def players(option: str, count: int, clients: tuple[str, ...]) -> list[str]:
            return [word for number in range(count) for word in (option, clients[number % len(clients)])]

        self._run("lab", "lab", str(swarm.lab_folder / "control"), swarm.folder,
                  ["swarmsim", "up", "--torrent", swarm.torrent, "--content", str(content_folder), "--folder", str(swarm.lab_folder),
                   *players("--seeder", wish.seeders, lab.seeder_clients), *players("--leecher", wish.leechers, lab.clients),
                   "--link", json.dumps(lab.link), "--guests", str(lab.guests), "--restart", lab.restart])
        self._wait("the lab", (swarm.lab_folder / "control").exists, _LAB_START)
        self._wait("the seeders", self._lab_has_started_all, _SEEDER_START)
        swarm.save()

    def _lab_has_started_all(self) -> bool:
        try:
            with self._swarm.talk() as talk:
                return bool(talk.ask(show="all")["are_started"])
        except LabError:
            return False  # it has ended; whoever waits sees that, too

    def _start_on_loopback(self) -> None:
        swarm, wish = self._swarm, self._wish
        port = _free_port()
        http, udp = f"http://{_LOOPBACK}:{port}/announce", f"udp://{_LOOPBACK}:{port}/announce"
        swarm.scrape_url, swarm.tracker_url = http, udp if wish.udp else http
        content_folder = self._make_torrent()
        self._run("tracker", "tracker", f"{_LOOPBACK}:{port}", swarm.folder,
                  ["bttracker", "--http", f"{_LOOPBACK}:{port}", "--udp", f"{_LOOPBACK}:{port}",
                   "--interval", str(_INTERVAL)])
        self._wait("the tracker", lambda: _listens(port), _TRACKER_START)
        for number in range(1, wish.seeders + 1):
            self._client(f"seeder-{number}", "seeder", content_folder)
        # Leechers that announce before a seeder has would find nobody until the next interval.
        self._wait("the seeders", self._seeders_are_known, _SEEDER_START)
        for number in range(1, wish.leechers + 1):
            name = f"leecher-{number}"
            folder = swarm.folder / name
            folder.mkdir()
            swarm.made.append(str(folder))
            self._client(name, "leecher", folder)
        swarm.save()

    def _make_torrent(self) -> Path:
        """Writes swarm.torrent and returns the folder in which its content lies."""
        swarm, wish = self._swarm, self._wish
        torrent = swarm.folder / "swarm.torrent"
        swarm.torrent = str(torrent)
        given = wish.file
        if given is not None and given.suffix == ".torrent" and given.is_file():
            self._show(given)  # refuses what is no torrent, before we touch it
            torrent.write_bytes(bencode.with_tracker(given.read_bytes(), swarm.tracker_url))
            folder = wish.data or given.parent
        else:
            content = given or _generate(swarm, wish.size)
            if not content.exists():
                raise LabError(f"{content} does not exist", Exit.USAGE)
            progress(f"hashing {content}")
            self._torrentgen("create", str(content), "-o", str(torrent), "--announce", swarm.tracker_url)
            folder = content.parent
        shown = self._show(torrent)
        name, info_hash = shown.get("name"), shown.get("info_hash_v1")
        if not isinstance(name, str) or not isinstance(info_hash, str):
            raise LabError(f"{given or torrent} has no v1 info dictionary", Exit.USAGE)
        swarm.info_hash = info_hash
        if not (folder / name).exists():
            raise LabError(f"the content of {given} is not at {folder / name}; say where with --data DIR", Exit.USAGE)
        return folder

    def _show(self, torrent: Path) -> dict[str, object]:
        shown = json.loads(self._torrentgen("show", "--json", str(torrent)))
        return shown if isinstance(shown, dict) else {}

    def _torrentgen(self, *arguments: str) -> str:
        done = subprocess.run([self._program("torrentgen"), *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=3600, check=False)
        if done.returncode != 0:
            raise LabError((done.stderr or done.stdout).strip() or f"torrentgen {arguments[0]} failed", done.returncode)
        return done.stdout

    def _client(self, name: str, role: str, folder: Path) -> None:
        address = f"{_LOOPBACK}:{_free_port()}"
        self._run(name, role, address, folder,
                  ["btclient", "--json", "--dir", str(folder), "--listen", address, *self._wish.client_options,
                   self._swarm.torrent])

    def _run(self, name: str, role: str, address: str, folder: Path, argv: list[str]) -> None:
        swarm = self._swarm
        child = Child(name, [self._program(argv[0]), *argv[1:]], swarm.logs, cwd=swarm.folder,
                      outlives_us=self._wish.outlives_us)
        self.children[name] = child
        swarm.members.append(Member(name, role, address, str(folder), child.pid, child.id.started))
        swarm.save()

    def _program(self, name: str) -> Path:
        program = self._programs / name
        if not program.exists():
            raise LabError(f"there is no {program}")
        return program

    def _seeders_are_known(self) -> bool:
        numbers = scrape(self._swarm.scrape_url, self._swarm.info_hash)
        return numbers is not None and numbers.complete >= self._wish.seeders

    def _wait(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        progress(f"waiting for {what}")
        wait_until(lambda: ready() or self.first_dead() is not None, seconds)
        dead = self.first_dead()
        if dead:
            status = Exit.USAGE if dead.status() == Exit.USAGE else Exit.ENVIRONMENT
            raise LabError(f"{dead.name} ended with status {dead.status()}\n{dead.tail()}", status)
        if not ready():
            tails = "\n".join(child.tail(5) for child in self.children.values())
            raise LabError(f"{what}: not ready after {seconds:.0f} s\n{tails}", Exit.ENVIRONMENT)

    def first_dead(self) -> Child | None:
        return next((child for child in self.children.values() if child.status() is not None), None)


def _generate(swarm: Swarm, size: int) -> Path:
    """Bytes that look random and are the same each time."""
    folder = swarm.folder / "content"
    folder.mkdir()
    swarm.made.append(str(folder))
    path = folder / "content.bin"
    source = random.Random(size)
    try:
        with path.open("wb") as out:
            for begin in range(0, size, _CHUNK):
                out.write(source.randbytes(min(_CHUNK, size - begin)))
    except OSError as error:
        raise LabError(f"writing {path}: {error.strerror}") from None
    return path


def _free_port() -> int:
    """A port that is free for TCP and UDP; it can be lost to another program before we use it."""
    for _ in range(_PORT_ATTEMPTS):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            stream.bind((_LOOPBACK, 0))
            port = int(stream.getsockname()[1])
            try:
                datagrams.bind((_LOOPBACK, port))
            except OSError:
                continue
            return port
    raise LabError("no port is free for TCP and UDP alike")


def _listens(port: int) -> bool:
    try:
        socket.create_connection((_LOOPBACK, port), 1.0).close()
        return True
    except OSError:
        return False
