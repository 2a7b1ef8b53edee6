"""A swarm as a table: its clients, how far they are, how fast."""

from __future__ import annotations

from collections.abc import Sequence

from lab.client_view import ClientState
from lab.console import human_bytes
from lab.swarm import Member, Swarm

_HEADINGS = ("NAME", "STATE", "DONE", "DOWN", "UP", "PEERS", "ADDRESS", "PID")


def rows(swarm: Swarm, states: dict[str, ClientState]) -> list[str]:
    """The table's lines, headings first."""
    cells: list[Sequence[str]] = [_HEADINGS]
    for member in swarm.members:
        cells.append(_cells(member, states.get(member.name)))
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADINGS))]
    right = {2, 3, 4, 5, 7}
    return ["  ".join(cell.rjust(width) if column in right else cell.ljust(width)
                      for column, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in cells]


def _cells(member: Member, state: ClientState | None) -> Sequence[str]:
    alive = member.process.is_alive()
    if state is None:
        return (member.name, "running" if alive else "ended", "", "", "", "", member.address, str(member.pid))
    word = state.state if alive or state.state in ("failed", "stopped") else "ended"
    return (member.name, word, f"{state.percent:.0f} %",
            f"{human_bytes(state.down)}/s", f"{human_bytes(state.up)}/s",
            str(state.peers), member.address, str(member.pid))
