"""Real clients on a private network, captured by somebody else's program and judged by a scenario's checks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harness.content import differences, make_file
from harness.lab_swarm import LabSwarm
from harness.namespaces import PrivateNetwork
from harness.programs import Programs
from harness.running import Running
from interop.capture import Capture
from interop.needs import need
from interop.others import OTHERS, Work
from lab.processes import Child
from lab.scrape import Scrape

_PIECE_BYTES = 64 * 1024
_LIBTORRENT = next(client for client in OTHERS if client.name == "libtorrent")

_SCENARIO = """
format: 1
scenario: One client seeds, another fetches
limit: 5 min
torrent: { size: 3 MiB, piece_length: 64 KiB }    # its bytes are those of --torrent and --content
peers:
  seed:  { have: all }
  leech: {}
checks:
  - completes: { who: leech, within: 2 min }
  - have_means_servable: { who: seed }
  - no_request_while_choked: { who: leech }
  - request_bounds: { who: leech }
  - contents_match: { who: leech }
"""


@pytest.mark.parametrize("we", ["seed", "leech"])
def test_a_swarm_that_tshark_captured_is_judged(we: str, swarm: LabSwarm, programs: Programs, running: Running,
                                                network: PrivateNetwork, tmp_path: Path) -> None:
    """1. btclient and libtorrent, one seeds, the other fetches; tshark captures the bridge between them.
    2. The checks of a scenario hold on the capture; what is on disks is undecided."""
    need(_LIBTORRENT)
    original = make_file(tmp_path / "seeder" / "content", 48 * _PIECE_BYTES)
    fetched, own = tmp_path / "leecher", tmp_path / "libtorrent"
    fetched.mkdir()
    own.mkdir()
    torrent = tmp_path / "content.torrent"
    info_hash = programs.create_torrent(original, torrent, swarm.http_url, piece_bytes=_PIECE_BYTES)["info_hash_v1"]
    capture = Capture(running, network, tmp_path / "swarm.pcapng")
    swarm.start_tracker()
    our_host, their_host = swarm.new_host(), swarm.new_host()
    clients: list[Child] = []

    def start_ours(folder: Path) -> None:
        clients.append(swarm.start_client("ours", torrent, folder, host=our_host).child)

    def start_theirs(folder: Path) -> None:
        clients.append(running.start("libtorrent", _LIBTORRENT.command(their_host, Work(torrent, folder, own)),
                                     host=their_host, env=dict(os.environ, HOME=str(tmp_path), TERM="dumb")))

    seeds, fetches = (start_ours, start_theirs) if we == "seed" else (start_theirs, start_ours)
    seeds(tmp_path / "seeder")
    swarm.wait_for_scrape(info_hash, Scrape(complete=1, incomplete=0, downloaded=0), 60, clients)
    fetches(fetched)
    swarm.wait_until("it has the content", lambda: differences(original, fetched / "content") == [], 120, clients)
    for child in sorted(clients, key=lambda child: child.name != "ours"):
        child.stop()
    capture.stop()

    scenario = tmp_path / "one_fetches.yaml"
    scenario.write_text(_SCENARIO)
    seed, leech = (our_host, their_host) if we == "seed" else (their_host, our_host)
    tracker = swarm.http_url.split("//")[1].split(":")[0]
    done = programs.run("swarmsim", "judge", scenario, "--capture", capture.path, "--torrent", torrent, "--content", original,
                        "--names", f"{seed.address}=seed,{leech.address}=leech,{tracker}=tracker", "--json")
    run = json.loads(done.stdout)["runs"][0]
    verdicts = {check["check"]: check["verdict"] for check in run["checks"]}
    assert verdicts.pop("contents_match") == "undecided"
    assert set(verdicts.values()) == {"held"}, run
