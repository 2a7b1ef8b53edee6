"""The lab's network with real packets: what tests/lab says, as whoever runs this and as a user without any rights.

What the tests measured (delays, rates, losses, lateness) stands in their output, which pytest shows with -s.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.ordinary_user import AS_USER, open_the_way
from harness.programs import Programs

SECONDS = 400.0
TIMING = ("DelaysByWhatTheLinksSay", "GivesOneConnectionTheRateOfItsSlowestLink", "KeepsTenConnectionsAtTheirRates",
          "ChangesALinkWhileItIsInUse")


def run(argv: list[str | Path], wanted: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*argv, f"--gtest_filter={wanted}", "--gtest_brief=1"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=SECONDS, check=False)
    print(done.stdout, done.stderr)
    skipped = [line for line in done.stdout.splitlines() if "SKIPPED" in line or line.startswith("not tried")]
    if skipped and os.environ.get("CI") == "true" and os.geteuid() == 0 and argv[0] != "setpriv":
        pytest.fail(f"CI must not skip: {skipped}")
    return done


def test_network_behaves(programs: Programs) -> None:
    """1. Everything but timing, once: chance is seeded. 2. Nothing is skipped where CI is set."""
    done = run([programs.lab_network_tests], "-" + ":".join(f"*{name}*" for name in TIMING))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.flaky(reruns=2)
@pytest.mark.parametrize("name", TIMING)
def test_network_is_true_to_what_was_asked(programs: Programs, name: str) -> None:
    """1. Delays and rates as real stacks measure them. 2. A machine that was busy elsewhere is forgiven twice."""
    done = run([programs.lab_network_tests], f"*{name}*")
    assert done.returncode == 0, done.stdout + done.stderr


def test_network_works_for_an_ordinary_user(programs: Programs, tmp_path: Path) -> None:
    """1. A user without rights, where we are root; else ourselves. 2. Who reaches whom, NAT, resets, what is seen."""
    if os.geteuid() != 0:
        pytest.skip("the other tests are those of an ordinary user already")
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    # The build may be where that user cannot look.
    program = Path(shutil.copy(programs.lab_network_tests, tmp_path / "lab_network_tests"))
    open_the_way(tmp_path)
    done = run([*AS_USER, program], "*Cuts*:*Cable*:*Nat*:*Outside*:*Resets*:*Shows*:*LosesTheShare*:Sandbox.*:*Killed*")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SKIPPED" not in done.stdout or os.environ.get("CI") != "true", done.stdout
