"""Traces in the hands of a user: two runs compared, one judged again, one read as a conversation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.programs import Programs

_SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "quickstart.yaml"


@pytest.fixture(name="runs", scope="module")
def _runs(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """One run per seed, 1 and 2, each with its trace."""
    ran = programs.run("swarmsim", "run", _SCENARIO, "--seeds", "1..2", "--trace", "--json", "--out",
                       tmp_path_factory.mktemp("runs"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    runs: list[dict[str, object]] = json.loads(ran.stdout)["runs"]
    return runs


def test_two_seeds_part_somewhere_and_diff_says_where(runs: list[dict[str, object]], programs: Programs) -> None:
    one, two = (str(run["trace"]) for run in runs)
    told = programs.run("swarmsim", "diff", one, two)
    assert told.returncode == 1
    assert "the seeds differ: 1 and 2" in told.stdout
    assert "events are alike" in told.stdout and "\nA: " in told.stdout and "\nB: " in told.stdout
    same = programs.run("swarmsim", "diff", one, one)
    assert same.returncode == 0 and "events are alike" in same.stdout
    assert programs.run("swarmsim", "diff", one, _SCENARIO).returncode == 2


def test_a_stored_trace_gives_the_verdicts_values_and_stories_of_the_run(runs: list[dict[str, object]],
                                                                         programs: Programs) -> None:
    """What all stock scenarios must do is tested by unit tests; here through files and the program."""
    judged = programs.run("swarmsim", "judge", *(str(run["trace"]) for run in runs), "--json")
    assert judged.returncode == 0, judged.stdout + judged.stderr
    for live, again in zip(runs, json.loads(judged.stdout)["runs"], strict=True):
        for field in ("scenario", "seed", "fingerprint", "virtual_s", "verdict"):
            assert again[field] == live[field]
        assert [{**check, "again": ""} for check in again["checks"]] == [{**check, "again": ""} for check in live["checks"]]


def test_a_trace_reads_as_a_conversation(runs: list[dict[str, object]], programs: Programs) -> None:
    told = programs.run("swarmsim", "trace", str(runs[0]["trace"]), "--peer", "leech[0]", "--with", "liar")
    assert told.returncode == 0
    assert "as leech[0] saw it" in told.stdout
    assert "-> liar" in told.stdout and "<- liar" in told.stdout and "seeder" not in told.stdout.split("\n\n", 1)[1]
    assert "REQUEST x " in told.stdout
