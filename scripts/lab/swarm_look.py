"""How a swarm stands at this moment, on loopback or in a lab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lab import table
from lab.console import LabError
from lab.swarm import Swarm


@dataclass
class Look:
    rows: list[str] = field(default_factory=list)             # the table
    words: dict[str, str] = field(default_factory=dict)       # everybody's state, with what went wrong
    complete: dict[str, bool] = field(default_factory=dict)   # leechers
    lost: list[str] = field(default_factory=list)             # who has ended or failed, and is not started again
    is_running: bool = True                                   # anything of it

    @property
    def all_complete(self) -> bool:
        return bool(self.complete) and all(self.complete.values())


def looker(swarm: Swarm) -> Callable[[], Look]:
    """Gives a function to be called again and again."""
    return (lambda: _look_at_lab(swarm)) if swarm.is_lab else _looker_on_loopback(swarm)


def _looker_on_loopback(swarm: Swarm) -> Callable[[], Look]:
    views = {member.name: swarm.view(member) for member in swarm.clients()}
    leechers = [member.name for member in swarm.clients("leecher")]

    def look() -> Look:
        states = {name: view.update() for name, view in views.items()}
        now = Look(rows=table.rows(swarm, states), complete={name: states[name].complete for name in leechers},
                   is_running=swarm.is_running())
        for member in swarm.members:
            state = states.get(member.name)
            alive = member.process.is_alive()
            word = state.state if state and alive else "running" if alive else "ended"
            now.words[member.name] = word + (f": {state.error}" if state and state.error else "")
            if not alive:
                now.lost.append(member.name)
        return now

    return look


def _look_at_lab(swarm: Swarm) -> Look:
    try:
        with swarm.talk() as talk:
            shown = talk.ask(show="all")
    except LabError:
        if swarm.is_running():
            raise
        return Look(lost=["lab"], is_running=False)
    clients = [host for host in shown["hosts"] if host["role"] != "guest"]
    return Look(
        rows=table.lab_rows(shown),
        words={host["name"]: host["state"] + (f": {host['problem']}" if "problem" in host else "") for host in clients},
        complete={host["name"]: host["percent"] >= 100 for host in clients if host["role"] == "leecher"},
        lost=[host["name"] for host in clients if host["state"] == "failed"])
