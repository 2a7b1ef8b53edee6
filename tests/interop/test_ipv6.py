"""IPv6 alone: tracker, our client and libtorrent have addresses of no other family that they would use."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from harness.content import differences, make_file
from harness.lab_swarm import PEER_PORT, TRACKER_PORT
from harness.namespaces import PrivateNetwork
from harness.programs import Programs
from harness.running import Running
from interop.needs import need
from interop.others import LIBTORRENT

_LIMIT = 60.0


def _listens(address: str) -> bool:
    try:
        socket.create_connection((address, TRACKER_PORT), 1.0).close()
        return True
    except OSError:
        return False


def _libtorrent(address: str, torrent: Path, directory: Path) -> list[str | Path]:
    return [sys.executable, Path(__file__).with_name("libtorrent_peer.py"), torrent, directory, f"[{address}]:{PEER_PORT}"]


@pytest.mark.parametrize("scheme", ["http", "udp"])
@pytest.mark.parametrize("we", ["seed", "leech"])
def test_libtorrent(we: str, scheme: str, programs: Programs, running: Running, network: PrivateNetwork, tmp_path: Path) -> None:
    """1. A tracker, a seed and a leecher at fd00:77::1 to ::3, found by a literal address in the URL.
    2. The leecher learns of the seed from the tracker (peers6, or 18 bytes each over UDP) and fetches all. 3. The files are equal.
    """
    need(LIBTORRENT)
    hosts = [network.host(number) for number in (1, 2, 3)]
    addresses = [host.add_ipv6(number) for number, host in enumerate(hosts, 1)]
    at = f"[{addresses[0]}]:{TRACKER_PORT}"
    original = make_file(tmp_path / "seeder" / "content", (3 << 20) + 17)
    fetched = tmp_path / "leecher"
    fetched.mkdir()
    torrent = tmp_path / "content.torrent"
    programs.create_torrent(original, torrent, f"{scheme}://{at}/announce")
    tracker = running.start("tracker", [programs.bttracker, "--http", at, "--udp", at, "--interval", "5"], host=hosts[0])
    running.wait_for("the tracker listens", lambda: hosts[0].inside(lambda: _listens(addresses[0])), 15.0, [tracker])

    def ours(index: int, directory: Path) -> list[str | Path]:
        return [programs.btclient, "--json", "--dir", directory, "--listen", f"[{addresses[index]}]:{PEER_PORT}", torrent]

    seed_is_ours = we == "seed"
    seed = running.start("seed", ours(1, original.parent) if seed_is_ours
                         else _libtorrent(addresses[1], torrent, original.parent), host=hosts[1])
    leech = running.start("leech", _libtorrent(addresses[2], torrent, fetched) if seed_is_ours
                          else ours(2, fetched), host=hosts[2])
    running.wait_for("the leecher has it all", lambda: differences(original, fetched / "content") == [], _LIMIT,
                     [tracker, seed, leech])
