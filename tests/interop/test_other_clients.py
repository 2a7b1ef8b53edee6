"""Both directions with clients that nobody here wrote, through our tracker, under the eyes of tshark."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.content import differences, make_tree
from harness.lab_swarm import LabSwarm
from harness.namespaces import PrivateNetwork
from harness.programs import Programs
from harness.running import Running
from interop.capture import Capture
from interop.others import ARIA2, LIBTORRENT, Other
from lab.processes import Child
from lab.scrape import Scrape

_FILES = 30  # about 4 MiB: small files that share pieces, and some of several pieces


def _need(client: Other) -> None:
    """Skips when the client or tshark is not installed; where CI is set that is a failure."""
    missing = []
    if client is ARIA2 and not shutil.which("aria2c"):
        missing.append("aria2c")
    if client is LIBTORRENT and subprocess.run([sys.executable, "-c", "import libtorrent"], capture_output=True,
                                               timeout=60, check=False).returncode != 0:
        missing.append("python3-libtorrent")
    if not shutil.which("tshark"):
        missing.append("tshark")
    if missing:
        reason = f"not installed: {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.parametrize("we", ["seed", "leech"])
@pytest.mark.parametrize(("client", "tracker"), [(LIBTORRENT, "http"), (LIBTORRENT, "udp"), (ARIA2, "http")],
                         ids=["libtorrent-http", "libtorrent-udp", "aria2-http"])
def test_both_directions(client: Other, tracker: str, we: str, swarm: LabSwarm, programs: Programs,
                         running: Running, network: PrivateNetwork, tmp_path: Path) -> None:
    """1. A torrent of a folder by torrentgen, our tracker, a capture of the network.
    2. One side seeds, the other fetches: the tracker counts 2 complete, 1 downloaded, and the files are equal.
    3. In the capture are handshakes of both sides and whole pieces, and nothing that tshark calls malformed.
    4. We leave first, and the tracker counts the other alone.
    """
    _need(client)
    original = make_tree(tmp_path / "seeder" / "content", _FILES)
    fetched = tmp_path / "leecher"
    fetched.mkdir()
    torrent = tmp_path / "content.torrent"
    url = swarm.http_url if tracker == "http" else swarm.udp_url
    info_hash = programs.create_torrent(original, torrent, url)["info_hash_v1"]
    capture = Capture(running, network, tmp_path / "swarm.pcapng")
    swarm.start_tracker()

    our_host, their_host = swarm.new_host(), swarm.new_host()
    clients: list[Child] = []

    def start_ours(folder: Path) -> None:
        clients.append(swarm.start_client("ours", torrent, folder, host=our_host).child)

    def start_theirs(folder: Path) -> None:
        clients.append(running.start(client.name, client.command(their_host, torrent, folder), host=their_host,
                                     env=dict(os.environ, HOME=str(tmp_path), TERM="dumb")))

    seeds, fetches = (start_ours, start_theirs) if we == "seed" else (start_theirs, start_ours)
    seeds(tmp_path / "seeder")
    swarm.wait_for_scrape(info_hash, Scrape(complete=1, incomplete=0, downloaded=0), 60, clients)
    fetches(fetched)
    swarm.wait_for_scrape(info_hash, Scrape(complete=2, incomplete=0, downloaded=1), 120, clients)
    assert differences(original, fetched / "content") == []

    for child in sorted(clients, key=lambda child: child.name != "ours"):
        child.stop()
        if child.name == "ours":
            swarm.wait_for_scrape(info_hash, Scrape(complete=1, incomplete=0, downloaded=1), 15)
    capture.stop()
    handshakes = {frame.fields[0] for frame in capture.frames("bittorrent.peer_id", "ip.src")}
    assert handshakes == {our_host.address, their_host.address}
    pieces = capture.frames(f"bittorrent.msg.type == 7 && ip.dst == {(our_host if we == 'leech' else their_host).address}")
    assert pieces, "no piece crossed the network"
    assert capture.malformed() == []
