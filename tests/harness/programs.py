"""The programs under test, by name."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any


class Programs:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getattr__(self, name: str) -> Path:
        if name not in ("torrentgen", "bttracker", "btclient", "swarmsim", "lab_network_tests"):
            raise AttributeError(name)
        program = self.folder / name
        assert program.exists(), f"{program} is not built (set SWARMLAB_BIN to the folder of the programs)"
        return program

    def run(self, name: str, *arguments: str | Path, seconds: float = 60, cwd: Path | None = None,
            ) -> subprocess.CompletedProcess[str]:
        """Runs a program to its end, whatever its status."""
        return subprocess.run([getattr(self, name), *arguments], cwd=cwd, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=seconds, check=False)

    def create_torrent(self, content: Path, torrent: Path, *trackers: str, piece_bytes: int | None = None,
                       seconds: float = 120) -> dict[str, Any]:
        """Makes a torrent of a file or folder and returns what `torrentgen show --json` says of it."""
        announces = [word for url in trackers for word in ("--announce", url)]
        pieces = ["--piece-length", str(piece_bytes)] if piece_bytes else []
        made = self.run("torrentgen", "create", content, "-o", torrent, *announces, *pieces, seconds=seconds)
        assert made.returncode == 0, made.stdout + made.stderr
        shown = self.run("torrentgen", "show", "--json", torrent)
        assert shown.returncode == 0, shown.stdout + shown.stderr
        description: dict[str, Any] = json.loads(shown.stdout)
        return description
