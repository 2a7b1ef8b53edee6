"""A private swarm of real processes, and its folder.

    runs/swarms/20250131-101500-4711/     one per swarm; `latest` points at the newest
      swarm.json        who runs: names, process ids, addresses (what ps, logs, shell, down read)
      content/          what was generated to be shared
      swarm.torrent     the torrent, with the private tracker and no other source of peers
      lab/              of one with namespaces: control (its socket), NAME.log, where leechers download to
      logs/NAME.out     JSON lines of a client; NAME.err its words
      leecher-1/        where a leecher downloads to
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lab import tree
from lab.client_view import ClientView
from lab.console import Exit, LabError
from lab.processes import ProcessId, wait_until
from lab.standing import Talk

_GRACE = 10.0  # seconds for a client to tell the tracker and sync its files
_LAB_GRACE = 30.0  # for a lab to end its clients one way or the other, and then its tracker


@dataclass
class Member:
    """One process of a swarm."""

    name: str
    role: str  # tracker, seeder or leecher; lab, which is all of them
    address: str
    directory: str
    pid: int
    started: int

    @property
    def process(self) -> ProcessId:
        return ProcessId(self.pid, self.started)


@dataclass
class Swarm:
    folder: Path
    tracker_url: str = ""     # the one in the torrent
    scrape_url: str = ""      # the HTTP one, for asking
    torrent: str = ""
    info_hash: str = ""
    programs: str = ""
    members: list[Member] = field(default_factory=list)
    made: list[str] = field(default_factory=list)  # data folders that are ours to remove
    is_lab: bool = False      # its clients are on hosts of their own, and one process is the whole of it

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def lab_folder(self) -> Path:
        return self.folder / "lab"

    def clients(self, role: str | None = None) -> list[Member]:
        """Of a swarm on loopback; a lab is asked (`talk`)."""
        return [m for m in self.members if m.role not in ("tracker", "lab") and role in (None, m.role)]

    def talk(self) -> Talk:
        if not self.is_lab:
            raise LabError("this swarm is on loopback, without links or hosts; ./lab up --namespaces makes one that has them", Exit.USAGE)
        return Talk(self.lab_folder / "control")

    def outputs(self, name: str) -> list[Path]:
        """The files of what it printed."""
        if self.is_lab and name != "lab":
            return [self.lab_folder / f"{name}.log"]
        return [self.logs / f"{name}.out", self.logs / f"{name}.err"]

    def names(self) -> list[str]:
        """Of everybody who prints something."""
        names = [member.name for member in self.members]
        return names + sorted(path.stem for path in self.lab_folder.glob("*.log")) if self.is_lab else names

    def is_running(self) -> bool:
        return any(member.process.is_alive() for member in self.members)

    def view(self, member: Member) -> ClientView:
        return ClientView(self.logs / f"{member.name}.out")

    def save(self) -> None:
        values = asdict(self)
        values.pop("folder")
        fresh = self.folder / "swarm.json.new"
        fresh.write_text(json.dumps(values, indent=2) + "\n")
        fresh.replace(self.folder / "swarm.json")

    @classmethod
    def load(cls, folder: Path) -> Swarm:
        values: dict[str, Any] = json.loads((folder / "swarm.json").read_text())
        values["members"] = [Member(**member) for member in values["members"]]
        return cls(folder=folder, **values)

    def document(self) -> dict[str, Any]:
        """What scripts get to know."""
        return {
            "tracker": self.tracker_url,
            "torrent": self.torrent,
            "info_hash": self.info_hash,
            "folder": str(self.folder),
            "peers": self._lab_peers() if self.is_lab else [
                {"name": m.name, "role": m.role, "address": m.address, "pid": m.pid, "dir": m.directory}
                for m in self.clients()
            ],
        }

    def _lab_peers(self) -> list[dict[str, Any]]:
        with self.talk() as talk:
            hosts = talk.ask(show="all")["hosts"]
        return [{key: host[key] for key in ("name", "role", "client", "address", "dir")}
                for host in hosts if host["role"] in ("seeder", "leecher")]

    def end(self, *, keep_data: bool) -> None:
        """Ends all processes, clients first so that the tracker hears them go, and removes our data."""
        grace = _LAB_GRACE if self.is_lab else _GRACE
        for group in (self.clients(), [m for m in self.members if m.role in ("tracker", "lab")]):
            for member in group:
                member.process.signal(signal.SIGTERM)
            wait_until(lambda group=group: not any(m.process.is_alive() for m in group), grace)  # type: ignore[misc]
            for member in group:
                member.process.end(grace=0.0)
        if not keep_data:
            for made in self.made:
                shutil.rmtree(made, ignore_errors=True)


def new_folder() -> Path:
    parent = tree.runs_folder() / "swarms"
    folder = parent / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    try:
        (folder / "logs").mkdir(parents=True)
    except OSError as error:
        raise LabError(f"cannot make the swarm's folder {folder}: {error.strerror}") from None
    link = parent / f".latest-{os.getpid()}"
    link.symlink_to(folder.name)
    link.replace(parent / "latest")
    return folder


def all_swarms() -> list[Swarm]:
    """Every swarm that has a folder, oldest first."""
    found = []
    for description in sorted((tree.runs_folder() / "swarms").glob("*/swarm.json")):
        if description.parent.is_symlink():
            continue
        try:
            found.append(Swarm.load(description.parent))
        except (ValueError, TypeError, KeyError, OSError):
            continue  # of another version, or being removed
    return found


def pick(name: str | None) -> Swarm:
    """The swarm of that folder name, or the newest one that runs."""
    swarms = all_swarms()
    if name:
        for swarm in swarms:
            if swarm.folder.name == name:
                return swarm
        raise LabError(f"there is no swarm {name}; ./lab ps --all lists them", Exit.USAGE)
    running = [swarm for swarm in swarms if swarm.is_running()]
    if not running:
        raise LabError("no swarm is running; ./lab up -d starts one", Exit.USAGE)
    return running[-1]
