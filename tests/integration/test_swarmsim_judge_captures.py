"""A run's own capture gives the verdicts of the run: what packets tell is what the observer saw."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from harness.programs import Programs

_SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"

# Of every folder; among them both trackers' protocols, loss, liars, restarts, cuts and clients that are killed.
_PLAYED = [
    "quickstart.yaml",
    "choking/newcomers_get_a_first_piece.yaml",
    "correctness/liar_is_dropped_and_nobody_else.yaml",
    "correctness/who_lies_and_hangs_up_leaves_nothing_behind.yaml",
    "endgame/silence_gives_blocks_back.yaml",
    "lab/a_leecher_completes_from_one_seed.yaml",
    "lab/first_lab.yaml",
    "metadata/what_came_before_the_metadata_counts.yaml",
    "network/a_killed_client_resumes_from_its_disk.yaml",
    "network/a_lossy_line_slows_but_breaks_nothing.yaml",
    "network/a_partition_heals.yaml",
    "robustness/malformed_messages_hurt_nobody_else.yaml",
    "tracker/a_silent_udp_tracker_is_asked_again_in_time.yaml",
    "tracker/announces_are_true_from_started_to_stopped.yaml",
]


def _run(programs: Programs, *arguments: str | Path) -> dict[str, Any]:
    done = programs.run("swarmsim", *arguments, "--json", seconds=240)
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert "error" not in document, document
    run: dict[str, Any] = document["runs"][0]
    return run


def _verdicts(run: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(check["check"], check["who"], check["verdict"]) for check in run["checks"]]


@pytest.mark.parametrize("name", _PLAYED)
def test_a_capture_of_a_run_gives_the_verdicts_of_the_run(name: str, programs: Programs, tmp_path: Path) -> None:
    """1. A run with true bytes writes its packets.  2. They are judged.  3. But for what a capture cannot tell, the verdicts
    are the same."""
    scenario = _SCENARIOS / name
    live = _run(programs, "run", scenario, "--set", "content=bytes", "--seed", "1", "--pcap", "--out", tmp_path / "runs")
    capture = Path(live["pcap"])
    judged = _run(programs, "judge", scenario, "--set", "content=bytes", "--seed", "1", "--capture", capture)
    capture.unlink()
    same = [(was, now) for was, now in zip(_verdicts(live), _verdicts(judged), strict=True) if now[2] != "undecided"]
    assert [was for was, _ in same] == [now for _, now in same], judged
    assert judged["virtual_s"] == live["virtual_s"]


_SMALL = """
format: 1
scenario: A leecher and its seed
limit: 2 min
content: bytes
torrent: { size: 1 MiB, piece_length: 64 KiB }
network: { link: { up: 8 Mbit/s, down: 8 Mbit/s, delay: 20 ms } }
peers:
  seed: { have: all }
  leech: {}
checks:
  - completes: { who: leech, within: 1 min }
  - upload_slots: { who: seed }
  - have_means_servable: { who: seed }
  - contents_match: { who: leech }
"""


@pytest.fixture
def small(programs: Programs, tmp_path: Path) -> tuple[Path, Path]:
    """A scenario, and the capture of its run."""
    scenario = tmp_path / "small.yaml"
    scenario.write_text(_SMALL)
    return scenario, Path(_run(programs, "run", scenario, "--pcap", "--out", tmp_path / "runs")["pcap"])


def _frames(capture: Path) -> list[tuple[int, bytes]]:
    """What a pcapng of ours holds for everybody: nanoseconds and frames."""
    data, at, frames = capture.read_bytes(), 0, []
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            high, low, size = struct.unpack_from("<III", data, at + 12)
            frames.append(((high << 32) + low, data[at + 28:at + 28 + size]))
        at += length
    return frames


def _pcap(path: Path, frames: list[tuple[int, bytes]], begin: int) -> Path:
    """As tcpdump would have written them, beginning at some second of our time."""
    records = [struct.pack("<IIII", begin + at // 10**9, at % 10**9, len(frame), len(frame)) + frame for at, frame in frames]
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1) + b"".join(records))
    return path


def _addresses(scenario: Path, programs: Programs, foreign: Path) -> list[str]:
    refused = programs.run("swarmsim", "judge", scenario, "--capture", foreign)
    assert refused.returncode == 2
    assert "who is leech, seed, tracker? Say so by --names" in refused.stderr
    return refused.stderr.strip().split("without a name: ")[1].split(", ")


def test_a_capture_of_somebody_else_is_judged_by_names_and_acknowledgements(small: tuple[Path, Path], programs: Programs,
                                                                            tmp_path: Path) -> None:
    """1. The same packets as pcap, without names and arrivals.  2. Nobody is known: the error lists addresses.
    3. Named, the peers are judged; what is on disks is undecided, and says why."""
    scenario, capture = small
    frames = _frames(capture)
    foreign = _pcap(tmp_path / "foreign.pcap", frames, 1_700_000_000)
    senders = {".".join(map(str, frame[26:30])) for _, frame in frames}
    assert set(_addresses(scenario, programs, foreign)) == senders
    first_handshake = next(frame for _, frame in frames if b"BitTorrent protocol" in frame)
    blocks = [frame for _, frame in frames if len(frame) > 1400]
    seed = ".".join(map(str, blocks[0][26:30]))
    leech = ".".join(map(str, blocks[0][30:34]))
    tracker, = senders - {seed, leech}
    assert ".".join(map(str, first_handshake[26:30])) in (seed, leech)
    judged = _run(programs, "judge", scenario, "--capture", foreign,
                  "--names", f"{seed}=seed,{leech}=leech,{tracker}=tracker")
    verdicts = {check["check"]: check for check in judged["checks"]}
    assert verdicts["completes"]["verdict"] == "held", judged
    assert verdicts["have_means_servable"]["verdict"] == "held", judged
    assert verdicts["contents_match"]["verdict"] == "undecided"
    assert "not in a capture" in verdicts["contents_match"]["story"][0]


def test_clocks_of_two_hosts_are_brought_together(small: tuple[Path, Path], programs: Programs, tmp_path: Path) -> None:
    """1. Two captures, one at each peer; the leecher's clock is 7 s ahead.  2. A note says so, and the verdicts are as ever."""
    scenario, capture = small
    frames = _frames(capture)
    blocks = [frame for _, frame in frames if len(frame) > 1400]
    seed, leech = blocks[0][26:30], blocks[0][30:34]
    one_way = 40_000_000   # 20 ms at each of two lines
    at_seed, at_leech = [], []
    for at, frame in frames:
        for host, seen, ahead in ((seed, at_seed, 0), (leech, at_leech, 7 * 10**9)):
            if frame[26:30] == host:
                seen.append((at + ahead, frame))
            elif frame[30:34] == host:
                seen.append((at + ahead + one_way, frame))
    tracker = next(frame[30:34] for _, frame in frames if frame[30:34] not in (seed, leech))
    names = ",".join(f"{'.'.join(map(str, host))}={name}" for host, name in ((seed, "seed"), (leech, "leech"), (tracker, "tracker")))
    judged = _run(programs, "judge", scenario, "--names", names,
                  "--capture", _pcap(tmp_path / "seed.pcap", sorted(at_seed), 1_700_000_000),
                  "--capture", _pcap(tmp_path / "leech.pcap", sorted(at_leech), 1_700_000_000))
    assert any("leech.pcap is 7 s ahead" in note for note in judged["notes"]), judged["notes"]
    assert {check["verdict"] for check in judged["checks"] if check["check"] == "completes"} == {"held"}


def test_streams_nobody_can_read_leave_their_peers_undecided(small: tuple[Path, Path], programs: Programs, tmp_path: Path) -> None:
    """1. The capture without its first packets: every connection began before it.  2. A note says so once per peer.
    3. Nothing is held against anybody; the exit status is that of a run that decided nothing."""
    scenario, capture = small
    frames = _frames(capture)
    blocks = [index for index, (_, frame) in enumerate(frames) if len(frame) > 1400]
    late = frames[blocks[0]:]
    seed, leech = frames[blocks[0]][1][26:30], frames[blocks[0]][1][30:34]
    tracker = next(frame[30:34] for _, frame in frames if frame[30:34] not in (seed, leech))
    names = ",".join(f"{'.'.join(map(str, host))}={name}" for host, name in ((seed, "seed"), (leech, "leech"), (tracker, "tracker")))
    done = programs.run("swarmsim", "judge", scenario, "--json", "--names", names, "--capture",
                        _pcap(tmp_path / "late.pcap", late, 0))
    assert done.returncode == 4, done.stdout
    run = json.loads(done.stdout)["runs"][0]
    assert {check["verdict"] for check in run["checks"]} == {"undecided"}
    assert sum("begun before the capture" in note for note in run["notes"]) == 2, run["notes"]


@pytest.mark.parametrize(("arguments", "message"), [
    (("--names", "10.77.0.1"), "write it like --names"),
    (("--names", "10.77.0.1=sead"), "did you mean 'seed'"),
    (("--torrent", "x"), "--torrent and --content go together"),
    (("--check", "bans"), "no such check"),
    (("--seed", "x"), "--seed"),
])
def test_what_is_wrong_is_said(arguments: tuple[str, str], message: str, small: tuple[Path, Path], programs: Programs) -> None:
    scenario, capture = small
    refused = programs.run("swarmsim", "judge", scenario, "--capture", capture, *arguments)
    assert refused.returncode == 2
    assert message in refused.stderr


def test_rubbish_is_refused_with_its_place(small: tuple[Path, Path], programs: Programs, tmp_path: Path) -> None:
    scenario, _ = small
    rubbish = tmp_path / "rubbish.pcap"
    rubbish.write_bytes(b"not packets")
    refused = programs.run("swarmsim", "judge", scenario, "--capture", rubbish)
    assert refused.returncode == 2
    assert "rubbish.pcap: offset 0: no capture" in refused.stderr


def test_a_trackers_log_stands_in_for_announces_that_were_not_captured(programs: Programs, tmp_path: Path) -> None:
    """1. A capture without anything of the tracker: what is about announces has nothing to look at.  2. What the tracker wrote
    down, beside it: the checks see who announced what.  3. Without replies the scenario's interval stands for them."""
    scenario = tmp_path / "announced.yaml"
    scenario.write_text(_SMALL.replace("checks:", "tracker: { kind: http, interval: 20 s }\nchecks:\n"
                                       "  - announce_events: { who: [seed, leech] }\n  - expect: leech.announces > 0"))
    frames = _frames(Path(_run(programs, "run", scenario, "--pcap", "--out", tmp_path / "runs")["pcap"]))
    blocks = [frame for _, frame in frames if len(frame) > 1400]
    seed, leech = blocks[0][26:30], blocks[0][30:34]
    tracker = next(frame[30:34] for _, frame in frames if frame[30:34] not in (seed, leech))
    lines, asked = [], {}
    for at, frame in frames:
        payload = frame[14 + 20 + (frame[46] >> 4) * 4:]
        if payload.startswith(b"GET /announce"):
            asked[frame[26:30], frame[34:36]] = payload.split()[1].decode()
        elif payload.startswith(b"HTTP/1.1 200"):
            body = payload.split(b"\r\n\r\n", 1)[1]
            lines.append({"t": 1_700_000_000 + at / 1e9, "from": ".".join(map(str, frame[30:34])),
                          "request": asked[frame[30:34], frame[36:38]], "reply": body.hex()})
    assert len(lines) >= 2
    silent = _pcap(tmp_path / "silent.pcap", [one for one in frames if tracker not in (one[1][26:30], one[1][30:34])], 1_700_000_000)
    names = ",".join(f"{'.'.join(map(str, host))}={name}" for host, name in ((seed, "seed"), (leech, "leech"), (tracker, "tracker")))
    log = tmp_path / "tracker.log"

    def judged(*arguments: str | Path) -> dict[str, str]:
        run = _run(programs, "judge", scenario, "--capture", silent, "--names", names, *arguments)
        return {check["check"]: check["verdict"] for check in run["checks"]}

    without = judged()
    assert without["expect"] != "held"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = judged("--tracker-log", log)
    assert told["expect"] == "held" and told["announce_events"] == "held", told
    assert told["completes"] == without["completes"] == "held"
    log.write_text("".join(json.dumps({key: line[key] for key in ("t", "from", "request")}) + "\n" for line in lines))
    assert judged("--tracker-log", log) == told


@pytest.mark.parametrize(("text", "message"), [
    ("{}", "tracker.log: line 1: 't' is missing"),
    ("\n[1]", "tracker.log: line 2: is no JSON object"),
    ('{"t": 1, "from": "::1", "request": "/announce?a"}', "'from' is no IPv4 address"),
    ('{"t": 1, "from": "10.0.0.1", "request": "/announce?a"}', "'request' is no announce"),
    ("x", "line 1: is no JSON"),
])
def test_a_trackers_log_that_is_wrong_is_refused_by_its_line(text: str, message: str, small: tuple[Path, Path], programs: Programs,
                                                             tmp_path: Path) -> None:
    scenario, capture = small
    log = tmp_path / "tracker.log"
    log.write_text(text)
    refused = programs.run("swarmsim", "judge", scenario, "--capture", capture, "--tracker-log", log)
    assert refused.returncode == 2
    assert message in refused.stderr, refused.stderr
