"""swarmsim in continuous integration: tiers, bisection, annotations, the summary of a job, JUnit, numbers over seeds."""

from __future__ import annotations

import json
import os
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from harness.programs import Programs

ROOT = Path(__file__).resolve().parents[2]
QUICK = "scenarios/quickstart.yaml"
# Five leechers need about half a minute: with two seconds at most, the check is violated.
LATE = ("--set", "limit=2 s")


def ran(programs: Programs, out: Path, *arguments: str, github: dict[str, str] | None = None,
        ) -> subprocess.CompletedProcess[str]:
    """`swarmsim run`, in a workflow of GitHub or, whatever runs this test, out of one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return subprocess.run([programs.swarmsim, "run", *arguments, "--out", out], cwd=ROOT, env={**environment, **(github or {})},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)


def listed(programs: Programs, tier: str) -> list[dict[str, object]]:
    told = programs.run("swarmsim", "list", "scenarios", "--tier", tier, "--json", cwd=ROOT)
    assert told.returncode == 0, told.stderr
    scenarios: list[dict[str, object]] = json.loads(told.stdout)["scenarios"]
    return scenarios


def line_of(text: str) -> int:
    lines = (ROOT / QUICK).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_tiers_are_as_large_as_they_are_said_to_be(programs: Programs) -> None:
    """pr is everything but what is for the night; the lab has twenty, and five to begin with that end within four minutes."""
    everything = {scenario["file"] for scenario in listed(programs, "nightly")}
    assert {scenario["file"] for scenario in listed(programs, "pr")} <= everything
    lab, first = listed(programs, "lab"), listed(programs, "lab-smoke")
    assert len(lab) >= 20
    assert len(first) == 5
    assert sum(float(str(scenario["limit_s"])) for scenario in first) <= 240
    assert all(scenario["subjects"] and float(str(scenario["limit_s"])) <= 90 for scenario in lab)


def test_smoke_is_over_in_ten_seconds_and_holds(programs: Programs, tmp_path: Path) -> None:
    begin = time.monotonic()
    done = ran(programs, tmp_path, "scenarios", "--tier", "smoke", "--jobs", "2")
    assert done.returncode == 0, done.stdout
    assert time.monotonic() - begin < 10
    assert "HELD" in done.stdout


def test_a_night_has_twenty_seeds_unless_told_otherwise(programs: Programs, tmp_path: Path) -> None:
    def seeds(*more: str) -> list[int]:
        done = ran(programs, tmp_path, "scenarios/lab/one_block_is_a_torrent_too.yaml", "--tier", "nightly", "--json", *more)
        assert done.returncode == 0, done.stdout
        return [run["seed"] for run in json.loads(done.stdout)["runs"]]
    assert seeds() == list(range(1, 21))
    assert seeds("--seed", "7") == [7]


def test_a_setting_meant_for_a_tier_need_not_fit_the_others(programs: Programs, tmp_path: Path) -> None:
    """Two stories; only the one of the tier has a fifth check, which is changed."""
    folder = tmp_path / "stories"
    folder.mkdir()
    text = (ROOT / QUICK).read_text()
    (folder / "long.yaml").write_text(text)
    (folder / "short.yaml").write_text(text.replace("tier: smoke\n", "").split("  - contents_match")[0])
    change = ("--set", "checks.4.no_request_while_choked.who=liar")
    assert ran(programs, tmp_path, str(folder), *change, "--until", "1 s").returncode == 2
    assert "of liar" in ran(programs, tmp_path, str(folder), *change, "--until", "1 s", "--tier", "smoke").stdout


@pytest.mark.parametrize(("arguments", "status"), [
    ((QUICK,), 0),
    ((QUICK, *LATE), 1),
    ((QUICK, "--set", "peers.liar.behaviour=[ { corrupt_blocks: 0% } ]"), 125),   # bans: vacuous
    ((QUICK, "--until", "1 s", "--require", "completes"), 125),                   # undecided
    (("nowhere.yaml",), 125),
    ((QUICK, "--set", "peers.leech.settings={ no_such: 1 }"), 125),               # a setting that a version does not have yet
    ((QUICK, "--no-such-option"), 125),
])
def test_bisect_tells_good_from_bad_from_what_cannot_be_judged(programs: Programs, tmp_path: Path, arguments: tuple[str, ...],
                                                               status: int) -> None:
    done = ran(programs, tmp_path, *arguments, "--bisect")
    assert done.returncode == status, done.stdout + done.stderr
    if status == 125 and "run" in done.stdout:
        assert done.stdout.endswith("NOT JUDGED: this version says nothing\n")


def test_git_bisect_finds_the_commit_that_broke_a_scenario(programs: Programs, tmp_path: Path) -> None:
    """1. Nine commits of a scenario: the fourth cannot be read, from the sixth on the limit is too short.
    2. `git bisect run` with --bisect passes over the fourth and names the sixth.
    """
    repository = tmp_path / "repository"
    repository.mkdir()
    text = (ROOT / QUICK).read_text()

    def git(*words: str) -> str:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], cwd=repository, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout

    git("init", "-q", "-b", "main")
    for number in range(1, 10):
        now = text.replace("limit: 10 min", "limit: 2 s") if number >= 6 else text
        now = now.replace("format: 1", "format: one") if number == 4 else now
        (repository / "story.yaml").write_text(f"# {number}\n{now}")
        git("add", "story.yaml")
        git("commit", "-qm", f"Change {number}")
    git("bisect", "start", "HEAD", "HEAD~8")
    told = git("bisect", "run", str(programs.swarmsim), "run", "story.yaml", "--bisect", "--out", str(tmp_path / "runs"))
    assert "is the first bad commit" in told
    assert "Change 6" in told


def test_annotations_stand_at_the_line_of_the_check(programs: Programs, tmp_path: Path) -> None:
    """One per check, on the error stream, so that a JSON document stays one."""
    workflow = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(ROOT)}
    done = ran(programs, tmp_path, str(ROOT / QUICK), *LATE, "--seeds", "1..3", "--json", github=workflow)
    assert done.returncode == 1
    assert json.loads(done.stdout)["exit"] == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("::error ")]
    assert len([line for line in errors if "completes of leech" in line]) == 1
    late = next(line for line in errors if "completes of leech" in line)
    assert late.startswith(f"::error file={QUICK},line={line_of('completes:')},title=completes of leech%3A violated::")
    assert "seeds: 1, 2, 3%0Aagain: swarmsim run " in late
    assert "::" not in ran(programs, tmp_path, QUICK, *LATE).stderr


def test_what_is_wrong_with_a_file_is_annotated_there(programs: Programs, tmp_path: Path) -> None:
    story = tmp_path / "story.yaml"
    story.write_text((ROOT / QUICK).read_text().replace("limit: 10 min", "limit: 10"))
    done = ran(programs, tmp_path, str(story), github={"GITHUB_ACTIONS": "true"})
    assert done.returncode == 2
    line = line_of("limit: 10 min")
    assert f"::error file={story},line={line},title=swarmsim::limit: '10' is a bare number" in done.stderr


def test_a_known_failure_is_a_notice_and_a_list_out_of_date_an_error(programs: Programs, tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    entry = "  - {{ scenario: quickstart.yaml, check: {}, reason: a test, until: 2999-12-31 }}\n"
    known.write_text("format: 1\nknown:\n" + entry.format("completes") + entry.format("contents_match"))
    workflow = {"GITHUB_ACTIONS": "true"}
    late = ran(programs, tmp_path, QUICK, *LATE, "--known", str(known), github=workflow)
    assert "::notice file=" in late.stderr and "known until 2999-12-31%3A" not in late.stderr
    assert "known until 2999-12-31: a test" in late.stderr
    held = ran(programs, tmp_path, QUICK, "--known", str(known), github=workflow)
    assert held.returncode == 1
    assert f"::error file={known},line=3,title=swarmsim::" in held.stderr and "take the entry out" in held.stderr


def test_the_summary_of_a_job_grows_with_each_step(programs: Programs, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    workflow = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    assert ran(programs, tmp_path, QUICK, github=workflow).returncode == 0
    assert ran(programs, tmp_path, QUICK, *LATE, github=workflow).returncode == 1
    text = summary.read_text()
    assert text.index("### Swarmlab: held") < text.index("### Swarmlab: VIOLATED")
    assert f"| violated | {QUICK}:{line_of('completes:')} | 1 | completes of leech |" in text
    assert "<details><summary>1 scenario</summary>" in text
    nowhere = {**workflow, "GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "summary.md")}
    assert ran(programs, tmp_path, QUICK, github=nowhere).returncode == 3


def test_junit_says_seed_line_and_the_command_that_shows_it_again(programs: Programs, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert ran(programs, tmp_path, QUICK, *LATE, "--seed", "7", "--junit", str(report)).returncode == 1
    suite = ElementTree.parse(report).getroot()[0]
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert properties["seed"] == "7"
    assert properties["again"] == f"swarmsim run {QUICK} --seed 7 --set 'limit=2 s' --trace"
    case = next(case for case in suite.iter("testcase") if case.get("name") == "completes of leech")
    assert case.get("file") == QUICK and case.get("line") == str(line_of("completes:"))


def test_runs_over_seeds_end_with_the_spread_of_their_numbers(programs: Programs, tmp_path: Path) -> None:
    """The command that it names shows the first seed that failed."""
    within = "checks=[ completes: { who: leech, within: 28.7 s } ]"   # between the fastest and the slowest of these seeds
    done = ran(programs, tmp_path, QUICK, "--seeds", "1..8", "--set", within)
    assert done.returncode == 1
    text = done.stdout[done.stdout.index("seeds 1..8:"):]
    assert "median" in text and "p95" in text and "completes of leech: slowest" in text and "virtual time" in text
    first = next(line for line in text.splitlines() if "first violated: " in line).split("first violated: swarmsim run ", 1)[1]
    seed = first.split("--seed ")[1].split()[0]
    assert ran(programs, tmp_path, QUICK, "--seed", seed, "--set", within).returncode == 1
    report = json.loads((tmp_path / "latest" / "verdict.json").read_text())
    assert "seeds" not in report, "one run has no spread"
    several = json.loads(ran(programs, tmp_path, QUICK, "--seeds", "1..8", "--set", within, "--json").stdout)["seeds"][0]
    assert several["runs"] == 8 and 0 < several["violated"] < 8
    real = next(number for number in several["numbers"] if number["of"] == "real time")
    assert real["unit"] == "s" and 0 < real["min"] <= real["median"] <= real["p95"] <= real["max"]
