"""Child processes: output kept in files, ended by id, gone when we are gone.

A process is named by its id *and* its start time, so that a number which the kernel has given to
somebody else in the meantime is never signalled.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class ProcessId:
    pid: int
    started: int  # field 22 of /proc/PID/stat: clock ticks since boot

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        stat = _stat(pid)
        return cls(pid, int(stat[19]) if stat else 0)

    def is_alive(self) -> bool:
        stat = _stat(self.pid)
        return stat is not None and int(stat[19]) == self.started and stat[0] != "Z"

    def signal(self, number: signal.Signals) -> None:
        if self.is_alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def wait_gone(self, seconds: float) -> bool:
        return wait_until(lambda: not self.is_alive(), seconds)

    def end(self, grace: float) -> bool:
        """Asks it to stop, and kills it when it does not; True when it stopped by itself."""
        self.signal(signal.SIGTERM)
        if self.wait_gone(grace):
            return True
        self.signal(signal.SIGKILL)
        self.wait_gone(5.0)
        return False


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the command's name, from the state on."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Polls until the condition holds or the time is over; the last answer."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True


class ProcessFailed(Exception):
    """A process ended badly or not in time; the message carries the end of its output."""


class Child:
    """One process of ours, with `NAME.out` and `NAME.err` in a folder."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        folder: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        outlives_us: bool = False,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        """`prepare` runs in the child before the program (to enter a namespace, say)."""
        self.name = name
        self.out = folder / f"{name}.out"
        self.err = folder / f"{name}.err"
        parent = os.getpid()

        def before_exec() -> None:
            if not outlives_us:
                _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
                if os.getppid() != parent:  # we died between fork and prctl
                    os._exit(1)
            if prepare:
                prepare()

        with self.out.open("wb") as out, self.err.open("wb") as err:
            # A session of its own: Ctrl-C on the terminal reaches us alone, and we end it in order.
            self._process = subprocess.Popen(
                [os.fspath(word) for word in argv], cwd=cwd, env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                start_new_session=True, preexec_fn=before_exec,
            )
        self.id = ProcessId.of(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> int:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ProcessFailed(f"{self.name} still runs after {seconds:.0f} s\n{self.tail()}") from None

    def stop(self, grace: float = 10.0) -> int:
        """SIGTERM, and SIGKILL when that does not help in time."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                return self._process.wait(grace)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait(5.0)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(5.0)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stdout(self) -> str:
        return self.out.read_text(errors="replace")

    def stderr(self) -> str:
        return self.err.read_text(errors="replace")

    def tail(self, lines: int = 15) -> str:
        return tail_of(self.name, (self.out, self.err), lines)


def tail_of(name: str, paths: Sequence[Path], lines: int = 15) -> str:
    """The end of a process's kept output, for people."""
    parts = []
    for path in paths:
        text = path.read_text(errors="replace").splitlines() if path.exists() else []
        if text:
            parts.append(f"--- {name}, end of {path.name}:\n" + "\n".join(text[-lines:]))
    return "\n".join(parts) or f"--- {name} wrote nothing"
