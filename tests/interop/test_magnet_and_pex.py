"""Clients that nobody here wrote, met by magnet link and through peer exchange, both ways."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from harness.content import differences, make_file
from harness.lab_swarm import PEER_PORT, Client, LabSwarm
from harness.namespaces import PrivateNetwork
from harness.programs import Programs
from harness.running import Running
from interop.needs import need
from interop.others import OTHERS, Other, Work, start
from lab.scrape import Scrape

_PIECE_BYTES = 16 * 1024
_MAGNET_LIMIT = 90.0
# Clients tell of peers every minute or two; the first time they may wait as long.
_PEX_LIMIT = 420.0
# rtorrent tells of peers only every few minutes.
_PEX_CASES = [pytest.param(client, told_by, id=f"{client.name}-{told_by}",
                           marks=[pytest.mark.slow] if (client.name, told_by) == ("rtorrent", "other") else [])
              for client in OTHERS for told_by in ("other", "us")]


def _own(tmp_path: Path, client: Other) -> Path:
    folder = tmp_path / client.name
    folder.mkdir()
    return folder


@pytest.mark.parametrize("we", ["seed", "leech"])
@pytest.mark.parametrize("client", OTHERS, ids=lambda client: client.name)
def test_by_magnet(client: Other, we: str, swarm: LabSwarm, programs: Programs, running: Running,
                   network: PrivateNetwork, tmp_path: Path) -> None:
    """1. Content of 900 pieces: its metadata takes two messages, the last one short.
    2. One side seeds from the torrent, the other knows its hash and the tracker. 3. The files are equal.
       (aria2 announces left=0 until it has the metadata: the tracker names it seeds as long as nobody leeches.)
    """
    need(client)
    original = make_file(tmp_path / "seeder" / "content", 900 * _PIECE_BYTES - 5)
    fetched = tmp_path / "leecher"
    fetched.mkdir()
    torrent = tmp_path / "content.torrent"
    info_hash = programs.create_torrent(original, torrent, swarm.http_url, piece_bytes=_PIECE_BYTES)["info_hash_v1"]
    link = f"magnet:?xt=urn:btih:{info_hash}&dn=content&tr={quote(swarm.http_url, safe='')}"
    swarm.start_tracker()
    host = network.host(9)
    own = _own(tmp_path, client)
    if we == "seed":
        seeder = swarm.start_client("we", torrent, original.parent)
        other = start(running, client, host, Work(link, fetched, own), cwd=own)
        swarm.wait_until(f"{client.name} has it all", lambda: differences(original, fetched / "content") == [],
                         _MAGNET_LIMIT, [seeder.child, other])
    else:
        other = start(running, client, host, Work(torrent, original.parent, own), cwd=own)
        swarm.wait_for_scrape(info_hash, Scrape(1, 0, 0), 60, [other])
        leecher = swarm.start_client("we", link, fetched, "--exit-when", "complete")
        assert leecher.child.wait(_MAGNET_LIMIT) == 0
        assert differences(original, fetched / "content") == []


def _meets(client: Client, address: str) -> bool:
    """Whether one of our clients has said that it is connected to that host."""
    for line in client.child.out.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] == "peer_connected" and event["peer"].startswith(address + ":"):
            return True
    return False


@pytest.mark.parametrize(("client", "told_by"), _PEX_CASES)
def test_by_peer_exchange(client: Other, told_by: str, swarm: LabSwarm, programs: Programs, running: Running,
                          network: PrivateNetwork, tmp_path: Path) -> None:
    """A hub is connected to a slow seed and to a leecher, who know nothing of each other.

    other: the hub is the other client, and tells our leecher, who dials our seed.
    us:    the hub is ours, and tells the other client, which dials our seed.
    1. Seed and hub find each other (by tracker, or because the seed dials the hub). 2. The leecher knows the hub alone.
    3. In the end the seed has met the leecher.
    """
    need(client)
    original = make_file(tmp_path / "seeder" / "content", 64 << 20)
    tracked, untracked = tmp_path / "tracked.torrent", tmp_path / "untracked.torrent"
    programs.create_torrent(original, tracked, swarm.http_url)
    programs.create_torrent(original, untracked)
    swarm.start_tracker()
    own = _own(tmp_path, client)
    files = tmp_path / "other"
    files.mkdir()
    host = network.host(9)
    work = Work(tracked, files, own, pex=True)
    slowly = ("--up-limit", "100KiB/s")
    if told_by == "other":
        seeder = swarm.start_client("seed", tracked, original.parent, *slowly)
        hub = start(running, client, host, work, cwd=own)
        leecher = swarm.start_client("leecher", untracked, tmp_path / "leecher", *slowly, "--peer",
                                     f"{host.address}:{PEER_PORT}")
        found, everyone = leecher.host.address, [seeder.child, hub, leecher.child]
    else:
        middle = swarm.start_client("hub", tracked, tmp_path / "hub", *slowly)
        seeder = swarm.start_client("seed", untracked, original.parent, *slowly, "--peer",
                                    f"{middle.host.address}:{PEER_PORT}")
        leech = start(running, client, host, work, cwd=own)
        found, everyone = host.address, [middle.child, seeder.child, leech]
    swarm.wait_until(f"the seed meets {found}", lambda: _meets(seeder, found), _PEX_LIMIT, everyone)
