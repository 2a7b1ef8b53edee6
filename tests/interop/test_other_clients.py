"""Both directions with clients that nobody here wrote, through our tracker, under the eyes of tshark."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.content import differences, make_file, make_tree
from harness.lab_swarm import LabSwarm
from harness.namespaces import PrivateNetwork
from harness.programs import Programs
from harness.running import Running
from interop.capture import Capture
from interop.needs import need
from interop.others import OTHERS, Other, Work, start
from lab.processes import Child
from lab.scrape import Scrape

_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Content:
    """A shape of content at whose edges implementations differ."""

    name: str
    make: Callable[[Path], Path]


_CONTENTS = (
    # About 4 MiB: small files that share pieces, empty ones, and some of several pieces.
    Content("folder", lambda path: make_tree(path, 30)),
    Content("whole-pieces", lambda path: make_file(path, 9 * _PIECE_BYTES)),
    Content("one-byte", lambda path: make_file(path, 1)),
)


def _left_out(original: Path, fetched: Path, client: Other) -> list[str]:
    """What differs between content and download, but for empty files when the client makes none."""
    found = differences(original, fetched / "content")
    if client.makes_empty_files:
        return found
    empty = {f"missing: {path.relative_to(original)}" for path in original.rglob("*") if path.stat().st_size == 0}
    return [line for line in found if line not in empty]


@pytest.mark.parametrize("we", ["seed", "leech"])
@pytest.mark.parametrize(("content", "tracker"),
                         [(_CONTENTS[0], "http"), (_CONTENTS[0], "udp"), (_CONTENTS[1], "http"), (_CONTENTS[2], "udp")],
                         ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("client", OTHERS, ids=lambda client: client.name)
def test_both_directions(client: Other, content: Content, tracker: str, we: str, swarm: LabSwarm, programs: Programs,
                         running: Running, network: PrivateNetwork, tmp_path: Path) -> None:
    """1. A torrent by torrentgen, our tracker, a capture of the network.
    2. One side seeds, the other fetches: the tracker counts 2 complete, 1 downloaded, and the files are equal.
       (A client that announces completion minutes later is judged by the files alone.)
    3. In the capture are handshakes of both sides and whole pieces, and nothing that tshark calls malformed.
    4. We leave first, and the tracker counts the other alone.
    """
    need(client)
    original = content.make(tmp_path / "seeder" / "content")
    fetched = tmp_path / "leecher"
    own = tmp_path / client.name
    fetched.mkdir()
    own.mkdir()
    torrent = tmp_path / "content.torrent"
    url = swarm.http_url if tracker == "http" else swarm.udp_url
    info_hash = programs.create_torrent(original, torrent, url, piece_bytes=_PIECE_BYTES)["info_hash_v1"]
    capture = Capture(running, network, tmp_path / "swarm.pcapng")
    swarm.start_tracker()

    our_host, their_host = swarm.new_host(), swarm.new_host()
    clients: list[Child] = []

    def start_ours(folder: Path) -> None:
        clients.append(swarm.start_client("ours", torrent, folder, host=our_host).child)

    def start_theirs(folder: Path) -> None:
        clients.append(start(running, client, their_host, Work(torrent, folder, own),
                             env=dict(os.environ, HOME=str(tmp_path), TERM="dumb")))

    seeds, fetches = (start_ours, start_theirs) if we == "seed" else (start_theirs, start_ours)
    seeds(tmp_path / "seeder")
    swarm.wait_for_scrape(info_hash, Scrape(complete=1, incomplete=0, downloaded=0), 60, clients)
    fetches(fetched)
    tracker_is_told = client.announces_at_once or we == "leech"
    if tracker_is_told:
        swarm.wait_for_scrape(info_hash, Scrape(complete=2, incomplete=0, downloaded=1), 120, clients)
        assert _left_out(original, fetched, client) == []
    else:
        swarm.wait_until("it has the content", lambda: _left_out(original, fetched, client) == [], 120, clients)

    for child in sorted(clients, key=lambda child: child.name != "ours"):
        child.stop()
        if child.name == "ours" and tracker_is_told:
            swarm.wait_for_scrape(info_hash, Scrape(complete=1, incomplete=0, downloaded=1), 15)
    capture.stop()
    handshakes = {frame.fields[0] for frame in capture.frames("bittorrent.peer_id", "ip.src")}
    assert handshakes == {our_host.address, their_host.address}
    pieces = capture.frames(f"bittorrent.msg.type == 7 && ip.dst == {(our_host if we == 'leech' else their_host).address}")
    assert pieces, "no piece crossed the network"
    assert capture.malformed() == []
