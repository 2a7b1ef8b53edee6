"""One scenario with one client as real processes, judged by swarmsim: what the scoreboard and ./lab mutants --lab ask."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import tree
from lab.console import Exit, LabError

_LONGEST_S = 900  # with the two repeats of a violation


def judge(programs: Path, file: str, client: str, out: Path, more: Sequence[str] = ()) -> dict[str, Any]:
    """The run as swarmsim's JSON tells it; its folder is left in `out`."""
    try:
        ran = subprocess.run([programs / "swarmsim", "run", file, "--mode", "lab", "--client", client, "--json", "--out", out, *more],
                             cwd=tree.ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
        told: dict[str, Any] = json.loads(ran.stdout)["runs"][0]
    except subprocess.TimeoutExpired:
        raise LabError(f"{file} with {client}: still running after {_LONGEST_S} s", Exit.ENVIRONMENT) from None
    except (ValueError, KeyError, IndexError):
        raise LabError(f"{file} with {client}: {ran.stdout}{ran.stderr}", Exit.ENVIRONMENT) from None
    return told


def violated(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The checks of a run that were, each with its story."""
    return [check for check in told["checks"] if check["verdict"] == "violated"]
