"""Words for the person at the terminal.

Everything lab says by itself goes to standard error, so that standard output belongs to the
program it runs (`./lab run FILE --json | jq .` works).  A line that rewrites itself appears on a
terminal only.
"""

from __future__ import annotations

import os
import shutil
import sys
from enum import IntEnum


class Exit(IntEnum):
    """Exit status, as every program of Swarmlab uses it."""

    HELD = 0
    VIOLATED = 1
    USAGE = 2
    ENVIRONMENT = 3
    VACUOUS = 4


class LabError(Exception):
    """Something that ends the command: told in one message, with its exit status."""

    def __init__(self, message: str, status: int = Exit.ENVIRONMENT) -> None:
        super().__init__(message)
        self.status = int(status)


def is_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def say(text: str) -> None:
    clear_progress()
    print(f"lab: {text}", file=sys.stderr, flush=True)


_progress_shown = False


def progress(text: str) -> None:
    """Rewrites one line of the terminal; says nothing in a pipe."""
    global _progress_shown
    if not is_terminal():
        return
    width = shutil.get_terminal_size().columns - 1
    sys.stderr.write("\r\x1b[2K" + text[:width])
    sys.stderr.flush()
    _progress_shown = True


def clear_progress() -> None:
    global _progress_shown
    if _progress_shown:
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()
        _progress_shown = False


def human_bytes(count: float) -> str:
    """1536 -> '1.5 KiB'."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def human_time(seconds: float) -> str:
    """95.2 -> '1 min 35 s'."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
