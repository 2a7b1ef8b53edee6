"""Where things are: the source tree, its build folders, its run folders, its programs."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Programs given from outside; lab then builds nothing.  The tests use it, and so can a package.
BIN_VARIABLE = "SWARMLAB_BIN"
# Run folders somewhere else than under the tree.
RUNS_VARIABLE = "SWARMLAB_RUNS"


def build_folder(preset: str) -> Path:
    return ROOT / "build" / preset


def runs_folder() -> Path:
    given = os.environ.get(RUNS_VARIABLE)
    return Path(given).resolve() if given else ROOT / "runs"


def given_programs() -> Path | None:
    given = os.environ.get(BIN_VARIABLE)
    return Path(given).resolve() if given else None
