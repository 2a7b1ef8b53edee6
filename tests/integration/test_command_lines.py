"""What all four programs answer alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.programs import Programs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("program", ["swarmsim", "btclient", "bttracker", "torrentgen"])
def test_a_program_says_its_version(programs: Programs, program: str) -> None:
    version = re.search(r"project\(swarmlab VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())
    assert version
    done = programs.run(program, "--version", seconds=10)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{program} {version[1]}\n", "")
