"""What btclient says of itself with --json, folded into one state per client."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class ClientState:
    state: str = "starting"
    percent: float = 0.0
    down: float = 0.0  # bytes per second
    up: float = 0.0
    peers: int = 0
    error: str = ""

    @property
    def complete(self) -> bool:
        return self.percent >= 100.0


@dataclass
class ClientView:
    """Follows one client's growing file of JSON lines."""

    path: Path
    state: ClientState = field(default_factory=ClientState)
    _offset: int = 0
    _pieces: int = 0  # of the torrent, once known

    def update(self) -> ClientState:
        """Reads the whole lines written since the last call."""
        try:
            with self.path.open("rb") as lines:
                lines.seek(self._offset)
                fresh = lines.read()
        except OSError:
            return self.state
        whole = fresh.rfind(b"\n") + 1
        self._offset += whole
        for line in fresh[:whole].splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue  # a line of another kind, such as a sanitizer's
            if isinstance(said, dict):
                self._fold(said)
        return self.state

    def _fold(self, said: dict[str, Any]) -> None:
        state = self.state
        event = said.get("event")
        self._pieces = int(said.get("pieces_total", self._pieces))
        have = said.get("pieces_have", said.get("pieces_found"))
        if have is not None and self._pieces:
            state.percent = 100.0 * float(have) / self._pieces
        if event == "status":
            state.state = str(said.get("state", state.state))
            state.down = float(said.get("download_rate", 0))
            state.up = float(said.get("upload_rate", 0))
            state.peers = int(said.get("peers", 0))
        elif event == "checked":
            state.state = "seeding" if state.complete else "downloading"
        elif event == "completed":
            state.state, state.percent, state.down = "seeding", 100.0, 0.0
        elif event == "storage_failed":
            state.state, state.error = "failed", f"{said.get('path')}: {said.get('reason')}"
        elif event == "stopped":
            state.state, state.down, state.up, state.peers = "stopped", 0.0, 0.0, 0
