"""Lab mode: real processes in an emulated network, judged as simulated ones are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import textwrap
import time
from pathlib import Path

import pytest

from harness.namespaces import why_unavailable
from harness.programs import Programs

ROOT = Path(__file__).resolve().parents[2]

STORY = """
format: 1
scenario: A leecher fetches from a seed
limit: 40 s
torrent: { size: 1 MiB, piece_length: 64 KiB }
tracker: { kind: http, interval: 10 s }
network:
  link: { up: 8 Mbit/s, down: 8 Mbit/s, delay: 10 ms, queue: 64 KiB }
peers:
  seed: { have: all }
  liar: { have: all, join: 4 s, behaviour: [ { corrupt_blocks: 50% } ] }
  you:  { subject: true, join: 1 s, settings: { upload_slots: 2 } }
checks:
  - completes: { who: you, within: 30 s }
  - contents_match: { who: you }
  - no_request_while_choked: { who: you }
"""

needs_namespaces = pytest.mark.skipif(bool(why_unavailable()) and os.environ.get("CI") != "true",
                                      reason=f"no network namespaces here: {why_unavailable()}")


def ran(programs: Programs, tmp_path: Path, *arguments: str, story: str = STORY) -> subprocess.CompletedProcess[str]:
    scenario = tmp_path / "story.yaml"
    scenario.write_text(story)
    return subprocess.run([programs.swarmsim, "run", scenario, "--mode", "lab", "--out", tmp_path / "runs", *arguments], cwd=tmp_path,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400, check=False)


def judged(ran: subprocess.CompletedProcess[str]) -> dict[str, object]:
    runs: list[dict[str, object]] = json.loads(ran.stdout)["runs"]
    return runs[0]


def verdicts(run: dict[str, object]) -> dict[str, str]:
    return {check["check"]: check["verdict"] for check in run["checks"]}  # type: ignore[index,attr-defined]


@needs_namespaces
@pytest.mark.parametrize("client", ["", "btclient"])
def test_a_client_of_ours_fetches_in_real_time_and_is_judged(programs: Programs, tmp_path: Path, client: str) -> None:
    told = ran(programs, tmp_path, "--json", *(["--client", client] if client else []))
    run = judged(told)
    assert told.returncode == 0, told.stdout + told.stderr
    assert run["mode"] == "lab"
    assert run.get("client", "") == client
    assert set(verdicts(run).values()) == {"held"}


@needs_namespaces
def test_runs_go_side_by_side_and_are_reported_in_order(programs: Programs, tmp_path: Path) -> None:
    """1. Each has addresses, names and disks of its own, though all are called the same. 2. Together they take less than their sum."""
    begin = time.monotonic()
    told = ran(programs, tmp_path, "--json", "--network", "namespaces", "--seeds", "1..3", "--jobs", "3", "--client", "btclient")
    took = time.monotonic() - begin
    runs = json.loads(told.stdout)["runs"]
    assert told.returncode == 0, told.stdout + told.stderr
    assert [run["seed"] for run in runs] == [1, 2, 3]
    assert [set(verdicts(run).values()) for run in runs] == [{"held"}] * 3
    assert len(list((tmp_path / "runs").glob("latest/*.lab/you.log"))) == 3
    assert took < sum(run["wall_s"] for run in runs)


@needs_namespaces
def test_a_client_that_nobody_knew_needs_a_file_of_a_few_lines(programs: Programs, tmp_path: Path) -> None:
    adapter = tmp_path / "other.yaml"
    adapter.write_text(textwrap.dedent("""
        adapter: 1
        client: other
        leech: [aria2c, --no-conf, --enable-dht=false, --enable-dht6=false, --bt-enable-lpd=false, '--listen-port={port}', --seed-ratio=0,
          --bt-min-crypto-level=plain, --disable-ipv6=true, --show-console-readout=false, -d, '{dir}', '{torrent}']
    """))
    told = ran(programs, tmp_path, "--client", str(adapter))
    assert told.returncode == 0, told.stdout + told.stderr
    assert "other under test" in told.stdout
    assert "note: you cannot be told 'upload_slots' (other)" in told.stdout


@needs_namespaces
def test_what_is_known_of_a_client_of_that_version_is_excused(programs: Programs, tmp_path: Path) -> None:
    """1. Its version is that of its adapter's command. 2. What is known of others excuses nothing."""
    adapter = tmp_path / "late.yaml"
    adapter.write_text("adapter: 1\nclient: late\nversion: [echo, 'the late client 1.4.2 (for tests)']\n"
                       "leech: [btclient, --plain, --dir, '{dir}', --listen, '{listen_ip}:{port}', '{source}']\n")
    too_short = STORY.replace("within: 30 s", "within: 1 ms")
    entry = "  - {{ scenario: story.yaml, check: completes, reason: it is slow, until: 2999-12-31, client: {}, version: \"{}\" }}\n"
    known = tmp_path / "known.yaml"
    known.write_text("format: 1\nknown:\n" + entry.format("late", "1.4") + entry.format("btclient", "0"))
    told = ran(programs, tmp_path, "--client", str(adapter), "--known", str(known), story=too_short)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "known until 2999-12-31: it is slow" in told.stdout
    assert "late 1.4.2 under test" in told.stdout
    known.write_text("format: 1\nknown:\n" + entry.format("late", "1.3") + entry.format("btclient", "0"))
    told = ran(programs, tmp_path, "--client", str(adapter), "--known", str(known), "--json", story=too_short)
    assert told.returncode == 1, told.stdout + told.stderr
    assert judged(told)["client_version"] == "1.4.2"


@needs_namespaces
def test_a_client_that_crashes_is_a_fault_with_its_last_words(programs: Programs, tmp_path: Path) -> None:
    adapter = tmp_path / "crash.yaml"
    adapter.write_text("adapter: 1\nclient: crash\nready: { log: up }\n"
                       "leech: [sh, -c, 'echo up; sleep 1; echo out of cheese; exit 9']\n")
    told = ran(programs, tmp_path, "--client", str(adapter), "--until", "5s")
    assert told.returncode == 1, told.stdout + told.stderr
    assert "you ended by itself (exit status 9); its last words: up%0Aout of cheese (crash)" in told.stdout


def adapter_that(tmp_path: Path, script: str) -> str:
    """The name of an adapter whose client is a shell script; it is ready when it has said `up`."""
    adapter = tmp_path / "script.yaml"
    adapter.write_text(f"adapter: 1\nclient: script\nready: {{ log: up }}\nleech: [sh, -c, '{script}']\n")
    return str(adapter)


BTCLIENT = 'btclient --plain --dir "{dir}" --listen {listen_ip}:{port} "{torrent}"'


@needs_namespaces
def test_a_client_that_crashes_is_started_again_if_its_group_says_so(programs: Programs, tmp_path: Path) -> None:
    """1. It crashes once, and is started again: all held, a note says so, and both lives are in its log."""
    crash_once = "test -e {home}/once || { touch {home}/once; sleep 1; echo out of cheese; exit 9; }"
    client = adapter_that(tmp_path, f"echo up; {crash_once}; exec {BTCLIENT}")
    story = STORY.replace("you:  { subject: true,", "you:  { subject: true, restart: { at_most: 2, within: 1 min },")
    told = ran(programs, tmp_path, "--client", client, story=story)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "you ended by itself (exit status 9); its last words: up%0Aout of cheese (script); started again" in told.stdout
    log = next(tmp_path.glob("runs/latest/*.lab/you.log")).read_text()
    assert "out of cheese" in log and "complete" in log


@needs_namespaces
def test_a_client_that_crashes_more_often_than_that_is_a_fault(programs: Programs, tmp_path: Path) -> None:
    client = adapter_that(tmp_path, "echo up; sleep 1; exit 9")
    story = STORY.replace("you:  { subject: true,", "you:  { subject: true, restart: { at_most: 2, within: 1 min },")
    told = ran(programs, tmp_path, "--client", client, "--until", "15s", story=story)
    assert told.returncode == 1, told.stdout + told.stderr
    assert told.stdout.count("started again\n") == 2
    assert "FAULT" in told.stdout and "it had been started again 2 times within 1 min" in told.stdout


@needs_namespaces
@pytest.mark.parametrize("ends, script, fault", [
    ("failed", f"echo up; {BTCLIENT} --exit-when complete; exit 3", ""),
    ("killed", f"echo up; {BTCLIENT} --exit-when complete; kill -9 $$", ""),
    ("any", f"echo up; {BTCLIENT} --exit-when complete; exit 0", ""),
    ("exited", f"echo up; {BTCLIENT} --exit-when complete; exit 3", "you ended by itself (exit status 3)"),
    ("running", f"echo up; {BTCLIENT} --exit-when complete; exit 0", "you ended by itself (exit status 0)"),
    ("exited", f"echo up; exec {BTCLIENT}", "you still runs, and was to have ended: exited"),
])
def test_a_client_comes_to_what_its_group_says(programs: Programs, tmp_path: Path, ends: str, script: str, fault: str) -> None:
    story = STORY.replace("you:  { subject: true,", f"you:  {{ subject: true, ends: {ends},").replace("limit: 40 s", "limit: 25 s") \
        .replace("within: 30 s", "within: 24 s")
    told = ran(programs, tmp_path, "--client", adapter_that(tmp_path, script), story=story)
    assert told.returncode == (1 if fault else 0), told.stdout + told.stderr
    assert ("FAULT" in told.stdout) == bool(fault) and fault in told.stdout, told.stdout


def test_processes_are_of_no_concern_in_virtual_time_which_is_said(programs: Programs, tmp_path: Path) -> None:
    story = tmp_path / "story.yaml"
    story.write_text(STORY.replace("you:  { subject: true,", "you:  { subject: true, ends: exited,"))
    told = programs.run("swarmsim", "run", story, "--out", tmp_path / "runs")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "note: you: 'ends', 'restart' and 'limits' are about processes; in virtual time there are none" in told.stdout


@needs_namespaces
def test_a_client_that_is_not_installed_makes_the_run_invalid(programs: Programs, tmp_path: Path) -> None:
    adapter = tmp_path / "absent.yaml"
    adapter.write_text("adapter: 1\nclient: absent\nleech: [no-such-client, '{torrent}']\n")
    told = ran(programs, tmp_path, "--client", str(adapter))
    assert told.returncode == 3, told.stdout + told.stderr
    assert "no-such-client is not installed" in told.stdout


@needs_namespaces
def test_what_only_a_simulated_client_can_play_is_not_applicable(programs: Programs, tmp_path: Path) -> None:
    story = STORY.replace("size: 1 MiB", "files: [ { path: a, size: 1 MiB } ]")
    story = story.replace("checks:", "timeline: [ { at: 5 s, selection: ['*'], of: you } ]\nchecks:")
    told = ran(programs, tmp_path, "--json", story=story)
    assert told.returncode == 4, told.stdout + told.stderr
    assert set(verdicts(judged(told)).values()) == {"not applicable"}


def test_a_wrong_adapter_is_refused_with_line_and_column(programs: Programs, tmp_path: Path) -> None:
    adapter = tmp_path / "wrong.yaml"
    adapter.write_text("adapter: 1\nclient: wrong\nleach: [x]\n")
    told = ran(programs, tmp_path, "--client", str(adapter))
    assert told.returncode in (2, 3), told.stdout + told.stderr   # 3 where there is no sandbox to begin with
    if told.returncode == 2:
        assert "wrong.yaml:3:1: adapter: 'leach' is no key here; did you mean 'leech'?" in told.stderr


def test_a_client_is_for_lab_mode_alone(programs: Programs) -> None:
    told = programs.run("swarmsim", "run", "scenarios/quickstart.yaml", "--client", "aria2", cwd=ROOT)
    assert told.returncode == 2
    assert "--client is for real processes: --mode lab --client NAME" in told.stderr


def test_the_adapter_to_begin_with_is_a_valid_one(programs: Programs) -> None:
    told = programs.run("swarmsim", "new-adapter", "mine", cwd=ROOT)
    assert told.returncode == 0
    assert "client: mine" in told.stdout
    listed = programs.run("swarmsim", "adapters", cwd=ROOT)
    assert "transmission" in listed.stdout


@needs_namespaces
@pytest.mark.parametrize("client", ["", "btclient"])
def test_trace_and_packets_of_a_run_give_its_verdicts(programs: Programs, tmp_path: Path, client: str) -> None:
    """1. A run writes its events and its packets.  2. Judged again by either, later and without any process, every verdict is the same;
    what packets cannot tell (what is on disks) is undecided."""
    named = ["--client", client] if client else []
    live = judged(ran(programs, tmp_path, "--json", "--trace", "--pcap", *named))
    again = judged(programs.run("swarmsim", "judge", live["trace"], "--json"))
    assert verdicts(again) == verdicts(live)
    assert again["mode"] == "lab" and again["fingerprint"] == live["fingerprint"]
    assert not [note for note in again["notes"] if "by this trace" in note]  # type: ignore[attr-defined]
    packets = judged(programs.run("swarmsim", "judge", tmp_path / "story.yaml", "--capture", live["pcap"], *named, "--json"))
    assert packets["mode"] == "capture"
    decided = {check: verdict for check, verdict in verdicts(packets).items() if verdict != "undecided"}
    assert decided == {check: verdicts(live)[check] for check in decided}
    assert len(decided) >= 2


@needs_namespaces
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_the_packets_of_real_processes(programs: Programs, tmp_path: Path) -> None:
    live = judged(ran(programs, tmp_path, "--json", "--pcap"))
    fields = ["-T", "fields", "-e", "frame.interface_name", "-e", "bittorrent.msg.type"]
    read = subprocess.run(["tshark", "-r", live["pcap"], "-Y", "bittorrent.msg.type", *fields],  # type: ignore[list-item]
                          capture_output=True, text=True, timeout=120, check=True)
    lines = [line.split("\t") for line in read.stdout.splitlines()]
    assert {"seed", "you"} <= {host for host, _ in lines}          # each packet at the interface of who sent it
    assert any("6" in kinds.split(",") for host, kinds in lines if host == "you")     # requests
    assert any("7" in kinds.split(",") for host, kinds in lines if host == "seed")    # pieces


@needs_namespaces
def test_what_a_client_does_is_measured(programs: Programs, tmp_path: Path) -> None:
    """Our own client, whose ways are known, in the first of the three experiments: what is declared is what is seen."""
    for _ in range(3):
        told = programs.run("swarmsim", "profile", "--client", "btclient", "--only", "fetch", "--json", cwd=tmp_path, seconds=300)
        if told.returncode != 3:
            break
    profile = json.loads(told.stdout)["profiles"][0]
    claims = {claim["name"]: claim for claim in profile["declares"]}
    assert told.returncode == 0, told.stdout + told.stderr
    assert claims["request_size"]["seen"] == 16384 and claims["request_size"]["sure"]
    assert claims["end_game_requesters"]["seen"] in (2, 3)
    assert claims["in_order"]["seen"] is False
    assert claims["reaction_time"]["seen"] < 1
    depths = {finding["what"]: finding["median"] for finding in profile["topics"][0]["findings"]}
    assert depths["open at 5 Mbit/s, 100 ms round trip"] > depths["open at 1 Mbit/s, 20 ms round trip"]


def test_profiles_of_strangers_are_refused(programs: Programs, tmp_path: Path) -> None:
    for words, said in ((["--client", "no-such"], "there is no adapter"), (["--set", "upload_slots"], "--set upload_slots:"),
                        (["--set", "upload_slot=3"], "upload_slots"), (["--only", "fetsch"], "did you mean 'fetch'?"),
                        (["btclient"], "what is 'btclient'")):
        told = programs.run("swarmsim", "profile", *words, cwd=tmp_path)
        assert told.returncode in (2, 3), told.stdout + told.stderr
        if told.returncode == 2:
            assert said in told.stderr
