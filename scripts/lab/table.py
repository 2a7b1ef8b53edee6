"""A swarm as a table: its clients, how far they are, how fast, over which link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.client_view import ClientState
from lab.console import human_bytes
from lab.swarm import Member, Swarm

_LAB_HEADINGS = ("NAME", "CLIENT", "STATE", "DONE", "DOWN", "UP", "ADDRESS", "LINK")
_HEADINGS = ("NAME", "STATE", "DONE", "DOWN", "UP", "PEERS", "ADDRESS", "PID")


def rows(swarm: Swarm, states: dict[str, ClientState]) -> list[str]:
    """The table's lines, headings first."""
    return _aligned([_HEADINGS, *(_cells(member, states.get(member.name)) for member in swarm.members)], right={2, 3, 4, 5, 7})


def lab_rows(shown: Mapping[str, Any]) -> list[str]:
    """The same of a lab, by what it said; below it what went wrong with whom."""
    hosts = [host for host in shown["hosts"] if host["state"] != "free"]
    lines = _aligned([_LAB_HEADINGS, *(_lab_cells(host) for host in hosts)], right={3, 4, 5})
    lines += [f"{host['name']}: {host['problem']}" for host in hosts if "problem" in host]
    if shown["partitions"]:
        lines.append("the network is cut; ./lab heal joins it")
    return lines


def _aligned(rows: Sequence[Sequence[str]], right: set[int]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.rjust(width) if column in right else cell.ljust(width)
                      for column, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def _lab_cells(host: Mapping[str, Any]) -> Sequence[str]:
    restarts = f" ({host['restarts']} again)" if host["restarts"] else ""
    return (host["name"], host["client"], host["state"] + restarts, f"{host['percent']:.0f} %" if "percent" in host else "",
            f"{human_bytes(host['down'])}/s", f"{human_bytes(host['up'])}/s", host["address"], _link_words(host["link"]))


def _link_words(link: Mapping[str, Any]) -> str:
    """{"up": "1 Mbit/s", "down": None} -> "up=1Mbit/s"; as ./lab link takes it."""
    return ",".join(f"{key}={value.replace(' ', '')}" for key, value in link.items() if value and value != "0 ns")


def _cells(member: Member, state: ClientState | None) -> Sequence[str]:
    alive = member.process.is_alive()
    if state is None:
        return (member.name, "running" if alive else "ended", "", "", "", "", member.address, str(member.pid))
    word = state.state if alive or state.state in ("failed", "stopped") else "ended"
    return (member.name, word, f"{state.percent:.0f} %",
            f"{human_bytes(state.down)}/s", f"{human_bytes(state.up)}/s",
            str(state.peers), member.address, str(member.pid))
