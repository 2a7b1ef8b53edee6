"""A virtual run as packets: tshark, which nobody here wrote, must find nothing wrong with them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from harness.programs import Programs

_LIMIT = 120.0  # seconds
_CHECKSUMS = [word for layer in ("ip", "tcp", "udp") for word in ("-o", f"{layer}.check_checksum:TRUE")]
_NAMES = ["-o", "nameres.network_name:TRUE", "-o", "nameres.use_external_name_resolver:FALSE"]   # of the file alone
# Wireshark's "expert" classes, as its epan/proto.h numbers them.
_GROUP_CHECKSUM = 0x01000000
_GROUP_MALFORMED = 0x07000000
_SEVERITY_ERROR = 0x00800000

_SCENARIO = """
format: 1
scenario: A small swarm over a narrow line and two trackers' protocols
limit: 5 min
torrent: { size: 1 MiB, piece_length: 64 KiB }
tracker: { kind: TRACKER }
network: { link: { up: 2 Mbit/s, down: 4 Mbit/s, queue: 16 KiB } }   # small enough that packets are lost
peers:
  seeder: { have: all }
  leech:  { count: 2 }
checks:
  - completes: { who: leech }
"""


def _tshark(capture: Path, display_filter: str, *fields: str) -> list[list[str]]:
    wanted = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(["tshark", "-r", str(capture), *_CHECKSUMS, *_NAMES, "-o", "tcp.reassemble_out_of_order:TRUE",
                           "-Y", display_filter, "-T", "fields", "-E", "separator=|", *wanted],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split("|") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("tracker", ["http", "udp"])
def test_a_capture_of_a_virtual_run_is_what_tshark_expects_of_a_swarm(tracker: str, programs: Programs,
                                                                      tmp_path: Path) -> None:
    """1. A virtual run writes its trace and its packets.  2. Every frame is well-formed and sums up.
    3. tshark finds the messages in the streams that the trace has.  4. What was lost was sent again."""
    if not shutil.which("tshark"):
        assert os.environ.get("CI") != "true", "tshark is not installed"
        pytest.skip("tshark is not installed")
    scenario = tmp_path / "small.yaml"
    scenario.write_text(_SCENARIO.replace("TRACKER", tracker))
    ran = programs.run("swarmsim", "run", scenario, "--trace", "--pcap", "--json", "--out", tmp_path / "runs")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    run = json.loads(ran.stdout)["runs"][0]
    capture = Path(run["pcap"])

    wrong = (f"_ws.malformed || _ws.expert.group == {_GROUP_MALFORMED} || _ws.expert.group == {_GROUP_CHECKSUM} "
             f"|| _ws.expert.severity == {_SEVERITY_ERROR} || tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment")
    assert _tshark(capture, wrong, "frame.number", "frame.protocols", "_ws.expert.message") == []
    assert _tshark(capture, "ip && !(ip.checksum.status == 1)", "frame.number") == []
    assert _tshark(capture, "tcp && !(tcp.checksum.status == 1)", "frame.number") == []
    assert _tshark(capture, "udp && !(udp.checksum.status == 1)", "frame.number") == []

    events = [json.loads(line) for line in Path(run["trace"]).read_text().splitlines()[1:-1]]
    received = Counter(event["m"] for event in events if event["e"] == "received")
    seen = Counter(number for row in _tshark(capture, "bittorrent.msg.type", "bittorrent.msg.type")
                   for number in row[0].split(","))
    sent = Counter(event["m"] for event in events if event["e"] == "sent")
    ends = sum(event["e"] == "ended" for event in events)
    # By BEP 3's numbers.  A capture at the sender also holds what was under way when a stream ended, and of one message
    # per stream a part that tshark shows and the trace, which tells of whole ones, does not.
    for number, name in {"0": "CHOKE", "1": "UNCHOKE", "2": "INTERESTED", "4": "HAVE", "6": "REQUEST", "7": "PIECE"}.items():
        assert seen[number] >= received[name], (name, seen, received)
        assert seen[number] <= sent[name] + ends, name
    handshakes = sum(event["m"] == "HANDSHAKE" and event["e"] == "received" for event in events if "m" in event)
    assert len(_tshark(capture, "bittorrent.peer_id", "frame.number")) == handshakes

    assert {row[0] for row in _tshark(capture, "bittorrent.peer_id", "ip.src_host")} == {"seeder", "leech[0]", "leech[1]"}
    assert _tshark(capture, "tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.out_of_order",
                   "frame.number")
    assert _tshark(capture, f"{'udp' if tracker == 'udp' else 'http'} && {'udp' if tracker == 'udp' else 'tcp'}.port == 6969",
                   "frame.number")
