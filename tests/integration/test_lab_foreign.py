"""Lab mode with what the repository knows nothing of: clients brought up from docs/adapters.md alone, and another tracker."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.namespaces import why_unavailable
from harness.programs import Programs

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "tests" / "lab" / "clients"

pytestmark = pytest.mark.skipif(bool(why_unavailable()) and os.environ.get("CI") != "true",
                                reason=f"no network namespaces here: {why_unavailable()}")


def needs(program: str) -> None:
    if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip(f"{program} is not installed")


def lab(programs: Programs, tmp_path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([programs.swarmsim, *arguments], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=400, check=False)


@pytest.mark.parametrize("client", ["ctorrent", "lftp", "small_client"])
def test_a_client_is_brought_up_by_a_few_lines(programs: Programs, tmp_path: Path, client: str) -> None:
    """1. Its adapter is short. 2. It is fit: the client seeds, leeches, ends. 3. A scenario of the lab has nothing against the client."""
    needs("python3" if client == "small_client" else client)
    adapter = CLIENTS / f"{client}.yaml"
    assert len(adapter.read_text().splitlines()) <= 15
    checked = lab(programs, tmp_path, "adapter-check", adapter)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    ran = lab(programs, tmp_path, "run", ROOT / "scenarios" / "lab" / "a_leecher_completes_from_one_seed.yaml", "--mode", "lab",
              "--client", adapter, "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    verdicts = {check["check"]: check["verdict"] for check in json.loads(ran.stdout)["runs"][0]["checks"]}
    assert verdicts["completes"] == verdicts["contents_match"] == "held"


def test_a_client_that_follows_the_names_of_a_torrent_is_accused(programs: Programs, tmp_path: Path) -> None:
    """The client of one page joins what the torrent says to its folder, as newcomers do (B77); it seeds and leeches all right otherwise."""
    ran = lab(programs, tmp_path, "run", ROOT / "scenarios" / "lab" / "names_of_a_torrent_stay_in_the_folder.yaml", "--mode", "lab",
              "--client", CLIENTS / "small_client.yaml")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    said = re.search(r"leech wrote outside of the folder that it was given: (.*)", ran.stdout)
    assert said, ran.stdout
    assert said[1].split(", ")[0:2] == ["../../far_up", "../content.torrent"], said[1]
    assert "/mnt/" in ran.stdout
    assert not list(Path("/mnt").glob("absolute*"))


@pytest.mark.parametrize("scenario", ["a_leecher_completes_from_one_seed", "announces_over_udp_are_enough"])
def test_another_tracker_serves_a_scenario_as_it_is(programs: Programs, tmp_path: Path, scenario: str) -> None:
    needs("opentracker")
    ran = lab(programs, tmp_path, "run", ROOT / "scenarios" / "lab" / f"{scenario}.yaml", "--mode", "lab", "--tracker", "opentracker")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "note: tracker cannot be told 'interval' (opentracker)" in ran.stdout


def test_a_tracker_of_ones_own_is_a_file(programs: Programs, tmp_path: Path) -> None:
    tracker = tmp_path / "mine.yaml"
    tracker.write_text("adapter: 1\nclient: mine\n"
                       "tracker: [bttracker, --http, '{listen_ip}:{port}', --interval, '{interval}', --verbose]\n")
    ran = lab(programs, tmp_path, "run", ROOT / "scenarios" / "lab" / "a_leecher_completes_from_one_seed.yaml", "--mode", "lab",
              "--tracker", tracker)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "cannot be told" not in ran.stdout


def test_trackers_and_clients_are_not_mistaken_for_each_other(programs: Programs, tmp_path: Path) -> None:
    for option, name, hint in (("--tracker", "aria2", "aria2 is a client: --client aria2"),
                               ("--client", "opentracker", "opentracker is a tracker: --tracker opentracker")):
        told = lab(programs, tmp_path, "run", ROOT / "scenarios" / "quickstart.yaml", "--mode", "lab", option, name)
        assert told.returncode == 2
        assert hint in told.stderr
    told = lab(programs, tmp_path, "run", ROOT / "scenarios" / "quickstart.yaml", "--tracker", "opentracker")
    assert told.returncode == 2
    assert "--tracker is for real processes" in told.stderr
