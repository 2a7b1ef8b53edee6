"""Processes of one test: started by name, ended by id, their output kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from lab.processes import Child, ProcessFailed, wait_until


class Place(Protocol):
    """Where a process may run: a host of a private network, or before a private disk."""

    def enter(self) -> None: ...


class Running:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._children: list[Child] = []

    def start(self, name: str, argv: Sequence[str | Path], *, host: Place | None = None,
              cwd: Path | None = None, env: dict[str, str] | None = None) -> Child:
        """Starts a process, in the place that is given."""
        child = Child(name, argv, self.folder, cwd=cwd, env=env, prepare=host.enter if host else None)
        self._children.append(child)
        return child

    def wait_for(self, condition_name: str, condition: Callable[[], bool], seconds: float,
                 needs: Sequence[Child] = ()) -> None:
        """Waits until the condition holds; a process of `needs` that ends before fails the test at once."""
        def done_or_dead() -> bool:
            return condition() or any(child.status() is not None for child in needs)

        wait_until(done_or_dead, seconds)
        if condition():
            return
        dead = [f"{child.name} ended with status {child.status()}" for child in needs if child.status() is not None]
        raise ProcessFailed(f"{condition_name}: not within {seconds:.0f} s" + "".join(f"; {d}" for d in dead))

    def end_all(self, *, show_output: bool) -> None:
        for child in reversed(self._children):
            child.stop(grace=5.0)
        if show_output:
            for child in self._children:
                print(f"{child.name}: status {child.status()}\n{child.tail(30)}")
