"""What a machine gives too little of, under real processes: descriptors, room, lengths of files."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.namespaces import why_unavailable
from harness.programs import Programs

pytestmark = pytest.mark.skipif(bool(why_unavailable()) and os.environ.get("CI") != "true",
                                reason=f"no network namespaces here: {why_unavailable()}")

STORY = """
format: 1
scenario: A client has less than it would like
limit: LIMIT
torrent: { TORRENT, piece_length: 64 KiB }
tracker: { kind: http, interval: 10 s }
network:
  link: { up: 8 Mbit/s, down: 8 Mbit/s, delay: 5 ms, queue: 64 KiB }
peers:
PEERS
checks:
CHECKS
"""


def lab(programs: Programs, tmp_path: Path, peers: list[str], checks: list[str], *arguments: str | Path, limit: str = "10 s",
        torrent: str = "size: 4 MiB") -> subprocess.CompletedProcess[str]:
    story = tmp_path / "story.yaml"
    story.write_text(STORY.replace("LIMIT", limit).replace("TORRENT", torrent).replace("PEERS", "\n".join(f"  {line}" for line in peers))
                     .replace("CHECKS", "\n".join(f"  - {line}" for line in checks)))
    return subprocess.run([programs.swarmsim, "run", story, "--mode", "lab", "--out", tmp_path / "runs", *arguments], cwd=tmp_path,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400, check=False)


@pytest.mark.parametrize(("limits", "words"), [("disk: 1 MiB", "No space left on device"), ("file_size: 1 MiB", "File too large"),
                                               ("open_files: 33", "descriptors: 33")])
def test_a_client_gets_no_more_than_its_group_says(programs: Programs, tmp_path: Path, limits: str, words: str) -> None:
    """1. A client that tells how many descriptors it gets, writes 2 MiB and ends. 2. That is its fault, with its last words."""
    client = tmp_path / "writer.yaml"
    client.write_text("adapter: 1\nclient: writer\nready: { log: up }\n"
                      "leech: [sh, -c, 'echo up; sleep 1; echo descriptors: $(ulimit -n); head -c 2M /dev/zero > \"$0/x\"; exit 1', "
                      "'{dir}']\n")
    told = lab(programs, tmp_path, ["seed: { have: all }", f"you: {{ subject: true, limits: {{ {limits} }} }}"],
               ["completes: { who: you }"], "--client", client, "--until", "4s")
    assert told.returncode == 1, told.stdout + told.stderr
    assert re.search(f"FAULT .*{words}", told.stdout.replace("\n", " ")), told.stdout + told.stderr


@pytest.mark.parametrize("limits", ["disk: 1 MiB", "file_size: 1 MiB"])
def test_our_client_ends_where_it_cannot_write_and_claims_nothing(programs: Programs, tmp_path: Path, limits: str) -> None:
    told = lab(programs, tmp_path,
               ["seed: { have: all }", "other: { join: 2 s }", f"you: {{ subject: true, ends: failed, limits: {{ {limits} }} }}"],
               ["announce_events: { who: you }", "completes: { who: other }"], "--client", "btclient", limit="30 s")
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search("held +announce_events of you", told.stdout), told.stdout


def test_our_client_short_of_descriptors_serves_who_comes_later(programs: Programs, tmp_path: Path) -> None:
    """B55: a seed of 60 files with 40 descriptors, and sixteen peers at once; then another one. It says what it makes of them."""
    files = ", ".join(f"{{ path: f{number:02}, size: 30 KiB }}" for number in range(60))
    told = lab(programs, tmp_path,
               ["you: { subject: true, have: all, limits: { open_files: 40 }, settings: { upload_slots: 10 } }",
                "crowd: { count: 16, join: { at: 1 s }, linger: 0 s }", "late: { join: 30 s }"],
               ["completes: { who: [crowd, late], within: 60 s }"], "--client", "btclient", limit="90 s", torrent=f"files: [ {files} ]")
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search(r"held +completes of crowd, late +17 of 17", told.stdout), told.stdout
    said = next((tmp_path / "runs" / "latest").glob("*.lab/you.log")).read_text()
    assert "40 files and sockets may be open at once, so a torrent gets 5 files and 10 connections" in said
