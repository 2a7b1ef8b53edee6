"""./lab with the programs under test and a folder of its own for swarms."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.processes import ProcessId

LAB = Path(__file__).resolve().parents[2] / "lab"


class Door:
    """`prefix` is what comes before every command: setpriv, say, to be another user."""

    def __init__(self, runs: Path, programs: Path, prefix: Sequence[str | Path] = ()) -> None:
        self.runs = runs
        self.prefix = [*prefix]
        self.env = dict(os.environ, SWARMLAB_RUNS=str(runs), SWARMLAB_BIN=str(programs), PYTHONDONTWRITEBYTECODE="1")

    def __call__(self, *arguments: str | Path, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self.prefix, LAB, *arguments], env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=seconds, check=False)

    def document(self, *arguments: str | Path) -> dict[str, Any]:
        done = self("up", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        described: dict[str, Any] = json.loads(done.stdout)
        return described

    def processes(self) -> list[ProcessId]:
        return [ProcessId(member["pid"], member["started"])
                for path in self.runs.glob("swarms/2*/swarm.json")
                for member in json.loads(path.read_text())["members"]]

    def end(self) -> None:
        for process in self.processes():
            process.end(grace=0.0)
