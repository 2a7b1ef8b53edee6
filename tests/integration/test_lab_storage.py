"""Storage that fails, fills up, lies or loses, under real processes: the words of simulated disks, through a file system of swarmsim's."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.namespaces import why_unavailable
from harness.programs import Programs

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(bool(why_unavailable()) and os.environ.get("CI") != "true",
                                reason=f"no network namespaces here: {why_unavailable()}")

STORY = """
format: 1
scenario: A leecher has something wrong with its disk
limit: 60 s
torrent: {{ size: 4 MiB, piece_length: 64 KiB }}
tracker: {{ kind: http, interval: 10 s }}
network:
  link: {{ up: 8 Mbit/s, down: 8 Mbit/s, delay: 5 ms, queue: 64 KiB }}
peers:
  seed: {{ have: all }}
  you:  {{ subject: true, settings: {{ restart: one_for_one, restart_pause: 1 s, restarts: 100 }} }}
timeline:
  - {{ at: 1 s, {what}, of: {who} }}
checks:
  - completes: {{ who: you, within: 50 s }}
  - contents_match: {{ who: you }}
  - recovers_from_disk_full: {{ who: you, within: 40 s }}
"""


def lab(programs: Programs, tmp_path: Path, story: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    told = subprocess.run([programs.swarmsim, "run", story, "--mode", "lab", "--out", tmp_path / "runs", *arguments], cwd=tmp_path,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400, check=False)
    if missing := re.search("faulty storage takes.*", told.stdout):
        pytest.skip(missing[0])
    return told


def ran(programs: Programs, tmp_path: Path, what: str, *arguments: str | Path, who: str = "you") -> subprocess.CompletedProcess[str]:
    story = tmp_path / "story.yaml"
    story.write_text(STORY.format(what=what, who=who))
    return lab(programs, tmp_path, story, *arguments)


@pytest.mark.parametrize("what", ["full_at: 1 MiB", "write_error: 20%"])
def test_our_client_recovers_once_it_is_over(programs: Programs, tmp_path: Path, what: str) -> None:
    told = ran(programs, tmp_path, f"storage: {{ {what} }}, for: 6 s")
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search("held +recovers_from_disk_full of you +1 of 1 whole", told.stdout)


def test_a_scenario_with_storage_faults_is_for_real_processes_too(programs: Programs, tmp_path: Path) -> None:
    told = lab(programs, tmp_path, ROOT / "scenarios" / "robustness" / "a_disk_that_lies_blames_nobody_else.yaml")
    assert told.returncode == 0, told.stdout + told.stderr


def test_what_a_client_makes_of_it_is_its_own_business(programs: Programs, tmp_path: Path) -> None:
    """It writes, is told that there is no room, and ends: a fault, with its last words."""
    client = tmp_path / "writer.yaml"
    client.write_text("adapter: 1\nclient: writer\nready: { log: up }\n"
                      "leech: [sh, -c, 'echo up; sleep 3; head -c 2M /dev/zero > \"$0/x\"', '{dir}']\n")
    told = ran(programs, tmp_path, "storage: { full_at: 1 MiB }", "--client", client, "--until", "8s")
    assert told.returncode == 1, told.stdout + told.stderr
    assert "No space left on device (writer)" in told.stdout


def test_what_gets_lost_is_lost_to_who_comes_for_it(programs: Programs, tmp_path: Path) -> None:
    """A seed loses a quarter of its content and is not told; who fetches from it alone never has everything."""
    told = ran(programs, tmp_path, "lose: 25%", "--until", "12s", who="seed")
    assert "none of 1 completed" in told.stdout, told.stdout + told.stderr
    assert re.search("contents_match of you +0 of 1 equal", told.stdout)
