"""What a lab leaves on the machine: processes, network namespaces, mounts.

A lab's processes are known by the name of its folder in their command lines; its namespaces by the numbers they had while
those lived.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Remains:
    processes: dict[int, str] = field(default_factory=dict)   # id: command line
    namespaces: set[str] = field(default_factory=set)         # "net:[4026532201]", also of mounts and processes
    mounts: list[str] = field(default_factory=list)           # lines of anybody's mountinfo
    seen: int = 0                                             # when, in clock ticks since the machine began

    def __bool__(self) -> bool:
        return bool(self.processes or self.namespaces or self.mounts)


def of_lab(mark: str) -> Remains:
    """Everything that belongs to the lab whose folder has `mark` in its name."""
    found = Remains(seen=_now())
    for process in _processes():
        words = _text(process / "cmdline").replace("\0", " ")
        if mark in words and int(process.name) != os.getpid():
            found.processes[int(process.name)] = words
            found.namespaces |= _namespaces(process) - _namespaces(Path("/proc/self"))
            found.mounts += [line for line in _text(process / "mountinfo").splitlines() if mark in line]
    return found


def still_there(before: Remains, mark: str) -> Remains:
    """What of it exists now, whoever holds it; but the kernel gives a namespace's number again, so not who began later."""
    now = of_lab(mark)
    for process in _processes():
        if _began(process) <= before.seen:
            now.namespaces |= _namespaces(process) & before.namespaces
        now.mounts += [line for line in _text(process / "mountinfo").splitlines() if mark in line]
    return now


def _now() -> int:
    return int(float(Path("/proc/uptime").read_text().split()[0]) * os.sysconf("SC_CLK_TCK"))


def _began(process: Path) -> int:
    """In clock ticks since the machine began; the last of times for one that has ended."""
    fields = _text(process / "stat").rpartition(")")[2].split()
    return int(fields[19]) if len(fields) > 19 else sys.maxsize


def _processes() -> list[Path]:
    return [path for path in Path("/proc").iterdir() if path.name.isdigit()]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""  # it has ended


def _namespaces(process: Path) -> set[str]:
    found = set()
    for kind in ("net", "mnt", "pid", "user"):
        try:
            found.add(os.readlink(process / "ns" / kind))
        except OSError:
            continue
    # A namespace that some process has open, but nobody is in.
    try:
        for descriptor in (process / "fd").iterdir():
            target = os.readlink(descriptor)
            if target.startswith(("net:[", "mnt:[")):
                found.add(target)
    except OSError:
        pass
    return found
