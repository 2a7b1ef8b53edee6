"""What the benchmarks of real clients share: a client as a process, and pages to run on."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.namespaces import Host

_TICKS = os.sysconf("SC_CLK_TCK")


class End:
    """One client as a process: says lines, and ends with us.

    What it says is read all the time: a client whose pipe is full stands still, and so does its swarm.
    """

    def __init__(self, host: Host, argv: Sequence[str | Path]) -> None:
        self.process = subprocess.Popen([os.fspath(word) for word in argv], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        preexec_fn=host.enter)

        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, is_it: Callable[[str], bool], seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise RuntimeError(f"{self.process.args} has not come to it within {seconds:.0f} s") from None
            if line is None:
                raise RuntimeError(f"{self.process.args} ended with status {self.process.wait(10)}")
            if is_it(line):
                return

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)


def says(event: str) -> Callable[[str], bool]:
    return lambda line: line.startswith("{") and json.loads(line).get("event") == event


def touch_pages(folder: Path, size: int) -> None:
    """Makes the kernel get all pages that the run will need."""
    warm = folder / "warm"
    with warm.open("wb") as out:
        chunk = b"\1" * (1 << 22)
        for _ in range(0, size, len(chunk)):
            out.write(chunk)
    warm.unlink()
